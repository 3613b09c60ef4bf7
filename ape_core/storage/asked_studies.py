"""What was last asked of a base case on the page of sensitivity, kept in the store.

The runs themselves are found again by asking the same; this says what the same is, so that a page
that is opened again shows what it showed. It decides nothing else: where it cannot be read,
nothing was asked.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from ape_core.errors import ApeError
from ape_core.storage.files import make_folder, read_json, write_json

FOLDER: Final = "studies"
_MOST_KEPT: Final = 200
"""Base cases of which it is kept; the oldest are forgotten."""


class AskedStudies:
    """Small files of a store, one for each base case.

    Parameters
    ----------
    store
        Folder of the store.
    """

    def __init__(self, store: Path) -> None:
        self._folder = store / FOLDER

    def read(self, run_id: str) -> dict[str, Any]:
        """Return what was last asked of a base case; empty when nothing was."""
        try:
            return read_json(self._path(run_id))
        except (ApeError, OSError):
            return {}

    def keep(self, run_id: str, asked: dict[str, Any]) -> None:
        """Keep what is asked of a base case, beside what was asked before."""
        make_folder(self._folder)
        write_json(self._path(run_id), {**self.read(run_id), **asked}, durable=False)
        for old in self.newest()[_MOST_KEPT:]:
            self._path(old).unlink(missing_ok=True)

    def newest(self) -> list[str]:
        """Runs of the base cases, the last asked about first."""
        found: list[tuple[int, str]] = []
        if self._folder.is_dir():
            for path in self._folder.glob("*.json"):
                with suppress(OSError):
                    found.append((path.stat().st_mtime_ns, path.stem))
        return [name for _, name in sorted(found, reverse=True)]

    def _path(self, run_id: str) -> Path:
        """File of a base case."""
        return self._folder / f"{run_id}.json"
