"""Speed and memory of runs on this machine: `make bench`, or with sizes of your own.

python -m benchmarks.bench --patients 10000 100000 --workers 2

Each run is a process of its own, as a user starts it, and its visits are all on disk when the
clock stops. Beside it stands the practical limit: the time that pyarrow alone needs to write the
same visits from memory, with the same settings, on one core. The tables are printed, and written
as bench.md and bench.json.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ape_core.summaries import warm_cache
from benchmarks.measured_reads import full_scan_seconds, merge_ms, one_patient_ms
from benchmarks.measured_runs import PROTOCOL, Measured, measure_run, seconds_to_write

SIZES = (10_000, 100_000, 1_000_000)
LARGEST = 10_000_000
FEW_PATIENTS = 1_000
"""Patients of the run that shows what starting takes."""

RUN_COLUMNS = (
    "patients", "workers", "visits", "seconds", "CPU seconds", "patients/s", "visits/s",
    "pyarrow alone, s", "ratio", "pyarrow alone, CPU s", "CPU ratio", "peak MB", "bytes/visit",
    "of these visits table",
)  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """One more figure of the report."""

    what: str
    value: float
    unit: str


def main() -> None:
    """Measure, print and write."""
    asked = _parser().parse_args()
    sizes = sorted({*asked.patients, *([LARGEST] if asked.full else [])})
    _apart(warm_cache.main)
    rows, figures = [], _starts()
    for n_patients in sizes:
        with tempfile.TemporaryDirectory() as folder:
            write = _apart(seconds_to_write, Path(folder), n_patients, asked.years)
        for workers in asked.workers:
            with tempfile.TemporaryDirectory() as folder:
                run = measure_run(Path(folder), n_patients, asked.years, workers)
                rows.append(_row(run, workers, write))
                print(_line(rows[-1].values()), flush=True)
                if n_patients == sizes[-1] and workers == asked.workers[-1]:
                    figures += _reads(Path(folder), run)
    figures.append(Figure("merge the summary of a chunk", merge_ms(asked.years), "ms"))
    _write(asked.to, asked.years, rows, figures)


def _apart(work: Callable[..., Any], *arguments: Any) -> Any:
    """Do something in a process of its own.

    The system counts the peak memory of whoever starts a process as that of the process, so this
    one has to stay smaller than what it measures.
    """
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def _parser() -> argparse.ArgumentParser:
    """What can be asked for."""
    parser = argparse.ArgumentParser(description="Measure runs on this machine.")
    parser.add_argument("--patients", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--years", type=int, default=5)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--full", action="store_true", help=f"also {LARGEST:,} patients: 5 GB")
    parser.add_argument("--to", type=Path, default=Path("build/bench"), help="folder of the report")
    return parser


def _starts() -> list[Figure]:
    """From the shell to the end of a small run, before anything is compiled and after."""
    with tempfile.TemporaryDirectory() as folder:
        cache = {"NUMBA_CACHE_DIR": f"{folder}/cache"}
        seconds = [
            measure_run(Path(folder) / store, FEW_PATIENTS, 1, 1, cache).seconds
            for store in ("cold", "warm")
        ]
    what = f"run of {FEW_PATIENTS:,} patients x 1 year, "
    return [
        Figure(what + "nothing compiled yet", seconds[0], "s"),
        Figure(what + "compiled code cached", seconds[1], "s"),
    ]


def _reads(store: Path, run: Measured) -> list[Figure]:
    """Reading the largest run."""
    scan = full_scan_seconds(store, run)
    return [
        Figure(f"one patient of {run.n_patients:,}", one_patient_ms(store, run), "ms"),
        Figure(f"full scan of {run.n_visits:,} visits", scan, "s"),
        Figure("full scan", run.n_visits / scan, "visits/s"),
    ]


def _row(run: Measured, workers: int, write: tuple[float, float]) -> dict[str, Any]:
    """A run beside the practical limit."""
    cells = (
        run.n_patients,
        workers,
        run.n_visits,
        run.seconds,
        run.cpu_seconds,
        round(run.n_patients / run.seconds),
        round(run.n_visits / run.seconds),
        write[0],
        run.seconds / write[0],
        write[1],
        run.cpu_seconds / write[1],
        round(run.peak_mb),
        (run.visits_bytes + run.patients_bytes) / run.n_visits,
        run.visits_bytes / run.n_visits,
    )
    return dict(zip(RUN_COLUMNS, cells, strict=True))


def _line(cells: Any) -> str:
    """One line of a table."""
    return "| " + " | ".join(f"{c:.2f}" if isinstance(c, float) else f"{c:,}" for c in cells) + " |"


def _write(folder: Path, years: int, rows: list[dict[str, Any]], figures: list[Figure]) -> None:
    """Print both tables, and write them as markdown and as JSON."""
    title = f"{PROTOCOL}, {years} years, {os.cpu_count()} cores, {platform.machine()}"
    lines = [title, "", "| " + " | ".join(RUN_COLUMNS) + " |", "|" + "--:|" * len(RUN_COLUMNS)]
    lines += [_line(row.values()) for row in rows]
    lines += ["", "| what | value | unit |", "|--|--:|--|"]
    lines += [f"| {f.what} | {f.value:,.2f} | {f.unit} |" for f in figures]
    text = "\n".join(lines) + "\n"
    print(text)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.md").write_text(text, encoding="utf-8")
    report = {"title": title, "runs": rows, "figures": [asdict(figure) for figure in figures]}
    (folder / "bench.json").write_text(json.dumps(report, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
