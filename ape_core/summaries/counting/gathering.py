"""What the compiled loops left in their room is added to the measures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ape_core.summaries.counting.codes import AROUND, N_COLUMNS, PLANS, UNSEEN
from ape_core.summaries.definitions import (
    COURSE_BLOCKS,
    GROUPS,
    MONITORED,
    ON_TREATMENT,
    SCANS,
    STATUSES,
    Counts,
)

if TYPE_CHECKING:
    from ape_core.simulation.chunk import Chunk
    from ape_core.summaries.counting.bins import Ints
    from ape_core.summaries.counting.columns import Eyes
    from ape_core.summaries.counting.room import Room
    from ape_core.summaries.counting.totals import Arrays


def add_patients(chunk: Chunk, eyes: Eyes, room: Room, arrays: Arrays) -> None:
    """Add who the patients of a chunk are, and when they are alive."""
    n_patients = chunk.stop - chunk.first
    n_injections = int(np.count_nonzero(chunk.visits["injected"]))
    arrays["totals"] += np.array([n_patients, chunk.n_eyes, chunk.n_visits, n_injections])
    arrays["alive"] += n_patients - room.died[:-1].cumsum()
    groups = np.arange(chunk.first, chunk.stop) % GROUPS
    arrays["group_patients"] += np.bincount(groups, minlength=GROUPS)
    arrays["block_patients"] += np.diff(eyes.edges)


def add_held(room: Room, n_eyes: int, arrays: Arrays) -> None:
    """Add what holds of first eyes at each point but letters: plans, scans, status."""
    at_points = room.at_points.reshape(-1, N_COLUMNS)[:-1]
    by_scan = [at_points[:, PLANS + scan : UNSEEN : len(SCANS)] for scan in range(len(SCANS))]
    planned = sum(by_scan[1:], by_scan[0])
    arrays["planned_intervals"] += planned[:, :-1]
    arrays["planned_intervals"][:, 0] += at_points[:, UNSEEN]  # none has been planned yet
    arrays["last_scans"] += np.stack([plans.sum(axis=1) for plans in by_scan], axis=1)
    around = at_points[:, AROUND:].astype(np.int64)
    arrays["scans"] += around[:, ::2] + around[:, 1::2]
    arrays["injections_around"] += around[:, 1::2].sum(axis=1)
    arrays["status"] += _status(room, planned[:, -1], n_eyes)


def _status(room: Room, monitored: Ints, n_eyes: int) -> Counts:
    """First eyes by status; those in care and not monitored are on treatment."""
    status = room.gone.reshape(-1, len(STATUSES))[:-1].cumsum(axis=0)
    status[:, MONITORED] = monitored
    status[:, ON_TREATMENT] = 0
    status[:, ON_TREATMENT] = n_eyes - status.sum(axis=1)
    return status


def add_injections(room: Room, n_eyes: int, arrays: Arrays) -> None:
    """Add the injections that first eyes had before each point, and the intervals between them.

    An injection counts from the next point on. When an eye leaves, all that it has counted is
    taken back.
    """
    squares, numbers, numbers_squared = room.given.reshape(-1, 3).T
    given = room.courses.reshape(COURSE_BLOCKS, -1).sum(axis=0)
    gone = room.gone.reshape(-1, len(STATUSES)).sum(axis=1)
    begun = np.stack([np.zeros_like(gone), given, squares], axis=1)
    begun[0, 0] = n_eyes
    ended = np.stack([gone, numbers, numbers_squared], axis=1)
    arrays["injections_of_all"] += begun[:-1].cumsum(axis=0)
    arrays["cumulative_injections"] += (begun - ended)[:-1].cumsum(axis=0)
    intervals = room.intervals.reshape(len(room.status), -1)[:-1]
    weeks, days = intervals[:, :-1], intervals[:, -1]
    arrays["injection_intervals"] += weeks
    arrays["interval_sums"] += np.stack([weeks.sum(axis=1), days], axis=1)
