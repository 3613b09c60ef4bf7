"""Measures that the compiled loops add to, in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from ape_core.summaries.definitions import GROUPS, Counts

if TYPE_CHECKING:
    from ape_core.simulation.chunk import Chunk

Arrays = dict[str, Counts]
"""Counts by the name of their measure; what is added to them stays in them."""


class Totals(NamedTuple):
    """Measures by their names: first those that are flat tables, as they are added to most."""

    in_care_letters: Counts
    in_care_change: Counts
    assessed_letters: Counts
    assessed_change: Counts
    carried_letters: Counts
    carried_change: Counts
    second_eye_letters: Counts
    better_eye_letters: Counts
    group_letters: Counts
    group_better_letters: Counts
    group_worse_letters: Counts
    visits_per_day: Counts
    injections_per_day: Counts
    injections_by_drug: Counts
    flow: Counts
    baseline_letters: Counts
    age_sex: Counts
    year_sums: Counts
    visits_in_year: Counts
    injections_in_year: Counts
    group_care: Counts
    group_life: Counts
    block_outcomes: Counts
    pair_sums: Counts
    block_course: Counts


_N_FLAT: Final = Totals._fields.index("baseline_letters")


def totals_of(chunk: Chunk, arrays: Arrays) -> Totals:
    """Measures to which a chunk will be added, as long as they have to be for it."""
    n_days = int(chunk.visits["calendar_day"].max(initial=-1)) + 1
    for name in ("visits_per_day", "injections_per_day"):
        grow(arrays, name, n_days)
    if chunk.n_eyes > chunk.stop - chunk.first:
        for name in ("group_better_letters", "group_worse_letters"):
            grow(arrays, name, GROUPS)
    names = Totals._fields
    in_a_row = (arrays[name].reshape(-1) for name in names[:_N_FLAT])
    return Totals(*in_a_row, *(arrays[name] for name in names[_N_FLAT:]))


def grow(arrays: Arrays, name: str, length: int) -> None:
    """Make the counts of a measure as long as they have to be, with zeros."""
    short = arrays[name]
    if length > len(short):
        arrays[name] = np.zeros((length, *short.shape[1:]), np.int64)
        arrays[name][: len(short)] = short
