"""A process of its own that archives or restores one run.

Started by `spawning.start_tier_worker` as `python -m ape_core.runs.tier_worker`, so that no page
waits for it and no kernel of a page loads what it takes.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from pathlib import Path

from ape_core.errors import ApeError
from ape_core.runs.failures import record_failure
from ape_core.runs.tiering import change_tier_locked
from ape_core.storage.locks import FileLock
from ape_core.storage.run_folder import RunFolder
from ape_core.storage.tiers import ON_DISK


def main() -> int:
    """Leave the process that was started to its end, and work in a child of it."""
    parser = argparse.ArgumentParser(prog="python -m ape_core.runs.tier_worker")
    parser.add_argument("folder", type=Path, help="folder of the run")
    parser.add_argument("--lock", type=int, required=True, help="open file that locks the run")
    parser.add_argument("--tier", choices=ON_DISK, required=True, help="where it is to be")
    asked = parser.parse_args()
    if os.fork():
        return 0
    return _work(asked.folder, asked.lock, asked.tier)


def _work(folder: Path, descriptor: int, tier: str) -> int:
    """Take over the lock and do it; what goes wrong is left in words in the run's folder."""
    run, lock = RunFolder(folder), FileLock.adopt(descriptor)
    if lock is None:
        return 3
    with lock:
        try:
            change_tier_locked(run, lock, tier)
        except ApeError as error:
            traceback.print_exception(error)
            if not run.cancel_requested():
                record_failure(folder, error)
            return error.exit_status
        finally:
            run.clear_cancel()
    return 0


if __name__ == "__main__":
    sys.exit(main())
