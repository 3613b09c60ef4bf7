"""What a person reads of one patient."""

from __future__ import annotations

from dataclasses import fields

from ape_core import schema
from ape_core.results.patient import EyeHistory, Patient, Visit, build_patients


def only(chunk, **changes):
    """The patients of a chunk with some values set."""
    for name, value in changes.items():
        chunk.patients[name][:] = value
    return build_patients(chunk.patients, chunk.visits)


def test_every_column_of_the_schema_can_be_read():
    visit = set(Visit._fields) | {"patient_id", "eye"}
    assert visit == set(schema.column_names(schema.VISITS))
    of_patient = {field.name for kind in (Patient, EyeHistory) for field in fields(kind)}
    assert of_patient - {"eyes", "visits"} == set(schema.column_names(schema.PATIENTS))


def test_values_are_plain_and_words_are_words(whole):
    patients = build_patients(whole.patients, whole.visits)
    for patient in patients[:50]:
        assert type(patient.patient_id) is type(patient.age_years) is int
        assert patient.sex in schema.SEXES
        for eye in patient.eyes:
            assert len(eye.visits) == eye.n_visits
            assert eye.end_reason in schema.END_REASONS
            for visit in eye.visits:
                assert type(visit.fluid) is type(visit.injected) is bool
                assert visit.drug in schema.DRUGS
                assert visit.phase in schema.PHASES


def test_two_eyes_are_one_patient(whole):
    patients = build_patients(whole.patients, whole.visits)
    assert {len(patient.eyes) for patient in patients} == {1, 2}
    assert all([eye.eye for eye in p.eyes] == [0, 1][: len(p.eyes)] for p in patients)


def test_what_is_not_there_is_none():
    from support.chunks import fabricate

    (alive,) = only(fabricate(1, 2), death_day=-1, assessed_letters=schema.NOT_ASSESSED)
    assert alive.death_day is None
    assert set(alive.eyes[0].assessed_letters) == {None}
    (dead,) = only(fabricate(1, 2), death_day=400, assessed_letters=70)
    assert dead.death_day == 400
    assert set(dead.eyes[0].assessed_letters) == {70}


def test_they_print_in_one_line():
    from support.chunks import fabricate

    chunk = fabricate(1, 2, two_eyes=0)
    (patient,) = only(
        chunk,
        age_years=81,
        sex=0,
        death_day=1400,
        baseline_letters=55,
        last_letters=61,
        n_injections=9,
        end_reason=5,
        end_day=1400,
    )
    assert repr(patient) == (
        "Patient(0: female, 81 years, died on day 1,400; EyeHistory(eye 0: 55 to 61 letters, "
        f"{chunk.n_visits} visits, 9 injections, died on day 1,400))"
    )
