"""Staffing of a clinic as YAML: reading, listing and writing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from ape_core.spec.fields import as_mapping, at, check_fields
from ape_core.spec.parameter import Parameter, parse_parameter
from ape_core.spec.prices import plain_parameter
from ape_core.spec.shelf import Shelf
from ape_core.spec.staffing import Role, Staffing

SHIPPED: Final = "uk-eye-clinic"
_REQUIRED: Final = ("name", "title", "open_days", "visits_due_when_closed", "clinic", "roles")
_FIELDS: Final = (*_REQUIRED, "description")
_ROLE_FIELDS: Final = ("title", "sessions_per_week", "minutes")


def parse_staffing(mapping: Mapping[str, Any], origin: str) -> Staffing:
    """Read a clinic's staffing from plain data; `origin` names it in messages.

    Raises
    ------
    InvalidSpecError
        A field is missing, unknown or not allowed.
    """
    given = as_mapping(mapping, origin)
    with at(origin):
        check_fields(given, _FIELDS, _REQUIRED)
        roles = as_mapping(given["roles"], "roles")
        with at("roles"):
            parsed = {name: _role(name, role) for name, role in roles.items()}
        clinic = _numbers(given["clinic"], "clinic")
        plain = {key: given[key] for key in _REQUIRED[:4]}
        return Staffing(
            **plain, clinic=clinic, roles=parsed, description=given.get("description") or ""
        )


_SHELF: Final = Shelf("staffing", parse_staffing)


def list_staffing() -> tuple[str, ...]:
    """Return the names of the shipped sets of staffing."""
    return _SHELF.names()


def load_staffing(name_or_path: str | Path = SHIPPED) -> Staffing:
    """Load staffing that ships with APE, or from a YAML file.

    Raises
    ------
    InvalidSpecError
        There is no such set or file, or a field is missing, unknown or not allowed.
    """
    return _SHELF.load(name_or_path)


def parse_staffing_yaml(content: bytes | str, origin: str) -> Staffing:
    """Read a set from the text of a YAML file; `origin` names it in messages."""
    return _SHELF.parse_text(content, origin)


def staffing_to_yaml(staffing: Staffing) -> str:
    """YAML that reads back as the same staffing."""
    data = {
        "name": staffing.name,
        "title": staffing.title,
        "description": staffing.description,
        "open_days": list(staffing.open_days),
        "visits_due_when_closed": staffing.visits_due_when_closed,
        "clinic": {name: plain_parameter(number) for name, number in staffing.clinic.items()},
        "roles": {name: _plain_role(role) for name, role in staffing.roles.items()},
    }
    text: str = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=100)
    return text


def _role(name: str, value: object) -> Role:
    """Read a role."""
    given = as_mapping(value, name)
    with at(name):
        check_fields(given, _ROLE_FIELDS, _ROLE_FIELDS)
        per_week = parse_parameter("sessions_per_week", given["sessions_per_week"])
        return Role(given["title"], _numbers(given["minutes"], "minutes"), per_week)


def _numbers(value: object, where: str) -> dict[str, Parameter]:
    """Read numbers, each by its name."""
    members = as_mapping(value, where)
    with at(where):
        return {name: parse_parameter(name, member) for name, member in members.items()}


def _plain_role(role: Role) -> dict[str, Any]:
    """Fields of a role as a file has them."""
    return {
        "title": role.title,
        "sessions_per_week": plain_parameter(role.sessions_per_week),
        "minutes": {step: plain_parameter(number) for step, number in role.minutes.items()},
    }
