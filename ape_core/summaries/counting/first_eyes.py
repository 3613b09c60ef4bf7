"""The first eyes of a chunk, one per patient: when each is in care, and its rows in both tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ape_core.schema import DAYS_PER_PERIOD, DAYS_PER_YEAR, END_REASONS
from ape_core.summaries.counting.bins import Flags, Ints, ceil_divide
from ape_core.summaries.definitions import n_weeks

if TYPE_CHECKING:
    from ape_core.simulation.chunk import Chunk

_ON_TREATMENT = END_REASONS.index("on treatment")
_DISCHARGED_STABLE = END_REASONS.index("discharged stable")
_DIED = END_REASONS.index("died")


@dataclass(frozen=True, slots=True)
class FirstEyes:
    """First eyes, in the order of their patients. Points are the 4-weekly ones: 0, 1, 2, ...

    Attributes
    ----------
    years
        Length of the run.
    row
        Of each eye in the table of patients.
    first_visit, n_visits
        Its rows in the table of visits: where they begin, and how many there are.
    paused
        Whether it was stopped and is still monitored when the run ends. Such an eye is called
        discharged, yet its last visit planned another one.
    left
        First point at which it is out of care; the number of points if none.
    end
        Day on which care ended; the last one of the run if it did not.
    """

    years: int
    row: Ints
    first_visit: Ints
    n_visits: Ints
    paused: Flags
    left: Ints
    end: Ints


def first_eyes(chunk: Chunk) -> FirstEyes:
    """Find the first eyes of a chunk, and when they are in care."""
    n_visits = chunk.patients["n_visits"].astype(np.int64)
    row = np.flatnonzero(chunk.patients["eye"] == 0)
    first_visit = (np.cumsum(n_visits) - n_visits)[row]
    n_visits = n_visits[row]
    reason, end_day = (chunk.patients[name][row] for name in ("end_reason", "end_day"))
    paused = reason == _DISCHARGED_STABLE
    # Where slots are limited, care can end before the first visit.
    paused &= n_visits > 0
    stopped = np.flatnonzero(paused)
    last = (first_visit + n_visits - 1)[stopped]
    paused[stopped] = chunk.visits["interval_days"][last] > 0
    stayed = (reason == _ON_TREATMENT) | paused
    end = np.where(stayed, DAYS_PER_YEAR * chunk.years, end_day)
    left = _left(end_day, reason == _DIED, stayed, n_weeks(chunk.years))
    return FirstEyes(chunk.years, row, first_visit, n_visits, paused, left, end)


def _left(end_day: Ints, died: Flags, stayed: Flags, n_points: int) -> Ints:
    """First 4-weekly point at which each eye is out of care."""
    gone = ceil_divide(end_day, DAYS_PER_PERIOD)
    gone += ~died & (gone * DAYS_PER_PERIOD == end_day)
    return np.where(stayed, n_points, np.minimum(gone, n_points))
