"""Prices and utilities that users changed, kept in the store beside its runs, one YAML file each.

A name of a shipped set always means the shipped one: an own set cannot take it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from ape_core.errors import InvalidInputError, InvalidSpecError
from ape_core.spec import checks
from ape_core.spec.economics import Economics
from ape_core.spec.economics_yaml import economics_to_yaml, list_economics, load_economics
from ape_core.storage.files import is_temporary, make_folder, write_atomic
from ape_core.storage.location import default_store_path
from ape_core.storage.os_errors import os_errors

MOST: Final = 200
_FOLDER: Final = "economics"
_SUFFIX: Final = ".yaml"


class OwnEconomics:
    """The sets of prices and utilities of a store. No folder is made before one is saved.

    Parameters
    ----------
    store
        Folder of the store; by default the user's.
    """

    def __init__(self, store: str | Path | None = None) -> None:
        root = default_store_path() if store is None else Path(store).expanduser().absolute()
        self.path = root / _FOLDER

    def names(self) -> tuple[str, ...]:
        """Names of the own sets, in alphabetical order."""
        with os_errors("list", self.path):
            try:
                files = [path for path in self.path.iterdir() if path.suffix == _SUFFIX]
            except (FileNotFoundError, NotADirectoryError):
                return ()
        kept = (path.stem for path in files if not is_temporary(path))
        return tuple(sorted(name for name in kept if checks.is_name(name)))[:MOST]

    def load(self, name_or_path: str | Path) -> Economics:
        """Return a set: shipped, own, or from a YAML file.

        Raises
        ------
        InvalidSpecError
            There is none, or its file does not hold one.
        """
        own = self.names()
        if name_or_path in own and name_or_path not in list_economics():
            name = str(name_or_path)
            found = load_economics(self.file(name))
            # The file may have been renamed by hand: its name is what is asked for.
            return found if found.name == name else replace(found, name=name)
        try:
            return load_economics(name_or_path)
        except InvalidSpecError as error:
            known = f"Own sets are: {checks.listed(own)}." if own else "There are no own sets."
            raise InvalidSpecError(error.message, f"{error.hint} {known}".strip()) from None

    def save(self, economics: Economics, *, replacing: bool = False) -> Path:
        """Keep a set under its name; readers see the old file or the new one.

        Raises
        ------
        InvalidInputError
            The name is that of a shipped set or taken, or there are too many.
        """
        name, own = economics.name, self.names()
        if name in list_economics():
            raise InvalidInputError(
                f"{name} is a set that ships with APE, which stays as it is.",
                "Choose another name.",
            )
        if name in own and not replacing:
            raise InvalidInputError(
                f"There are own prices {name} already.", "Choose another name, or replace them."
            )
        if name not in own and len(own) >= MOST:
            raise InvalidInputError(
                f"The store holds {MOST} own sets of prices, which is the most it may.",
                "Delete some of the files first.",
            )
        path = self.file(name)
        make_folder(self.path)
        write_atomic(path, economics_to_yaml(economics).encode())
        return path

    def file(self, name: str) -> Path:
        """Path of the file of that name, which can only lie in the folder."""
        return self.path / f"{checks.name('name', name)}{_SUFFIX}"
