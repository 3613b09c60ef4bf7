"""One attempt at a run in this process: from its slot to its end, with everything recorded."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from ape_core.errors import ApeError, StoreError
from ape_core.runs.attempts import Attempt, Pace
from ape_core.runs.engine import THREADS, Engine
from ape_core.runs.failures import unforeseen
from ape_core.runs.memory import MB
from ape_core.runs.progress import Progress, ProgressReporter
from ape_core.runs.slots import has_elder
from ape_core.runs.stopping import StopSignals
from ape_core.storage.last_use import mark_used
from ape_core.storage.run_folder import RunFolder
from ape_core.storage.store import Store

if TYPE_CHECKING:
    from ape_core.runs.executors import Executor
    from ape_core.runs.guard import Guard
    from ape_core.runs.runner import Runner
    from ape_core.storage.verify import Problem

Observer = Callable[[Progress], None]


class Execution:
    """Brings a run to its end, or to a commit when it is to stop.

    Whoever makes one holds the lock of the run and a slot.

    Parameters
    ----------
    folder
        The run.
    n_threads
        Threads that simulate, or worker processes of an engine that starts some.
    observe
        Told how far the run is, about twice a second.
    check
        Whether to check every file first, and compute again what is damaged.
    engine
        What simulates.

    Attributes
    ----------
    repaired
        What was damaged, once it has been checked.
    """

    def __init__(
        self,
        folder: RunFolder,
        n_threads: int,
        observe: Observer | None = None,
        *,
        check: bool = False,
        engine: Engine = THREADS,
    ) -> None:
        self._folder = folder
        self._n_threads = n_threads
        self._observe = observe
        self._check = check
        self._engine = engine
        self.repaired: list[Problem] = []
        self._signals = StopSignals(how_to_resume(folder.run_id))
        self._reporter = ProgressReporter(self._write_progress)

    def run(self) -> bool:
        """Compute and commit what is missing; return whether the run is complete.

        Raises
        ------
        MemoryShortError
            When it was stopped at a commit because too little memory was left.
        ApeError
            What stopped it otherwise.
        KeyboardInterrupt
            After Ctrl-C, when all that was done is committed.
        """
        with self._signals:
            self._folder.clear_error()
            try:
                return self._run()
            except ApeError:
                raise
            except Exception as error:
                raise unforeseen(error, self._folder.run_id) from error

    def _run(self) -> bool:
        """Load what simulates and run."""
        self._reporter.n_patients = self._folder.spec().cohort.n_patients
        self._reporter.enter("loading the simulator")
        from ape_core.runs.guard import Guard
        from ape_core.runs.runner import Runner

        most_tasks = self._n_threads if self._engine == THREADS else sys.maxsize
        guard = Guard(most_tasks, lambda: has_elder(self._folder.path.parents[1]))
        with self._executor(guard) as executor:
            runner = Runner(
                self._folder,
                executor.n_threads,
                self._reporter,
                self._stop,
                self._tick,
                guard,
                executor,
            )
            return self._attempt(runner, guard, executor)

    @contextmanager
    def _executor(self, guard: Guard) -> Iterator[Executor]:
        """Whoever simulates, for as long as the body lasts."""
        from ape_core.runs.executors import ThreadExecutor

        if self._engine == THREADS:
            yield ThreadExecutor(self._n_threads, guard)
            return
        from ape_core.runs.dask_tasks import dask_executor

        self._reporter.enter("connecting to workers")
        with dask_executor(self._engine, self._n_threads) as executor:
            yield executor
        if not self._folder.place():  # objects are never half written
            self._folder.clean_temporary(holding_lock=True)

    def _attempt(self, runner: Runner, guard: Guard, executor: Executor) -> bool:
        """Run, and add the attempt to the provenance however it ends."""
        if self._check:
            from ape_core.runs.repairing import repair

            self._reporter.enter("checking every file")
            self.repaired = repair(self._folder, runner)
        self._make_room()
        attempt = Attempt(self._folder.checkpoint(), executor)
        outcome = "failed"
        try:
            complete = runner.run()
            outcome = "complete" if complete else "stopped"
            if guard.exhausted and not complete and not self._stop():
                raise guard.error(self._folder.run_id)
        finally:
            self._leave(attempt, outcome, runner.pace)
        return complete

    def _leave(self, attempt: Attempt, outcome: str, pace: Pace) -> None:
        """Record the attempt; a disk that refuses must not hide another error or fail a run."""
        self._reporter.report(now=True)
        self._reporter.enter(outcome)
        with suppress(ApeError):
            mark_used(self._folder)
            repaired = [problem.file for problem in self.repaired]
            attempt.record(self._folder, self._folder.checkpoint(), outcome, pace, repaired)

    def _write_progress(self, state: dict[str, object]) -> None:
        """Say how far the run is; only what is committed counts, so it may be refused."""
        with suppress(StoreError):
            self._folder.write_progress(state)

    def _make_room(self) -> None:
        """Archive older runs first, where the store has reached its quota."""
        from ape_core.runs.estimating import estimate
        from ape_core.runs.tidying import make_room

        if self._folder.is_complete() or self._folder.place():
            return
        store = Store(self._folder.path.parents[1])

        def goes_on(run_id: str) -> bool:
            """Say what is going on."""
            self._reporter.enter(f"making room: archiving run {run_id[:12]}")
            self._tick()
            return not self._stop()

        needed_mb = estimate(self._folder.spec(), store).disk_mb
        make_room(store, self._folder.run_id, needed_mb * MB, goes_on)

    def _tick(self) -> None:
        """Say how far the run is."""
        if self._reporter.report() and self._observe is not None:
            self._observe(self._reporter.progress(self._folder.run_id))

    def _stop(self) -> bool:
        """Whether the run is to end at its next commit."""
        return self._signals.requested or self._folder.cancel_requested()


def how_to_resume(run_id: str) -> str:
    """Sentence for a person who stopped a run."""
    return (
        f"Stopped; what was done is kept. {_resume(run_id)} goes on, and so does asking the same "
        "question again."
    )


def _resume(run_id: str) -> str:
    """The command that goes on with a run."""
    return f"`ape resume {run_id[:12]}`"
