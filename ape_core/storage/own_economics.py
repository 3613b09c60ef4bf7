"""Prices and utilities that users changed, kept in the store beside its runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from ape_core.errors import InvalidSpecError
from ape_core.spec.economics import Economics
from ape_core.spec.economics_yaml import economics_to_yaml, list_economics, load_economics
from ape_core.storage.own_files import OwnFiles


class OwnEconomics(OwnFiles):
    """The sets of prices and utilities of a store."""

    folder: ClassVar = "economics"
    one: ClassVar = "set of prices"
    several: ClassVar = "sets of prices"
    most: ClassVar = 200

    def load(self, name_or_path: str | Path) -> Economics:
        """Return a set: shipped, own, or from a YAML file.

        Raises
        ------
        InvalidSpecError
            There is none, or its file does not hold one.
        """
        if name_or_path in self and name_or_path not in list_economics():
            name = str(name_or_path)
            found = load_economics(self.file(name))
            # The file may have been renamed by hand: its name is what is asked for.
            return found if found.name == name else replace(found, name=name)
        try:
            return load_economics(name_or_path)
        except InvalidSpecError as error:
            raise InvalidSpecError(error.message, f"{error.hint} {self.known()}".strip()) from None

    def save(self, economics: Economics, *, replacing: bool = False) -> Path:
        """Keep a set under its name.

        Raises
        ------
        InvalidInputError
            The name is that of a shipped set or taken, or there are too many.
        """
        text = economics_to_yaml(economics)
        return self.keep(economics.name, text, list_economics(), replacing=replacing)
