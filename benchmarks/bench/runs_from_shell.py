"""Programs as a user starts them from the shell, with what they took."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Taken:
    """What a program printed and took: seconds by the clock and of processors, most memory."""

    printed: bytes
    seconds: float
    cpu_seconds: float
    peak_mb: float


@dataclass(frozen=True)
class Measured:
    """One run, all of whose rows were on disk when the clock stopped."""

    run_id: str
    n_patients: int
    n_visits: int
    seconds: float
    cpu_seconds: float
    peak_mb: float
    visits_bytes: int
    patients_bytes: int


def taken(command: Sequence[str], settings: Mapping[str, str] | None = None) -> Taken:
    """Run a program of Python to its end.

    Parameters
    ----------
    command
        What follows the name of the interpreter.
    settings
        Environment variables to set for it.
    """
    environment = {**os.environ, **(settings or {})}
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        cwd=ROOT,
    )
    assert process.stdout is not None
    with process.stdout:
        printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {printed.decode()[-500:]}")
    cpu_seconds = usage.ru_utime + usage.ru_stime
    return Taken(printed, seconds, cpu_seconds, usage.ru_maxrss * 1024 / 1e6)


def measure_run(
    store: Path,
    protocol: str,
    n_patients: int,
    years: int,
    workers: int,
    seed: int,
    settings: Mapping[str, str] | None = None,
) -> Measured:
    """Run a question in an empty folder."""
    asked = ["--patients", n_patients, "--years", years, "--seed", seed, "--workers", workers]
    command = ["-m", "ape_core.cli", "run", protocol, "--json", *map(str, asked)]
    took = taken([*command, "--store", str(store)], settings)
    answer = json.loads(took.printed)
    return Measured(
        answer["run_id"],
        n_patients,
        answer["n_visits"],
        took.seconds,
        took.cpu_seconds,
        took.peak_mb,
        _bytes_of(store, "visits"),
        _bytes_of(store, "patients"),
    )


def _bytes_of(store: Path, table: str) -> int:
    """Bytes of a table on disk."""
    return sum(path.stat().st_size for path in store.glob(f"runs/*/{table}/*.parquet"))
