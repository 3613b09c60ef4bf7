"""Protocols that can be chosen, and those that are, in the order of their letters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ape_core.analysis.same_patients import MOST_RUNS
from ape_core.errors import ApeError
from ape_core.storage.own_protocols import OwnProtocols, list_protocols, load_protocol

if TYPE_CHECKING:
    from pathlib import Path

    from ape_core.runs import Run
    from ape_core.spec.protocol import Protocol


class ProtocolChoice:
    """The protocols of a comparison by name.

    Parameters
    ----------
    store
        Folder whose own protocols can be chosen as well as the shipped ones.
    chosen
        Names to begin with.
    """

    def __init__(self, store: Path, chosen: Sequence[str]) -> None:
        self._store = store
        self._of_runs: dict[str, Protocol] = {}
        self._listed: dict[str, str] = {}
        self._stamp: object = None
        self.chosen = list(chosen)

    def options(self) -> list[tuple[str, str]]:
        """Titles and names: those of opened runs that are not in the list, then shipped and own."""
        stamp = OwnProtocols(self._store).stamp()
        if stamp != self._stamp:  # or every look would read every file
            self._listed = {item.name: item.title for item in list_protocols(self._store)}
            self._stamp = stamp
        of_runs = {name: protocol.title for name, protocol in self._of_runs.items()}
        return [(title, name) for name, title in (of_runs | self._listed).items()]

    def place_of(self, name: str) -> int:
        """Place among those that are chosen; -1 when it is not."""
        return self.chosen.index(name) if name in self.chosen else -1

    def choose(self, name: str, *, on: bool) -> None:
        """Take a protocol in, after those that are in, or out.

        There is room for so many; a page may still tell of one more.
        """
        if on and name not in self.chosen and len(self.chosen) < MOST_RUNS:
            self.chosen.append(name)
        elif not on and name in self.chosen:
            self.chosen.remove(name)

    def protocols(self) -> list[Protocol]:
        """Load those that are chosen.

        Raises
        ------
        InvalidSpecError
            One cannot be found or read any more.
        """
        return [self._of_runs.get(name) or load_protocol(name, self._store) for name in self.chosen]

    def adopt(self, runs: Sequence[Run]) -> None:
        """Choose the protocols of runs; those that the list has otherwise, or not, join it."""
        self._of_runs, self.chosen = {}, []
        for run in runs:
            protocol = run.spec.protocol
            name = protocol.name
            if name in self.chosen or not is_listed(protocol, self._store):
                name = f"{name} of run {run.run_id[:6]}"
                self._of_runs[name] = protocol
            self.chosen.append(name)


def is_listed(protocol: Protocol, store: Path) -> bool:
    """Whether the protocol of that name, shipped or of a store, has the same rules."""
    try:
        known = load_protocol(protocol.name, store)
    except ApeError:
        return False
    return known.question() == protocol.question()
