"""What differs between two protocols, models or cohorts is said field by field, with units."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from ape_core.errors import InvalidSpecError
from ape_core.spec.cohort import Cohort
from ape_core.spec.differences import difference
from ape_core.spec.model import PARAMETERS, load_model
from ape_core.spec.model_guide import (
    GROUPS,
    changed_model,
    changes_of,
    grouped,
    model_difference,
    numbers_of,
    read_change,
    title_of,
)
from ape_core.spec.people_guide import cohort_difference, overrides_of, with_overrides
from ape_core.spec.phases import FixedPhase, Loading
from ape_core.spec.protocol_yaml import load_protocol
from ape_core.spec.run_spec import RunSpec
from simulation.strategies import protocols

EXTEND = load_protocol("aflibercept-2mg-treat-and-extend")
OVERRIDES = {
    "baseline_letters": {"mean": 60.0, "sd": 12.0},
    "age_years": {"mean": 75.0, "sd": 8.0, "low": 55},
    "female_share": 0.5,
    "attendance": "trial",
    "two_eyes": True,
    "recruitment": {"kind": "rate", "patients_per_week": 7.0},
}


def said(found):
    return [(item.field, item.words, item.before, item.after) for item in found]


def test_one_changed_field_is_said_with_both_values():
    longer = replace(EXTEND, phases=(replace(EXTEND.phases[0], max_interval_weeks=20),))
    [found] = difference(longer, EXTEND)
    assert found.field == "phases[0].max_interval_weeks"
    assert found.sentence == "Longest interval: 20 weeks instead of 16 weeks."


def test_parts_that_one_of_them_lacks_are_summed_up():
    other = replace(
        EXTEND,
        loading=Loading(1, 4),
        phases=(FixedPhase(52, 8), *EXTEND.phases),
        stopping=None,
        after_stopping=None,
    )
    found = {item.field: item for item in difference(other, EXTEND)}
    assert list(found) == ["loading.n_injections", "phases[0]", "phases[1]", "stopping"]
    assert found["loading.n_injections"].after == "1 injection"
    assert found["phases[0]"].after == "an injection every 8 weeks, whatever is seen"
    assert found["phases[1]"].before == "none"
    assert found["phases[1]"].words == "Phase 2"
    assert found["stopping"].after == "none"
    assert "below 15 letters at 2 visits" in found["stopping"].before


@given(protocols(), protocols())
def test_two_protocols_differ_exactly_when_their_rules_do(one, other):
    found = difference(one, other)
    assert bool(found) == (one.question() != other.question())
    assert len({item.field for item in found}) == len(found)
    assert all(item.words and item.before != item.after for item in found)
    assert said(difference(other, one)) == [(f, w, a, b) for f, w, b, a in said(found)]


def test_every_number_of_the_model_has_one_group_and_one_title():
    titles = [name for group in GROUPS.values() for name in group]
    assert sorted(titles) == sorted(PARAMETERS)
    listed = [name for group in grouped(load_model()).values() for name in group]
    assert sorted(listed) == sorted(numbers_of(load_model()))
    assert len({title_of(name) for name in listed}) == len(listed)


def test_a_changed_model_is_another_question_and_says_in_what():
    changes = {"fluid_noise": 0.2, "aflibercept-2mg/half_life_days": 9.5}
    model = changed_model(changes)
    assert changes_of(model) == changes
    assert [item.sentence for item in model_difference(model)][1] == (
        "Aflibercept 2 mg: half-life in the eye: 9.5 days instead of 11."
    )
    plain = RunSpec(EXTEND, Cohort(10), 1, 1)
    changed = RunSpec(EXTEND, Cohort(10), 1, 1, model)
    assert changed.run_id != plain.run_id
    assert changes_of(RunSpec.from_json(changed.to_json()).model) == changes
    assert model_difference(RunSpec.from_json(plain.to_json()).model) == []


@pytest.mark.parametrize(("name", "item"), list(numbers_of(load_model()).items()))
def test_what_is_typed_for_a_number_has_to_lie_in_its_range(name, item):
    assert read_change(name, str(item.low)) == item.low
    assert read_change(name, str(item.high)) == item.high
    for wrong in (str(item.low - 0.01), str(item.high + 0.01), "many", "nan", ""):
        with pytest.raises(InvalidSpecError) as refused:
            changed_model({name: wrong})
        assert refused.value.field == name
        assert f"a number from {item.low:g} to {item.high:g}" in refused.value.message


def test_what_a_script_asked_for_can_be_asked_again_but_not_what_cannot_be_simulated():
    assert changed_model({"fluid_noise": 0.6}).value("fluid_noise") == 0.6
    with pytest.raises(InvalidSpecError, match="reading_sensitivity is 2, but must be from 0 to 1"):
        changed_model({"reading_sensitivity": 2})
    with pytest.raises(InvalidSpecError, match="Did you mean 'fluid_noise'"):
        changed_model({"fluid_nose": 0.2})


@pytest.mark.parametrize("population", ["trial", "uk-routine-care"])
def test_overrides_read_back_and_are_said_against_their_population(population):
    cohort = with_overrides(1_000, population, OVERRIDES)
    assert overrides_of(cohort) == OVERRIDES
    assert with_overrides(1_000, population, overrides_of(cohort)) == cohort
    sentences = " ".join(item.sentence for item in cohort_difference(cohort))
    for part in ("60 letters", "mean: 75 years instead of 7", "Share of women: 0.5 instead of 0.",
                 "Visits are kept: As in a trial", "Both eyes: yes instead of no.",
                 "First visits: So many a week instead of all on one day"):  # fmt: skip
        assert part.lower() in sentences.lower()
    assert cohort_difference(Cohort(1_000, population)) == []
    assert overrides_of(Cohort(1_000, population)) == {}


@pytest.mark.parametrize(
    ("overrides", "field"),
    [
        ({"baseline_letters": {"mean": 120, "sd": 12}}, "baseline_letters.mean"),
        ({"baseline_letters": {"mean": 60}}, "baseline_letters.sd"),
        ({"baseline_letters": {"mean": 60, "sd": 60}}, "baseline_letters"),
        ({"age_years": {"mean": "old", "sd": 8}}, "age_years.mean"),
        ({"female_share": 1.2}, "female_share"),
        ({"attendance": "never"}, "attendance"),
        ({"two_eyes": "yes"}, "two_eyes"),
        ({"recruitment": {"kind": "rate"}}, "recruitment.patients_per_week"),
        ({"recruitment": {"kind": "uniform", "days": 0}}, "recruitment.days"),
        ({"recruitment": {"kind": "rate", "patients_per_week": 0.001}}, "recruitment"),
    ],
)
def test_a_wrong_override_is_refused_at_its_field(overrides, field):
    with pytest.raises(InvalidSpecError) as refused:
        with_overrides(1_000_000, "trial", overrides)
    assert refused.value.field.removeprefix("cohort.").startswith(field)
