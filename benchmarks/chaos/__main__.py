"""Runs every part of the proof and prints one table: `python -m benchmarks.chaos`.

Takes up to an hour; `--short` does in a minute what `make test` does, `--only kills` one part;
`--json` prints the rows for a program to read.
Writes nothing into the repository. Exit status 1 when anything failed.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import json
import pkgutil
import signal
import sys
import textwrap
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from benchmarks import chaos
from benchmarks.chaos.common import Row, row, tell

_WIDTH = 100


def main() -> int:
    """Print the table; return the exit status."""
    asked = _parser().parse_args()
    # Whoever ends the proof does not want its servers, control groups and folders left behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    found: list[Row] = []
    for name in asked.only or parts():
        began = time.monotonic()
        tell(f"{name} ...")
        found += rows_of(name, short=asked.short)
        tell(f"{name}: {time.monotonic() - began:,.0f} s")
    print(json.dumps(found) if asked.json else table(found))
    return int(any(line["outcome"] == "failed" for line in found))


def _parser() -> argparse.ArgumentParser:
    """What can be asked."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos", description=__doc__)
    parser.add_argument("--only", action="append", choices=parts(), help="one part; repeatable")
    parser.add_argument("--short", action="store_true", help="the short version of each")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    return parser


def parts() -> list[str]:
    """Names of the modules that have rows for the table."""
    names = [module.name for module in pkgutil.iter_modules(chaos.__path__)]
    folder = Path(chaos.__path__[0])
    return [name for name in names if "\ndef rows(" in (folder / f"{name}.py").read_text()]


def rows_of(name: str, *, short: bool) -> list[Row]:
    """Rows of one part; one that says so when the part itself came to grief."""
    try:
        rows: Callable[..., list[Row]] = importlib.import_module(f"benchmarks.chaos.{name}").rows
        takes_short = "short" in inspect.signature(rows).parameters
        return rows(short=short) if takes_short else rows()
    except Exception as error:  # noqa: BLE001  the other parts still have something to say
        tell(traceback.format_exc())
        return [row(name, 0, f"{type(error).__name__}: {error}", "failed")]


def table(found: list[Row]) -> str:
    """The rows in columns, each detail wrapped beneath its own."""
    width = max((len(line["check"]) for line in found), default=5)
    lines = [f"{'check':{width}}  {'n':>6}  {'outcome':8}  detail"]
    for line in found:
        head = f"{line['check']:{width}}  {line['n']:>6,}  {line['outcome']:8}  "
        detail = textwrap.wrap(str(line["detail"]), _WIDTH) or [""]
        lines += [head + detail[0], *(" " * len(head) + more for more in detail[1:])]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
