"""Protocols as YAML: reading, listing and writing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import yaml

from ape_core.errors import InvalidSpecError
from ape_core.spec import checks
from ape_core.spec.fields import as_list, as_mapping, at, build, check_fields
from ape_core.spec.phases import PHASE_KINDS, REGIMENS, Loading, Phase
from ape_core.spec.protocol import AfterStopping, Protocol, Stopping, phase_fields
from ape_core.spec.shipped import DATA, is_shipped, resolve, shipped_names
from ape_core.spec.yaml_door import parse_yaml, read_yaml

_REQUIRED: Final = ("name", "title", "drug", "phases")
_FIELDS: Final = (
    "name",
    "title",
    "drug",
    "description",
    "parent",
    "loading",
    "phases",
    "stopping",
    "after_stopping",
    "sources",
)


@dataclass(frozen=True, slots=True)
class ProtocolInfo:
    """What a list of protocols shows of each."""

    name: str
    title: str
    regimen: str
    drug: str
    is_own: bool = False


def list_protocols() -> list[ProtocolInfo]:
    """Return the shipped protocols in alphabetical order of their names."""
    shipped = (load_protocol(name) for name in shipped_names("protocol"))
    return [ProtocolInfo(p.name, p.title, p.regimen, p.drug) for p in shipped]


def load_protocol(name_or_path: str | Path) -> Protocol:
    """Load a protocol that ships with APE, or from a YAML file.

    Raises
    ------
    InvalidSpecError
        There is no such protocol or file, or a field is missing, unknown or contradictory.
    """
    path = resolve("protocol", name_or_path)
    return _shipped(path) if is_shipped(path) else parse_protocol(read_yaml(path), str(path))


@lru_cache
def _shipped(path: Path) -> Protocol:
    """Read a shipped protocol once."""
    return parse_protocol(read_yaml(path), path.name)


def parse_protocol_yaml(content: bytes | str, origin: str) -> Protocol:
    """Read a protocol from the text of a YAML file; `origin` names it in messages."""
    return parse_protocol(parse_yaml(content, origin), origin)


def parse_protocol(mapping: Mapping[str, Any], origin: str) -> Protocol:
    """Read a protocol from plain data; `origin` names it in messages.

    Raises
    ------
    InvalidSpecError
        A field is missing, unknown, not allowed, or contradicts another.
    """
    given = as_mapping(mapping, origin)
    with at(origin):
        check_fields(given, _FIELDS, _REQUIRED)
        return Protocol(
            name=given["name"],
            title=given["title"],
            drug=given["drug"],
            loading=_part(Loading, given, "loading"),
            phases=tuple(
                _phase(item, f"phases[{place}]")
                for place, item in enumerate(as_list(given["phases"], "phases"))
            ),
            stopping=_part(Stopping, given, "stopping"),
            after_stopping=_part(AfterStopping, given, "after_stopping"),
            sources=_present(given, "sources", ()),
            description=_present(given, "description", ""),
            parent=_present(given, "parent", ""),
        )


def protocol_to_yaml(protocol: Protocol) -> str:
    """YAML that reads back as the same protocol."""
    text: str = yaml.safe_dump(
        protocol_fields(protocol), sort_keys=False, allow_unicode=True, width=100
    )
    return text


def protocol_fields(protocol: Protocol) -> dict[str, Any]:
    """Fields that are given, as plain data that reads back as the same protocol."""
    data = {
        "name": protocol.name,
        "title": protocol.title,
        "drug": protocol.drug,
        "description": protocol.description or None,
        "parent": protocol.parent or None,
        "loading": protocol.loading and asdict(protocol.loading),
        "phases": [_without_none(phase_fields(phase)) for phase in protocol.phases],
        "stopping": protocol.stopping and _without_none(asdict(protocol.stopping)),
        "after_stopping": protocol.after_stopping and asdict(protocol.after_stopping),
        "sources": list(protocol.sources) or None,
    }
    return _without_none(data)


def shipped_yaml(name: str) -> str:
    """Text of a shipped protocol's file, for a user to start from."""
    path = resolve("protocol", name)
    if DATA not in path.parents:
        raise InvalidSpecError(f"{checks.shown(name)} is not the name of a shipped protocol.")
    return path.read_text(encoding="utf-8")


def _present(given: Mapping[str, Any], field: str, absent: Any) -> Any:
    """Value of an optional field; an empty one counts as absent."""
    value = given.get(field)
    return absent if value is None else value


def _part(kind: type[Any], given: Mapping[str, Any], field: str) -> Any:
    """Read an optional part of a protocol."""
    value = given.get(field)
    return None if value is None else build(kind, value, field)


def _phase(value: object, what: str) -> Phase:
    """Read a phase of the regimen it names."""
    fields = dict(as_mapping(value, what))
    with at(what):
        if "regimen" not in fields:
            raise InvalidSpecError(
                "The field regimen is missing.", f"Give one of: {checks.listed(REGIMENS)}."
            )
        regimen = checks.choice("regimen", fields.pop("regimen"), REGIMENS)
    fields.setdefault("until_week", None)
    phase: Phase = build(PHASE_KINDS[regimen], fields, f"{what} ({regimen})")
    return phase


def _without_none(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields that are given."""
    return {key: value for key, value in fields.items() if value is not None}
