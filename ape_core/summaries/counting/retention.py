"""Counting retention: status by week, flow between years, planned intervals, survival."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ape_core.schema import DAYS_PER_PERIOD, DAYS_PER_WEEK, END_REASONS, PERIODS_PER_YEAR
from ape_core.summaries.counting.bins import (
    ceil_divide,
    histogram,
    histogram_2d,
    histogram_while,
)
from ape_core.summaries.definitions import (
    MAX_INTERVAL_WEEKS,
    MONITORED,
    ON_TREATMENT,
    STATUSES,
    Counts,
    n_weeks,
)

if TYPE_CHECKING:
    from ape_core.simulation.chunk import Chunk
    from ape_core.summaries.counting.care import Care

_STATUS_AFTER = np.array([STATUSES.index(reason) for reason in END_REASONS], dtype=np.int64)
"""Status of an eye that has left care, by the code of the reason."""


def count_retention(chunk: Chunk, care: Care) -> dict[str, Counts]:
    """Status and planned intervals by week, flow between the ends of years, survival."""
    planned = _planned(care)
    monitored = planned[:, -1]
    return {
        "planned_intervals": np.ascontiguousarray(planned[:, :-1]),
        "status": _status(care, monitored),
        "alive": _alive(chunk),
        "flow": _flow(care),
    }


def _planned(care: Care) -> Counts:
    """Eyes in care by planned weeks to the next visit; the last column counts the monitored."""
    weeks = (care.visits["interval_days"] + DAYS_PER_WEEK // 2) // DAYS_PER_WEEK
    capped = np.minimum(weeks, MAX_INTERVAL_WEEKS)
    codes = np.where(care.monitored, np.int16(MAX_INTERVAL_WEEKS + 1), capped)
    shape = (care.n_points, MAX_INTERVAL_WEEKS + 2)
    planned = histogram_while(care.start, care.stop, codes, shape)
    if len(care.unseen):
        # None has been planned yet for eyes that wait for their first visit.
        left = histogram(care.unseen_until, care.n_points + 1).cumsum()[:-1]
        planned[:, 0] += len(care.unseen) - left
    return planned


def _status(care: Care, monitored: Counts) -> Counts:
    """First eyes by status; those in care and not monitored are on treatment."""
    after = _STATUS_AFTER[care.patients["end_reason"]]
    gone = histogram_2d(care.left, after, (care.n_points + 1, len(STATUSES)))
    counts = gone[:-1].cumsum(axis=0)
    counts[:, MONITORED] = monitored
    counts[:, ON_TREATMENT] = 0
    counts[:, ON_TREATMENT] = care.n_eyes - counts.sum(axis=1)
    return counts


def _alive(chunk: Chunk) -> Counts:
    """Patients alive at each 4-weekly point: those who die later or not at all."""
    n_points = n_weeks(chunk.years)
    died = chunk.patients["death_day"][chunk.patients["eye"] == 0]
    point = np.where(died < 0, n_points, ceil_divide(died, DAYS_PER_PERIOD))
    deaths = np.bincount(np.minimum(point, n_points), minlength=n_points + 1)
    alive: Counts = len(died) - deaths[:n_points].cumsum()
    return alive


def _flow(care: Care) -> Counts:
    """First eyes by status at both ends of each year, `[years, n_status, n_status]`."""
    from ape_core.summaries.counting.loops import add_flow

    counts = np.zeros((care.years, len(STATUSES), len(STATUSES)), np.int64)
    visits = (care.eye, care.start, care.stop, care.monitored)
    after = _STATUS_AFTER[care.patients["end_reason"]]
    add_flow(visits, care.left, after, PERIODS_PER_YEAR, (ON_TREATMENT, MONITORED), counts)
    return counts
