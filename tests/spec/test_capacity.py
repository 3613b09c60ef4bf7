"""Capacity and streams of patients: what is asked and refused, how it is read back and said."""

from __future__ import annotations

import pytest

from ape_core.errors import InvalidSpecError
from ape_core.spec.capacity import Capacity, parse_capacity
from ape_core.spec.cohort import Cohort
from ape_core.spec.people import Recruitment
from ape_core.spec.protocol_yaml import load_protocol
from ape_core.spec.run_spec import RunSpec

CAPACITY = Capacity(500, 12, 5)
CASELOAD = Recruitment("caseload", None, 8, 5, 600, 3)


def spec(**changes):
    plain = RunSpec(load_protocol("aflibercept-2mg-view"), Cohort(1_000), 5, 1)
    return plain.replace(**changes)


def test_a_question_without_capacity_does_not_speak_of_it():
    assert "capacity" not in spec().question()
    assert set(spec().question()["cohort"]["recruitment"]) == {"kind", "days", "patients_per_week"}
    assert spec(capacity=CAPACITY).replace(capacity=None) == spec()


def test_everything_about_the_slots_is_asked():
    asked = [
        spec(),
        *(spec(capacity=Capacity(*numbers)) for numbers in ((500, 12), (500, 13), (501, 12))),
        spec(capacity=CAPACITY),
        spec(capacity=CAPACITY, recruitment=CASELOAD),
        spec(recruitment=CASELOAD),
    ]
    assert len({one.run_id for one in asked}) == len(asked)
    assert spec(capacity=Capacity(500.0, 12, 7.0)) == asked[1]


def test_parts_of_the_capacity_can_be_replaced():
    tight = spec(capacity=CAPACITY)
    assert tight.replace(slots_per_day=20).capacity == Capacity(500, 20, 5)
    assert spec().replace(slots_per_day=20, patients_per_clinic=9).capacity == Capacity(9, 20)
    with pytest.raises(
        InvalidSpecError, match="capacity: The field patients_per_clinic is missing"
    ):
        spec().replace(slots_per_day=20)


@pytest.mark.parametrize("recruitment", [Recruitment(), CASELOAD], ids=["usual", "caseload"])
@pytest.mark.parametrize("capacity", [None, CAPACITY], ids=["unlimited", "limited"])
def test_is_read_back_as_it_was_asked(capacity, recruitment):
    asked = spec(capacity=capacity, recruitment=recruitment)
    again = RunSpec.from_json(asked.to_json())
    assert again == asked
    assert again.capacity == capacity
    assert again.cohort.recruitment == recruitment


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"slots_per_day": 5}, "The field patients_per_clinic is missing"),
        ({"slots": 5}, r"'slots' is not a field here.*Did you mean 'slots_per_day'\?"),
        ({"slots_per_day": 0}, "slots_per_day is 0, but must be a whole number from 1 to"),
        ({"open_days": 8}, "open_days is 8, but must be a whole number from 1 to 7"),
        ({"patients_per_clinic": 10_001}, "must be a whole number from 1 to 10,000"),
        ({"slots_per_day": "many"}, "slots_per_day is 'many', but must be a whole number"),
        (40, "clinic.yaml is 40, but must be a mapping of fields"),
    ],
)
def test_refuses_in_words(given, message):
    whole = {"patients_per_clinic": 100, "slots_per_day": 5, **given} if given != 40 else given
    if given in ({"slots_per_day": 5}, {"slots": 5}):
        whole = given
    with pytest.raises(InvalidSpecError, match=message):
        parse_capacity(whole, "clinic.yaml")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "growth", "patients_per_week": 5}, "field growth_percent_per_year is missing"),
        ({"kind": "rate", "growth_percent_per_year": 5}, "belongs to kind 'growth' or 'caseload'"),
        ({"kind": "caseload", "patients_per_week": 5}, "The field caseload_patients is missing"),
        ({"kind": "growth", "growth_percent_per_year": 101}, "must be a number from -50 to 100"),
        ({"kind": "caseload", "caseload_years": 0}, "caseload_years is 0, but must be a whole"),
    ],
)
def test_a_stream_has_the_fields_of_its_kind(fields, message):
    usual = {
        "growth": {"patients_per_week": 5, "growth_percent_per_year": 5},
        "caseload": {"patients_per_week": 5, "caseload_patients": 9, "caseload_years": 1},
        "rate": {"patients_per_week": 5},
    }[fields["kind"]]
    values = fields if "missing" in message else {**usual, **fields}
    with pytest.raises(InvalidSpecError, match=message):
        Recruitment(**values)


def test_a_caseload_must_be_of_the_cohort_and_still_be_followed():
    assert CASELOAD.opening_day == 3 * 364
    assert Recruitment("rate", patients_per_week=1).opening_day == 0
    with pytest.raises(InvalidSpecError, match="caseload_patients is 600, but the cohort has only"):
        Cohort(599, recruitment=CASELOAD)
    with pytest.raises(
        InvalidSpecError, match="years is 3, but patients of the caseload had their"
    ):
        spec(recruitment=CASELOAD, years=3)


def test_a_stream_that_dries_up_is_refused():
    """At 20% less each year, 5 a week come to 1,165 patients in all."""
    fading = Recruitment("growth", patients_per_week=5, growth_percent_per_year=-20)
    assert Cohort(1_100, recruitment=fading).n_patients == 1_100
    with pytest.raises(InvalidSpecError, match="patients_per_week is 5, so 1,200 patients would"):
        Cohort(1_200, recruitment=fading)


def test_says_itself_in_words():
    assert CAPACITY.describe() == (
        "Clinics of 500 patients have room for 12 visits a day, on the first 5 days of a week; "
        "what finds no room waits."
    )
    assert "1 visit a day, every day;" in Capacity(500, 1).describe()
    assert CASELOAD.describe() == (
        "600 patients had their first visits in the 3 years before the opening day; from then on "
        "there are 8 new patients a week, +5% a year."
    )
    said = {kind.kind: kind.describe() for kind in (
        Recruitment(), Recruitment("uniform", 1_000), Recruitment("rate", None, 2.5))}  # fmt: skip
    assert said == {
        "at-once": "All patients have their first visit on one day.",
        "uniform": "First visits are spread evenly over 1,000 days.",
        "rate": "There are 2.5 new patients a week.",
    }
