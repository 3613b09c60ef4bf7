"""The rows of a run do not depend on how, where and with how many interruptions it is computed."""

from __future__ import annotations

import random
import time

import numpy as np
import pytest

from ape_core.results.create import create_results
from ape_core.runs.starting import ask, run, submit
from ape_core.simulation.simulate import simulate
from ape_core.storage.digest import digest, digest_chunks
from ape_core.summaries.summary import Summary
from support.patience import PATIENCE
from support.runs import small_spec
from support.workers import is_simulating, kill_workers, until

SPEC = small_spec(20_000, years=2)


@pytest.fixture(scope="module")
def whole():
    """The run in one piece, in memory, never on disk."""
    return simulate(SPEC, 0, SPEC.cohort.n_patients)


@pytest.mark.parametrize(("chunk_size", "workers"), [(1_000, 2), (5_000, 1), (7_777, 2)])
def test_chunks_and_threads_change_nothing(store, whole, chunk_size, workers):
    results = run(SPEC, store, workers, chunk_size, progress=False)
    folder = ask(SPEC, store).folder
    assert folder.checkpoint().chunk_size == chunk_size
    assert digest(folder) == digest_chunks([whole])
    assert results.summary == Summary.of_chunk(whole)


def test_killed_three_times_and_resumed_is_the_same(store):
    """At random moments while it simulates; the undisturbed run is simulated in one piece."""
    spec = small_spec(100_000, years=2, seed=5)
    moments = random.Random(time.time_ns())
    committed = []
    for least in (0, 0, 1):  # the last time, something must be there to lose
        found = submit(spec, store, workers=1, chunk_size=1_000)
        until(lambda found=found: is_simulating(found))
        until(lambda found=found, least=least: found.progress().patients_committed >= least)
        time.sleep(moments.uniform(0, 0.25))
        kill_workers(found)
        assert found.status == "interrupted"
        committed.append(found.progress().patients_done)
    assert committed == sorted(committed)
    assert found.summary().n_patients == committed[-1]
    found = submit(spec, store)
    assert found.wait(PATIENCE) == "complete"
    assert found.verify() == []
    assert found.folder.clean_temporary() == []
    chunks = (simulate(spec, first, first + 20_000) for first in range(0, 100_000, 20_000))
    assert found.digest() == digest_chunks(chunks)
    assert sum(a["patients"] for a in found.folder.read_provenance()["attempts"]) <= 100_000


def test_rows_in_memory_are_those_in_parquet(store):
    spec = small_spec(900, years=3)
    in_memory = run(spec, store, chunk_size=250, progress=False)
    on_disk = create_results(900, ask(spec, store).folder, in_memory.summary, in_memory=False)
    assert type(in_memory) is not type(on_disk)
    columns = {name: list(values) for name, values in in_memory.to_dataframe().items()}
    read = {name: [] for name in columns}
    for batch in on_disk.iterate_batches():
        for name in read:
            read[name] += batch.column(name).to_pylist()
    assert read == columns
    assert in_memory.get_patient_range(0, 900) == on_disk.get_patient_range(0, 900)
    assert np.isfinite(in_memory.get_summary_statistics()["by_year"][0]["letters_mean"])
