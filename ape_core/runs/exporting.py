"""Exporting a run as one file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from ape_core.errors import CorruptRunError
from ape_core.storage.packages.writing import Exported, write_package

if TYPE_CHECKING:
    from ape_core.storage.run_folder import RunFolder

_MOST_TRIES: Final = 5


def export(folder: RunFolder, path: str | Path, *, with_data: bool = False) -> Exported:
    """Write a run into one file, as far as it is committed.

    Parts that are archived or restored meanwhile move to other files: then it begins again.
    """
    target = Path(path).expanduser().absolute()
    for _ in range(_MOST_TRIES):
        before = folder.checkpoint()
        try:
            return write_package(folder, target, with_data=with_data)
        except CorruptRunError:
            if folder.checkpoint() == before:
                raise
    return write_package(folder, target, with_data=with_data)
