"""The guide tells of every field what the checks of the spec hold to."""

from __future__ import annotations

import dataclasses

import pytest

from ape_core.errors import InvalidSpecError
from ape_core.schema import DRUGS
from ape_core.spec.field_guide import Field, read_number, write_number
from ape_core.spec.phases import PHASE_KINDS
from ape_core.spec.protocol import Protocol
from ape_core.spec.protocol_guide import DRUG, GUIDE, REGIMEN, UNTIL_WEEK
from ape_core.spec.protocol_yaml import (
    list_protocols,
    load_protocol,
    parse_protocol,
    protocol_fields,
)

FULL = {
    "name": "full",
    "title": "Full",
    "drug": "aflibercept-2mg",
    "loading": {"n_injections": 3, "interval_weeks": 4},
    "stopping": {
        "futile_below_letters": 15,
        "consecutive_visits": 2,
        "stable_at_max_interval_visits": 3,
        "stable_stop_probability": 0.1,
        "stable_interval_weeks": 8,
    },
    "after_stopping": {"monitor_interval_weeks": 8, "retreat_on_activity": True},
}
PHASES = {
    "fixed": {"interval_weeks": 8},
    "prn": {"visit_interval_weeks": 4, "max_gap_weeks": 12},
    "treat-and-extend": {
        "first_interval_weeks": 8,
        "extend_by_weeks": 2,
        "shorten_by_weeks": 2,
        "min_interval_weeks": 4,
        "max_interval_weeks": 16,
        "activity": "fluid-or-letters",
        "letters_lost": 5,
    },
    "label": {
        "interval_weeks": 16,
        "shorten_to_weeks": [12, 8],
        "assign_at_weeks": [8, 12],
        "criteria": "fluid-and-letters",
        "letters_lost": 5,
    },
}


def places():
    """Every field of every part, and where it stands in a protocol with that part."""
    for part, fields in GUIDE.items():
        regimen = getattr(part, "regimen", None)
        if regimen == "none":
            continue
        for field in fields:
            where = "phases[0]" if regimen else {"Loading": "loading", "Stopping": "stopping"}.get(
                part.__name__, "after_stopping"
            )  # fmt: skip
            yield pytest.param(regimen or "fixed", where, field, id=f"{where}.{field.name}")


def with_value(regimen, where, name, value):
    """The full protocol with one value changed."""
    data = {**FULL, "phases": [{"regimen": regimen, **PHASES[regimen]}]}
    part = data["phases"][0] if where == "phases[0]" else data[where]
    changed = {**part, name: value}
    return {**data, **({"phases": [changed]} if where == "phases[0]" else {where: changed})}


def test_the_guide_has_exactly_the_fields_of_the_spec():
    for part, fields in GUIDE.items():
        named = {field.name for field in dataclasses.fields(part)} - {UNTIL_WEEK.name}
        assert named == {field.name for field in fields}
        for field in fields:
            assert field.help.endswith(".")
    assert set(PHASE_KINDS.values()) <= set(GUIDE)
    assert tuple(dict(REGIMEN.choices)) == tuple(PHASE_KINDS)
    assert tuple(dict(DRUG.choices)) == DRUGS


@pytest.mark.parametrize(("regimen", "where", "field"), list(places()))
def test_what_lies_outside_the_range_is_refused_at_that_field(regimen, where, field):
    wrong = {"choice": ["x"], "switch": ["yes"]}.get(field.kind)
    for value in wrong or [field.low - 1, field.high + 1, "many"]:
        given = [value] if field.kind == "weeks" else value
        with pytest.raises(InvalidSpecError) as refused:
            parse_protocol(with_value(regimen, where, field.name, given), "protocol")
        place = refused.value.field.removeprefix("protocol.")
        assert place.startswith(f"{where}.{field.name}")


@pytest.mark.parametrize(("regimen", "where", "field"), list(places()))
def test_the_ends_of_the_range_are_not_refused_for_being_out_of_it(regimen, where, field):
    """They may contradict another field, which is another message."""
    least = 0.01 if field.name == "stable_stop_probability" else field.low
    for value in {"choice": list(dict(field.choices)), "switch": [True, False]}.get(
        field.kind, [least, field.high]
    ):
        given = [value] if field.kind == "weeks" else value
        said = complaint(with_value(regimen, where, field.name, given))
        assert f"must be a whole number from {field.low:,g}" not in said
        assert "must be one of" not in said


def complaint(data):
    """What is wrong with a protocol; empty when nothing is."""
    try:
        parse_protocol(data, "protocol")
    except InvalidSpecError as error:
        return error.message
    return ""


@pytest.mark.parametrize("info", list_protocols(), ids=lambda info: info.name)
def test_what_a_form_shows_reads_back_as_the_protocol(info):
    protocol = load_protocol(info.name)
    data = protocol_fields(protocol)
    for part in ("loading", "stopping", "after_stopping"):
        if part in data:
            data[part] = through_a_form(GUIDE[type(getattr(protocol, part))], data[part])
    for place, phase in enumerate(data["phases"]):
        fields = (*GUIDE[PHASE_KINDS[phase["regimen"]]], UNTIL_WEEK)
        data["phases"][place] = phase | through_a_form(fields, phase)
    assert parse_protocol(data, "protocol") == protocol
    assert isinstance(protocol, Protocol)


def through_a_form(fields, values):
    """Values as they come out of a form that shows them."""
    return {
        field.name: values[field.name]
        if field.kind == "switch"
        else field.read(field.write(values[field.name]))
        for field in fields
        if field.name in values
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [("8", 8), (" 8.0 ", 8.0), ("0.1", 0.1), ("-6.31", -6.31), ("\N{MINUS SIGN}2", -2), (".5", 0.5),
     ("1e-3", 0.001), ("8,5", "8,5"), ("eight", "eight"), ("inf", "inf"), ("9" * 50, "9" * 50),
     ("1e9999", "1e9999"), ("٣", 3)],
)  # fmt: skip
def test_a_number_is_read_with_a_decimal_point_or_stays_text(text, value):
    assert read_number(text) == value


@pytest.mark.parametrize("value", [8, 8.0, 0.1, 1e-7, -6.31, 1e20, 0.1 + 0.2])
def test_a_number_that_is_written_reads_back_exactly(value):
    assert read_number(write_number(value)) == value


def test_values_are_said_with_their_unit():
    field = Field("x", "X", "Help.", unit="weeks", low=1, high=52)
    assert [field.say(value) for value in (1, 8, None)] == ["1 week", "8 weeks", "none"]
    assert field.allowed == "1 to 52 weeks"
    assert DRUG.say("faricimab-6mg") == "Faricimab 6 mg"
