"""Counting treatment: injections and visits per year, intervals and scans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

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
    MAX_INTERVAL_WEEKS,
    MAX_PER_YEAR,
    SCANS,
    Counts,
)

if TYPE_CHECKING:
    from ape_core.summaries.counting.care import Care, Events


_UNITS: Final = (DAYS_PER_PERIOD, DAYS_PER_YEAR, DAYS_PER_WEEK)


def count_treatment(care: Care, events: Events) -> dict[str, Counts]:
    """Injections and visits per year, intervals and scans of first eyes."""
    given = _given(care, events)
    through = care.left > _column(np.arange(1, care.years + 1) * PERIODS_PER_YEAR)
    return {
        "injections_in_year": _per_year(events.injections, through),
        "visits_in_year": _per_year(events.visits, through),
        "year_sums": _year_sums(events.injections, events.visits, through, care),
        "cumulative_injections": _cumulative(care, given),
        "injections_of_all": _of_all(care, given),
        **_around(care),
        "last_scans": _last_scans(care),
        "injection_intervals": given.weeks,
        "interval_sums": np.stack([given.weeks.sum(axis=1), given.days], axis=1),
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


class _Given(NamedTuple):
    """What `loops.add_injections` counts."""

    numbers: Counts
    points: Counts
    weeks: Counts
    days: Counts


def _given(care: Care, events: Events) -> _Given:
    """Count injections by eye and point, and the intervals between them by year."""
    from ape_core.summaries.counting.loops import add_injections

    given = _Given(
        np.zeros(care.n_eyes, np.int64),
        np.zeros((care.n_points, len(CUMULATIVE) - 1), np.int64),
        np.zeros((care.years, MAX_INTERVAL_WEEKS + 1), np.int64),
        np.zeros(care.years, np.int64),
    )
    add_injections(events.eye, events.day, _UNITS, *given)
    return given


def _cumulative(care: Care, given: _Given) -> Counts:
    """Add up, over eyes in care, the injections given before each 4-weekly point.

    An injection counts from the next point on. When an eye leaves, all that it has counted is
    taken back.
    """
    n_points = care.n_points
    changes = np.empty((n_points, len(CUMULATIVE)), np.int64)
    changes[:, 0] = -histogram(care.left, n_points)
    changes[:, 1:] = given.points
    changes[:, 1] -= sums(care.left, given.numbers, n_points)
    changes[:, 2] -= sums(care.left, given.numbers**2, n_points)
    changes[0, 0] += care.n_eyes
    counts: Counts = changes.cumsum(axis=0)
    return counts


def _of_all(care: Care, given: _Given) -> Counts:
    """Add up, over all first eyes, the injections given before each 4-weekly point."""
    eyes = np.full(care.n_points, care.n_eyes, np.int64)
    return np.column_stack([eyes, given.points.cumsum(axis=0)])


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
