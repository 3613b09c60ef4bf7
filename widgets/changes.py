"""What is other than usual, as a short list: each with its value before and after."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ape_core.errors import InvalidSpecError
from ape_core.spec.checks import is_name
from ape_core.spec.differences import Difference, difference
from ape_core.spec.model_guide import model_difference
from ape_core.spec.people_guide import capacity_difference, cohort_difference
from ape_core.storage.own_protocols import load_protocol
from widgets.format import plural
from widgets.html import text

if TYPE_CHECKING:
    from ape_core.spec.protocol import Protocol
    from ape_core.spec.run_spec import RunSpec

_SHOWN: Final = 3
_SHORT: Final = 80
"""Changes that a title says, and the letters of one; a form shows all of them."""


def changes_list(title: str, found: Sequence[Difference]) -> str:
    """A heading, and a line for each difference; nothing where there is none."""
    if not found:
        return ""
    lines = "".join(
        f"<div><dt>{text(item.words)}</dt><dd><s>{text(item.before)}</s> "
        f"<span aria-hidden='true'>\N{RIGHTWARDS ARROW}</span> <b>{text(item.after)}</b></dd></div>"
        for item in found
    )
    return f'<div class="ape-changes"><h3>{text(title)}</h3><dl>{lines}</dl></div>'


def kept(name: str, store: Path) -> Protocol | None:
    """Protocol that ships or is kept in a store under a name; None where there is none."""
    try:
        return load_protocol(name, store) if is_name(name) else None
    except InvalidSpecError:
        return None


def changes_of_protocol(protocol: Protocol, store: Path) -> list[Difference]:
    """Return how a protocol differs from the one that it was made from, if that is here."""
    parent = kept(protocol.parent, store)
    return difference(protocol, parent) if parent is not None else []


def changes_of_spec(spec: RunSpec) -> list[Difference]:
    """Return what a run overrides in its population, limits, and changes in the disease model.

    Of an earlier model version, whose values are not known here, the last cannot be said.
    """
    model = model_difference(spec.model) if spec.is_current else []
    return [*cohort_difference(spec.cohort), *capacity_difference(spec.capacity), *model]


def changes_in_short(spec: RunSpec, store: Path) -> str:
    """The first of all changes in a line of plain words; empty when nothing is other than usual."""
    found = changes_of_spec(spec)
    said = [*_protocol_in_short(spec.protocol, store), *(item.sentence for item in found[:_SHOWN])]
    more = len(found) - _SHOWN
    return " ".join([*said, *([f"And {more} more."] if more > 0 else [])])


def _protocol_in_short(protocol: Protocol, store: Path) -> list[str]:
    """The changes of a protocol where they are few and short, else their number."""
    found = [item.sentence for item in changes_of_protocol(protocol, store)]
    parent = kept(protocol.parent, store)
    if parent is None or (len(found) <= _SHOWN and all(len(line) < _SHORT for line in found)):
        return found
    return [f"The protocol differs in {plural(len(found), 'place')} from: {parent.title}."]
