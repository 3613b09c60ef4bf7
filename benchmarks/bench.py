"""Speed and memory of runs on this machine: `make bench`, or with sizes of your own.

python benchmarks/bench.py --patients 10000 100000

Each run is a process of its own, as a user starts it, and its visits are all on disk when the
clock stops. Beside it stands the practical limit: the time that pyarrow alone needs to write the
same visits from memory, with the same settings, in one process.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import ape_core as ape
from ape_core.limits import CHUNK_SIZE
from ape_core.simulation.simulate import simulate
from ape_core.storage.arrow import encode
from ape_core.summaries import warm_cache

PROTOCOL = "aflibercept-2mg-treat-and-extend"
SEED = 1


@dataclass(frozen=True)
class Measured:
    """What one run took."""

    n_patients: int
    n_visits: int
    seconds: float
    peak_mb: float
    visits_mb: float


def measure_run(n_patients: int, years: int, workers: int) -> Measured:
    """Run from the shell into an empty store; wall time and peak resident memory."""
    with tempfile.TemporaryDirectory() as store:
        command = [sys.executable, "-m", "ape_core.cli", "run", PROTOCOL, "--json"]
        command += ["--patients", str(n_patients), "--years", str(years), "--seed", str(SEED)]
        command += ["--workers", str(workers), "--store", store]
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert process.stdout is not None
        answer = json.loads(process.stdout.read())
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"The run failed: {answer}")
        written = sum(path.stat().st_size for path in Path(store).glob("runs/*/visits/*.parquet"))
    return Measured(n_patients, answer["n_visits"], seconds, usage.ru_maxrss / 1024, written / 1e6)


def seconds_to_write(n_patients: int, years: int) -> float:
    """Time that pyarrow needs to write the visits of a run from memory, and nothing else."""
    spec = ape.RunSpec(
        protocol=ape.load_protocol(PROTOCOL),
        cohort=ape.Cohort(n_patients=n_patients),
        years=years,
        seed=SEED,
    )
    chunks = [simulate(spec, first, stop) for first, stop in ranges(n_patients)]
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        for index, chunk in enumerate(chunks):
            (Path(folder) / f"{index}.parquet").write_bytes(encode("visits", chunk))
        return time.perf_counter() - started


def ranges(n_patients: int) -> Iterator[tuple[int, int]]:
    """Chunks of the default size."""
    for first in range(0, n_patients, CHUNK_SIZE):
        yield first, min(first + CHUNK_SIZE, n_patients)


def row(run: Measured, workers: int, write_seconds: float) -> str:
    """One line of the table."""
    cells = (
        f"{run.n_patients:,}",
        f"{workers}",
        f"{run.n_visits:,}",
        f"{run.seconds:.1f}",
        f"{run.n_visits / run.seconds:,.0f}",
        f"{write_seconds:.1f}",
        f"{run.seconds / write_seconds:.2f}",
        f"{run.peak_mb:.0f}",
        f"{run.visits_mb * 1e6 / run.n_visits:.2f}",
    )
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description="Measure runs on this machine.")
    parser.add_argument("--patients", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--years", type=int, default=5)
    asked = parser.parse_args()
    warm_cache.main()
    print(f"{PROTOCOL}, {asked.years} years, {os.cpu_count()} cores\n")
    print("| patients | workers | visits | seconds | visits/s | pyarrow alone, s | ratio", end="")
    print(" | peak MB | bytes/visit |\n|" + "--:|" * 9)
    for n_patients in asked.patients:
        write_seconds = seconds_to_write(n_patients, asked.years)
        for workers in (1, 2):
            measured = measure_run(n_patients, asked.years, workers)
            print(row(measured, workers, write_seconds), flush=True)


if __name__ == "__main__":
    main()
