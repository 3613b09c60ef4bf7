"""The same questions have the same answers in memory and on disk."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ape_core import schema
from ape_core.errors import InvalidInputError
from ape_core.results import Patient


@pytest.fixture(scope="session")
def expected(whole):
    """Patients put together one value at a time, straight from the arrays."""
    return [expected_patient(whole, number) for number in range(whole.stop)]


def expected_patient(whole, number):
    rows = np.flatnonzero(whole.patients["patient_id"] == number)
    return {
        "patient_id": number,
        "age_years": whole.patients["age_years"][rows[0]],
        "eyes": [expected_eye(whole, number, row) for row in rows],
    }


def expected_eye(whole, number, row):
    eye = whole.patients["eye"][row]
    of_eye = (whole.visits["patient_id"] == number) & (whole.visits["eye"] == eye)
    return {
        "eye": eye,
        "end_reason": schema.END_REASONS[whole.patients["end_reason"][row]],
        "days": whole.visits["day"][of_eye].tolist(),
        "letters": whole.visits["letters"][of_eye].tolist(),
        "phases": [schema.PHASES[code] for code in whole.visits["phase"][of_eye]],
    }


def told(patient: Patient):
    return {
        "patient_id": patient.patient_id,
        "age_years": patient.age_years,
        "eyes": [
            {
                "eye": eye.eye,
                "end_reason": eye.end_reason,
                "days": [visit.day for visit in eye.visits],
                "letters": [visit.letters for visit in eye.visits],
                "phases": [visit.phase for visit in eye.visits],
            }
            for eye in patient.eyes
        ],
    }


def test_every_patient_is_there_in_order(results, expected):
    batches = list(results.iterate_patients())
    assert [len(batch) for batch in batches] == [100] * 7
    assert [told(patient) for batch in batches for patient in batch] == expected


@pytest.mark.parametrize("batch_size", [1, 7, 99, 101, 250, 699, 700, 5_000])
def test_batches_have_the_size_that_was_asked_for(results, expected, batch_size):
    batches = list(results.iterate_patients(batch_size=batch_size))
    assert all(len(batch) == batch_size for batch in batches[:-1])
    assert 1 <= len(batches[-1]) <= batch_size
    ids = [patient.patient_id for batch in batches for patient in batch]
    assert ids == list(range(700))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edges=st.tuples(st.integers(0, 700), st.integers(0, 700)).map(sorted))
def test_any_range_of_patients(results, expected, edges):
    start, end = edges
    found = results.get_patient_range(start, end)
    assert [told(patient) for patient in found] == expected[start:end]


@pytest.mark.parametrize("number", [0, 99, 100, 249, 250, 499, 500, 699])
def test_one_patient(results, expected, number):
    patient = results.get_patient(number)
    assert told(patient) == expected[number]
    assert results.get_patient(str(number)) == patient
    assert results.get_patient(np.int64(number)) == patient


def test_batches_of_visits_are_the_visits(results, whole):
    table = pa.Table.from_batches(results.iterate_batches())
    assert table.num_rows == whole.n_visits == results.n_visits
    assert table.column_names == list(schema.column_names(schema.VISITS))
    np.testing.assert_array_equal(table["letters"].to_numpy(), whole.visits["letters"])
    drugs = [schema.DRUGS[code] for code in whole.visits["drug"]]
    assert table["drug"].to_pylist() == drugs
    assert str(table.schema.field("drug").type).startswith("dictionary<values=string, indices=int8")


def test_batches_hold_the_columns_that_were_asked_for(results):
    (names,) = {tuple(b.schema.names) for b in results.iterate_batches(["letters", "patient_id"])}
    assert names == ("patient_id", "letters")
    (names,) = {tuple(batch.schema.names) for batch in results.iterate_batches("day")}
    assert names == ("day",)


def test_figures_come_from_the_summary_that_was_handed_in(results, summary):
    assert results.summary is summary
    assert results.get_summary_statistics() == {"n_patients": 700}


def test_it_says_what_it_is(results):
    where = "on disk" if "Parquet" in repr(results) else "in memory"
    text = f"Results: 700 patients, 2 years, {results.n_visits:,} visits {where} (less than 1 MB)"
    assert repr(results).endswith(text)
    assert (results.n_patients, results.years) == (700, 2)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda r: r.get_patient(700), "no patient 700 in this run of 700.*numbered 0 to 699"),
        (lambda r: r.get_patient(-1), "no patient -1"),
        (lambda r: r.get_patient("p7"), "patient_id is 'p7', but it must be a whole number"),
        (lambda r: r.get_patient(1.0), "patient_id is 1.0"),
        (lambda r: r.get_patient_range(0, 701), "Patients 0 to 701 .* has patients 0 to 700"),
        (lambda r: r.get_patient_range(5, 4), r"Patients 5 to 4 .*range\(start, end\)"),
        (lambda r: r.get_patient_range(-5, 4), "Patients -5 to 4"),
        (lambda r: r.get_patient_range(0, None), "end is None"),
        (lambda r: r.iterate_patients(0), "batch_size is 0, but it can be from 1 to 5,000"),
        (lambda r: r.iterate_patients(5_001), "batch_size is 5,001"),
        (lambda r: r.iterate_patients("all"), "batch_size is 'all', but it must be a whole number"),
        (
            lambda r: r.iterate_batches(["vision"]),
            "no column 'vision'.*columns are patient_id, eye",
        ),
        (lambda r: r.iterate_batches([]), "No column is named"),
    ],
)
def test_what_cannot_be_answered_is_refused_at_once(results, ask, message):
    with pytest.raises(InvalidInputError, match=message):
        ask(results)


def test_a_range_is_bounded(results, monkeypatch):
    monkeypatch.setattr("ape_core.results.base.MAX_RANGE_PATIENTS", 300)
    assert len(results.get_patient_range(100, 400)) == 300
    with pytest.raises(InvalidInputError, match="301 patients .* at most 300.*iterate_patients"):
        results.get_patient_range(100, 401)
