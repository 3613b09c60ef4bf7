"""The process that answers the questions of a series, one after another.

Started by `series.Series.start` as `python -m ape_core.runs.series_worker`. The simulator is loaded
once for all of them.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path

from ape_core.errors import ApeError, RunFailedError
from ape_core.runs.progress import Progress
from ape_core.runs.series import Series, answer_one
from ape_core.spec.run_spec import RunSpec
from ape_core.storage.files import read_json
from ape_core.storage.locks import FileLock

_KILLED_FIRST = "500"
"""Should the system have to kill a process after all, this one loses least (-1000 to 1000)."""


def main() -> int:
    """Leave the process that was started to its end, and work in a child of it."""
    parser = argparse.ArgumentParser(prog="python -m ape_core.runs.series_worker")
    parser.add_argument("--store", type=Path, required=True, help="folder of the store")
    parser.add_argument("--questions", type=Path, required=True, help="file of the questions")
    parser.add_argument("--lock", type=int, required=True, help="open file that locks the work")
    asked = parser.parse_args()
    if os.fork():
        return 0
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_KILLED_FIRST)
    lock = FileLock.adopt(asked.lock)
    if lock is None:
        return RunFailedError.exit_status
    with lock:
        return _work(asked.store, asked.questions)


def _work(store: Path, questions: Path) -> int:
    """Answer what is not answered yet; what goes wrong is left in words beside the questions."""
    specs = [RunSpec.from_json(text) for text in read_json(questions)["specs"]]
    series = Series(specs, store)
    try:
        answer(series)
    except ApeError as error:
        if series.was_stopped:
            return 0
        traceback.print_exception(error)
        series.keep_failure(error.message, error.hint)
        return error.exit_status
    except Exception as error:
        fault = RunFailedError(
            f"The runs met a fault of their own: {type(error).__name__}: {error}.",
            f"The details are in {questions.with_suffix('.log')}; please report them.",
        )
        series.keep_failure(fault.message, fault.hint)
        raise
    if not series.was_stopped:
        series.forget()
    return 0


def answer(series: Series) -> None:
    """Bring every run of a series to its end in this process, or follow whoever does."""

    def observe(_: Progress) -> None:
        """Stop, also where that was asked before the run could be told."""
        if series.ends_at_once:
            series.cancel_runs()

    for spec in series.specs:
        if series.was_stopped:
            return
        answer_one(spec, series.store, observe)


if __name__ == "__main__":
    sys.exit(main())
