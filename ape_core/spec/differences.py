"""How one protocol differs from another, field by field, in words and with units."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ape_core.spec.describe import after_words, loading_words, rule_words, stopping_words
from ape_core.spec.protocol_guide import DRUG, GUIDE, UNTIL_WEEK

if TYPE_CHECKING:
    from ape_core.spec.field_guide import Field
    from ape_core.spec.phases import Loading, Phase
    from ape_core.spec.protocol import AfterStopping, Protocol

_NONE = "none"
_END = "the end"


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that has another value.

    Parameters
    ----------
    field
        Where it stands in the spec, as "phases[0].max_interval_weeks".
    words
        What it is, for reading.
    before, after
        Both values, with their unit.
    """

    field: str
    words: str
    before: str
    after: str

    @property
    def sentence(self) -> str:
        """The difference in one line."""
        return f"{self.words}: {self.after} instead of {self.before}."


def difference(protocol: Protocol, parent: Protocol) -> list[Difference]:
    """Return what of a protocol's rules differs from those of another, in order of time.

    Parameters
    ----------
    protocol
        The protocol after the change.
    parent
        The protocol before it.
    """
    found = [] if protocol.drug == parent.drug else [_of_field("", "", DRUG, protocol, parent)]
    found += _of_loading(protocol.loading, parent.loading)
    found += _of_phases(protocol.phases, parent.phases)
    if (protocol.stopping is None) != (parent.stopping is None):
        return [*found, Difference("stopping", "Stopping", _rules(parent), _rules(protocol))]
    found += _of_fields("stopping", "Stopping", protocol.stopping, parent.stopping)
    return found + _of_after(protocol.after_stopping, parent.after_stopping)


def _of_phases(after: Sequence[Phase], before: Sequence[Phase]) -> Iterator[Difference]:
    """Compare the phases place by place."""
    several = max(len(after), len(before)) > 1
    for place in range(max(len(after), len(before))):
        name = f"Phase {place + 1}" if several else ""
        new, old = (phases[place] if place < len(phases) else None for phases in (after, before))
        yield from _of_phase(f"phases[{place}]", name, new, old)


def _of_phase(path: str, name: str, new: Phase | None, old: Phase | None) -> list[Difference]:
    """Compare two phases; of two regimens, only what each is can be said."""
    if new is None or old is None or type(new) is not type(old):
        return [Difference(path, name or "Regimen", _rule(old), _rule(new))]
    found = _of_fields(path, name, new, old)
    if new.until_week != old.until_week:
        ends = [_END if phase.until_week is None else f"week {phase.until_week}"
                for phase in (old, new)]  # fmt: skip
        found.append(Difference(f"{path}.{UNTIL_WEEK.name}", _named(name, "Lasts until"), *ends))
    return found


def _of_loading(new: Loading | None, old: Loading | None) -> list[Difference]:
    """Compare the loading phases, which either may lack."""
    if new is not None and old is not None:
        return _of_fields("loading", "Loading", new, old)
    told = [_NONE if part is None else loading_words(part) for part in (old, new)]
    return [] if new is old else [Difference("loading", "Loading", *told)]


def _of_after(new: AfterStopping | None, old: AfterStopping | None) -> list[Difference]:
    """Compare what follows stopping, which either may lack."""
    if new is not None and old is not None:
        return _of_fields("after_stopping", "After stopping", new, old)
    told = ["discharged" if part is None else after_words(part) for part in (old, new)]
    return [] if new is old else [Difference("after_stopping", "After stopping", *told)]


def _rules(protocol: Protocol) -> str:
    """All rules for stopping, and what follows."""
    return " ".join(stopping_words(protocol)).rstrip(".") or _NONE


def _rule(phase: Phase | None) -> str:
    """What a phase does."""
    return _NONE if phase is None else rule_words(phase).rstrip(".")


def _of_fields(path: str, name: str, new: Any, old: Any) -> list[Difference]:
    """Compare the fields of two parts of one kind."""
    if new == old:
        return []
    return [
        _of_field(f"{path}.", name, field, new, old)
        for field in GUIDE[type(new)]
        if getattr(new, field.name) != getattr(old, field.name)
    ]


def _of_field(path: str, name: str, field: Field, new: Any, old: Any) -> Difference:
    """Say how a field of two owners differs."""
    before, after = (field.say(getattr(owner, field.name)) for owner in (old, new))
    return Difference(f"{path}{field.name}", _named(name, field.title), before, after)


def _named(part: str, title: str) -> str:
    """Name of a field of a part."""
    return f"{part}, {title[0].lower()}{title[1:]}" if part else title
