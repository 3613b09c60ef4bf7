"""What reading a run takes: one patient, all rows, and merging summaries."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import ape_core as ape
from ape_core.limits import CHUNK_SIZE
from ape_core.simulation.simulate import simulate
from benchmarks.measured_runs import SEED, Measured, question

_REPEATS = 21


def one_patient_ms(store: Path, run: Measured) -> float:
    """Milliseconds to find one patient and all of his or her visits: median of patients at random.

    The files are in the memory of the operating system, as they are after a run.
    """
    results = ape.open_run(run.run_id, store=store).results()
    patients = random.Random(SEED).choices(range(run.n_patients), k=_REPEATS)
    return 1e3 * statistics.median(
        _seconds(lambda patient=patient: results.get_patient(patient)) for patient in patients
    )


def full_scan_seconds(store: Path, run: Measured) -> float:
    """Seconds to read every column of every visit, batch by batch."""

    def scan() -> None:
        """Read and count."""
        results = ape.open_run(run.run_id, store=store).results()
        n_rows = sum(batch.num_rows for batch in results.iterate_batches())
        assert n_rows == run.n_visits

    return _seconds(scan)


def merge_ms(years: int) -> float:
    """Milliseconds to merge the summary of a chunk into that of a run."""
    spec = question(2 * CHUNK_SIZE, years)
    whole, chunk = (
        ape.Summary.of_chunk(simulate(spec, first, first + CHUNK_SIZE)) for first in (0, CHUNK_SIZE)
    )
    return 1e3 * statistics.median(_seconds(lambda: whole.merge(chunk)) for _ in range(_REPEATS))


def _seconds(work: Callable[[], object]) -> float:
    """Seconds by the clock that something takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
