"""The runs of a store, read so that a page can look every second or two."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from ape_core.clocks import instant
from ape_core.errors import ApeError
from ape_core.runs import Run

if TYPE_CHECKING:
    from ape_core.storage.run_folder import RunFolder
    from ape_core.storage.store import Store


@dataclass(frozen=True)
class ListedRun:
    """What the list of runs says of one."""

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


class RunsInStore:
    """Reads the store; what cannot change any more is read once."""

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
        if known is not None and known.status in ("complete", "corrupt"):
            return known
        run = self._open.setdefault(folder.run_id, Run(folder))
        try:
            known = known or _facts(run)
            progress = run.progress()
        except (ApeError, OSError):
            return known or _damaged(run)
        if progress.status == "complete":
            del self._open[folder.run_id]
        share = progress.patients_done / known.n_patients
        return replace(
            known,
            status=progress.status,
            share=share,
            cancelled=folder.cancel_requested(),
            worker_mb=(progress.memory_mb or 0.0) if progress.status == "running" else 0.0,
        )


def _facts(run: Run) -> ListedRun:
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
    )


def _damaged(run: Run) -> ListedRun:
    """What can be said of a run whose question cannot be read: it goes to the end of the list."""
    name = f"Run {run.run_id[:12]}"
    long_ago = instant(0)
    return ListedRun(run.run_id, name, 0, 0, 0, long_ago, "corrupt", 0.0)
