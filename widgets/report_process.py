"""The process that makes a report for a page, so that the kernel of the page need not.

Started by `KeptReport.start` as `python -m widgets.report_process`. What takes time to import is
imported by the child, for which nobody waits.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from widgets.reported import add_what, what_of


def main() -> int:
    """Leave the process that was started to its end, and work in a child of it."""
    parser = argparse.ArgumentParser(prog="python -m widgets.report_process")
    add_what(parser)
    parser.add_argument("--failure", required=True)
    parser.add_argument("--lock", type=int, required=True, help="open file that locks the work")
    asked = parser.parse_args()
    if os.fork():
        return 0
    from ape_core.storage.locks import FileLock

    lock = FileLock.adopt(asked.lock)
    if lock is None:
        return 3
    with lock:
        return _work(asked)


def _work(asked: argparse.Namespace) -> int:
    """Make the report; what goes wrong is left in words beside it."""
    from ape_core.errors import ApeError
    from ape_core.storage.files import write_json
    from widgets.report_file import away_from_pages, make_report

    away_from_pages(asked.store)
    try:
        make_report(what_of(asked), asked.store, Path(asked.out))
    except ApeError as error:
        write_json(Path(asked.failure), {"error": error.message, "hint": error.hint})
        return error.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(main())
