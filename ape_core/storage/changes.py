"""What of a question is other than usual: in full, in a line, and in the few words of a list."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ape_core.errors import InvalidSpecError
from ape_core.schema import DAYS_PER_WEEK
from ape_core.spec.checks import is_name
from ape_core.spec.differences import Difference, difference
from ape_core.spec.model import load_model
from ape_core.spec.model_guide import model_difference
from ape_core.spec.people_guide import capacity_difference, cohort_difference
from ape_core.storage.own_protocols import load_protocol

if TYPE_CHECKING:
    from ape_core.spec.capacity import Capacity
    from ape_core.spec.protocol import Protocol
    from ape_core.spec.run_spec import RunSpec

_SHOWN: Final = 3
_SHORT: Final = 80
"""Changes that a title says, and the letters of one; a form shows all of them."""

_SHORT_IN_LIST: Final = 60
"""Letters of the one change of a part that a list says; more are counted."""


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


def is_varied(spec: RunSpec) -> bool:
    """Whether any number of the disease is another than the shipped one."""
    drug = spec.protocol.drug
    return spec.model.question(drug) != load_model().question(drug)


def changes_of_spec(spec: RunSpec) -> list[Difference]:
    """Return what a run overrides in its population, limits, and changes in the disease model.

    Of an earlier model version, whose values are not known here, the last cannot be said.
    """
    return [*cohort_difference(spec.cohort), *capacity_difference(spec.capacity), *_of_model(spec)]


def changes_in_short(spec: RunSpec, store: Path) -> str:
    """The first of all changes in a line of plain words; empty when nothing is other than usual.

    Many changed numbers of the disease model are counted first, as nothing else says more.
    """
    of_model = _of_model(spec)
    found = changes_of_spec(spec)
    said = [*_protocol_in_short(spec.protocol, store)]
    if len(of_model) > _SHOWN:
        said.append(f"{_in_few_words(of_model, _MODEL)}.")
    said += (item.sentence for item in found[:_SHOWN])
    more = len(found) - _SHOWN
    return " ".join([*said, *([f"And {more} more."] if more > 0 else [])])


def changes_in_list(spec: RunSpec, store: Path) -> str:
    """What tells a run from others of its protocol, in a few words: "18 slots a day"."""
    parts = (
        _in_few_words(changes_of_protocol(spec.protocol, store), "rules of the protocol"),
        _in_few_words(cohort_difference(spec.cohort), "numbers of the population"),
        _slots(spec.capacity),
        _in_few_words(_of_model(spec), _MODEL),
    )
    return ", ".join(part for part in parts if part)


_MODEL: Final = "numbers of the model"


def _of_model(spec: RunSpec) -> list[Difference]:
    """Changes in the disease model, as far as its usual numbers are known here."""
    return model_difference(spec.model) if spec.is_current else []


def _in_few_words(found: Sequence[Difference], what: str) -> str:
    """The one change, or how many there are."""
    if len(found) == 1:
        said = f"{found[0].words}: {found[0].after}"
        return said if len(said) <= _SHORT_IN_LIST else f"{found[0].words} changed"
    return f"{len(found)} {what} changed" if found else ""


def _slots(capacity: Capacity | None) -> str:
    """Room in clinics."""
    if capacity is None:
        return ""
    slots = "1 slot" if capacity.slots_per_day == 1 else f"{capacity.slots_per_day:,} slots"
    week = "" if capacity.open_days == DAYS_PER_WEEK else f" on {capacity.open_days} days a week"
    return f"{slots} a day{week}"


def _protocol_in_short(protocol: Protocol, store: Path) -> list[str]:
    """The changes of a protocol where they are few and short, else their number."""
    found = [item.sentence for item in changes_of_protocol(protocol, store)]
    parent = kept(protocol.parent, store)
    if parent is None or (len(found) <= _SHOWN and all(len(line) < _SHORT for line in found)):
        return found
    places = "1 place" if len(found) == 1 else f"{len(found)} places"
    return [f"The protocol differs in {places} from: {parent.title}."]
