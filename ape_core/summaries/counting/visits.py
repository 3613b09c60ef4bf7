"""Counting by visits: what each is, what holds of first eyes until the next, and the work."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ape_core.schema import MAX_LETTERS, PERIODS_PER_YEAR, PHASES
from ape_core.summaries.counting.bins import Ints
from ape_core.summaries.counting.clock import clock_of
from ape_core.summaries.counting.tables import flat, grown
from ape_core.summaries.definitions import (
    COURSE_BLOCKS,
    GROUPS,
    MAX_INTERVAL_WEEKS,
    MONITORED,
    N_CHANGES,
    N_LETTERS,
    ON_TREATMENT,
    SCANS,
    STATUSES,
    Counts,
    n_weeks,
)

if TYPE_CHECKING:
    from ape_core.simulation.chunk import Chunk
    from ape_core.summaries.counting.handed import Eyes, Stays
    from ape_core.summaries.counting.tables import Arrays

_N_PLANS = MAX_INTERVAL_WEEKS + 2
"""Weeks to the next visit, the last of which stands for an eye that is monitored."""
_CHANGES = N_LETTERS
_PLANS = _CHANGES + N_CHANGES
_UNSEEN = _PLANS + _N_PLANS * len(SCANS)
_SCANS = _UNSEEN + 1
_N_COLUMNS = _SCANS + 2 * len(SCANS)
"""Columns of `Room.at_points`: what holds at a point (letters, letters gained, weeks to the next
visit by reading of the last scan, eyes not seen yet), and the scans around it by reading and
whether there was an injection."""


class Visits(NamedTuple):
    """Columns of the table of visits."""

    day: Ints
    calendar_day: Ints
    letters: Ints
    fluid: Ints
    injected: Ints
    drug: Ints
    phase: Ints
    interval_days: Ints


class Codes(NamedTuple):
    """Numbers that decide where a visit is counted."""

    years: int
    n_points: int
    periods_per_year: int
    n_first_eyes: int
    first_group: int
    n_groups: int
    waits: bool
    monitoring: int
    monitored_plan: int
    on_treatment: int
    monitored: int
    n_statuses: int
    n_intervals: int
    n_course: int
    no_change: int
    changes: int
    plans: int
    unseen: int
    scans: int
    n_columns: int


class Room(NamedTuple):
    """What the loop counts besides measures; flat tables, one more of rows than there are points.

    Attributes
    ----------
    at_points
        int32 `[n_points + 1, _N_COLUMNS]`.
    visits, injections
        int32 `[years + 1, n_first_eyes]`: of each in the year.
    courses
        int32 `[COURSE_BLOCKS, n_points + 1]`: injections that count from the point on.
    squares
        By how much they raise the squares of the injections of their eyes.
    numbers, numbers_squared
        Injections that eyes had had when they left care, and their squares, by that point.
    gone
        `[n_points + 1, n_statuses]`: eyes that left care, by what became of them.
    intervals, interval_days
        `[years + 1, n_weeks]` and `[years + 1]`: intervals between injections, and their days.
    status
        Of one eye at the ends of years.
    """

    at_points: Ints
    visits: Ints
    injections: Ints
    courses: Ints
    squares: Counts
    numbers: Counts
    numbers_squared: Counts
    gone: Counts
    intervals: Counts
    interval_days: Counts
    status: Counts


class Totals(NamedTuple):
    """Measures that the loop adds to, as flat tables."""

    flow: Counts
    care: Counts
    visits_per_day: Counts
    injections_per_day: Counts
    drugs: Counts


class Had(NamedTuple):
    """What first eyes had, for counting by years: see `Room`."""

    visits: Ints
    injections: Ints
    courses: Ints


def count_visits(chunk: Chunk, eyes: Eyes, stays: Stays, arrays: Arrays) -> Had:
    """Add the visits of a chunk to the counts, and tell what first eyes had."""
    from ape_core.summaries.counting.visit_loop import add_visits

    n_eyes = len(stays.row)
    n_days = int(chunk.visits["calendar_day"].max(initial=-1)) + 1
    for name in ("visits_per_day", "injections_per_day"):
        grown(arrays, name, n_days)
    names = ("flow", "group_care", "visits_per_day", "injections_per_day", "injections_by_drug")
    totals = Totals(*(flat(arrays[name]) for name in names))
    room = _room(chunk.years, n_eyes)
    add_visits(
        _visits(chunk), eyes, stays, clock_of(chunk.years), _codes(chunk, n_eyes), room, totals
    )
    _add_held(room, n_eyes, arrays)
    _add_injections(room, n_eyes, chunk.years, arrays)
    shape = (chunk.years + 1, n_eyes)
    return Had(room.visits.reshape(shape), room.injections.reshape(shape), room.courses)


def _visits(chunk: Chunk) -> Visits:
    """Columns of the visits of a chunk; truth values as 0 and 1."""
    columns = (np.ascontiguousarray(chunk.visits[name]) for name in Visits._fields)
    return Visits(*(c.view(np.uint8) if c.dtype == np.bool_ else c for c in columns))


def _room(years: int, n_eyes: int) -> Room:
    """Room for counting."""
    n_points = n_weeks(years) + 1
    return Room(
        at_points=np.zeros(n_points * _N_COLUMNS, np.int32),
        visits=np.zeros((years + 1) * n_eyes, np.int32),
        injections=np.zeros((years + 1) * n_eyes, np.int32),
        courses=np.zeros(COURSE_BLOCKS * n_points, np.int32),
        squares=np.zeros(n_points, np.int64),
        numbers=np.zeros(n_points, np.int64),
        numbers_squared=np.zeros(n_points, np.int64),
        gone=np.zeros(n_points * len(STATUSES), np.int64),
        intervals=np.zeros((years + 1) * (MAX_INTERVAL_WEEKS + 1), np.int64),
        interval_days=np.zeros(years + 1, np.int64),
        status=np.zeros(years + 1, np.int64),
    )


def _codes(chunk: Chunk, n_eyes: int) -> Codes:
    """Numbers for a chunk."""
    return Codes(
        years=chunk.years,
        n_points=n_weeks(chunk.years),
        periods_per_year=PERIODS_PER_YEAR,
        n_first_eyes=n_eyes,
        first_group=chunk.first % GROUPS,
        n_groups=GROUPS,
        waits=chunk.waits is not None,
        monitoring=PHASES.index("monitoring"),
        monitored_plan=_N_PLANS - 1,
        on_treatment=ON_TREATMENT,
        monitored=MONITORED,
        n_statuses=len(STATUSES),
        n_intervals=MAX_INTERVAL_WEEKS + 1,
        n_course=n_weeks(chunk.years) + 1,
        no_change=MAX_LETTERS,
        changes=_CHANGES,
        plans=_PLANS,
        unseen=_UNSEEN,
        scans=_SCANS,
        n_columns=_N_COLUMNS,
    )


def _add_held(room: Room, n_eyes: int, arrays: Arrays) -> None:
    """Add what holds of first eyes at each point: letters, plans, scans, status."""
    at_points = room.at_points.reshape(-1, _N_COLUMNS)[:-1]
    arrays["in_care_letters"] += at_points[:, :_CHANGES]
    arrays["in_care_change"] += at_points[:, _CHANGES:_PLANS]
    plans = at_points[:, _PLANS:_UNSEEN].reshape(-1, _N_PLANS, len(SCANS))
    planned = plans.sum(axis=2)
    arrays["planned_intervals"] += planned[:, :-1]
    arrays["planned_intervals"][:, 0] += at_points[:, _UNSEEN]  # none has been planned yet
    arrays["last_scans"] += plans.sum(axis=1)
    scans = at_points[:, _SCANS:].reshape(-1, len(SCANS), 2)
    arrays["scans"] += scans.sum(axis=2)
    arrays["injections_around"] += scans[:, :, 1].sum(axis=1)
    status = room.gone.reshape(-1, len(STATUSES))[:-1].cumsum(axis=0)
    status[:, MONITORED] = planned[:, -1]
    status[:, ON_TREATMENT] = 0
    status[:, ON_TREATMENT] = n_eyes - status.sum(axis=1)
    arrays["status"] += status


def _add_injections(room: Room, n_eyes: int, years: int, arrays: Arrays) -> None:
    """Add the injections that first eyes had before each point, and the intervals between them.

    An injection counts from the next point on. When an eye leaves, all that it has counted is
    taken back.
    """
    courses = room.courses.reshape(COURSE_BLOCKS, -1)
    gone = room.gone.reshape(-1, len(STATUSES)).sum(axis=1)
    begun = np.stack([np.zeros_like(gone), courses.sum(axis=0), room.squares], axis=1)
    begun[0, 0] = n_eyes
    ended = np.stack([gone, room.numbers, room.numbers_squared], axis=1)
    arrays["injections_of_all"] += begun[:-1].cumsum(axis=0)
    arrays["cumulative_injections"] += (begun - ended)[:-1].cumsum(axis=0)
    weeks = room.intervals.reshape(years + 1, -1)[:-1]
    arrays["injection_intervals"] += weeks
    arrays["interval_sums"] += np.stack([weeks.sum(axis=1), room.interval_days[:-1]], axis=1)
