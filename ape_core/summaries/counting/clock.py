"""Where a day or a length of time is counted: looked up, since dividing takes longer."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ape_core.schema import DAYS_PER_PERIOD, DAYS_PER_WEEK, DAYS_PER_YEAR, PERIODS_PER_YEAR
from ape_core.summaries.counting.bins import Ints, ceil_divide
from ape_core.summaries.definitions import MAX_INTERVAL_WEEKS, n_weeks


class Clock(NamedTuple):
    """Lookups, all int16. Points are the 4-weekly ones; what is beyond the run is their number.

    Attributes
    ----------
    days
        `[4 * n_days]`, of each day since the first visit four numbers: the first point that is not
        before it, the point nearest to it, the first point after it, and its year, from 0. The last
        day stands for all beyond the run.
    weeks
        Of each number of days the nearest whole weeks, at most `MAX_INTERVAL_WEEKS`; the last one
        stands for all that are longer.
    year_ends
        Of each point, and of their number, how many ends of years are before it, week 0 being one.
    """

    days: Ints
    weeks: Ints
    year_ends: Ints


@lru_cache(maxsize=2)
def clock_of(years: int) -> Clock:
    """Lookups for runs of so many years."""
    n_points = n_weeks(years)
    day = np.arange(n_points * DAYS_PER_PERIOD + 1)
    at_or_after = ceil_divide(day, DAYS_PER_PERIOD)
    nearest = (day + DAYS_PER_PERIOD // 2) // DAYS_PER_PERIOD
    after = day // DAYS_PER_PERIOD + 1
    days = np.stack([at_or_after, nearest, after, day // DAYS_PER_YEAR], axis=1)
    days = np.minimum(days, [n_points, n_points, n_points, years])
    length = np.arange((MAX_INTERVAL_WEEKS + 1) * DAYS_PER_WEEK)
    weeks = np.minimum((length + DAYS_PER_WEEK // 2) // DAYS_PER_WEEK, MAX_INTERVAL_WEEKS)
    year_ends = ceil_divide(np.arange(n_points + 1), PERIODS_PER_YEAR)
    return Clock(*(numbers.astype(np.int16).ravel() for numbers in (days, weeks, year_ends)))
