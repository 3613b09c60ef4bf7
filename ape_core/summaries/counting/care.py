"""First eyes followed from visit to visit, for what is counted of them beside a summary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ape_core.schema import DAYS_PER_PERIOD, DAYS_PER_YEAR
from ape_core.summaries.counting.bins import Ints, ceil_divide
from ape_core.summaries.counting.first_eyes import first_eyes
from ape_core.summaries.definitions import n_weeks

if TYPE_CHECKING:
    from ape_core.simulation.chunk import Chunk


@dataclass(frozen=True, slots=True)
class Care:
    """First eyes and their visits. Points are the 4-weekly ones: 0 is week 0, 1 is week 4, ...

    Attributes
    ----------
    years
        Length of the run.
    patients, visits
        Columns of the tables, rows of first eyes only.
    eye
        For each visit the row of its eye.
    end
        For each eye the day on which care ended; the last one of the run if it did not.
    start, stop
        For each visit the points at which it is the last one made: start <= point < stop.
    """

    years: int
    patients: dict[str, np.ndarray]
    visits: dict[str, np.ndarray]
    eye: Ints
    end: Ints
    start: Ints
    stop: Ints

    @property
    def n_eyes(self) -> int:
        """First eyes, as many as patients."""
        return len(self.end)

    @property
    def n_points(self) -> int:
        """Number of 4-weekly points."""
        return n_weeks(self.years)


def follow(chunk: Chunk) -> Care:
    """Follow the first eyes of a chunk through care."""
    first = first_eyes(chunk)
    patients = {name: chunk.patients[name][first.row] for name in ("baseline_letters", "n_visits")}
    rows = np.flatnonzero(chunk.visits["eye"] == 0)
    visits = {name: chunk.visits[name].take(rows) for name in ("day", "letters", "injected")}
    eye = np.repeat(np.arange(len(first.row), dtype=np.int32), first.n_visits)
    # Where slots are limited, care can end before the first visit.
    seen = np.flatnonzero(first.n_visits)
    last = np.cumsum(first.n_visits)[seen] - 1
    start = ceil_divide(visits["day"], DAYS_PER_PERIOD)
    stop = np.roll(start, -1)
    stop[last] = first.left[seen]
    return Care(chunk.years, patients, visits, eye, first.end, start, stop)


def days_in_care(care: Care) -> Ints:
    """Days in care in each study year of each first eye, `[years, n_eyes]`."""
    year_start = np.arange(care.years) * DAYS_PER_YEAR
    days: Ints = np.clip(care.end - year_start[:, None], 0, DAYS_PER_YEAR)
    return days
