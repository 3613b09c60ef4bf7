"""Finding the files that ship with APE, and those of a user."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from ape_core.errors import InvalidSpecError
from ape_core.spec.checks import listed, shown, suggestion

DATA: Final = Path(__file__).parent / "data"
_FOLDERS: Final = {
    "protocol": "protocols",
    "model": "models",
    "population": "populations",
    "economics": "economics",
    "staffing": "staffing",
}


def shipped_names(what: str) -> tuple[str, ...]:
    """Names of the shipped files of a kind, as "protocol", in alphabetical order."""
    return tuple(sorted(path.stem for path in (DATA / _FOLDERS[what]).glob("*.yaml")))


def resolve(what: str, name_or_path: str | Path) -> Path:
    """Path of a shipped file by its name, or of a user's YAML file.

    Text that ends in .yaml or .yml or holds a separator is a path; other text is a name, so that
    a file that happens to lie in the current folder never takes the place of a shipped one.
    """
    if isinstance(name_or_path, Path):
        return name_or_path
    if not isinstance(name_or_path, str):
        raise InvalidSpecError(
            f"The {what} is {shown(name_or_path)}, but must be a name or the path of a YAML file."
        )
    if name_or_path.endswith((".yaml", ".yml")) or "/" in name_or_path or "\\" in name_or_path:
        return Path(name_or_path)
    names = shipped_names(what)
    if name_or_path in names:
        return DATA / _FOLDERS[what] / f"{name_or_path}.yaml"
    # A Path would take "" for the folder we are in, and raise at a name that is too long.
    if os.path.isdir(name_or_path):  # noqa: PTH112
        raise InvalidSpecError(
            f"{shown(name_or_path)} is a folder, not a {what}.",
            f"Name a YAML file in it, or what ships: {listed(names)}.",
            what,
        )
    raise InvalidSpecError(
        f"There is no {what} {shown(name_or_path)}; shipped are: {listed(names)}.",
        suggestion(name_or_path, names),
        what,
    )


def is_shipped(path: Path) -> bool:
    """True for a file that ships with APE, which does not change while it is used."""
    return DATA in path.parents
