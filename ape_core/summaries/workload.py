"""Work of the clinic by calendar time since the run's first patient was recruited, unsmoothed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ape_core.schema import DAYS_PER_WEEK
from ape_core.summaries.definitions import VISIT_KINDS, Counts

if TYPE_CHECKING:
    from ape_core.summaries.summary import Summary


@dataclass(frozen=True, slots=True)
class Activity:
    """Visits and injections of all eyes in each week or day; all arrays of one length.

    Attributes
    ----------
    time
        Calendar weeks or days of the run: 0, 1, 2, ...
    first_visits, follow_up_visits, visits
        Visits of an eye; the third is the sum of the others.
    injections
        Injections.
    """

    time: Counts
    first_visits: Counts
    follow_up_visits: Counts
    visits: Counts
    injections: Counts


def activity_per_week(summary: Summary) -> Activity:
    """Visits and injections by calendar week."""
    visits = _by_week(summary["visits_per_day"])
    injections = _by_week(summary["injections_per_day"][:, None])
    return _activity(visits, injections[:, 0])


def activity_per_day(summary: Summary) -> Activity:
    """Visits and injections by calendar day."""
    return _activity(summary["visits_per_day"], summary["injections_per_day"])


def _activity(visits: Counts, injections: Counts) -> Activity:
    """Activity from visits by kind and injections."""
    first, follow_up = (visits[:, kind] for kind in range(len(VISIT_KINDS)))
    time = np.arange(len(visits), dtype=np.int64)
    return Activity(time, first, follow_up, first + follow_up, injections)


def _by_week(per_day: Counts) -> Counts:
    """Add up each 7 days; the last week may be short of days."""
    starts = np.arange(0, len(per_day), DAYS_PER_WEEK)
    per_week: Counts = np.add.reduceat(per_day, starts, axis=0)
    return per_week
