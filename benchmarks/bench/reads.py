"""Reading the largest run, whose files are in the memory of the system, as after a run."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import ape_core as ape
from ape_core.limits import CHUNK_SIZE
from benchmarks.bench.common import SEED, YEARS, Bench, apart, question, seconds_of
from benchmarks.bench.report import Figure, at_most, median_of
from benchmarks.bench.runs_from_shell import Measured

MOST_MS_OF_A_PATIENT = 50.0
QUESTIONS = {
    "average of a column": "SELECT avg(letters) FROM visits",
    "count and average by group": "SELECT phase, count(*), avg(letters) FROM visits GROUP BY phase",
    "visits and patients joined": (
        "SELECT p.sex, avg(v.letters) FROM visits v JOIN patients p USING (patient_id, eye) "
        "GROUP BY 1"
    ),
    "visits of one patient": "SELECT * FROM visits WHERE patient_id = {middle}",
}


def figures(bench: Bench) -> Iterator[Figure]:
    """Read one patient, everything, and answers; merge summaries."""
    store, run = bench.largest_run()
    of_run = f"of {run.n_patients:,} patients, "
    yield from apart(_read, store, run, bench.times(3), of_run)
    merges = apart(_merges, bench.times(21))
    yield median_of("merge the summary of a chunk", merges, "ms")


def _read(store: Path, run: Measured, times: int, of_run: str) -> list[Figure]:
    """All of it, in one process."""
    works = (_patients, _scan, _queries)
    return [figure for work in works for figure in work(store, run, times, of_run)]


def _patients(store: Path, run: Measured, times: int, of_run: str) -> list[Figure]:
    """Find patients at random with all of their visits."""
    results = ape.open_run(run.run_id, store=store).results()
    chosen = random.Random(SEED).choices(range(run.n_patients), k=7 * times)
    found = [_ms(partial(results.get_patient, patient)) for patient in chosen]
    opening = [_ms(lambda: _first_patient(store, run)) for _ in range(times)]
    target = at_most(MOST_MS_OF_A_PATIENT)
    return [
        median_of(f"{of_run}one patient with all visits", found, "ms", target),
        median_of(f"{of_run}open the run, and read one patient", opening, "ms"),
    ]


def _first_patient(store: Path, run: Measured) -> object:
    """Open a run that is not open, and read a patient."""
    return ape.open_run(run.run_id, store=store).results().get_patient(run.n_patients // 2)


def _scan(store: Path, run: Measured, times: int, of_run: str) -> list[Figure]:
    """Read every column of every visit, batch by batch."""

    def scan() -> None:
        results = ape.open_run(run.run_id, store=store).results()
        n_rows = sum(batch.num_rows for batch in results.iterate_batches())
        assert n_rows == run.n_visits, "not all visits were read"

    took = [seconds_of(scan) for _ in range(times)]
    return [
        median_of(f"{of_run}every visit read", took, "s"),
        median_of(f"{of_run}visits read", [run.n_visits / s for s in took], "visits/s"),
    ]


def _queries(store: Path, run: Measured, times: int, of_run: str) -> list[Figure]:
    """Answer questions in SQL."""
    results = ape.open_run(run.run_id, store=store).results()
    found = []
    for what, sql in QUESTIONS.items():
        asked = sql.format(middle=run.n_patients // 2)
        took = [seconds_of(partial(results.query, asked)) for _ in range(times)]
        found.append(median_of(f"{of_run}SQL, {what}", took, "s"))
    return found


def _merges(times: int) -> list[float]:
    """Merge the summary of a chunk into that of a run, in milliseconds."""
    from ape_core.simulation.simulate import simulate

    spec = question(2 * CHUNK_SIZE, YEARS)
    whole, chunk = (
        ape.Summary.of_chunk(simulate(spec, first, first + CHUNK_SIZE)) for first in (0, CHUNK_SIZE)
    )
    return [_ms(lambda: whole.merge(chunk)) for _ in range(times)]


def _ms(work: Callable[[], object]) -> float:
    """Milliseconds by the clock that something takes."""
    return 1e3 * seconds_of(work)
