"""Staffing of a clinic: what ships, what a file may hold, and what is refused in words."""

from __future__ import annotations

import copy
import pickle

import pytest
import yaml

from ape_core.errors import InvalidSpecError
from ape_core.spec.staffing import STEPS
from ape_core.spec.staffing_yaml import (
    list_staffing,
    load_staffing,
    parse_staffing,
    parse_staffing_yaml,
    staffing_to_yaml,
)

SHIPPED = load_staffing()
PLAIN = yaml.safe_load(staffing_to_yaml(SHIPPED))


def test_every_number_has_a_source_a_range_and_a_unit():
    assert list_staffing() == ("uk-eye-clinic",)
    for name, number in SHIPPED.numbers().items():
        assert number.source, name
        assert number.unit, name
        assert number.low <= number.value <= number.high, name


def test_what_is_not_measured_is_said_to_be_assumed():
    guesses = [n for n in SHIPPED.numbers().values() if n.confidence == "low"]
    assert all(
        n.source.startswith(("Assum", "A choice")) or "names no source" in n.source for n in guesses
    )


def test_every_step_has_somebody_who_does_it():
    for step in STEPS[:-1]:
        assert sum(SHIPPED.seconds(role, step) for role in SHIPPED.roles) > 0, step


def test_what_is_written_reads_back_as_the_same(tmp_path):
    ours = SHIPPED.with_values(
        {"roles/injector/minutes/injection": 12.5, "clinic/virtual_percent": 40}
    )
    assert parse_staffing_yaml(staffing_to_yaml(ours), "ours.yaml") == ours != SHIPPED
    assert pickle.loads(pickle.dumps(ours)) == ours
    path = tmp_path / "ours.yaml"
    path.write_text(staffing_to_yaml(ours), encoding="utf-8")
    assert load_staffing(path) == ours


def test_a_virtual_review_takes_the_place_of_the_visits_own_minutes():
    ours = SHIPPED.with_values(
        {
            "clinic/virtual_percent": 25,
            "roles/decision/minutes/follow_up_visit": 16,
            "roles/decision/minutes/virtual_review": 4,
        }
    )
    assert ours.seconds("decision", "follow_up_visit") == 60 * (0.75 * 16 + 0.25 * 4)
    assert ours.seconds("acuity", "follow_up_visit") == SHIPPED.seconds("acuity", "follow_up_visit")


REFUSED = {
    "no open day": (("open_days",), [], "at least one day"),
    "a day twice": (("open_days",), ["Monday", "Monday"], "each once"),
    "an unknown day": (("open_days",), ["Mondy"], "Did you mean 'Monday'"),
    "an unknown rule": (("visits_due_when_closed",), "dropped", "shared, next"),
    "an unknown step": (("roles", "oct", "minutes"), {"scans": {}}, "scans"),
    "no step": (("roles", "oct", "minutes"), {}, "No step is named"),
    "no role": (("roles",), {}, "must be 1 to 8"),
    "no source": (("clinic", "working_weeks"), {"value": 42}, "missing"),
    "too much of a session": (
        ("clinic", "used_percent"),
        {**PLAIN["clinic"]["used_percent"], "value": 120, "high": 130},
        "from 1 to 100",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused_in_words(case):
    path, value, words = REFUSED[case]
    data = copy.deepcopy(PLAIN)
    place = data
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(InvalidSpecError) as error:
        parse_staffing(data, "ours.yaml")
    assert words in f"{error.value.message} {error.value.hint}"
    assert error.value.message.startswith("ours.yaml")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("roles/oct/minutes/scn", 5, "Did you mean 'roles/oct/minutes/scan'"),
        ("clinic/used_percent", 0, "from 1 to 100"),
        ("roles/oct/minutes/scan", -1, "0 to 1440"),
        ("roles/oct/sessions_per_week", 0, "0.1 to 21"),
        ("roles/oct/minutes/scan", float("nan"), "must be a number"),
    ],
)
def test_a_value_that_cannot_be_is_refused(name, value, words):
    with pytest.raises(InvalidSpecError) as error:
        SHIPPED.with_values({name: value})
    assert words in f"{error.value.message} {error.value.hint}"
