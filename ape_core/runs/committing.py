"""Commits what threads have finished, about once a second."""

from __future__ import annotations

import time
from collections.abc import Callable

from ape_core.errors import StoreError
from ape_core.limits import COMMIT_SECONDS
from ape_core.runs.chunks import FinishedChunk
from ape_core.storage.checkpoint import PartRecord
from ape_core.storage.parts import part_path
from ape_core.storage.run_folder import RunFolder
from ape_core.storage.tables import TABLES
from ape_core.summaries.summary import Summary


class Committer:
    """Gathers finished chunks in any order and commits them in groups.

    The first chunk is committed at once, so that a page soon has something to show.

    Parameters
    ----------
    folder
        The run, whose lock this process holds.
    summary
        Merged over exactly the parts that are committed.
    clock
        Monotonic seconds.
    """

    def __init__(
        self, folder: RunFolder, summary: Summary, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._folder = folder
        self._summary = summary
        self._clock = clock
        self._pending: list[PartRecord] = []
        self._due = -float("inf")
        self._committed = folder.checkpoint()

    def add(self, finished: FinishedChunk) -> None:
        """Take a chunk whose part is written."""
        self._pending.append(finished.record)
        self._summary = self._summary.merge(finished.summary)

    def commit_if_due(self) -> bool:
        """Commit if the last time is long enough ago; return whether anything was committed."""
        return self._clock() >= self._due and self.commit()

    def commit(self) -> bool:
        """Commit all chunks taken so far; return whether there were any."""
        if not self._pending:
            return False
        self._check_written()
        self._committed = self._folder.committed.save_progress(
            self._pending, self._summary.to_arrays(), after=self._committed
        )
        self._pending = []
        self._due = self._clock() + COMMIT_SECONDS
        return True

    def _check_written(self) -> None:
        """Raise a StoreError when a part is gone that no other process may have touched."""
        for record in self._pending:
            if record.place:
                continue  # a server that says it has an object has it
            for table in TABLES:
                path = part_path(self._folder.path, table, record.index)
                if not path.exists():
                    raise StoreError(
                        f"{path} was removed before it was committed.",
                        "Let nothing but APE change the folder of a run; resume the run: what was "
                        "committed is kept.",
                    )
