"""What the compiled loops count besides measures, in room made for one chunk."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ape_core.schema import PERIODS_PER_YEAR
from ape_core.summaries.counting.bins import Ints
from ape_core.summaries.counting.codes import N_COLUMNS, PLANS
from ape_core.summaries.definitions import (
    COURSE_BLOCKS,
    MAX_INTERVAL_WEEKS,
    STATUSES,
    Counts,
    n_weeks,
)


class Room(NamedTuple):
    """Flat tables, those by points with one row more than there are points.

    Attributes
    ----------
    at_points
        int32 `[n_points + 1, N_COLUMNS]`, see `codes`.
    visits, injections
        int32 `[years + 1, n_first_eyes]`: of each in the year, and then up to its end.
    courses
        int32 `[COURSE_BLOCKS, n_points + 1]`: injections that count from the point on.
    given
        `[n_points + 1, 3]`: by how much injections that count from the point on raise the squares
        of the numbers of their eyes; the numbers that eyes which left care by then had had; and
        the squares of those.
    gone
        `[n_points + 1, n_statuses]`: eyes that left care, by what became of them.
    died
        `[n_points + 1]`: patients who die, by the first point at which they are not alive.
    intervals
        `[years + 1, n_intervals + 1]`: intervals between injections by weeks, and their days.
    status
        `[years + 1]`: of one eye at the ends of years.
    in_year
        int32 `[3, PERIODS_PER_YEAR, PLANS]`: letters and letters gained at the points of one year,
        in care, out of it, and of eyes that leave it, to be carried on.
    carried
        `[PLANS]`: likewise, carried up to a point.
    in_course
        int32 `[2, n_points]`: of the patients of one block those assessed, and letters gained.
    assessed
        `[2, n_first_eyes]`: the point after the last at which each is assessed, and at how many.
    """

    at_points: Ints
    visits: Ints
    injections: Ints
    courses: Ints
    given: Counts
    gone: Counts
    died: Counts
    intervals: Counts
    status: Counts
    in_year: Ints
    carried: Counts
    in_course: Ints
    assessed: Counts


def room_for(years: int, n_first_eyes: int) -> Room:
    """Room for counting so many patients of a run of so many years."""
    n_points = n_weeks(years)
    rows = n_points + 1
    return Room(
        at_points=np.zeros(rows * N_COLUMNS, np.int32),
        visits=np.zeros((years + 1) * n_first_eyes, np.int32),
        injections=np.zeros((years + 1) * n_first_eyes, np.int32),
        courses=np.zeros(COURSE_BLOCKS * rows, np.int32),
        given=np.zeros(rows * 3, np.int64),
        gone=np.zeros(rows * len(STATUSES), np.int64),
        died=np.zeros(rows, np.int64),
        intervals=np.zeros((years + 1) * (MAX_INTERVAL_WEEKS + 2), np.int64),
        status=np.zeros(years + 1, np.int64),
        in_year=np.zeros(3 * PERIODS_PER_YEAR * PLANS, np.int32),
        carried=np.zeros(PLANS, np.int64),
        in_course=np.zeros(2 * n_points, np.int32),
        assessed=np.zeros(2 * n_first_eyes, np.int64),
    )
