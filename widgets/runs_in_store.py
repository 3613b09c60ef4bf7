"""The runs of a store, read so that a page can look every second or two."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from ape_core.clocks import instant
from ape_core.errors import ApeError
from ape_core.runs import Run
from ape_core.runs.compiling import COMPILING
from ape_core.runs.tiering import change_going_on
from ape_core.storage.changes import changes_in_list, is_varied
from ape_core.storage.last_use import idle_seconds, last_used, now
from ape_core.storage.names import matches, read_names
from ape_core.storage.of_study import is_of_study
from ape_core.storage.tiers import archived_share
from ape_core.terms import OF_STUDY

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ape_core.storage.run_folder import RunFolder
    from ape_core.storage.store import Store


@dataclass(frozen=True)
class ListedRun:
    """What the list of runs says of one.

    `doing` is what is being done to a run that is archived or restored now, and `done_share` how
    much of that is done; `archived_share` is between 0 and 1 where it was stopped, and `trouble`
    why it did not work the last time. `is_varied` is said of a run with another disease
    than the shipped one, and `other_than_usual` tells it from others of its protocol in a few
    words. `is_limited` is said of one whose clinics have limited slots, `is_of_study` of one that
    was simulated for nothing but a study: lists leave it out until somebody asks for it. `place`
    is where its rows are, as s3://bucket/prefix; empty when they are in the store.
    """

    run_id: str
    title: str
    n_patients: int
    years: int
    seed: int
    created: datetime
    status: str
    share: float
    cancelled: bool = False
    worker_mb: float = 0.0
    order: tuple[int, float, str] = (0, 0.0, "")
    population: str = ""
    protocol: str = ""
    name: str = ""
    note: str = ""
    archived_share: float = 0.0
    n_bytes: int = 0
    idle_days: float = 0.0
    doing: str = ""
    done_share: float = 0.0
    trouble: str = ""
    stamp: int = 0
    is_varied: bool = False
    is_limited: bool = False
    is_of_study: bool = False
    place: str = ""
    is_compiling: bool = False
    other_than_usual: str = ""

    @property
    def shown_name(self) -> str:
        """What people call it, or else what it simulates."""
        return self.name or self.title

    @property
    def is_archived(self) -> bool:
        """Whether all rows of a complete run are archived."""
        return self.status == "complete" and self.archived_share == 1

    @property
    def is_half_archived(self) -> bool:
        """Whether archiving or restoring a complete run was stopped, and nobody goes on with it."""
        return self.status == "complete" and not self.doing and 0 < self.archived_share < 1

    @property
    def archived_words(self) -> str:
        """How far the rows are archived; empty where none are, or that is changing."""
        if self.is_half_archived:
            return f"Archived in part, {100 * self.archived_share:.0f}%"
        return "Archived" if self.is_archived else ""

    @property
    def is_settled(self) -> bool:
        """Whether nothing changes about it unless a file in its folder is replaced."""
        return self.status in ("complete", "corrupt") and not self.doing

    @property
    def has_figures(self) -> bool:
        """Whether there is something to see of it, now or in a moment."""
        return self.status in ("complete", "running") or (
            self.share > 0 and self.status != "corrupt"
        )

    def is_found_by(self, words: str, state: str) -> bool:
        """Whether every one of some words is said of it; `state` is how its state is shown."""
        archived = "archived" if self.archived_share > 0 else ""
        study = OF_STUDY if self.is_of_study else ""
        said = (
            *(study, self.title, self.protocol, self.population, self.name, self.note, self.run_id),
            self.other_than_usual,
        )
        return matches(words, state, archived, f"seed {self.seed}", *said)


def newest_to_see(runs: Sequence[ListedRun]) -> ListedRun:
    """Give the newest run with figures, better a usual one that was not cancelled; else the newest.

    Parameters
    ----------
    runs
        The newest first; at least one.
    """
    seen = [run for run in runs if run.has_figures]
    asked = [run for run in seen if not run.is_of_study]
    usual = (run for run in asked if not (run.cancelled or run.is_varied or run.is_limited))
    return next(usual, (asked or seen or runs)[0])


class RunsInStore:
    """Reads the store; what has not changed is not read again."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._listed: dict[str, ListedRun] = {}
        self._open: dict[str, Run] = {}

    def read(self) -> list[ListedRun]:
        """Return the runs, the newest first."""
        folders = {folder.run_id: folder for folder in self._store.list()}
        self._open = {run_id: run for run_id, run in self._open.items() if run_id in folders}
        self._listed = {run_id: self._read(folder) for run_id, folder in folders.items()}
        return sorted(self._listed.values(), key=lambda run: run.order, reverse=True)

    def _read(self, folder: RunFolder) -> ListedRun:
        """What is to be said of a run now."""
        known = self._listed.get(folder.run_id)
        stamp = _stamp(folder)
        if known is not None and known.is_settled and known.stamp == stamp:
            return known
        run = self._open.setdefault(folder.run_id, Run(folder))
        try:
            if known is None or known.status == "corrupt":
                known = _facts(run, self._store.path)
            listed = replace(_changed(known, run), stamp=stamp)
        except (ApeError, OSError):
            return replace(known or _damaged(run), stamp=stamp)
        if listed.is_settled:
            del self._open[folder.run_id]
        return listed


def _stamp(folder: RunFolder) -> int:
    """What changes whenever a file in the folder of a run is replaced."""
    try:
        return folder.path.stat().st_mtime_ns
    except OSError:
        return 0


def _facts(run: Run, store: Path) -> ListedRun:
    """What never changes about a run."""
    return ListedRun(
        run_id=run.run_id,
        title=run.spec.protocol.title,
        n_patients=run.n_patients,
        years=run.spec.years,
        seed=run.spec.seed,
        created=instant(run.folder.created()),
        status="queued",
        share=0.0,
        order=run.folder.order(),
        population=run.spec.people.title,
        protocol=run.spec.protocol.name,
        is_varied=is_varied(run.spec),
        is_limited=run.spec.capacity is not None,
        other_than_usual=changes_in_list(run.spec, store),
    )


def _changed(known: ListedRun, run: Run) -> ListedRun:
    """What may have changed about a run."""
    progress, names = run.progress(), read_names(run.folder)
    complete, running = progress.status == "complete", progress.status == "running"
    doing, done_share = (change_going_on(run.folder) if complete else None) or ("", 0.0)
    error = run.folder.read_error() if complete and not doing else None
    readable = progress.status != "failed" or progress.n_patients > 0
    checkpoint = run.folder.checkpoint() if readable else None
    return replace(
        known,
        status=progress.status,
        share=progress.patients_done / known.n_patients,
        cancelled=run.folder.cancel_requested(),
        is_compiling=running and progress.phase == COMPILING,
        worker_mb=(progress.memory_mb or 0.0) if running else 0.0,
        name=names.name,
        note=names.note,
        is_of_study=is_of_study(run.folder),
        archived_share=archived_share(checkpoint) if checkpoint else 0.0,
        n_bytes=checkpoint.n_bytes if checkpoint else 0,
        place=checkpoint.place if checkpoint else "",
        idle_days=idle_seconds(last_used(run.folder), now()) / 86_400,
        doing=doing,
        done_share=done_share,
        trouble=" ".join(str(error.get(key, "")) for key in ("error", "hint")) if error else "",
    )


def _damaged(run: Run) -> ListedRun:
    """What can be said of a run whose question cannot be read: it goes to the end of the list."""
    name = f"Run {run.run_id[:12]}"
    return ListedRun(
        run.run_id, name, 0, 0, 0, instant(0), "corrupt", 0.0, name=read_names(run.folder).name
    )
