"""Measures everything and writes one table: `python -m benchmarks.bench`.

Takes about 15 minutes on a quiet machine of two cores, and 1 GB of disk; `--quick` shows in two
minutes that everything can be measured, `--only runs` measures one part, `--full` 10 million
patients as well. bench.md and bench.json are written anew after every figure, so that nothing is
lost when a part fails or the run is stopped. Exit status 1 when a part failed; a target that is
missed is said in the table.
"""

from __future__ import annotations

import argparse
import importlib
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.bench.common import LARGEST, PROTOCOL, YEARS, Bench
from benchmarks.bench.report import Figure, Report

SECTIONS = ("starts", "runs", "scale", "reads", "baselines", "pages", "answers")
"""In the order in which they are measured: the browser comes after what must start small."""


def main(words: list[str] | None = None) -> int:
    """Measure; return the exit status."""
    asked = _parser().parse_args(words)
    # Whoever ends this does not want its servers and folders left behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    title = f"APE: {PROTOCOL}, {YEARS} years{' (quick)' * asked.quick}"
    report = Report(asked.to, title, is_judged=not asked.quick)
    with TemporaryDirectory(
        prefix="ape-bench-", dir=asked.scratch, ignore_cleanup_errors=True
    ) as folder:
        bench = Bench(Path(folder), quick=asked.quick, full=asked.full)
        for name in SECTIONS:
            if name in (asked.only or SECTIONS):
                measure(report, name, bench)
    print(report.markdown())
    return int(any(section.error for section in report.sections))


def measure(report: Report, name: str, bench: Bench) -> None:
    """Measure one section; what goes wrong in it is told, and the others are still measured."""
    report.begin(name)
    error = ""
    try:
        figures: Callable[[Bench], Iterator[Figure]] = importlib.import_module(
            f"benchmarks.bench.{name}"
        ).figures
        for figure in figures(bench):
            report.add(figure)
    except Exception as problem:  # noqa: BLE001  the other sections have something to say
        traceback.print_exc()
        error = f"{type(problem).__name__}: {problem}"
    except BaseException:
        report.end("stopped")
        raise
    report.end(error)


def _parser() -> argparse.ArgumentParser:
    """What can be asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=SECTIONS, help="one part; repeatable")
    parser.add_argument("--quick", action="store_true", help="a little of everything, once")
    parser.add_argument("--full", action="store_true", help=f"{LARGEST:,} patients, too")
    parser.add_argument("--to", type=Path, default=Path("build/bench"), help="folder of the report")
    parser.add_argument("--scratch", type=Path, help="folder with room for the runs")
    return parser


if __name__ == "__main__":
    sys.exit(main())
