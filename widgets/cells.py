"""A cell of a notebook that is run again replaces what it made before, instead of adding to it.

The kernel keeps every widget until it is closed, shown or not; a page that is made anew with each
run of its cell would leave hundreds of them behind.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Protocol


class Closable(Protocol):
    """Something that holds widgets."""

    def close(self) -> None:
        """Close them."""


@dataclass
class _Made:
    """What one run of a cell made."""

    execution: str
    things: list[Closable] = field(default_factory=list)


_MADE: Final[dict[str, _Made]] = {}


def replace(thing: Closable) -> None:
    """Close what earlier runs of this cell made, and what cells that are deleted made.

    Does nothing outside a notebook, where nobody says which cell is being run.

    Parameters
    ----------
    thing
        What this run of the cell makes.
    """
    asked = _request()
    metadata = asked.get("metadata", {})
    cell, execution = metadata.get("cellId"), asked.get("header", {}).get("msg_id", "")
    if not cell:
        return
    made = _MADE.get(cell)
    stale = [name for name in metadata.get("deletedCells", []) if name in _MADE]
    if made is not None and made.execution != execution:
        stale.append(cell)
    for name in stale:
        for old in _MADE.pop(name).things:
            old.close()
    _MADE.setdefault(cell, _Made(execution)).things.append(thing)


def _request() -> dict[str, Any]:
    """The request to run a cell that the kernel is carrying out; empty outside a kernel."""
    from IPython import get_ipython

    get_parent = getattr(get_ipython(), "get_parent", None)
    return dict(get_parent() or {}) if get_parent is not None else {}
