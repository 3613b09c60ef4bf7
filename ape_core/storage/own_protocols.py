"""Protocols that users made, kept in the store beside its runs.

A run does not need the file of its protocol, whose rules are in the run's question.
"""

from __future__ import annotations

import builtins
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from ape_core.errors import InvalidInputError, InvalidSpecError
from ape_core.limits import MAX_OWN_PROTOCOLS
from ape_core.spec import checks, protocol_yaml
from ape_core.spec.protocol import Protocol
from ape_core.spec.protocol_yaml import ProtocolInfo, parse_protocol, protocol_to_yaml
from ape_core.spec.shipped import shipped_names
from ape_core.spec.yaml_door import read_yaml
from ape_core.storage.files import sync_folder
from ape_core.storage.os_errors import os_errors
from ape_core.storage.own_files import OwnFiles


@dataclass(frozen=True, slots=True)
class OwnProtocol:
    """A file of the library; `problem` says why it cannot be used, if it cannot."""

    name: str
    protocol: Protocol | None
    problem: str = ""


class OwnProtocols(OwnFiles):
    """The protocols of users in a store."""

    folder: ClassVar = "protocols"
    one: ClassVar = "protocol"
    several: ClassVar = "protocols"
    most: ClassVar = MAX_OWN_PROTOCOLS

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
            raise InvalidSpecError(f"There is no own protocol {checks.shown(name)}.", self.known())
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
        shipped = shipped_names("protocol")
        return self.keep(protocol.name, protocol_to_yaml(protocol), shipped, replacing=replacing)

    def delete(self, name: str) -> None:
        """Remove the file of an own protocol; runs of it stay as they are."""
        path = self.file(name)
        if name not in self.names():
            raise InvalidSpecError(f"There is no own protocol {checks.shown(name)}.")
        with os_errors("delete", path):
            path.unlink(missing_ok=True)
            sync_folder(self.path)


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
        known = OwnProtocols(store) if store is not None else None
        if known is None or not known.names() or error.field != "protocol":
            raise
        raise InvalidSpecError(error.message, f"{error.hint} {known.known()}".strip()) from None
