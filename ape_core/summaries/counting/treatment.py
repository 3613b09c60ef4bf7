"""Counting treatment: injections and visits per year, intervals and scans."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ape_core.schema import DAYS_PER_PERIOD, DAYS_PER_WEEK, DAYS_PER_YEAR, PERIODS_PER_YEAR
from ape_core.summaries.counting.bins import Flags, Ints, histogram_2d, sums
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
    from ape_core.summaries.counting.care import Care


def count_treatment(care: Care) -> dict[str, Counts]:
    """Injections and visits per year, intervals and scans of first eyes."""
    visits_per_year = _visits_per_year(care)
    injections = _injections_per_period(care)
    injections_per_year = injections.reshape(care.n_eyes, care.years, PERIODS_PER_YEAR).sum(axis=2)
    through = care.left[:, None] > np.arange(1, care.years + 1) * PERIODS_PER_YEAR
    return {
        "injections_in_year": _per_year(injections_per_year, through),
        "visits_in_year": _per_year(visits_per_year, through),
        "year_sums": _year_sums(injections_per_year, visits_per_year, through, care),
        "cumulative_injections": _cumulative(injections, care),
        "scans": _scans(care),
        **_injection_intervals(care),
    }


def _visits_per_year(care: Care) -> Ints:
    """Visits of each eye in each year, `[n_eyes, years]`."""
    year = care.visits["day"] // DAYS_PER_YEAR
    counts = histogram_2d(care.eye, year, (care.n_eyes, care.years + 1))
    return counts[:, : care.years]


def _injections_per_period(care: Care) -> Ints:
    """Injections into each eye in each 4 weeks, `[n_eyes, 13 * years]`."""
    given = np.flatnonzero(care.visits["injected"])
    period = care.visits["day"].take(given) // DAYS_PER_PERIOD
    counts = histogram_2d(care.eye.take(given), period, (care.n_eyes, care.n_points))
    return counts[:, :-1]


def _per_year(numbers: Ints, through: Flags) -> Counts:
    """Histogram in each year over the eyes in care through it, `[years, MAX_PER_YEAR + 1]`."""
    rows, years = np.nonzero(through)
    capped = np.minimum(numbers[rows, years], MAX_PER_YEAR)
    return histogram_2d(years, capped, (numbers.shape[1], MAX_PER_YEAR + 1))


def _year_sums(injections: Ints, visits: Ints, through: Flags, care: Care) -> Counts:
    """Add up what `YEAR_SUMS` names, `[years, n_sums]`."""
    seen, given = visits * through, injections * through
    terms = (through, given, given * given, seen, seen * seen, injections, visits)
    totals = [term.sum(axis=0, dtype=np.int64) for term in (*terms, days_in_care(care))]
    return np.stack(totals, axis=1)


def _cumulative(injections: Ints, care: Care) -> Counts:
    """Add up, over eyes in care, the injections given before each 4-weekly point."""
    so_far = np.zeros((care.n_eyes, care.n_points), np.int32)
    np.cumsum(injections, axis=1, out=so_far[:, 1:])
    in_care = care.left[:, None] > np.arange(care.n_points)
    so_far *= in_care
    counts = np.empty((care.n_points, len(CUMULATIVE)), np.int64)
    counts[:, 0] = in_care.sum(axis=0)
    counts[:, 1] = so_far.sum(axis=0)
    counts[:, 2] = (so_far * so_far).sum(axis=0)
    return counts


def _injection_intervals(care: Care) -> dict[str, Counts]:
    """Weeks between consecutive injections, by the year in which the interval ends."""
    given = np.flatnonzero(care.visits["injected"])
    eye, day = care.eye.take(given), care.visits["day"].take(given)
    days = np.diff(day)
    year = np.where(eye[1:] == eye[:-1], day[1:] // DAYS_PER_YEAR, care.years)
    weeks = np.clip((days + DAYS_PER_WEEK // 2) // DAYS_PER_WEEK, 0, MAX_INTERVAL_WEEKS)
    histogram = histogram_2d(year, weeks, (care.years, MAX_INTERVAL_WEEKS + 1))
    counts = np.empty((care.years, len(INTERVAL_SUMS)), np.int64)
    counts[:, 0] = histogram.sum(axis=1)
    counts[:, 1] = sums(year, days, care.years)
    return {"injection_intervals": histogram, "interval_sums": counts}


def _scans(care: Care) -> Counts:
    """Count scans read dry and active in the 4 weeks around each point."""
    nearest = (care.visits["day"] + DAYS_PER_PERIOD // 2) // DAYS_PER_PERIOD
    return histogram_2d(nearest, care.visits["fluid"], (care.n_points, len(SCANS)))
