"""The process that computes a validation, so that the kernel of a page need not.

Started by `ValidationStore.start` as `python -m ape_core.analysis.validating`.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from typing import Final

from ape_core.analysis.records import read_records
from ape_core.analysis.validation import as_plain
from ape_core.analysis.validation_store import ValidationStore
from ape_core.errors import ApeError, InvalidInputError, RunFailedError
from ape_core.runs.slots import wait_for_slot
from ape_core.storage.locks import FileLock

MEMORY_MB: Final = 300.0
"""Resident memory of this process while it simulates."""


def main() -> int:
    """Leave the process that was started to its end, and work in a child of it."""
    parser = argparse.ArgumentParser(prog="python -m ape_core.analysis.validating")
    parser.add_argument("--store", required=True, help="folder of the store")
    parser.add_argument("--patients", type=int, required=True, help="simulated in each arm")
    parser.add_argument("--records", default="", help="file of patient-level records")
    parser.add_argument("--lock", type=int, required=True, help="open file that locks the work")
    asked = parser.parse_args()
    if os.fork():
        return 0
    lock = FileLock.adopt(asked.lock)
    if lock is None:
        return 3
    with lock:
        return _work(ValidationStore(asked.store, asked.patients, asked.records))


def _work(kept: ValidationStore) -> int:
    """Compute what is missing; what goes wrong is left in words beside the results."""
    try:
        compute(kept)
    except ApeError as error:
        traceback.print_exception(error)
        kept.keep_failure(error.message, error.hint)
        return error.exit_status
    except Exception as error:
        fault = RunFailedError(
            f"The validation met a fault of its own: {type(error).__name__}: {error}.",
            f"The details are in {kept.folder / 'worker.log'}; please report them.",
        )
        kept.keep_failure(fault.message, fault.hint)
        raise
    return 0


def compute(kept: ValidationStore) -> None:
    """Count the records, then simulate the arms, whichever is not there yet."""
    if kept.records_path is not None and kept.records_path.is_file() and _missing_records(kept):
        kept.say("counting the records", 0.0)
        kept.keep_records(_counted(kept))
    if kept.validation() is not None:
        return
    slot = wait_for_slot(kept.store.path, f"validation-{kept.key[:12]}", MEMORY_MB, _patience)
    assert slot is not None
    with slot:
        from ape_core.analysis.comparing import validate

        kept.keep_validation(as_plain(validate(kept.n_patients, kept.say)))


def _missing_records(kept: ValidationStore) -> bool:
    """Whether the records are still to be counted."""
    try:
        return kept.records() is None
    except InvalidInputError:
        return False


def _counted(kept: ValidationStore) -> dict[str, object]:
    """Counts, or why there are none."""
    assert kept.records_path is not None
    try:
        return read_records(kept.records_path).as_plain()
    except InvalidInputError as error:
        return {"error": error.message, "hint": error.hint}


def _patience(_: int) -> bool:
    """Wait for a slot as long as it takes."""
    return True


if __name__ == "__main__":
    sys.exit(main())
