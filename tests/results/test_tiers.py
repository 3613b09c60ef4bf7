"""Which tier a number of patients gets, and what only one of them offers."""

from __future__ import annotations

import gc
import subprocess
import sys
import tracemalloc
import warnings

import pyarrow as pa
import pytest

import ape_core as ape
from ape_core import schema
from ape_core.errors import CorruptRunError, InvalidInputError
from ape_core.results import InMemoryResults, ParquetResults, create_results
from ape_core.storage.parts import part_path
from ape_core.storage.store import Store
from support.chunks import cut_all, fabricate
from support.runs import commit_all, small_spec


@pytest.mark.parametrize(
    ("n_patients", "tier"),
    [
        (1, InMemoryResults),
        (999, InMemoryResults),
        (1_000, ParquetResults),
        (10**8, ParquetResults),
    ],
)
def test_the_number_of_patients_chooses(n_patients, tier):
    results = ape.create_results(n_patients)
    assert type(results) is tier
    assert results.n_patients == n_patients
    assert repr(results) == f"{tier.__name__}: empty, for {n_patients:,} patients"


def test_an_empty_container_answers_like_any_other():
    for results in (create_results(500), create_results(5_000)):
        assert list(results.iterate_patients()) == []
        assert list(results.iterate_batches()) == []
        assert results.get_patient_range(3, 3) == []
        assert results.n_visits == 0
        assert results.get_summary_statistics()["n_patients"] == 0
        for ask in (
            lambda r: r.get_patient(3),
            lambda r: r.get_patient_range(3, 5),
            lambda r: r.summary,
        ):
            with pytest.raises(InvalidInputError, match="nothing in these results .*ape.run"):
                ask(results)
    assert create_results(500).get_all_patients() == {}


def test_memory_is_given_warned_of_and_refused():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert isinstance(create_results(9_999, in_memory=True), InMemoryResults)
        assert isinstance(create_results(5, in_memory=False), ParquetResults)
    with pytest.warns(UserWarning, match="10,000 patients in memory may take"):
        assert isinstance(create_results(10_000, in_memory=True), InMemoryResults)
    with pytest.raises(InvalidInputError, match="50,000 patients are not held in memory; .*49,999"):
        create_results(50_000, in_memory=True)


@pytest.mark.parametrize("n_patients", [0, -5, 10**8 + 1, 2.5, "many", None])
def test_a_number_that_cannot_be_is_refused(n_patients):
    with pytest.raises(
        InvalidInputError, match="n_patients is .*whole number from 1 to 100,000,00"
    ):
        create_results(n_patients)


def test_results_must_be_of_the_run(run, summary):
    assert isinstance(create_results(700, run, summary), InMemoryResults)
    with pytest.raises(InvalidInputError, match="has 700 patients, not 5,000"):
        create_results(5_000, run, summary)


@pytest.mark.parametrize("tier", [InMemoryResults, ParquetResults])
def test_a_run_that_is_not_complete_has_no_results(tmp_path, whole, tier):
    run = Store(tmp_path).create(small_spec(700, 2), 250)
    commit_all(run, list(cut_all(whole, 250))[:2])
    with pytest.raises(InvalidInputError, match="not complete: 500 of 700 patients.*ape resume"):
        tier(700, run)


def test_all_patients_are_at_hand_in_memory(run):
    patients = InMemoryResults(700, run).get_all_patients()
    assert list(patients) == [str(number) for number in range(700)]
    assert patients["123"].patient_id == 123


def test_visits_and_patients_as_data_frames(run, whole):
    results = InMemoryResults(700, run)
    visits = results.to_dataframe()
    assert len(visits) == whole.n_visits
    assert list(visits.columns) == list(schema.column_names(schema.VISITS))
    assert visits["letters"].dtype == "int8"
    assert list(visits["phase"].cat.categories) == list(schema.PHASES)
    assert len(results.to_dataframe("patients")) == whole.n_eyes
    with pytest.raises(InvalidInputError, match="'eyes' is no table.*visits, patients"):
        results.to_dataframe("eyes")


@pytest.mark.parametrize("name", ["get_all_patients", "to_dataframe"])
def test_nothing_on_disk_can_be_had_all_at_once(run, name):
    results = ParquetResults(700, run)
    assert not hasattr(results, name)
    message = (
        rf"no {name}: results of 1,000 patients or more are read from disk in batches, so that "
        r"memory stays flat.* 700 patients with [\d,]+ visits would take about .*iterate_patients"
    )
    with pytest.raises(AttributeError, match=message):
        getattr(results, name)
    with pytest.raises(AttributeError, match="has no attribute 'get_everything'"):
        _ = results.get_everything


def test_the_size_that_it_warns_of_is_true():
    """Bytes per visit of patients as objects, against what the message reckons with."""
    results = InMemoryResults.from_chunks([fabricate(900, 5)])
    tracemalloc.start()
    patients = results.get_all_patients()
    n_bytes = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert len(patients) == 900
    assert 150 < n_bytes / results.n_visits < 250


def test_an_empty_container_on_disk_reckons_with_typical_visits():
    with pytest.raises(AttributeError, match="100,000 patients with 2,500,000 visits .* 500 MB"):
        create_results(100_000).get_all_patients()


def test_damage_met_while_reading_is_named(tmp_path, whole):
    run = Store(tmp_path).create(small_spec(700, 2), 250)
    commit_all(run, cut_all(whole, 250))
    results = ParquetResults(700, run)
    part_path(run.path, "visits", 1).write_bytes(b"PAR1")
    assert results.get_patient(0).patient_id == 0
    for ask in (
        lambda: results.get_patient(300),
        lambda: list(results.iterate_patients()),
        lambda: list(results.iterate_batches()),
    ):
        with pytest.raises(CorruptRunError, match="visits/part-000001.parquet is damaged.*verify"):
            ask()


@pytest.mark.parametrize(
    "read",
    [
        lambda results: (len(batch) for batch in results.iterate_patients()),
        lambda results: (batch.num_rows for batch in results.iterate_batches()),
    ],
    ids=["patients", "visits"],
)
def test_reading_in_batches_takes_the_same_memory_whatever_the_size(tmp_path, read):
    """Peaks of Python's and Arrow's memory for 4,000 and 16,000 patients in chunks of 1,000."""
    peaks = []
    for n_patients in (4_000, 16_000):
        run = Store(tmp_path).create(small_spec(n_patients, 2), 1_000)
        commit_all(run, cut_all(fabricate(n_patients, 2), 1_000))
        peaks.append(peak_of(read, ParquetResults(n_patients, run)))
    assert peaks[1][0] < 1.5 * peaks[0][0]
    assert peaks[1][1] < 1.2 * peaks[0][1]


def peak_of(read, results):
    default = pa.default_memory_pool()
    pool = pa.proxy_memory_pool(default)
    pa.set_memory_pool(pool)
    gc.freeze()
    tracemalloc.start()
    try:
        for n_rows in read(results):
            assert n_rows > 0
            gc.collect()  # empties the free lists of Python, which may hold megabytes of tuples
        return tracemalloc.get_traced_memory()[1], pool.max_memory()
    finally:
        tracemalloc.stop()
        gc.unfreeze()
        pa.set_memory_pool(default)


def test_choosing_a_tier_imports_nothing_heavy():
    code = (
        "import sys, ape_core.results as r; r.create_results(5_000)\n"
        "import ape_core.storage.store, ape_core.storage.verify, ape_core.storage.digest\n"
        "print([m for m in ('pyarrow', 'pandas', 'numba') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "[]\n"
