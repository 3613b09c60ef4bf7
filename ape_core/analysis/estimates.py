"""A simulated outcome with its standard error, and what the modules of outcomes share."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ape_core.errors import InvalidInputError
from ape_core.schema import WEEKS_PER_YEAR

if TYPE_CHECKING:
    from ape_core.analysis.summarising import Counted

MAX_WEEKS_FROM_YEAR_END: Final = 8


@dataclass(frozen=True, slots=True)
class Estimate:
    """A simulated outcome, its standard error, and the eyes that were counted."""

    value: float
    se: float
    n: int


Measure = Callable[["Counted", int, bool], Estimate]
"""Of what was counted of an arm, a week, and whether eyes are counted as in a trial."""


def mean_of(mean: float, sd: float, n: int) -> Estimate:
    """Mean with its standard error."""
    return Estimate(float(mean), float(sd) / math.sqrt(max(n, 1)), n)


def percent_of(percent: float, n: int) -> Estimate:
    """Percentage with its binomial standard error."""
    share = min(max(float(percent) / 100, 0.0), 1.0)
    return Estimate(float(percent), 100 * math.sqrt(share * (1 - share) / max(n, 1)), n)


def year_ending_at(week: int) -> int:
    """Study year that ends nearest to a week."""
    year = max((week + WEEKS_PER_YEAR // 2) // WEEKS_PER_YEAR, 1)
    if abs(year * WEEKS_PER_YEAR - week) > MAX_WEEKS_FROM_YEAR_END:
        raise InvalidInputError(
            f"No study year ends near week {week}.",
            f"Weeks within {MAX_WEEKS_FROM_YEAR_END} of a multiple of {WEEKS_PER_YEAR} are meant.",
        )
    return year
