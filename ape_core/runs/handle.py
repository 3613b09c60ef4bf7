"""A run as everybody sees it: found by its folder, whoever started it and from wherever."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ape_core.errors import CorruptRunError, InvalidInputError, RunFailedError, StoreError
from ape_core.runs.engine import LOCAL
from ape_core.runs.memory import query_memory_mb
from ape_core.runs.progress import Progress
from ape_core.runs.said import count_in, number_in
from ape_core.runs.slots import QueuePosition, queue_position
from ape_core.spec.run_spec import RunSpec
from ape_core.storage.checkpoint import CHECKPOINT_FILE, Checkpoint
from ape_core.storage.last_use import mark_used
from ape_core.storage.names import read_names, write_names
from ape_core.storage.run_folder import RunFolder
from ape_core.storage.tiers import COLD, HOT, WARM, tier_of
from ape_core.summaries.summary import Summary

if TYPE_CHECKING:
    from ape_core.results.base import SimulationResults
    from ape_core.runs.tiering import TierChange
    from ape_core.storage.packages.writing import Exported
    from ape_core.storage.verify import Problem

POLL_SECONDS: Final = 0.1

MARK_SECONDS: Final = 3_600.0
"""A run that is used all the time is marked as used so often."""

_Stamp = tuple[int, int, int]
"""What changes when a file is replaced: its number, time and size."""


class Run:
    """A run in a store.

    Nothing about its state is kept here or there: it follows from what is committed and from
    whether a worker holds the lock. So it stays true whatever is killed.

    Parameters
    ----------
    folder
        The folder of the run.
    """

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self._checkpoint: tuple[_Stamp, Checkpoint] | None = None
        self._summary: tuple[str, Summary] | None = None
        self._used: float | None = None

    def __repr__(self) -> str:
        return f"<Run {self.run_id[:12]}: {self.status}>"

    @property
    def run_id(self) -> str:
        """SHA-256 of the question."""
        return self.folder.run_id

    @property
    def spec(self) -> RunSpec:
        """The question.

        Raises
        ------
        CorruptRunError
            When the file that holds it was edited or damaged.
        """
        return self.folder.spec()

    @property
    def n_patients(self) -> int:
        """Patients of the question."""
        return self.spec.cohort.n_patients

    @property
    def status(self) -> str:
        """State: "complete", "running", "queued", "interrupted" or "failed".

        A run that cannot be read because a file is damaged has failed; `progress()` says why.
        """
        return self.progress().status

    def progress(self) -> Progress:
        """How far the run is, and what its worker is doing."""
        try:
            checkpoint, n_patients = self._committed(), self.n_patients
        except (CorruptRunError, StoreError) as damage:
            if self.folder.is_locked():
                return self._progress_of_worker(0, 0)
            return self._progress("failed", 0, 0, error=damage.message, hint=damage.hint)
        done = checkpoint.patients_done
        if done == n_patients and checkpoint.summary_file is not None:
            return self._progress("complete", done, n_patients)
        if self.folder.is_locked():
            return self._progress_of_worker(done, n_patients)
        error = self.folder.read_error()
        if error is not None:
            interrupted = error.get("interrupted") is True
            story = "" if interrupted else self._story(done, n_patients, failed=True)
            words = {"error": str(error.get("error", "")), "hint": str(error.get("hint", ""))}
            status = "interrupted" if interrupted else "failed"
            return self._progress(status, done, n_patients, story=story, **words)
        cancelled, story = self.folder.cancel_requested(), self._story(done, n_patients)
        return self._progress("interrupted", done, n_patients, cancelled=cancelled, story=story)

    def _story(self, done: int, n_patients: int, *, failed: bool = False) -> str:
        """What happened to a run that nobody works on."""
        from ape_core.runs.story import what_happened

        return what_happened(self.folder, done, n_patients, failed=failed)

    def wait(self, timeout: float | None = None) -> str:
        """Wait until the run neither waits nor runs any more, and its worker has let go of it.

        Parameters
        ----------
        timeout
            Seconds after which to give up; never unless given.

        Returns
        -------
        str
            The status: "running" or "queued" only when time was up.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while (status := self.status) in {"running", "queued"} or self.folder.is_locked():
            if deadline is not None and time.monotonic() >= deadline:
                break
            time.sleep(POLL_SECONDS)
        return status

    def cancel(self) -> None:
        """Ask the worker to stop at its next commit; what is done is kept.

        Returns at once, see `wait`. Does nothing when the run neither waits nor runs.
        """
        if self.folder.is_locked():
            self.folder.request_cancel()

    def resume(
        self, workers: int | None = None, executor: str = LOCAL, scheduler: str | None = None
    ) -> Run:
        """Go on with the run in a worker, which checks every file first.

        What is missing is computed, and what is damaged is computed again.

        Parameters
        ----------
        workers
            Threads, or worker processes; one per core unless given.
        executor, scheduler
            What simulates, as for `submit`.

        Returns
        -------
        Run
            This run.
        """
        from ape_core.runs.starting import engine_of, resume

        resume(self, workers, engine_of(executor, scheduler, workers))
        return self

    def results(self) -> SimulationResults:
        """Results of the complete run: in memory below `limits.MEMORY_THRESHOLD` patients.

        Raises
        ------
        InvalidInputError
            When the run is not complete.
        RunFailedError
            When it failed.
        CorruptRunError
            When a file of it is damaged.
        """
        from ape_core.results.create import create_results

        self.folder.spec()
        self._committed()
        progress = self.progress()
        if progress.status == "failed":
            raise RunFailedError(progress.error, progress.hint)
        if progress.status != "complete":
            raise InvalidInputError(
                f"Run {self.run_id[:12]} is {progress.status}: {progress.patients_done:,} of "
                f"{progress.n_patients:,} patients are done.",
                "Wait for it: run.wait() in Python."
                if progress.status in {"running", "queued"}
                else f"Go on with it: `ape resume {self.run_id[:12]}`, or run.resume() in Python.",
            )
        self.mark_used()
        results = create_results(self.n_patients, self.folder, self.summary())
        results.query_memory = query_memory_mb
        return results

    def results_so_far(self) -> SimulationResults:
        """Results of the patients committed so far, read from disk whatever their number."""
        from ape_core.results.on_disk import ParquetResults

        self.mark_used()
        results = ParquetResults(self.n_patients, self.folder, self.summary(), so_far=True)
        results.query_memory = query_memory_mb
        return results

    def summary(self) -> Summary | None:
        """Summary of all patients committed so far; None before the first commit.

        Cheap to ask again: it is only read when it has changed.

        Raises
        ------
        CorruptRunError
            When the summary is not what was committed.
        """
        current = self._committed().summary_sha256
        if self._summary is not None and self._summary[0] == current:
            return self._summary[1]
        checkpoint, arrays = self.folder.load_summary()
        if arrays is None:
            return None
        self._summary = (checkpoint.summary_sha256 or "", Summary.from_arrays(arrays))
        return self._summary[1]

    def verify(self) -> list[Problem]:
        """Check every file against what was committed; empty when all is well."""
        from ape_core.storage.verify import verify

        return verify(self.folder)

    def digest(self) -> str:
        """SHA-256 over all rows in patient order.

        Raises
        ------
        InvalidInputError
            When the run is not complete.
        """
        from ape_core.storage.digest import digest

        return digest(self.folder)

    @property
    def tier(self) -> str:
        """Where its rows are: "hot" while it is simulated, "warm" on disk, "cold" once archived."""
        checkpoint = self._committed()
        done = checkpoint.patients_done == self.n_patients
        return HOT if not done and self.folder.is_locked() else tier_of(checkpoint)

    def archive(self) -> TierChange:
        """Write the rows again at maximum compression, once they are found sound.

        Charts open as before, and rows are read as before: nothing has to be restored for that.
        What is written is read back from the disk and compared before anything is removed.

        Raises
        ------
        InvalidInputError
            When the run is not complete, or somebody uses it.
        CorruptRunError
            When a file of it is damaged.
        """
        from ape_core.runs.tiering import change_tier

        return change_tier(self, COLD)

    def restore(self) -> TierChange:
        """Write the rows again as they were before they were archived.

        Raises
        ------
        InvalidInputError
            When somebody uses the run.
        CorruptRunError
            When an archived file is damaged.
        """
        from ape_core.runs.tiering import change_tier

        return change_tier(self, WARM)

    @property
    def name(self) -> str:
        """What people call the run; empty when nobody named it."""
        return read_names(self.folder).name

    def rename(self, name: str) -> None:
        """Give the run a name, or none. It is no part of the question.

        Raises
        ------
        InvalidInputError
            When it is too long, or holds control characters.
        """
        write_names(self.folder, name=name)

    @property
    def note(self) -> str:
        """What people noted about the run. It can be set, and is no part of the question."""
        return read_names(self.folder).note

    @note.setter
    def note(self, text: str) -> None:
        write_names(self.folder, note=text)

    def mark_used(self) -> None:
        """Note that somebody uses the run now, so that it is not archived or deleted for age."""
        if self._used is None or time.monotonic() - self._used >= MARK_SECONDS:
            self._used = time.monotonic()
            mark_used(self.folder)

    def export(self, path: str | Path, with_data: bool = False) -> Exported:  # noqa: FBT001, FBT002
        """Write the run into one file that `import_run` takes into another store.

        Parameters
        ----------
        path
            The file; one that is there already is replaced.
        with_data
            Whether to put in the rows. Without them the file is small, and whoever imports it
            sees the figures at once and simulates the rows again, which are the same.

        Returns
        -------
        Exported
            The file, its size and its SHA-256: the same run gives the same bytes.

        Raises
        ------
        CorruptRunError
            When a file of the run is damaged.
        StoreError
            When the file cannot be written.
        """
        from ape_core.runs.exporting import export

        return export(self.folder, path, with_data=with_data)

    def _committed(self) -> Checkpoint:
        """What is committed, read again only when it has changed."""
        stamp = _stamp(self.folder.path / CHECKPOINT_FILE)
        if self._checkpoint is None or self._checkpoint[0] != stamp or stamp is None:
            checkpoint = self.folder.checkpoint()
            if stamp is None:
                return checkpoint
            self._checkpoint = (stamp, checkpoint)
        return self._checkpoint[1]

    def _progress_of_worker(self, done: int, n_patients: int) -> Progress:
        """Progress while a worker is alive: in the queue or at work."""
        queued = queue_position(self.folder.path.parents[1], self.run_id)
        if queued is not None:
            place = {"queue_place": queued.place, "ahead": queued.ahead}
            return self._progress("queued", done, n_patients, phase=_waiting(queued), **place)
        said = self.folder.read_progress() or {}
        n_patients = n_patients or count_in(said, "n_patients")
        return Progress(
            run_id=self.run_id,
            status="running",
            phase=str(said.get("phase", "starting")),
            patients_done=max(done, min(count_in(said, "patients_done"), n_patients)),
            patients_committed=done,
            n_patients=n_patients,
            per_second=number_in(said, "per_second"),
            seconds_left=number_in(said, "seconds_left"),
            memory_mb=number_in(said, "memory_mb"),
        )

    def _progress(
        self, status: str, done: int, n_patients: int, phase: str = "", **more: Any
    ) -> Progress:
        """Progress when no worker is at work."""
        return Progress(self.run_id, status, phase, done, done, n_patients, **more)


def _waiting(queued: QueuePosition) -> str:
    """What a run in the queue waits for."""
    if queued.memory_needed_mb is None or queued.memory_left_mb is None:
        return "waiting in the queue"
    return (
        f"waiting for memory: {queued.memory_needed_mb:,.0f} MB are needed, "
        f"{queued.memory_left_mb:,.0f} MB are left"
    )


def _stamp(path: Path) -> _Stamp | None:
    """What changes when a file is replaced; None when it is not there, or cannot be found out."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
