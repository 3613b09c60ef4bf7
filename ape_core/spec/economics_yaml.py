"""Prices and utilities as YAML: reading, listing and writing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from ape_core.spec.economics import Economics
from ape_core.spec.fields import as_mapping, at, check_fields
from ape_core.spec.parameter import parse_parameter
from ape_core.spec.prices import parse_price, parse_uprating, plain_parameter
from ape_core.spec.shelf import Shelf
from ape_core.spec.utilities import parse_utility

SHIPPED: Final = "uk-list-prices"
_PARSERS: Final[Mapping[str, Any]] = {
    "drugs": parse_price,
    "care": parse_price,
    "assumptions": parse_parameter,
    "utilities": parse_utility,
}
_REQUIRED: Final = ("name", "title", "price_year", "uprating", *_PARSERS)
_FIELDS: Final = (*_REQUIRED, "description")


def list_economics() -> tuple[str, ...]:
    """Return the names of the shipped sets of prices and utilities."""
    return _SHELF.names()


def load_economics(name_or_path: str | Path = SHIPPED) -> Economics:
    """Load prices and utilities that ship with APE, or from a YAML file.

    Raises
    ------
    InvalidSpecError
        There is no such set or file, or a field is missing, unknown or not allowed.
    """
    return _SHELF.load(name_or_path)


def parse_economics_yaml(content: bytes | str, origin: str) -> Economics:
    """Read a set from the text of a YAML file; `origin` names it in messages."""
    return _SHELF.parse_text(content, origin)


def parse_economics(mapping: Mapping[str, Any], origin: str) -> Economics:
    """Read a set from plain data; `origin` names it in messages.

    Raises
    ------
    InvalidSpecError
        A field is missing, unknown or not allowed.
    """
    given = as_mapping(mapping, origin)
    with at(origin):
        check_fields(given, _FIELDS, _REQUIRED)
        parts = {part: _part(part, given[part]) for part in _PARSERS}
        return Economics(
            name=given["name"],
            title=given["title"],
            description=given.get("description") or "",
            price_year=given["price_year"],
            uprating=parse_uprating(given["uprating"]),
            **parts,
        )


_SHELF: Final = Shelf("economics", parse_economics)


def economics_to_yaml(economics: Economics) -> str:
    """YAML that reads back as the same set."""
    data = {
        "name": economics.name,
        "title": economics.title,
        "description": economics.description,
        "price_year": economics.price_year,
        "uprating": economics.uprating.plain(),
        "drugs": {name: price.plain() for name, price in economics.drugs.items()},
        "care": {name: price.plain() for name, price in economics.care.items()},
        "assumptions": {
            name: plain_parameter(item) for name, item in economics.assumptions.items()
        },
        "utilities": {name: utility.plain() for name, utility in economics.utilities.items()},
    }
    text: str = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=100)
    return text


def _part(part: str, value: object) -> dict[str, Any]:
    """Read the members of a part, each by its name."""
    members = as_mapping(value, part)
    with at(part):
        return {name: _PARSERS[part](name, member) for name, member in members.items()}
