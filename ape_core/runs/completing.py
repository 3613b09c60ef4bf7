"""Bringing a run to its end in this process, or following the process that does."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ape_core.errors import ApeError, CorruptRunError, RunFailedError
from ape_core.runs.engine import THREADS, Engine
from ape_core.runs.estimating import Estimate, check_disk, check_memory_suffices, estimate
from ape_core.runs.execution import Execution, Observer, how_to_resume
from ape_core.runs.failures import record_failure
from ape_core.runs.handle import Run
from ape_core.runs.progress import Progress
from ape_core.runs.sizes import chunk_size_of
from ape_core.runs.slots import wait_for_slot
from ape_core.storage.locks import FileLock
from ape_core.storage.run_folder import RunFolder
from ape_core.storage.store import Store

if TYPE_CHECKING:
    from ape_core.storage.verify import Problem

FOLLOW_SECONDS: Final = 0.2
"""Whoever follows a run of another process looks this often."""

_LOOK_SECONDS: Final = 0.05
_JOIN_SECONDS: Final = 0.5
"""A lock held for longer than this is held by a worker, not by somebody tidying up."""


def complete(
    run: Run,
    workers: int | None = None,
    observe: Observer | None = None,
    *,
    check: bool = False,
    engine: Engine = THREADS,
) -> list[Problem]:
    """Bring a run to its end in this process, or follow whoever is doing so.

    Parameters
    ----------
    run
        The run.
    workers
        Threads that simulate, or worker processes; one per core unless given.
    observe
        Told how far the run is, about twice a second.
    check
        Whether to check every file first, and to compute again what is damaged.
    engine
        What simulates.

    Returns
    -------
    list of Problem
        What was damaged and has been made good in this process; empty unless it was checked.

    Raises
    ------
    RunFailedError
        When it was cancelled, or failed in the process that was followed.
    """
    tell = observe or _tell_nobody
    while check or run.status != "complete":
        lock = acquire(run.folder)
        if lock is None:
            _follow(run, tell)
            continue
        with lock:
            return _execute(run, workers, tell, check=check, engine=engine)
    tidy_after_end(run.folder)
    return []


def tidy_after_end(folder: RunFolder) -> None:
    """Remove what a worker left that was killed between its last commit and its end."""
    with suppress(ApeError):  # a store that can only be read has its answers all the same
        if folder.has_leftovers():
            folder.clean_temporary()


def acquire(folder: RunFolder) -> FileLock | None:
    """Lock of a run; None when a worker has it, and not just somebody who tidies up."""
    deadline = time.monotonic() + _JOIN_SECONDS
    while (lock := folder.acquire()) is None and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
    return lock


def prepare(run: Run, workers: int | None, *, check: bool, engine: Engine = THREADS) -> Estimate:
    """Make sure that the run can fit, and forget how earlier attempts ended."""
    chunk_size, share = None, 1.0
    try:
        checkpoint = run.folder.checkpoint()
        chunk_size, share = checkpoint.chunk_size, 1 - checkpoint.patients_done / run.n_patients
        share = 0.0 if checkpoint.place else share
    except CorruptRunError:
        if not check:
            raise
    needed = estimate(run.spec, Store(_store_path(run)), workers, chunk_size, engine)
    size = chunk_size_of(run.spec, chunk_size)
    check_memory_suffices(run.spec, needed.n_threads, size, engine)
    check_disk(_store_path(run), run.spec, needed.disk_mb, share)
    run.folder.clear_cancel()
    run.folder.clear_error()
    return needed


def _execute(
    run: Run, workers: int | None, observe: Observer, *, check: bool, engine: Engine
) -> list[Problem]:
    """Wait for a slot and simulate in this process, which holds the lock of the run."""
    if run.status == "complete" and not check:
        return []
    mended = _repair_question(run) if check else []
    needed = prepare(run, workers, check=check, engine=engine)
    execution = Execution(run.folder, needed.n_threads, observe, check=check, engine=engine)
    try:
        if not _in_slot(run, needed, observe, execution):
            raise _cancelled(run)
    except ApeError as error:
        if not run.folder.cancel_requested():
            record_failure(run.folder.path, error)
        raise
    return [*mended, *execution.repaired]


def _repair_question(run: Run) -> list[Problem]:
    """Put back a question that cannot be read."""
    from ape_core.runs.repairing import repair_question

    return repair_question(run.folder)


def _in_slot(run: Run, needed: Estimate, observe: Observer, execution: Execution) -> bool:
    """Simulate once there is a slot; return whether the run is complete."""

    def goes_on(_place: int) -> bool:
        """Tell about the queue; give up when cancelled."""
        observe(run.progress())
        return not run.folder.cancel_requested()

    try:
        slot = wait_for_slot(_store_path(run), run.run_id, needed.memory_mb, goes_on)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(how_to_resume(run.run_id)) from None
    if slot is None:
        return False
    with slot:
        return execution.run()


def _follow(run: Run, observe: Observer) -> None:
    """Watch a run of another process until that ends; fail if the run was failed or cancelled."""
    try:
        while run.folder.is_locked():
            observe(run.progress())
            time.sleep(FOLLOW_SECONDS)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"Run {run.run_id[:12]} goes on in another process; `ape cancel {run.run_id[:12]}` "
            "stops it."
        ) from None
    ended = run.progress()
    if ended.status == "failed":
        raise RunFailedError(ended.error, ended.hint)
    if ended.status == "interrupted" and run.folder.cancel_requested():
        raise _cancelled(run)


def _cancelled(run: Run) -> RunFailedError:
    """Error for a run that somebody cancelled."""
    return RunFailedError(
        f"Run {run.run_id[:12]} was cancelled.",
        f"What was done is kept; `ape resume {run.run_id[:12]}` goes on from there.",
    )


def _store_path(run: Run) -> Path:
    """Folder of the store of a run."""
    return run.folder.path.parents[1]


def _tell_nobody(progress: Progress) -> None:
    """Observe nothing."""
