"""What users made of a kind, kept in the store beside its runs, one YAML file each.

A shipped name always means the shipped one: nothing of a user's can take it.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import ClassVar, Final

from ape_core.errors import InvalidInputError
from ape_core.spec import checks
from ape_core.storage.files import is_temporary, make_folder, write_atomic
from ape_core.storage.location import default_store_path
from ape_core.storage.os_errors import os_errors

SUFFIX: Final = ".yaml"


class OwnFiles:
    """The files of one kind in a store. No folder is made before one is saved.

    Parameters
    ----------
    store
        Folder of the store; by default the user's.
    """

    folder: ClassVar[str]
    """Folder of the store that holds them."""

    one: ClassVar[str]
    """What one of them is called, as "protocol"."""

    several: ClassVar[str]
    """What several are called."""

    most: ClassVar[int]
    """How many a store may hold."""

    def __init__(self, store: str | Path | None = None) -> None:
        root = default_store_path() if store is None else Path(store).expanduser().absolute()
        self.path = root / self.folder

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self.names()

    def names(self) -> tuple[str, ...]:
        """Names of the files, in alphabetical order, readable or not."""
        with os_errors("list", self.path):
            try:
                files = [path for path in self.path.iterdir() if path.suffix == SUFFIX]
            except (FileNotFoundError, NotADirectoryError):
                return ()
        kept = (path.stem for path in files if not is_temporary(path))
        return tuple(sorted(name for name in kept if checks.is_name(name)))[: self.most]

    def file(self, name: str) -> Path:
        """Path of the file of that name, which can only lie in the folder."""
        return self.path / f"{checks.name('name', name)}{SUFFIX}"

    def known(self) -> str:
        """Sentence with the names that there are."""
        names = self.names()
        if not names:
            return f"There are no own {self.several}."
        return f"Own {self.several} are: {checks.listed(names)}."

    def keep(self, name: str, text: str, shipped: Collection[str], *, replacing: bool) -> Path:
        """Write a file; readers see the old one or the new one.

        Raises
        ------
        InvalidInputError
            The name is a shipped one or taken, or there are too many.
        StoreError
            The file cannot be written.
        """
        names = self.names()
        if name in shipped:
            raise InvalidInputError(
                f"{name} is a {self.one} that ships with APE, which stays as it is.",
                "Choose another name.",
            )
        if name in names and not replacing:
            raise InvalidInputError(
                f"There is an own {self.one} {name} already.",
                "Choose another name, or replace it.",
            )
        if name not in names and len(names) >= self.most:
            raise InvalidInputError(
                f"The store holds {len(names):,} own {self.several}, which is the most it may.",
                "Delete some first.",
            )
        path = self.file(name)
        make_folder(self.path)
        write_atomic(path, text.encode())
        return path
