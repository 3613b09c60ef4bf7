"""Counting treatment: injections and visits per year, intervals and scans."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ape_core.schema import DAYS_PER_PERIOD, DAYS_PER_WEEK, DAYS_PER_YEAR, PERIODS_PER_YEAR
from ape_core.summaries.counting.bins import (
    Flags,
    Ints,
    histogram,
    histogram_2d,
    histogram_while,
    sums,
)
from ape_core.summaries.counting.care import days_in_care
from ape_core.summaries.definitions import (
    CUMULATIVE,
    INTERVAL_SUMS,
    MAX_INTERVAL_WEEKS,
    MAX_PER_YEAR,
    SCANS,
    Counts,
)

if TYPE_CHECKING:
    from ape_core.summaries.counting.care import Care, Events


def count_treatment(care: Care, events: Events) -> dict[str, Counts]:
    """Injections and visits per year, intervals and scans of first eyes."""
    eye, day = events.eye, events.day
    number, rank = _ranks(care, eye)
    through = care.left > _column(np.arange(1, care.years + 1) * PERIODS_PER_YEAR)
    return {
        "injections_in_year": _per_year(events.injections, through),
        "visits_in_year": _per_year(events.visits, through),
        "year_sums": _year_sums(events.injections, events.visits, through, care),
        "cumulative_injections": _cumulative(care, number, rank, day),
        "injections_of_all": _of_all(care, rank, day),
        **_around(care),
        "last_scans": _last_scans(care),
        **_injection_intervals(care, eye, day),
    }


def _per_year(numbers: Ints, through: Flags) -> Counts:
    """Histogram in each year over the eyes in care through it, `[years, MAX_PER_YEAR + 1]`."""
    years = np.where(through, _column(np.arange(len(numbers))), len(numbers))
    capped = np.minimum(numbers, MAX_PER_YEAR)
    return histogram_2d(years.ravel(), capped.ravel(), (len(numbers), MAX_PER_YEAR + 1))


def _year_sums(injections: Ints, visits: Ints, through: Flags, care: Care) -> Counts:
    """Add up what `YEAR_SUMS` names, `[years, n_sums]`."""
    seen, given = visits * through, injections * through
    terms = (through, given, given * given, seen, seen * seen, injections, visits)
    totals = [term.sum(axis=1, dtype=np.int64) for term in (*terms, days_in_care(care))]
    return np.stack(totals, axis=1)


def _cumulative(care: Care, number: Ints, rank: Ints, day: Ints) -> Counts:
    """Add up, over eyes in care, the injections given before each 4-weekly point.

    An injection counts from the next point on, and raises the square of its eye's number from
    r * r to (r + 1) * (r + 1). When an eye leaves, all that it has counted is taken back.
    """
    point = day // DAYS_PER_PERIOD + 1
    n_points = care.n_points
    changes = np.empty((n_points, len(CUMULATIVE)), np.int64)
    changes[:, 0] = -histogram(care.left, n_points)
    changes[:, 1] = histogram(point, n_points) - sums(care.left, number, n_points)
    changes[:, 2] = sums(point, 2 * rank + 1, n_points) - sums(care.left, number**2, n_points)
    changes[0, 0] += care.n_eyes
    counts: Counts = changes.cumsum(axis=0)
    return counts


def _of_all(care: Care, rank: Ints, day: Ints) -> Counts:
    """Add up, over all first eyes, the injections given before each 4-weekly point."""
    point = day // DAYS_PER_PERIOD + 1
    changes = np.zeros((care.n_points, len(CUMULATIVE)), np.int64)
    changes[0, 0] = care.n_eyes
    changes[:, 1] = histogram(point, care.n_points)
    changes[:, 2] = sums(point, 2 * rank + 1, care.n_points)
    counts: Counts = changes.cumsum(axis=0)
    return counts


def _ranks(care: Care, eye: Ints) -> tuple[Ints, Ints]:
    """Injections of each eye, and of each injection the number that its eye had before."""
    number = np.bincount(eye, minlength=care.n_eyes)
    return number, np.arange(len(eye)) - (np.cumsum(number) - number).take(eye)


def _injection_intervals(care: Care, eye: Ints, day: Ints) -> dict[str, Counts]:
    """Weeks between consecutive injections, by the year in which the interval ends."""
    ends = np.flatnonzero(eye[1:] == eye[:-1]) + 1
    day_of_end = day.take(ends)
    days = day_of_end - day.take(ends - 1)
    year = day_of_end // DAYS_PER_YEAR
    weeks = np.minimum((days + DAYS_PER_WEEK // 2) // DAYS_PER_WEEK, MAX_INTERVAL_WEEKS)
    histogram = histogram_2d(year, weeks, (care.years, MAX_INTERVAL_WEEKS + 1))
    counts = np.empty((care.years, len(INTERVAL_SUMS)), np.int64)
    counts[:, 0] = histogram.sum(axis=1)
    counts[:, 1] = sums(year, days, care.years)
    return {"injection_intervals": histogram, "interval_sums": counts}


def _column(numbers: Ints) -> Ints:
    """Numbers as a column, one row per point of time."""
    return numbers[:, None]


def _around(care: Care) -> dict[str, Counts]:
    """Count scans by their reading, and injections, in the 4 weeks around each point."""
    nearest = (care.visits["day"] + DAYS_PER_PERIOD // 2) // DAYS_PER_PERIOD
    scans = histogram_2d(nearest, care.visits["fluid"], (care.n_points, len(SCANS)))
    injected = nearest[care.visits["injected"].astype(bool, copy=False)]
    return {"scans": scans, "injections_around": histogram(injected, care.n_points)}


def _last_scans(care: Care) -> Counts:
    """Eyes in care by the reading of their last scan."""
    shape = (care.n_points, len(SCANS))
    return histogram_while(care.start, care.stop, care.visits["fluid"], shape)
