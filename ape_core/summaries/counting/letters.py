"""Counting by assessments: letters of all living eyes, seen or not, and time lived with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ape_core.schema import MAX_LETTERS, PERIODS_PER_YEAR
from ape_core.summaries.counting.bins import Ints
from ape_core.summaries.counting.tables import flat, grown
from ape_core.summaries.definitions import GROUPS, N_CHANGES, N_LETTERS, Counts, n_weeks

if TYPE_CHECKING:
    from ape_core.simulation.chunk import Chunk
    from ape_core.summaries.counting.handed import Eyes, Stays
    from ape_core.summaries.counting.tables import Arrays

_N_SIDES = 3
"""Of first eyes in care, of those out of it, and of those that leave it, to be carried on."""


class Codes(NamedTuple):
    """Numbers that decide where an assessment is counted."""

    years: int
    n_points: int
    periods_per_year: int
    first_group: int
    n_groups: int
    n_letters: int
    no_change: int
    changes: int
    n_columns: int


class Room(NamedTuple):
    """What the loop counts besides measures: letters, then letters gained, in one row.

    Attributes
    ----------
    year
        int32 `[_N_SIDES, PERIODS_PER_YEAR, n_columns]`: of the points of one year.
    carried
        `[n_columns]`: carried up to a point.
    until
        For each first eye the point after the last at which it is assessed.
    """

    year: Ints
    carried: Counts
    until: Counts


class Totals(NamedTuple):
    """Measures of first eyes that the loop adds to, as flat tables."""

    letters: Counts
    changes: Counts
    carried: Counts
    carried_changes: Counts
    alone: Counts


_MEASURES = (
    "assessed_letters",
    "assessed_change",
    "carried_letters",
    "carried_change",
    "group_letters",
)
"""Of `Totals`, in its order."""


class PairTotals(NamedTuple):
    """Measures of second eyes and their fellows, likewise."""

    second: Counts
    better: Counts
    alone: Counts
    by_better: Counts
    by_worse: Counts


_PAIR_MEASURES = (
    "second_eye_letters",
    "better_eye_letters",
    "group_letters",
    "group_better_letters",
    "group_worse_letters",
)
"""Of `PairTotals`, in its order."""


def count_letters(chunk: Chunk, eyes: Eyes, stays: Stays, arrays: Arrays) -> None:
    """Add the assessments of a chunk to the counts."""
    from ape_core.summaries.counting.letter_loop import add_letters, add_pairs

    assessed = np.ascontiguousarray(chunk.assessments).reshape(-1)
    codes, totals = _codes(chunk), Totals(*(flat(arrays[name]) for name in _MEASURES))
    add_letters(assessed, eyes, stays, codes, _room(len(stays.row)), totals)
    if chunk.n_eyes > len(stays.row):
        for name in ("group_better_letters", "group_worse_letters"):
            grown(arrays, name, GROUPS)
        pairs = PairTotals(*(flat(arrays[name]) for name in _PAIR_MEASURES))
        add_pairs(assessed, eyes, codes, pairs)


def _room(n_eyes: int) -> Room:
    """Room for counting."""
    n_columns = N_LETTERS + N_CHANGES
    return Room(
        year=np.zeros(_N_SIDES * PERIODS_PER_YEAR * n_columns, np.int32),
        carried=np.zeros(n_columns, np.int64),
        until=np.zeros(n_eyes, np.int64),
    )


def _codes(chunk: Chunk) -> Codes:
    """Numbers for a chunk."""
    return Codes(
        years=chunk.years,
        n_points=n_weeks(chunk.years),
        periods_per_year=PERIODS_PER_YEAR,
        first_group=chunk.first % GROUPS,
        n_groups=GROUPS,
        n_letters=N_LETTERS,
        no_change=MAX_LETTERS,
        changes=N_LETTERS,
        n_columns=N_LETTERS + N_CHANGES,
    )
