"""The worker: a process of its own that waits for a slot and then simulates one run.

Started by `spawning.start_worker` as `python -m ape_core.runs.worker`. While it waits it has
imported next to nothing.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from pathlib import Path

from ape_core.errors import ApeError
from ape_core.runs.failures import record_failure
from ape_core.runs.slots import wait_for_slot
from ape_core.storage.locks import FileLock


def main() -> int:
    """Leave the process that was started to its end, and work in a child of it."""
    arguments = _parser().parse_args()
    if os.fork():
        return 0
    return _work(arguments)


def _parser() -> argparse.ArgumentParser:
    """What a worker is told."""
    parser = argparse.ArgumentParser(prog="python -m ape_core.runs.worker", description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of the run")
    parser.add_argument("--lock", type=int, required=True, help="open file that locks the run")
    parser.add_argument("--threads", type=int, required=True, help="threads that simulate")
    parser.add_argument("--memory-mb", type=float, required=True, help="memory it will need")
    parser.add_argument("--cancel-file", type=Path, required=True, help="stop when it exists")
    parser.add_argument("--check", action="store_true", help="check every file first")
    return parser


def _work(arguments: argparse.Namespace) -> int:
    """Take over the lock and simulate; what goes wrong is left in words in the run's folder."""
    lock = FileLock.adopt(arguments.lock)
    if lock is None:
        return 3
    with lock:
        try:
            _wait_and_execute(arguments)
        except ApeError as error:
            traceback.print_exception(error)
            record_failure(arguments.folder, error)
            return error.exit_status
    return 0


def _wait_and_execute(arguments: argparse.Namespace) -> None:
    """Wait for a slot, then bring the run to its end, unless the waiting is called off."""
    folder: Path = arguments.folder
    cancel_file: Path = arguments.cancel_file
    store = folder.parent.parent
    slot = wait_for_slot(
        store, folder.name, arguments.memory_mb, lambda _: not cancel_file.exists()
    )
    if slot is not None:
        with slot:
            from ape_core.runs.execution import Execution
            from ape_core.storage.run_folder import RunFolder

            Execution(RunFolder(folder), arguments.threads, check=arguments.check).run()


if __name__ == "__main__":
    sys.exit(main())
