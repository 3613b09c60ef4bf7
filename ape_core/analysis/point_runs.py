"""Runs that belong together: asked for at once, simulated one after another, read as they come."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from ape_core.analysis.point_figures import PointFigures
from ape_core.errors import CorruptRunError, InvalidInputError
from ape_core.runs.compiling import COMPILING
from ape_core.runs.handle import Run
from ape_core.runs.series import Series, answer_one

if TYPE_CHECKING:
    from ape_core.runs.progress import Progress
    from ape_core.spec.economics import Economics
    from ape_core.spec.run_spec import RunSpec
    from ape_core.storage.store import Store
    from ape_core.summaries.summary import Summary

POLL_SECONDS: Final = 0.1

Kept = TypeVar("Kept")
"""What is kept of a run that is complete."""


@dataclass(frozen=True, slots=True)
class SeriesProgress:
    """How far runs that belong together are.

    Attributes
    ----------
    status
        "complete", "running", "stopping", "interrupted" or "failed".
    n_done, n_runs
        Runs that are complete, and all of them.
    queue_place
        Place in the queue of the run whose turn is next, while it waits; else None.
    error, hint
        Why they failed and what to do; empty when they did not.
    is_compiling
        Whether the simulator is compiled first.
    """

    status: str
    n_done: int
    n_runs: int
    queue_place: int | None = None
    error: str = ""
    hint: str = ""
    is_compiling: bool = False

    @property
    def share(self) -> float:
        """Part that is done, 0 to 1."""
        return self.n_done / self.n_runs


class StudyRuns(ABC, Generic[Kept]):
    """Runs of the same patients that arrive one by one.

    Nothing is kept of a run but what a study needs. All of it can be found again: the same runs,
    asked for again, are there.

    Parameters
    ----------
    specs
        The questions; equal ones are one run.
    store
        Folder of the runs; by default the user's.
    """

    def __init__(self, specs: Sequence[RunSpec], store: Store | str | Path | None = None) -> None:
        self.specs = tuple(specs)
        self.n_patients, self.years = specs[0].cohort.n_patients, specs[0].years
        self._unique = {spec.run_id: spec for spec in self.specs}
        self._series = Series(tuple(self._unique.values()), store)
        self.store = self._series.store
        self._kept: dict[str, Kept] = {}
        self._damages: list[CorruptRunError] = []

    def __repr__(self) -> str:
        progress = self.progress()
        done = f"{progress.n_done} of {progress.n_runs} runs"
        return f"<{type(self).__name__}: {done}, {progress.status}>"

    @property
    def status(self) -> str:
        """State: "complete", "running", "stopping", "interrupted" or "failed"."""
        return self.progress().status

    def start(self) -> None:
        """Have simulated what is not complete, in a process that outlives this one."""
        if self.read() < len(self._unique):
            self._series.start()

    def stop(self, *, at_once: bool = True) -> None:
        """Begin no further run; what is simulated now ends at its next commit, or is finished."""
        self._series.stop(at_once=at_once)

    def complete(self, observe: Callable[[Progress], None] | None = None) -> None:
        """Simulate what is missing in this process, or follow whoever does."""
        for spec in self._unique.values():
            answer_one(spec, self.store, observe)
        self.read()

    def progress(self) -> SeriesProgress:
        """How far the runs are; reads those that have become complete."""
        at_work, stopping = self._series.is_at_work, self._series.is_stopping
        self._damages.clear()
        self.read()
        done, n_runs = len(self._kept), len(self._unique)
        if done == n_runs:
            return SeriesProgress("complete", done, n_runs)
        if self._damages and not at_work:
            return SeriesProgress("failed", done, n_runs, None, self._damages[0].message,
                                  "Go on: what is damaged is then simulated again.")  # fmt: skip
        if at_work:
            now = self._in_work()
            place, compiles = (now.queue_place, now.phase == COMPILING) if now else (None, False)
            return SeriesProgress("stopping" if stopping else "running", done, n_runs, place,
                                  is_compiling=compiles)  # fmt: skip
        failure = self._series.failure
        if failure is not None:
            return SeriesProgress("failed", done, n_runs, None, str(failure["error"]),
                                  str(failure["hint"]))  # fmt: skip
        return SeriesProgress("interrupted", done, n_runs)

    @property
    def was_stopped(self) -> bool:
        """Whether somebody stopped the runs, and nobody has gone on with them."""
        return self._series.was_stopped

    @property
    def was_lost(self) -> bool:
        """Whether the process that simulated them ended early, and nobody had stopped it."""
        lost = self._series.was_begun and not self.was_stopped
        return lost and self._series.failure is None and not self._series.is_at_work

    @property
    def was_begun(self) -> bool:
        """Whether just these runs were asked for together, and not all of them are there."""
        return self._series.was_begun

    def wait(self, timeout: float | None = None) -> str:
        """Wait until nothing is simulated any more.

        Parameters
        ----------
        timeout
            Seconds after which to give up; never unless given.

        Returns
        -------
        str
            The status: "running" or "stopping" only when time was up.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while (status := self.status) in ("running", "stopping"):
            if deadline is not None and time.monotonic() >= deadline:
                break
            time.sleep(POLL_SECONDS)
        return status

    def read(self) -> int:
        """Read the runs that have become complete since the last look; return how many are."""
        for run_id, spec in self._unique.items():
            if run_id not in self._kept and run_id in self.store:
                self._read_run(run_id, spec)
        return len(self._kept)

    @abstractmethod
    def keep(self, summary: Summary, spec: RunSpec) -> Kept:
        """Give what is kept of a run that is complete."""

    def _read_run(self, run_id: str, spec: RunSpec) -> None:
        """Read a run if it is complete, and keep of it what figures need."""
        run = Run(self.store.folder(run_id))
        try:
            if run.folder.checkpoint().patients_done < self.n_patients:
                return
            summary = run.summary()
            if summary is not None:
                self._kept[run_id] = self.keep(summary, spec)
        except CorruptRunError as damage:
            if not run.folder.is_locked():
                self._damages.append(damage)

    def _in_work(self) -> Progress | None:
        """How far the run is that is simulated or waits."""
        for run_id in self._unique:
            if run_id not in self._kept and run_id in self.store:
                folder = self.store.folder(run_id)
                if folder.is_locked():
                    return Run(folder).progress()
        return None


class PointRuns(StudyRuns[PointFigures]):
    """Runs of the same patients whose figures arrive one by one."""

    _economics: Economics | None = None

    def keep(self, summary: Summary, spec: RunSpec) -> PointFigures:
        """Keep sums, from which every outcome follows."""
        return PointFigures.of(summary, spec, self._prices())

    def figures(self, spec: RunSpec) -> PointFigures | None:
        """What is known of a run; None until it is complete."""
        return self._kept.get(spec.run_id)

    def _prices(self) -> Economics:
        """The prices and utilities that ship with APE."""
        if self._economics is None:
            from ape_core.spec.economics_yaml import load_economics

            self._economics = load_economics()
        return self._economics

    def _found(self, spec: RunSpec) -> PointFigures:
        """What is known of a run, which must be complete."""
        found = self.figures(spec)
        if found is None:
            raise InvalidInputError(
                "That run is not complete yet.", "Wait for the runs, as with wait()."
            )
        return found
