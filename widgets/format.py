"""Numbers in words a person reads, and words a person types as numbers."""

from __future__ import annotations

import re
from datetime import datetime
from fractions import Fraction
from typing import Final

from ape_core.clocks import utc_now
from ape_core.errors import InvalidSpecError
from ape_core.spec.checks import shown

_MULTIPLES: Final = {"": 1, "k": 1_000, "m": 1_000_000}
_NUMBER: Final = re.compile(
    r"(?P<whole>[0-9]+|[0-9]{1,3}(?P<gap>[\s,_])[0-9]{3}(?:(?P=gap)[0-9]{3})*)"
    r"(?P<part>\.[0-9]+)?(?:\s?(?P<unit>[km])|e(?P<tens>[0-9]{1,2}))?"
)
"""Digits, in groups of three if there are separators at all: a comma is never a decimal point."""

_LONGEST_NUMBER: Final = 40
_MINUS: Final = "\N{MINUS SIGN}"
_THIN: Final = "\N{NARROW NO-BREAK SPACE}"


def parse_count(text: str, what: str, low: int, high: int) -> int:
    """Whole number meant by "20 000", "20,000", "20k", "1.5M" or "2e4".

    Raises
    ------
    InvalidSpecError
        The text is not a whole number from `low` to `high`.
    """
    limits = f"{low:,} to {high:,}"
    value = _number(text.strip().lower())
    if value is None or value.denominator != 1:
        raise InvalidSpecError(
            f"{what}: {shown(text.strip())} is not a whole number from {limits}."
        )
    if not low <= value <= high:
        far = "small" if value < low else "large"
        raise InvalidSpecError(f"{what}: {text.strip()} is too {far}; allowed are {limits}.")
    return int(value)


def _number(text: str) -> Fraction | None:
    """Exact number that a text means; None when it means none."""
    match = _NUMBER.fullmatch(text) if len(text) <= _LONGEST_NUMBER else None
    if match is None:
        return None
    whole, part, unit, tens = match.group("whole", "part", "unit", "tens")
    if part and not (unit or tens):
        return None  # "20.000" is twenty thousand to some readers and twenty to others
    factor: int = _MULTIPLES[unit or ""] * 10 ** int(tens or 0)
    return Fraction(re.sub(r"[\s,_]", "", whole) + (part or "")) * factor


def count(number: float) -> str:
    """Whole number with separators: "20,000"."""
    return f"{round(number):,}"


def short_count(number: float) -> str:
    """Whole number in at most five characters: "950", "9.5k", "120k", "1.2M"."""
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if number >= size * (1 if unit == "M" else 10):
            return f"{number / size:.3g}{unit}"
    return count(number)


def plural(number: int, noun: str) -> str:
    """Count and noun: "1 year", "5 years"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def one_decimal(number: float) -> str:
    """Mean with one decimal and a true minus sign."""
    return f"{number:.1f}".replace("-", _MINUS)


def signed(number: float) -> str:
    """Change with its sign: "+8.0"."""
    return f"{number:+.1f}".replace("-", _MINUS)


def percent(share: float) -> str:
    """Percentage with one decimal."""
    return f"{share:.1f}%"


def megabytes(size: float) -> str:
    """Memory or disk in the unit that reads best."""
    if size >= 1024:
        return f"{size / 1024:.1f}{_THIN}GB"
    return f"{max(1, round(size)):,}{_THIN}MB"


def duration(seconds: float) -> str:
    """Length of time to the precision that matters: "8 s", "3 min", "2 h 10 min"."""
    whole = max(1, round(seconds))
    if whole < 90:
        return f"{whole}{_THIN}s"
    minutes = round(whole / 60)
    if minutes < 90:
        return f"{minutes}{_THIN}min"
    return f"{minutes // 60}{_THIN}h {minutes % 60}{_THIN}min"


def age(then: datetime, now: datetime | None = None) -> str:
    """How long ago: "just now", "5 min ago", "3 days ago"."""
    seconds = ((now or utc_now()) - then).total_seconds()
    for size, unit in ((86_400, "day"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            number = int(seconds // size)
            return f"{plural(number, unit) if unit == 'day' else f'{number}{_THIN}{unit}'} ago"
    return "just now"
