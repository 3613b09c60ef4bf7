"""Runs from the shell with all rows on disk, beside what pyarrow alone needs for the same rows."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from ape_core.limits import CHUNK_SIZE
from benchmarks.bench.common import LARGEST, Bench, apart, median, question
from benchmarks.bench.report import Figure, at_most, median_of
from benchmarks.bench.runs_from_shell import Measured

WORKERS = (1, 2)
MOST_PYARROW_TIMES = 2.0
MOST_BYTES_PER_VISIT = 4.0
MOST_PEAK_MB = 350.0
MOST_PEAK_GROWTH = 1.10
LONG_YEARS = 40

Writing = dict[str, tuple[float, float]]
"""Seconds by the clock and of a processor that writing a table took."""


def figures(bench: Bench) -> Iterator[Figure]:
    """Runs of each size, one worker and two."""
    apart(_compile)
    peaks: dict[int, float] = {}
    for n_patients in bench.sizes():
        runs: dict[int, list[Measured]] = {workers: [] for workers in WORKERS}
        writes: list[Writing] = []
        for _ in range(1 if n_patients == LARGEST else bench.times(3)):
            with TemporaryDirectory(dir=bench.folder) as folder:
                writes.append(apart(write_alone, Path(folder), n_patients))
            for workers in WORKERS:
                runs[workers].append(bench.run(n_patients, workers))
        yield from _alone(n_patients, writes, runs[1][0])
        for workers in WORKERS:
            yield from _of_runs(runs[workers], workers, writes)
            bench.fastest[workers] = median([r.n_visits / r.seconds for r in runs[workers]])
        yield from _bytes(runs[1][0])
        peaks[n_patients] = max(run.peak_mb for run in runs[2])
    yield from _growth(peaks)
    few = bench.sizes()[0]
    long_run = bench.run(few, 2, LONG_YEARS)
    yield Figure(
        f"{few:,} patients x {LONG_YEARS} years, 2 workers: most memory",
        long_run.peak_mb,
        "MB",
        at_most(MOST_PEAK_MB),
    )


def _compile() -> None:
    """Compile what no run is to wait for."""
    from ape_core.summaries import warm_cache

    warm_cache.main()


def write_alone(folder: Path, n_patients: int) -> Writing:
    """Encode and write both tables of a run from memory on one core, and do nothing else.

    Chunks of the usual size are simulated one at a time while the clock stands still.
    """
    from ape_core.simulation.simulate import simulate
    from ape_core.storage.arrow import encode

    spec = question(n_patients)
    took = {"visits": (0.0, 0.0), "patients": (0.0, 0.0)}
    for first in range(0, n_patients, CHUNK_SIZE):
        chunk = simulate(spec, first, min(first + CHUNK_SIZE, n_patients))
        for table, (seconds, cpu_seconds) in took.items():
            path = folder / f"{table}.parquet"
            path.unlink(missing_ok=True)
            started, cpu_started = time.perf_counter(), _cpu_seconds()
            path.write_bytes(encode(table, chunk))
            took[table] = (
                seconds + time.perf_counter() - started,
                cpu_seconds + _cpu_seconds() - cpu_started,
            )
    return took


def _cpu_seconds() -> float:
    """Processor time of this process so far, of all its threads and of the system for it."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _alone(n_patients: int, writes: list[Writing], run: Measured) -> Iterator[Figure]:
    """What pyarrow needs."""
    seconds = [write["visits"][0] for write in writes]
    what = f"{n_patients:,} patients, pyarrow alone, 1 core: "
    yield median_of(f"{what}visits table", seconds, "s")
    yield median_of(f"{what}visits per second", [run.n_visits / s for s in seconds], "visits/s")
    both = [sum(table[0] for table in write.values()) for write in writes]
    yield median_of(f"{what}visits and patients", both, "s")


def _of_runs(runs: list[Measured], workers: int, writes: list[Writing]) -> Iterator[Figure]:
    """Speed and memory of the same run, as often as it was made."""
    n_patients = runs[0].n_patients
    what = f"{n_patients:,} patients, {workers} worker{'s' * (workers > 1)}: "
    pairs = list(zip(runs, writes, strict=True))
    is_target = n_patients == 1_000_000 and workers == 2
    target = at_most(MOST_PYARROW_TIMES) if is_target else None
    yield median_of(f"{what}run, all on disk", [run.seconds for run in runs], "s")
    yield median_of(f"{what}patients", [n_patients / run.seconds for run in runs], "patients/s")
    yield median_of(f"{what}visits", [run.n_visits / run.seconds for run in runs], "visits/s")
    times = [run.seconds / write["visits"][0] for run, write in pairs]
    yield median_of(f"{what}run / pyarrow's visits table", times, "times", target)
    both = [run.seconds / sum(table[0] for table in write.values()) for run, write in pairs]
    yield median_of(f"{what}run / pyarrow's both tables", both, "times")
    cpu = [run.cpu_seconds / write["visits"][1] for run, write in pairs]
    yield median_of(f"{what}processor time / pyarrow's, visits table", cpu, "times")
    peak = max(run.peak_mb for run in runs)
    yield Figure(f"{what}most memory", peak, "MB", at_most(MOST_PEAK_MB))


def _bytes(run: Measured) -> Iterator[Figure]:
    """Size on disk."""
    what = f"{run.n_patients:,} patients: on disk, "
    both = (run.visits_bytes + run.patients_bytes) / run.n_visits
    # A file has a head of its own, which small ones are mostly made of.
    target = at_most(MOST_BYTES_PER_VISIT) if run.n_patients >= 100_000 else None
    yield Figure(f"{what}both tables", both, "bytes/visit", target)
    visits = run.visits_bytes / run.n_visits
    yield Figure(f"{what}visits table", visits, "bytes/visit", target)


def _growth(peaks: dict[int, float]) -> Iterator[Figure]:
    """How memory grows with the run: from the smallest to each other."""
    smallest = min(peaks)
    for n_patients in sorted(peaks)[1:]:
        target = at_most(MOST_PEAK_GROWTH) if n_patients == LARGEST else None
        what = f"most memory, 2 workers: {n_patients:,} / {smallest:,} patients"
        yield Figure(what, peaks[n_patients] / peaks[smallest], "times", target)
