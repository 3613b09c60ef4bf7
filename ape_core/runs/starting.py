"""Asking a question: opening its answer, joining whoever computes it, or computing it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ape_core.errors import CorruptRunError, InvalidInputError, NoSuchRunError, RunFailedError
from ape_core.runs.completing import acquire, complete, prepare, tidy_after_end
from ape_core.runs.console import ProgressLine
from ape_core.runs.engine import LOCAL, THREADS, Engine
from ape_core.runs.estimating import as_store, check_disk, check_memory_suffices, estimate
from ape_core.runs.handle import Run
from ape_core.runs.sizes import chunk_size_of
from ape_core.runs.spawning import start_worker
from ape_core.runs.threads import check_threads
from ape_core.spec.run_spec import RunSpec
from ape_core.storage.of_study import is_of_study, unmark_of_study
from ape_core.storage.places import check_place, is_below, shown
from ape_core.storage.run_folder import RunFolder
from ape_core.storage.store import Store

if TYPE_CHECKING:
    from ape_core.results.base import SimulationResults

_LOOK_SECONDS: Final = 0.05

_STOPPING_SECONDS: Final = 20.0
"""A worker that was asked to stop is given this long before its run is started again."""


def submit(
    spec: RunSpec,
    store: Store | str | Path | None = None,
    workers: int | None = None,
    chunk_size: int | None = None,
    executor: str = LOCAL,
    scheduler: str | None = None,
    parts: str | None = None,
) -> Run:
    """Answer a question in a worker of its own, which outlives this process.

    A question that was asked before has its answer at once; one that is being computed is joined;
    one that was interrupted goes on.

    Parameters
    ----------
    spec
        The question.
    store
        Folder of the runs; by default APE_STORE, or else the user's data directory.
    workers
        Threads that simulate, or worker processes with "dask"; one per core unless given.
    chunk_size
        Patients in a part; `limits.CHUNK_SIZE`, or whole clinics, unless given. Fixed by whoever
        asks first.
    executor
        "local" for threads of one process, "dask" for workers of a Dask cluster.
    scheduler
        Address of the scheduler of a cluster, as tcp://host:8786; without it, "dask" starts worker
        processes on this machine.
    parts
        Where the rows go, as s3://bucket/prefix; into the store unless given. Fixed by whoever
        asks first.

    Returns
    -------
    Run
        The run, at once.

    Raises
    ------
    StoreError
        When the store cannot be written, or the run would not fit on the disk.
    """
    engine = engine_of(executor, scheduler, workers)
    run = ask(spec, store, chunk_size, workers, engine, parts)
    _start(run, workers, engine, check=False)
    return run


def run(
    spec: RunSpec,
    store: Store | str | Path | None = None,
    workers: int | None = None,
    chunk_size: int | None = None,
    progress: bool = True,  # noqa: FBT001, FBT002  the one switch, as in the public interface
    executor: str = LOCAL,
    scheduler: str | None = None,
    parts: str | None = None,
) -> SimulationResults:
    """Answer a question in this process and return its results.

    A question that was asked before has its answer at once. A run that another process is
    simulating is followed until it is done; one that was interrupted goes on.

    Parameters
    ----------
    spec
        The question.
    store
        Folder of the runs; by default APE_STORE, or else the user's data directory.
    workers
        Threads that simulate, or worker processes with "dask"; one per core unless given.
    chunk_size
        Patients in a part; `limits.CHUNK_SIZE`, or whole clinics, unless given. Fixed by whoever
        asks first.
    progress
        Whether to show a line of progress on standard error.
    executor
        "local" for threads of one process, "dask" for workers of a Dask cluster.
    scheduler
        Address of the scheduler of a cluster, as tcp://host:8786; without it, "dask" starts worker
        processes on this machine.
    parts
        Where the rows go, as s3://bucket/prefix; into the store unless given. Fixed by whoever
        asks first.

    Returns
    -------
    SimulationResults
        In memory below `limits.MEMORY_THRESHOLD` patients, otherwise read in batches from disk.

    Raises
    ------
    StoreError
        When the store cannot be written, or the run would not fit on the disk.
    RunFailedError
        When the run stopped before its end.
    KeyboardInterrupt
        After Ctrl-C, when all that was done is committed.
    """
    engine = engine_of(executor, scheduler, workers)
    asked = ask(spec, store, chunk_size, workers, engine, parts)
    line = ProgressLine() if progress else None
    try:
        complete(asked, workers, line.show if line else None, engine=engine)
    finally:
        if line:
            line.close()
    return asked.results()


def engine_of(
    executor: str = LOCAL, scheduler: str | None = None, workers: int | None = None
) -> Engine:
    """What is to simulate, checked before anything is created.

    Raises
    ------
    InvalidInputError
        When it cannot be as asked for, or Dask is not installed.
    """
    engine = Engine(executor, scheduler)
    engine.check_workers(workers)
    check_threads(workers)
    return engine


def ask(
    spec: RunSpec,
    store: Store | str | Path | None = None,
    chunk_size: int | None = None,
    workers: int | None = None,
    engine: Engine = THREADS,
    parts: str | None = None,
) -> Run:
    """The run of a question, created unless it is there; nothing is started.

    Raises
    ------
    StoreError
        When the store cannot be written, or the run would not fit on the disk.
    InvalidInputError
        When no scheduler answers at the address that was given.
    CorruptRunError
        When the question of the run is damaged and a worker is alive; otherwise it is put back.
    """
    found = as_store(store)
    chunk_size, place = chunk_size_of(spec, chunk_size), check_place(parts) if parts else ""
    if spec.run_id not in found:
        found.check_writable()
        needed = estimate(spec, found, workers, chunk_size, engine)
        check_memory_suffices(spec, needed.n_threads, chunk_size, engine)
        check_disk(found.path, spec, needed.disk_mb, 0.0 if place else 1.0)
        _check_answers(engine)
    run = Run(found.create(spec, chunk_size, place))
    try:
        run.folder.spec()
    except CorruptRunError:
        _put_back(run, spec, chunk_size)
        run.folder.spec()
    _check_same_place(run, place)
    run.mark_used()
    unmark_of_study(run.folder)
    return run


def _check_answers(engine: Engine) -> None:
    """Refuse a scheduler that does not answer: a run of it would fail, and stay in the list."""
    if engine.is_remote:
        from ape_core.runs.dask_cluster import check_answers

        check_answers(engine)


def _check_same_place(run: Run, asked: str) -> None:
    """Refuse to go on with a run whose rows are elsewhere than they are asked to be."""
    place = run.folder.place()
    if asked and not (place and is_below(place, asked)):
        raise InvalidInputError(
            f"Run {run.run_id[:12]} is there already, with its rows in "
            f"{shown(place) if place else 'the store'}, not in {shown(asked)}.",
            f"Leave out --parts to go on with it, or delete it with `ape delete "
            f"{run.run_id[:12]}` and ask again.",
        )


def _put_back(run: Run, spec: RunSpec, chunk_size: int) -> None:
    """Give a run its question again, which it lost, unless a worker is alive."""
    lock = acquire(run.folder)
    if lock is None:
        return
    with lock:
        try:
            run.folder.restore_spec(spec)
        except CorruptRunError:
            run.folder.reset(chunk_size)


def resume(run: Run, workers: int | None = None, engine: Engine = THREADS) -> None:
    """Start a worker that checks every file of a run, repairs it and computes what is missing."""
    _start(run, workers, engine, check=True)


def open_run(run_id: str, store: Store | str | Path | None = None) -> Run:
    """Open a run of the store.

    Parameters
    ----------
    run_id
        Its id, the first characters of it (4 or more), or "latest": the newest that no study began.
    store
        Folder of the runs; by default APE_STORE, or else the user's data directory.

    Raises
    ------
    NoSuchRunError
        When there is no such run, or more than one.
    """
    found = as_store(store)
    if run_id != "latest":
        return Run(found.find(run_id))
    runs = list_runs(found)
    if not runs:
        raise NoSuchRunError(f"There is no run in {found.path}.", "Start one with `ape run`.")
    return next((run for run in runs if not is_of_study(run.folder)), runs[0])


def list_runs(store: Store | str | Path | None = None) -> list[Run]:
    """Runs of a store, the newest first."""
    folders = sorted(as_store(store).list(), key=RunFolder.order, reverse=True)
    return [Run(folder) for folder in folders]


def _start(run: Run, workers: int | None, engine: Engine, *, check: bool) -> None:
    """Start a worker on a run, unless it is complete or one is at work."""
    _let_stop(run)
    if run.status == "complete" and not check:
        tidy_after_end(run.folder)
        return
    lock = acquire(run.folder)
    if lock is None:
        return
    with lock:
        if run.status == "complete" and not check:
            return
        if check:
            from ape_core.runs.repairing import repair_question

            repair_question(run.folder)
        needed = prepare(run, workers, check=check, engine=engine)
        how = (needed.n_threads, needed.memory_mb)
        start_worker(run.folder, lock, *how, check=check, engine=engine)


def _let_stop(run: Run) -> None:
    """Wait until a worker that was asked to stop has stopped."""
    deadline = time.monotonic() + _STOPPING_SECONDS
    while run.folder.cancel_requested() and run.folder.is_locked():
        if time.monotonic() > deadline:
            raise RunFailedError(
                f"Run {run.run_id[:12]} was cancelled, but its worker has not stopped yet.",
                "Try again in a moment.",
            )
        time.sleep(_LOOK_SECONDS)
