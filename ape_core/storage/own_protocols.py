"""Protocols that users made, kept in the store beside its runs, one YAML file each.

A name of a shipped protocol always means the shipped one: an own protocol cannot take it. A run
does not need the file of its protocol, whose rules are in the run's question.
"""

from __future__ import annotations

import builtins
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from ape_core.errors import InvalidInputError, InvalidSpecError
from ape_core.limits import MAX_OWN_PROTOCOLS
from ape_core.spec import checks, protocol_yaml
from ape_core.spec.protocol import Protocol
from ape_core.spec.protocol_yaml import ProtocolInfo, parse_protocol, protocol_to_yaml
from ape_core.spec.shipped import shipped_names
from ape_core.spec.yaml_door import read_yaml
from ape_core.storage.files import is_temporary, make_folder, sync_folder, write_atomic
from ape_core.storage.location import default_store_path
from ape_core.storage.os_errors import os_errors

_FOLDER: Final = "protocols"
_SUFFIX: Final = ".yaml"


@dataclass(frozen=True, slots=True)
class OwnProtocol:
    """A file of the library; `problem` says why it cannot be used, if it cannot."""

    name: str
    protocol: Protocol | None
    problem: str = ""


class OwnProtocols:
    """The protocols of users in a store.

    Nothing is created before the first one is saved.

    Parameters
    ----------
    store
        Folder of the store; by default the user's.
    """

    def __init__(self, store: str | Path | None = None) -> None:
        root = default_store_path() if store is None else Path(store).expanduser().absolute()
        self.path = root / _FOLDER

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self.names()

    def names(self) -> tuple[str, ...]:
        """Names of the files, in alphabetical order, readable or not."""
        with os_errors("list", self.path):
            try:
                files = [path for path in self.path.iterdir() if path.suffix == _SUFFIX]
            except (FileNotFoundError, NotADirectoryError):
                return ()
        kept = (path.stem for path in files if not is_temporary(path))
        return tuple(sorted(name for name in kept if checks.is_name(name)))[:MAX_OWN_PROTOCOLS]

    def stamp(self) -> tuple[tuple[str, int, int], ...]:
        """What changes with any file of the library: names, times and sizes."""
        found = []
        for name in self.names():
            with suppress(OSError):
                status = self.file(name).stat()
                found.append((name, status.st_mtime_ns, status.st_size))
        return tuple(found)

    def list(self) -> builtins.list[OwnProtocol]:
        """Return every own protocol, those that cannot be read with the reason."""
        found = []
        for name in self.names():
            try:
                found.append(OwnProtocol(name, self.load(name)))
            except InvalidInputError as error:
                found.append(OwnProtocol(name, None, str(error)))
        return found

    def load(self, name: str) -> Protocol:
        """Return the own protocol of that name.

        Raises
        ------
        InvalidSpecError
            There is none, or its file does not hold one.
        """
        path = self.file(name)
        if name not in self.names():
            raise InvalidSpecError(
                f"There is no own protocol {checks.shown(name)}.", _known(self.names())
            )
        protocol = parse_protocol(read_yaml(path), path.name)
        # The file may have been renamed by hand: its name is what is asked for.
        return protocol if protocol.name == name else replace(protocol, name=name)

    def save(self, protocol: Protocol, *, replacing: bool = False) -> Path:
        """Keep a protocol under its name; readers see the old file or the new one.

        Parameters
        ----------
        protocol
            What to keep.
        replacing
            Whether an own protocol of that name may be replaced.

        Raises
        ------
        InvalidInputError
            The name is that of a shipped protocol or taken, or there are too many.
        StoreError
            The file cannot be written.
        """
        name, names = protocol.name, self.names()
        if name in shipped_names("protocol"):
            raise InvalidInputError(
                f"{name} is a protocol that ships with APE, which stays as it is.",
                "Choose another name.",
            )
        if name in names and not replacing:
            raise InvalidInputError(
                f"There is an own protocol {name} already.", "Choose another name, or replace it."
            )
        if name not in names and len(names) >= MAX_OWN_PROTOCOLS:
            raise InvalidInputError(
                f"The store holds {len(names):,} own protocols, which is the most it may.",
                "Delete some first.",
            )
        path = self.file(name)
        make_folder(self.path)
        write_atomic(path, protocol_to_yaml(protocol).encode())
        return path

    def delete(self, name: str) -> None:
        """Remove the file of an own protocol; runs of it stay as they are."""
        path = self.file(name)
        if name not in self.names():
            raise InvalidSpecError(f"There is no own protocol {checks.shown(name)}.")
        with os_errors("delete", path):
            path.unlink(missing_ok=True)
            sync_folder(self.path)

    def file(self, name: str) -> Path:
        """Path of the file of that name, which can only lie in the folder."""
        return self.path / f"{checks.name('name', name)}{_SUFFIX}"


def list_protocols(store: str | Path | None = None) -> list[ProtocolInfo]:
    """Return the shipped protocols, and after them the own ones of a store if one is given.

    Parameters
    ----------
    store
        Folder of the store whose own protocols are listed, too. Those that cannot be read are
        left out; `ape check NAME` says what is wrong with one.
    """
    shipped = protocol_yaml.list_protocols()
    if store is None:
        return shipped
    own = (item.protocol for item in OwnProtocols(store).list())
    return shipped + [
        ProtocolInfo(p.name, p.title, p.regimen, p.drug, is_own=True) for p in own if p is not None
    ]


def load_protocol(name_or_path: str | Path, store: str | Path | None = None) -> Protocol:
    """Load a protocol that ships with APE, from a YAML file, or an own one of a store.

    Parameters
    ----------
    name_or_path
        Name of a shipped protocol, or the path of a YAML file.
    store
        Folder of the store in which a name is looked for that is not shipped; none by default, so
        that what a script means does not depend on what a store holds.

    Raises
    ------
    InvalidSpecError
        There is no such protocol or file, or a field is missing, unknown or contradictory.
    """
    if store is not None and isinstance(name_or_path, str) and checks.is_name(name_or_path):
        own = OwnProtocols(store)
        if name_or_path not in shipped_names("protocol") and name_or_path in own:
            return own.load(name_or_path)
    try:
        return protocol_yaml.load_protocol(name_or_path)
    except InvalidSpecError as error:
        names = OwnProtocols(store).names() if store is not None else ()
        if not names or error.field != "protocol":
            raise
        raise InvalidSpecError(error.message, f"{error.hint} {_known(names)}".strip()) from None


def _known(names: tuple[str, ...]) -> str:
    """Sentence with the names that there are."""
    return f"Own protocols are: {checks.listed(names)}." if names else "There are no own protocols."
