"""Counting what comparisons of runs need, by block of patients: see `definitions`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ape_core.schema import DAYS_PER_PERIOD, PERIODS_PER_YEAR
from ape_core.summaries.blocks import block_of
from ape_core.summaries.counting.bins import Ints, histogram_2d
from ape_core.summaries.definitions import (
    BLOCK_COURSE,
    BLOCK_OUTCOMES,
    BLOCKS,
    COURSE_BLOCKS,
    DRIVING_LETTERS,
    LARGE_CHANGE,
    Counts,
)

if TYPE_CHECKING:
    from ape_core.simulation.chunk import Chunk
    from ape_core.summaries.counting.care import Care, Events
    from ape_core.summaries.counting.sight import Letters, Sight


def count_blocks(chunk: Chunk, care: Care, events: Events, sight: Sight) -> dict[str, Counts]:
    """Sums over first eyes: by block at each year's end, and by course block at each week."""
    blocks, courses = _Blocks(chunk, BLOCKS), _Blocks(chunk, COURSE_BLOCKS)
    return {
        "block_patients": blocks.n_patients,
        "block_outcomes": _outcomes(blocks, care, events, sight.first),
        "block_course": _course(courses, care, events, sight.first),
    }


class _Blocks:
    """The blocks that the patients of a chunk fall into, who come one block after another.

    Attributes
    ----------
    block
        Block of each patient of the chunk.
    n_patients
        Patients of the chunk in each block.
    """

    def __init__(self, chunk: Chunk, n_blocks: int) -> None:
        patients = np.arange(chunk.first, chunk.stop)
        self.block = block_of(patients, n_blocks, chunk.n_patients, chunk.together)
        self.n_patients: Counts = np.bincount(self.block, minlength=n_blocks).astype(np.int64)
        self._found = np.flatnonzero(self.n_patients)
        self._starts = np.searchsorted(self.block, self._found)

    def sums_of_columns(self, numbers: Ints) -> Counts:
        """Sum over the patients of each block, `[..., n_patients]` to `[n_blocks, ...]`."""
        totals = np.zeros((len(self.n_patients), *numbers.shape[:-1]), np.int64)
        added = np.add.reduceat(numbers, self._starts, axis=-1, dtype=np.int64)
        totals[self._found] = np.moveaxis(added, -1, 0)
        return totals


def _outcomes(blocks: _Blocks, care: Care, events: Events, assessed: Letters) -> Counts:
    """Each of `BLOCK_OUTCOMES` at each year's end, `[BLOCKS, years, n]`."""
    from ape_core.summaries.counting.loops import add_care, add_outcomes

    counts = np.zeros((BLOCKS, care.years, len(BLOCK_OUTCOMES)), np.int64)
    letters = assessed[:, PERIODS_PER_YEAR::PERIODS_PER_YEAR].astype(np.int64)
    baseline, bounds = care.patients["baseline_letters"], (LARGE_CHANGE, DRIVING_LETTERS)
    add_outcomes(letters, baseline, blocks.block, bounds, counts)
    for numbers, name in ((events.injections, "injections"), (events.visits, "visits")):
        place = BLOCK_OUTCOMES.index(name)
        add_care(numbers, blocks.block, counts[:, :, place : place + 2])
    year_ends = np.arange(1, care.years + 1) * PERIODS_PER_YEAR
    in_care = (care.left > year_ends[:, None]).astype(np.int64)
    counts[:, :, BLOCK_OUTCOMES.index("in care")] = blocks.sums_of_columns(in_care)
    return counts


def _course(blocks: _Blocks, care: Care, events: Events, assessed: Letters) -> Counts:
    """Each of `BLOCK_COURSE` at each 4-weekly point, `[COURSE_BLOCKS, points, n]`."""
    from ape_core.summaries.counting.loops import add_course

    eyes, change = np.zeros((2, COURSE_BLOCKS, care.n_points), np.int64)
    add_course(assessed, care.patients["baseline_letters"], blocks.block, eyes, change)
    period = events.day // DAYS_PER_PERIOD
    shape = (COURSE_BLOCKS, care.n_points)
    given = histogram_2d(blocks.block.take(events.eye), period, shape).cumsum(axis=1)
    columns = {
        "eyes": eyes,
        "change": change,
        "injections": np.pad(given[:, :-1], ((0, 0), (1, 0))),
    }
    return np.stack([columns[name] for name in BLOCK_COURSE], axis=2)
