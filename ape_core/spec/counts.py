"""Whole numbers as people write them, on a page and in a shell alike."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

from ape_core.errors import InvalidSpecError
from ape_core.spec.checks import shown

_MULTIPLES: Final = {"": 1, "k": 1_000, "m": 1_000_000}
_NUMBER: Final = re.compile(
    r"(?P<whole>[0-9]+|[0-9]{1,3}(?P<gap>[\s,_])[0-9]{3}(?:(?P=gap)[0-9]{3})*)"
    r"(?P<part>\.[0-9]+)?(?:\s?(?P<unit>[km])|e(?P<tens>[0-9]{1,2}))?"
)
"""Digits, in groups of three if there are separators at all: a comma is never a decimal point."""

_LONGEST_NUMBER: Final = 40


def parse_count(text: str, what: str, low: int, high: int) -> int:
    """Whole number meant by "20 000", "20,000", "20k", "1.5M" or "2e4".

    Raises
    ------
    InvalidSpecError
        The text is not a whole number from `low` to `high`.
    """
    limits = f"{low:,} to {high:,}"
    value = count_meant(text)
    if value is None:
        raise InvalidSpecError(
            f"{what}: {shown(text.strip())} is not a whole number from {limits}."
        )
    if not low <= value <= high:
        far = "small" if value < low else "large"
        raise InvalidSpecError(f"{what}: {text.strip()} is too {far}; allowed are {limits}.")
    return value


def count_meant(text: str) -> int | None:
    """Whole number, exactly, that a text means; None when it means none."""
    words = text.strip().lower()
    match = _NUMBER.fullmatch(words) if len(words) <= _LONGEST_NUMBER else None
    if match is None:
        return None
    whole, part, unit, tens = match.group("whole", "part", "unit", "tens")
    if part and not (unit or tens):
        return None  # "20.000" is twenty thousand to some readers and twenty to others
    factor: int = _MULTIPLES[unit or ""] * 10 ** int(tens or 0)
    value = Fraction(re.sub(r"[\s,_]", "", whole) + (part or "")) * factor
    return int(value) if value.denominator == 1 else None
