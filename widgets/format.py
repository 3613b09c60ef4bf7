"""Numbers in words a person reads; those that a person types are read by `parse_count`."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from ape_core.clocks import utc_now
from ape_core.spec.counts import parse_count as parse_count  # noqa: PLC0414  for every field

_MINUS: Final = "\N{MINUS SIGN}"
_THIN: Final = "\N{NARROW NO-BREAK SPACE}"


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
    """Mean with one decimal, separators and a true minus sign: "1,191.7"."""
    return f"{number:,.1f}".replace("-", _MINUS)


def signed(number: float) -> str:
    """Change with its sign: "+8.0"; what rounds to nothing has none."""
    told = f"{number:+.1f}"
    return "0.0" if float(told) == 0 else told.replace("-", _MINUS)


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
