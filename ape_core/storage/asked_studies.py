"""What was last asked of a base case on the page of sensitivity, kept in the store.

The runs themselves are found again by asking the same; this says what the same is, so that a page
that is opened again shows what it showed. It decides nothing else: where it cannot be read,
nothing was asked.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from ape_core.errors import ApeError
from ape_core.storage.files import make_folder, read_json, write_json

FOLDER: Final = "studies"
_TURN: Final = "turn"
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
        kept = self.newest()
        turn = 1 + max(map(self._turn, kept[:1]), default=0)
        write_json(self._path(run_id), {**self.read(run_id), **asked, _TURN: turn}, durable=False)
        for old in kept[_MOST_KEPT:]:
            self._path(old).unlink(missing_ok=True)

    def newest(self) -> list[str]:
        """Runs of the base cases, the last asked about first."""
        names = [path.stem for path in self._folder.glob("*.json")]
        return sorted(names, key=self._turn, reverse=True)

    def _turn(self, run_id: str) -> int:
        """When it was asked, as a count: clocks of machines that share a store may differ."""
        turn = self.read(run_id).get(_TURN)
        return turn if isinstance(turn, int) else 0

    def _path(self, run_id: str) -> Path:
        """File of a base case."""
        return self._folder / f"{run_id}.json"
