"""A protocol while it is edited: plain data, in which anything may stand that was typed.

Whether the rules make sense is for the spec to say; what is typed wrong stays until it is mended.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from ape_core.errors import InvalidSpecError
from ape_core.spec.phases import PHASE_KINDS
from ape_core.spec.protocol_guide import GUIDE
from ape_core.spec.protocol_yaml import list_protocols, load_protocol, protocol_fields

if TYPE_CHECKING:
    from ape_core.spec.protocol import Protocol

Rules = dict[str, Any]

_PARTS: Final = ("loading", "stopping", "after_stopping")
EDITED_NAME: Final = "-edited"
EDITED_TITLE: Final = ", edited"
_LONGEST_NAME: Final = 80
_LONGEST_TITLE: Final = 200


def begin(protocol: Protocol) -> Rules:
    """Rules to be edited: those of a protocol, under a name that says so, with it as parent.

    What is said of the protocol and where it comes from stays with the parent.
    """
    rules = protocol_fields(protocol)
    for said in ("description", "sources"):
        rules.pop(said, None)
    return rules | {
        "name": protocol.name[: _LONGEST_NAME - len(EDITED_NAME)] + EDITED_NAME,
        "title": protocol.title[: _LONGEST_TITLE - len(EDITED_TITLE)] + EDITED_TITLE,
        "parent": protocol.name,
    }


def part_at(rules: Mapping[str, Any], place: str) -> Mapping[str, Any]:
    """Fields of a part, as "loading" or "phases[1]"; empty where there is none."""
    if place == "":
        return rules
    name, _, number = place.rstrip("]").partition("[")
    part = rules.get(name)
    if number:
        part = part[int(number)] if part and int(number) < len(part) else None
    return part or {}


def put(rules: Rules, place: str, field: str, value: Any) -> Rules:
    """Return the rules with another value of a field; None or nothing takes it away."""
    changed = deepcopy(rules)
    name, _, number = place.rstrip("]").partition("[")
    owner = changed
    if number:
        owner = changed[name][int(number)]
    elif name:
        owner = changed.setdefault(name, {})
    if value is None or value == ():
        owner.pop(field, None)
    else:
        owner[field] = list(value) if isinstance(value, tuple) else value
    _drop_what_does_not_count(place, owner)
    if name in _PARTS and not owner:
        changed.pop(name)
    return changed


def set_regimen(rules: Rules, place: int, regimen: str) -> Rules:
    """Return the rules with another regimen of a phase; fields that both have keep their value."""
    changed = deepcopy(rules)
    before = changed["phases"][place]
    known = {field.name for field in GUIDE[PHASE_KINDS[regimen]]} | {"until_week"}
    kept = {name: value for name, value in before.items() if name in known}
    changed["phases"][place] = {**example(regimen), **kept, "regimen": regimen}
    _drop_what_does_not_count(f"phases[{place}]", changed["phases"][place])
    return changed


def add_phase(rules: Rules) -> Rules:
    """Return the rules with one more phase, which begins as the last one was."""
    changed = deepcopy(rules)
    last = changed["phases"][-1]
    changed["phases"].append(deepcopy(last))
    changed["phases"][-1].pop("assign_at_weeks", None)
    return changed


def remove_phase(rules: Rules, place: int) -> Rules:
    """Return the rules without a phase; the one that is then the last goes on to the end."""
    changed = deepcopy(rules)
    del changed["phases"][place]
    changed["phases"][-1].pop("until_week", None)
    return changed


def set_part(rules: Rules, name: str, *, on: bool) -> Rules:
    """Return the rules with a part as a shipped protocol has it, or without that part."""
    changed = deepcopy(rules)
    if on:
        changed[name] = deepcopy(_first(name))
    else:
        changed.pop(name, None)
    return changed


def example(regimen: str) -> Rules:
    """Fields of a phase of that regimen, as the first shipped protocol with one has them."""
    for rules in _shipped():
        for phase in rules["phases"]:
            if phase["regimen"] == regimen:
                return {key: value for key, value in phase.items() if key != "until_week"}
    return {"regimen": regimen}


def is_same(rules: Rules, protocol: Protocol) -> bool:
    """Whether the edited rules are those of a protocol again."""
    from ape_core.spec.protocol_yaml import parse_protocol

    try:
        return parse_protocol(rules, "protocol").question() == protocol.question()
    except InvalidSpecError:
        return False


def _first(part: str) -> Rules:
    """Part of the first shipped protocol that has it."""
    return next(dict(rules[part]) for rules in _shipped() if part in rules)


@lru_cache
def _shipped() -> tuple[Rules, ...]:
    """Rules of the shipped protocols."""
    return tuple(protocol_fields(load_protocol(info.name)) for info in list_protocols())


def _drop_what_does_not_count(place: str, values: Rules) -> None:
    """Take away what has no meaning beside the other fields, as letters where fluid decides."""
    regimen = values.get("regimen")
    fields = GUIDE[PHASE_KINDS[regimen]] if regimen in PHASE_KINDS else ()
    if place.startswith("phases"):
        for field in fields:
            if not field.counts(values):
                values.pop(field.name, None)
