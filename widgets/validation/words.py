"""Figures with their units, and misses, in the words of the field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ape_core.analysis.validation import LARGE_Z
from ape_core.analysis.wording import WORDING, value_with_unit
from widgets import format as words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ape_core.analysis.distributions import Distribution
    from ape_core.analysis.validation import Compared

_DASH: Final = "\N{EN DASH}"


def outcome_title(outcome: str) -> str:
    """Name of an outcome."""
    return WORDING[outcome].title


def figure(outcome: str, value: float) -> str:
    """Value of an outcome, without its unit."""
    return WORDING[outcome].value(value)


def size(z: float) -> str:
    """How far a target is missed: the class of its mark."""
    return "is-far" if abs(z) >= LARGE_Z else "is-near"


def missed(row: Compared) -> str:
    """One target as a sentence."""
    side = "above" if row.difference > 0 else "below"
    apart = WORDING[row.outcome].size(row.difference)
    return (
        f"{outcome_title(row.outcome)} at week {row.week}: "
        f"{value_with_unit(row.outcome, row.simulated)} simulated, "
        f"{figure(row.outcome, row.observed)} observed "
        f"({apart} {side}, z {words.signed(row.z)})."
    )


def span(rows: Sequence[Compared]) -> str:
    """Smallest and largest difference of some rows of one outcome, with their unit."""
    wording = WORDING[rows[0].outcome]
    low, high = (end(abs(row.difference) for row in rows) for end in (min, max))
    shown = [f"{value:.{wording.decimals}f}" for value in (low, high)]
    return f"{' to '.join(dict.fromkeys(shown))} {wording.apart}".rstrip()


def class_labels(shown: Distribution) -> list[str]:
    """What each class of a distribution is called."""
    last = len(shown.classes) - 1
    return [
        _class_label(low, high, is_first=place == 0, is_last=place == last)
        for place, (low, high) in enumerate(shown.classes)
    ]


def _class_label(low: int, high: int, *, is_first: bool, is_last: bool) -> str:
    """Name of one class; -1 alone stands for none."""
    if low == high == -1:
        return "none"
    if is_last:
        return f"\N{GREATER-THAN OR EQUAL TO} {low}"
    if is_first and high > low:
        return _true(f"\N{LESS-THAN OR EQUAL TO} {high}")
    if low == high:
        return str(low)
    return _true(f"{low} to {high}") if low < 0 else f"{low}{_DASH}{high}"


def _true(number: str) -> str:
    """Number with a true minus sign."""
    return number.replace("-", "\N{MINUS SIGN}")
