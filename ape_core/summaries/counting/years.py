"""Counting by patients: who they are, what they had in each year, and sums by block and group."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ape_core.schema import DAYS_PER_YEAR, PERIODS_PER_YEAR
from ape_core.summaries.counting.bins import Ints
from ape_core.summaries.counting.clock import clock_of
from ape_core.summaries.definitions import (
    DRIVING_LETTERS,
    GROUPS,
    LARGE_CHANGE,
    Counts,
    n_weeks,
)

if TYPE_CHECKING:
    from ape_core.simulation.chunk import Chunk
    from ape_core.summaries.counting.handed import Eyes, Stays
    from ape_core.summaries.counting.tables import Arrays
    from ape_core.summaries.counting.visits import Had


class Codes(NamedTuple):
    """Numbers that decide where an eye is counted."""

    years: int
    n_points: int
    periods_per_year: int
    days_per_year: int
    first_group: int
    n_groups: int
    large_change: int
    driving_letters: int


class Room(NamedTuple):
    """What the loop counts besides measures.

    Attributes
    ----------
    died
        `[n_points + 1]`: patients who die, by the first point at which they are not alive.
    eyes, change
        int32 `[n_points]`: of the patients of one block those assessed, and letters gained.
    lived
        For each first eye at how many points it is assessed.
    """

    died: Counts
    eyes: Ints
    change: Ints
    lived: Counts


class Totals(NamedTuple):
    """Measures that the loop adds to."""

    baseline_letters: Counts
    age_sex: Counts
    year_sums: Counts
    visits_in_year: Counts
    injections_in_year: Counts
    care: Counts
    life: Counts
    outcomes: Counts
    pairs: Counts
    course: Counts


_MEASURES = (
    "baseline_letters",
    "age_sex",
    "year_sums",
    "visits_in_year",
    "injections_in_year",
    "group_care",
    "group_life",
    "block_outcomes",
    "pair_sums",
    "block_course",
)
"""Of `Totals`, in its order."""


def count_years(chunk: Chunk, eyes: Eyes, stays: Stays, had: Had, arrays: Arrays) -> None:
    """Add the patients of a chunk to the counts, and what their first eyes had in each year."""
    from ape_core.summaries.counting.year_loop import add_years

    n_points, n_patients = n_weeks(chunk.years), len(stays.row)
    room = Room(
        died=np.zeros(n_points + 1, np.int64),
        eyes=np.zeros(n_points, np.int32),
        change=np.zeros(n_points, np.int32),
        lived=np.zeros(n_patients, np.int64),
    )
    assessed = np.ascontiguousarray(chunk.assessments).reshape(-1)
    totals = Totals(*(arrays[name] for name in _MEASURES))
    add_years(assessed, eyes, stays, had, clock_of(chunk.years), _codes(chunk), room, totals)
    arrays["alive"] += n_patients - room.died[:-1].cumsum()
    n_injections = int(np.count_nonzero(chunk.visits["injected"]))
    arrays["totals"] += np.array([n_patients, chunk.n_eyes, chunk.n_visits, n_injections])
    groups = np.arange(chunk.first, chunk.stop) % GROUPS
    arrays["group_patients"] += np.bincount(groups, minlength=GROUPS)
    arrays["block_patients"] += np.diff(eyes.edges)


def _codes(chunk: Chunk) -> Codes:
    """Numbers for a chunk."""
    return Codes(
        years=chunk.years,
        n_points=n_weeks(chunk.years),
        periods_per_year=PERIODS_PER_YEAR,
        days_per_year=DAYS_PER_YEAR,
        first_group=chunk.first % GROUPS,
        n_groups=GROUPS,
        large_change=LARGE_CHANGE,
        driving_letters=DRIVING_LETTERS,
    )
