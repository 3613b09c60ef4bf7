"""Brings a run to its end in this process: what is damaged first, then what is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

from ape_core.errors import CorruptRunError, InvalidSpecError
from ape_core.runs.attempts import Pace
from ape_core.runs.chunks import PatientRange
from ape_core.runs.committing import Committer
from ape_core.runs.compiling import COMPILING, TurnToCompile, has_to_compile
from ape_core.runs.engine import LOCAL
from ape_core.runs.executors import Executor, Tasks, ThreadExecutor
from ape_core.runs.guard import Guard
from ape_core.runs.progress import ProgressReporter
from ape_core.storage.run_folder import RunFolder
from ape_core.summaries.summary import Summary

Result = TypeVar("Result")

TICK_SECONDS: Final = 0.1
"""How soon a request to stop is noticed."""


class Runner:
    """Has what a run lacks computed, chunk by chunk on several threads, and commits it.

    Whoever makes one holds the lock of the run. Rows do not depend on the number of threads, on
    where they are, on the order in which they finish, or on how often the run was interrupted.

    Parameters
    ----------
    folder
        The run.
    n_threads
        Threads that simulate.
    reporter
        Told how far the run is.
    stop
        Asked between chunks; true ends the run at a commit.
    tick
        Called several times a second.
    guard
        Says how much may be done at a time with the memory that is left.
    executor
        Simulates and writes; threads of this process unless given.
    """

    def __init__(
        self,
        folder: RunFolder,
        n_threads: int,
        reporter: ProgressReporter,
        stop: Callable[[], bool],
        tick: Callable[[], None],
        guard: Guard | None = None,
        executor: Executor | None = None,
    ) -> None:
        self._folder = folder
        self._reporter = reporter
        self._stop = stop
        self._tick = tick
        self._guard = guard or Guard(n_threads)
        self._executor: Executor = executor or ThreadExecutor(n_threads, self._guard)
        self._left_damaged = False
        self.pace = Pace(n_threads)
        self._spec = folder.spec()
        if not self._spec.is_current:
            raise InvalidSpecError(
                f"Run {folder.run_id[:12]} was asked of model version "
                f"{self._spec.model_version}, which this version of APE cannot simulate.",
                "What is committed can be read; ask the question again for the current version.",
            )

    def run(self) -> bool:
        """Compute and commit what is missing; return whether the run is complete.

        Raises
        ------
        ApeError
            When a chunk cannot be simulated, written or committed. What is committed stays.
        """
        self._folder.clean_temporary(holding_lock=True)
        summary = self._summary()
        if summary is not None:
            self._simulate_missing(summary)
        return self._folder.is_complete() and not self._left_damaged

    def recompute(self, damaged: Sequence[PatientRange]) -> set[int]:
        """Simulate committed parts again; the summary still counts exactly them.

        Returns
        -------
        set of int
            The parts that are sound again: not all of them when it was stopped before.
        """
        self._left_damaged = True
        with self._executor.finish(self._folder, damaged) as tasks:
            records = [done.record for done in self._taken(tasks) if done is not None]
            self._folder.committed.replace_parts(records)
            tasks.raise_failure()
        self._left_damaged = len(records) < len(damaged)
        return {record.index for record in records}

    def _summary(self) -> Summary | None:
        """Summary over the committed parts, made again if it is lost; None when stopped."""
        if not self._folder.checkpoint().parts:
            return Summary.empty(self._spec.years)
        try:
            _, arrays = self._folder.load_summary()
            if arrays is not None:
                return Summary.from_arrays(arrays)
        except CorruptRunError:
            self._reporter.enter("counting again, as the summary was damaged")
        return self._count_again()

    def _count_again(self) -> Summary | None:
        """Make the summary over the committed parts from the question; None when stopped."""
        parts = self._folder.checkpoint().parts
        summary = Summary.empty(self._spec.years)
        ranges = [(part.first, part.stop) for part in parts]
        with self._executor.count(self._folder, ranges) as tasks:
            for counted in self._taken(tasks):
                if counted is not None:
                    summary = summary.merge(counted)
            tasks.raise_failure()
        if summary.n_patients < sum(stop - first for first, stop in ranges):
            return None
        self._folder.committed.save_summary(summary.to_arrays())
        return summary

    def _simulate_missing(self, summary: Summary) -> None:
        """Simulate the parts that are not committed, and commit them about once a second."""
        committer = Committer(self._folder, summary)
        self._reporter.start_from(self._folder.checkpoint().patients_done)
        with TurnToCompile() as turn:
            if not self._may_begin(turn):
                return
            with self._executor.finish(self._folder, self._folder.missing_ranges()) as tasks:
                for finished in self._taken(tasks):
                    if finished is not None:
                        turn.close()
                        committer.add(finished)
                        self._reporter.add(finished.n_patients)
                        self.pace.add(finished.record.n_visits)
                    self._commit(committer.commit_if_due)
                self._commit(committer.commit)
                tasks.raise_failure()

    def _may_begin(self, turn: TurnToCompile) -> bool:
        """Wait while another process compiles what this one needs; false when stopped meanwhile."""
        return self._executor.name != LOCAL or turn.wait(self._spec, self._goes_on_waiting)

    def _goes_on_waiting(self) -> bool:
        """Say what is waited for, and whether nobody asked to stop."""
        self._reporter.enter(COMPILING)
        self._tick()
        return not self._stop()

    def _commit(self, commit: Callable[[], bool]) -> None:
        """Commit and tell how many patients are committed."""
        if commit():
            self._reporter.patients_committed = self._reporter.patients_done

    def _taken(self, tasks: Tasks[Result]) -> Iterator[Result | None]:
        """Results as they come, and None now and then while there is none."""
        if self._executor.name == LOCAL and has_to_compile(self._spec):
            self._reporter.enter(COMPILING)
        while tasks.active:
            was_paused = self._guard.paused
            self._guard.look()
            tasks.allow(self._guard.n_tasks)
            result = tasks.take(TICK_SECONDS)
            words = self._guard.words or tasks.words
            self._reporter.is_halted = self._guard.paused or bool(tasks.words)
            if result is not None or words or was_paused:
                self._reporter.enter(words or "simulating")
            if self._stop() or self._guard.exhausted:
                tasks.stop()
            self._tick()
            yield result
