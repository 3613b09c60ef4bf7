"""Runs as a user starts them, and what pyarrow alone needs to write the same tables."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import ape_core as ape
from ape_core.limits import CHUNK_SIZE
from ape_core.simulation.simulate import simulate
from ape_core.storage.arrow import encode

PROTOCOL = "aflibercept-2mg-treat-and-extend"
SEED = 1
ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Measured:
    """What one run took: seconds by the clock and of processors, and the most memory it had."""

    run_id: str
    n_patients: int
    n_visits: int
    seconds: float
    cpu_seconds: float
    peak_mb: float
    visits_bytes: int
    patients_bytes: int


def question(n_patients: int, years: int) -> ape.RunSpec:
    """The question that all measurements ask."""
    return ape.RunSpec(
        protocol=ape.load_protocol(PROTOCOL),
        cohort=ape.Cohort(n_patients=n_patients),
        years=years,
        seed=SEED,
    )


def measure_run(
    store: Path,
    n_patients: int,
    years: int,
    workers: int,
    settings: Mapping[str, str] | None = None,
) -> Measured:
    """Run from the shell; all visits are on disk when the clock stops.

    Parameters
    ----------
    store
        An empty folder.
    n_patients, years, workers
        Of the run.
    settings
        Environment variables to set for it.
    """
    command = [sys.executable, "-m", "ape_core.cli", "run", PROTOCOL, "--json"]
    command += ["--patients", str(n_patients), "--years", str(years), "--seed", str(SEED)]
    command += ["--workers", str(workers), "--store", str(store)]
    environment = {**os.environ, **(settings or {})}
    started = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, cwd=ROOT
    )
    assert process.stdout is not None
    with process.stdout:
        answer = json.loads(process.stdout.read())
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"The run failed: {answer}")
    return Measured(
        answer["run_id"],
        n_patients,
        answer["n_visits"],
        seconds,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss / 1024,
        _bytes_of(store, "visits"),
        _bytes_of(store, "patients"),
    )


def seconds_to_write(folder: Path, n_patients: int, years: int) -> tuple[float, float]:
    """Time to encode and write the visits of a run from memory, one core, and nothing else.

    Chunks are simulated one at a time while the clock stands still.

    Returns
    -------
    (seconds by the clock, seconds of a processor)
    """
    seconds = cpu_seconds = 0.0
    spec = question(n_patients, years)
    for first, stop in _ranges(n_patients):
        chunk = simulate(spec, first, stop)
        started, cpu_started = time.perf_counter(), _cpu_seconds()
        (folder / f"{first}.parquet").write_bytes(encode("visits", chunk))
        seconds += time.perf_counter() - started
        cpu_seconds += _cpu_seconds() - cpu_started
    return seconds, cpu_seconds


def _ranges(n_patients: int) -> Iterator[tuple[int, int]]:
    """Chunks of the default size."""
    for first in range(0, n_patients, CHUNK_SIZE):
        yield first, min(first + CHUNK_SIZE, n_patients)


def _cpu_seconds() -> float:
    """Processor time of this process so far, of the kernel and of all threads too."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _bytes_of(store: Path, table: str) -> int:
    """Bytes of a table on disk."""
    return sum(path.stat().st_size for path in store.glob(f"runs/*/{table}/*.parquet"))
