"""The worker: a process of its own that waits for a slot and then simulates one run.

Started by `spawning.start_worker` as `python -m ape_core.runs.worker`. While it waits it has
imported next to nothing; and when there is no memory for it any more, it loads itself anew to wait
as it did before.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Final

from ape_core.errors import ApeError, MemoryShortError, RunFailedError, StoreError
from ape_core.runs.engine import LOCAL, Engine
from ape_core.runs.failures import record_failure, unforeseen
from ape_core.runs.slots import Ticket, own_claim, wait_with_ticket
from ape_core.storage.locks import FileLock

MOST_RETREATS: Final = 3
"""A worker that memory ran out for so often is left to a person to resume."""

_KILLED_FIRST: Final = "500"
"""Should the system have to kill a process after all, a worker loses least (-1000 to 1000)."""


def main() -> int:
    """Leave the process that was started to its end, and work in a child of it."""
    arguments = _parser().parse_args()
    if not arguments.ticket and os.fork():
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
    parser.add_argument("--executor", default=LOCAL, help="what simulates")
    parser.add_argument("--scheduler", help="address of a Dask scheduler")
    parser.add_argument("--ticket", type=Path, help="its place in the queue, when it waits again")
    parser.add_argument("--ticket-lock", type=int, help="open file that holds that place")
    parser.add_argument("--retreats", type=int, default=0, help="how often it has waited again")
    return parser


def _work(arguments: argparse.Namespace) -> int:
    """Take over the lock and simulate; what goes wrong is left in words in the run's folder."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_KILLED_FIRST)
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
        except Exception as error:  # noqa: BLE001  whoever looks later has to be told
            traceback.print_exception(error)
            record_failure(arguments.folder, unforeseen(error, arguments.folder.name))
            return RunFailedError.exit_status
    return 0


def _wait_and_execute(arguments: argparse.Namespace) -> None:
    """Wait for a slot, then bring the run to its end, unless the waiting is called off."""
    folder: Path = arguments.folder
    cancel_file: Path = arguments.cancel_file
    slot = wait_with_ticket(_ticket(arguments), lambda _: not cancel_file.exists())
    if slot is None:
        return
    with slot:
        from ape_core.runs.execution import Execution
        from ape_core.storage.run_folder import RunFolder

        try:
            engine = Engine(arguments.executor, arguments.scheduler)
            run, check = RunFolder(folder), arguments.check
            Execution(run, arguments.threads, check=check, engine=engine).run()
        except MemoryShortError:
            if arguments.retreats >= MOST_RETREATS:
                raise
            _wait_again(arguments)


def _ticket(arguments: argparse.Namespace) -> Ticket:
    """A place at the end of the queue, or the one that this process has kept."""
    store = arguments.folder.parents[1]
    if not arguments.ticket:
        return Ticket.take(store, arguments.folder.name, arguments.memory_mb)
    kept = Ticket.adopt(store, arguments.ticket, arguments.ticket_lock)
    if kept is None:
        raise StoreError(f"{arguments.ticket} is not what this worker wrote.", "Resume the run.")
    return kept


def _wait_again(arguments: argparse.Namespace) -> None:
    """Load this process anew, so that it holds no memory, with the place in the queue it had.

    The lock of the run stays with it; the slot is free from that moment.
    """
    store = arguments.folder.parents[1]
    claim = own_claim(store)
    number = claim.number if claim else None
    ticket = Ticket.take(store, arguments.folder.name, arguments.memory_mb, number)
    for descriptor in (arguments.lock, ticket.fileno()):
        os.set_inheritable(descriptor, True)
    command = [
        *(sys.executable, "-P", "-m", "ape_core.runs.worker", str(arguments.folder)),
        *("--lock", str(arguments.lock), "--threads", str(arguments.threads)),
        *("--memory-mb", str(arguments.memory_mb), "--cancel-file", str(arguments.cancel_file)),
        *(["--check"] if arguments.check else []),
        *("--executor", arguments.executor),
        *(["--scheduler", arguments.scheduler] if arguments.scheduler else []),
        *("--ticket", str(ticket.path), "--ticket-lock", str(ticket.fileno())),
        *("--retreats", str(arguments.retreats + 1)),
    ]
    os.execv(sys.executable, command)  # noqa: S606  this very program, without a shell


if __name__ == "__main__":
    sys.exit(main())
