"""Reading a mapping field by field: what is missing or unknown is named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import MISSING, fields
from typing import Any, TypeVar

from ape_core.errors import InvalidSpecError
from ape_core.spec.checks import listed, shown, suggestion

T = TypeVar("T")


@contextmanager
def at(where: str) -> Iterator[None]:
    """Prefix errors raised inside with the place in the file they belong to."""
    try:
        yield
    except InvalidSpecError as error:
        place = ".".join(filter(None, (where.split(" (", maxsplit=1)[0], error.field)))
        raise InvalidSpecError(f"{where}: {error.message}", error.hint, place) from None


def as_mapping(value: object, what: str) -> Mapping[str, Any]:
    """Value as a mapping with text keys."""
    if not isinstance(value, Mapping):
        raise InvalidSpecError(f"{what} is {shown(value)}, but must be a mapping of fields.")
    for key in value:
        if not isinstance(key, str):
            raise InvalidSpecError(f"{what} has the field {shown(key)}, but fields must be text.")
    return value


def as_list(value: object, what: str) -> Sequence[Any]:
    """Value as a list."""
    if not isinstance(value, list | tuple):
        raise InvalidSpecError(f"{what} is {shown(value)}, but must be a list.")
    return value


def check_fields(given: Mapping[str, Any], allowed: Sequence[str], required: Sequence[str]) -> None:
    """Refuse unknown fields and name missing ones."""
    for key in given:
        if key not in allowed:
            raise InvalidSpecError(
                f"{shown(key)} is not a field here; allowed are: {listed(allowed)}.",
                suggestion(key, allowed),
                key,
            )
    missing = [key for key in required if key not in given]
    if missing:
        plural = "s" if len(missing) > 1 else ""
        raise InvalidSpecError(
            f"The field{plural} {listed(missing)} {'are' if plural else 'is'} missing.",
            f"Fields here are: {listed(allowed)}.",
            missing[0],
        )


def build(kind: type[T], value: object, what: str) -> T:
    """Make a flat dataclass from a mapping that must hold exactly its fields."""
    given = as_mapping(value, what)
    known = [field for field in fields(kind) if field.init]  # type: ignore[arg-type]
    required = [
        field.name
        for field in known
        if field.default is MISSING and field.default_factory is MISSING
    ]
    with at(what):
        check_fields(given, [field.name for field in known], required)
        return kind(**given)
