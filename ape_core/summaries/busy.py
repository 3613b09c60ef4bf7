"""When the clinic is busy: its work by week, by day of the week, and how days differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Final

import numpy as np

from ape_core.schema import DAYS_PER_WEEK
from ape_core.spec.staffing import WEEKDAYS
from ape_core.summaries.definitions import Counts, Floats
from ape_core.summaries.staffing import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from ape_core.summaries.staffing import Workload

QUANTILES: Final = (0.1, 0.5, 0.9, 0.99)
"""Of the daily load, beside its largest value."""

MOST_BINS: Final = 60
"""Bars of a histogram of days."""


@dataclass(frozen=True, slots=True, eq=False)
class WorkPerWeek:
    """What is done in each of some periods of whole weeks; arrays of one length.

    Attributes
    ----------
    first_week
        Calendar weeks of the run at which the periods begin: 0, 1, 2, ...
    weeks_each
        Weeks in a period; the last may be shorter.
    first_visits, follow_up_visits, visits, injections, scans
        `[n_periods]`.
    hours
        `[n_periods, n_roles]`: hours of work.
    sessions
        `[n_periods, n_roles]`: sessions needed, each day by itself.
    n_open_days
        `[n_periods]`.
    """

    first_week: Counts
    weeks_each: int
    first_visits: Counts
    follow_up_visits: Counts
    visits: Counts
    injections: Counts
    scans: Counts
    hours: Floats
    sessions: Counts
    n_open_days: Counts


def work_per_week(work: Workload, weeks_each: int = 1) -> WorkPerWeek:
    """Add up the days of each week, or of each period of so many weeks."""
    starts = np.arange(0, work.n_days, DAYS_PER_WEEK * weeks_each)

    def added(per_day: Counts) -> Counts:
        total: Counts = np.add.reduceat(per_day, starts, axis=0)
        return total

    return WorkPerWeek(
        first_week=(work.first_day + starts) // DAYS_PER_WEEK,
        weeks_each=weeks_each,
        first_visits=added(work.first_visits),
        follow_up_visits=added(work.follow_up_visits),
        visits=added(work.visits),
        injections=added(work.injections),
        scans=added(work.scans),
        hours=added(work.seconds) / SECONDS_PER_HOUR,
        sessions=added(work.sessions),
        n_open_days=added(work.is_open.astype(np.int64)),
    )


@dataclass(frozen=True, slots=True)
class Peak:
    """The busiest day or week, of which there can be several.

    Attributes
    ----------
    day
        Calendar day of the run, or the first day of the week; of the first of several.
    n_visits
        Visits on it.
    n_times
        Days, or weeks, with as many.
    """

    day: int
    n_visits: int
    n_times: int

    @property
    def week(self) -> int:
        """Calendar week of the run, counted from 0."""
        return self.day // DAYS_PER_WEEK

    @property
    def weekday(self) -> str:
        """Day of the week."""
        return WEEKDAYS[self.day % DAYS_PER_WEEK]


@dataclass(frozen=True, slots=True, eq=False)
class DailyLoad:
    """How unequal the open days are.

    Attributes
    ----------
    n_days
        `[n_most + 1]`: open days by their number of visits, 0, 1, 2, ...
    n_open_days
        Open days, the sum of the above.
    mean
        Visits per open day.
    quantiles
        Visits that on each of `QUANTILES` of the open days are not exceeded.
    peak_day, peak_week
        The busiest ones.
    """

    n_days: Counts
    n_open_days: int
    mean: float
    quantiles: tuple[int, ...]
    peak_day: Peak
    peak_week: Peak

    def binned(self, most: int = MOST_BINS) -> tuple[int, Counts]:
        """Width of bins, at most so many, and open days in each: bin i begins at i widths."""
        width = next(n for n in _widths() if -(-len(self.n_days) // n) <= most)
        starts = np.arange(0, len(self.n_days), width)
        return width, np.add.reduceat(self.n_days, starts)


def daily_load(work: Workload) -> DailyLoad:
    """Distribution of the visits of open days, with the busiest day and week."""
    visits = work.visits[work.is_open]
    per_week = work_per_week(work).visits
    day, week = int(work.visits.argmax()), int(per_week.argmax())
    return DailyLoad(
        n_days=np.bincount(visits),
        n_open_days=len(visits),
        mean=float(visits.sum()) / len(visits),
        quantiles=tuple(not_exceeded(visits, share) for share in QUANTILES),
        peak_day=_peak(work.first_day + day, work.visits[day], work.visits),
        peak_week=_peak(work.first_day + week * DAYS_PER_WEEK, per_week[week], per_week),
    )


def _peak(day: int, n_visits: int, visits: Counts) -> Peak:
    """The busiest, and how often there are as many visits."""
    return Peak(day, int(n_visits), int((visits == n_visits).sum()))


@dataclass(frozen=True, slots=True, eq=False)
class WeekdayProfile:
    """What is done on each day of the week; arrays of 7, from Monday.

    Attributes
    ----------
    n_dates
        How often each day occurs.
    visits, injections
        Totals.
    mean_visits, mean_injections
        Per day of that name.
    p10_visits, p90_visits
        Visits that on a tenth, and on nine tenths, of these days are not exceeded.
    """

    n_dates: Counts
    visits: Counts
    injections: Counts
    mean_visits: Floats
    mean_injections: Floats
    p10_visits: Counts
    p90_visits: Counts


def weekday_profile(work: Workload) -> WeekdayProfile:
    """Compare the days of the week."""
    visits = [work.visits[weekday::DAYS_PER_WEEK] for weekday in range(DAYS_PER_WEEK)]
    injections = [work.injections[weekday::DAYS_PER_WEEK] for weekday in range(DAYS_PER_WEEK)]
    n_dates = np.array([len(days) for days in visits])
    total, injected = (np.array([d.sum() for d in days]) for days in (visits, injections))
    low, high = (
        np.array([not_exceeded(days, share) for days in visits], np.int64) for share in (0.1, 0.9)
    )
    counted = np.maximum(n_dates, 1)
    return WeekdayProfile(n_dates, total, injected, total / counted, injected / counted, low, high)


def _widths() -> Iterator[int]:
    """Round widths of bins: 1, 2, 5, 10, ..."""
    for power in count():
        yield from (factor * 10**power for factor in (1, 2, 5))


def not_exceeded(counts: Counts, share: float) -> int:
    """Least of the counts that at least so large a share of them does not exceed; 0 of none."""
    if not len(counts):
        return 0
    rank = int(np.ceil(share * len(counts) - 1e-9))
    return int(np.sort(counts)[max(rank, 1) - 1])
