"""Counting what comparisons of runs need, by block of patients: see `definitions`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ape_core.schema import DAYS_PER_PERIOD, NOT_ASSESSED, PERIODS_PER_YEAR
from ape_core.summaries.blocks import block_of
from ape_core.summaries.counting.bins import Flags, Ints, histogram_2d
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
        "block_outcomes": blocks.sums_of_columns(_outcomes(care, events, sight.first)),
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

    def sums_of_rows(self, numbers: Ints | Flags) -> Counts:
        """Sum over the patients of each block, `[n_patients, n]` to `[n_blocks, n]`."""
        totals = np.zeros((len(self.n_patients), numbers.shape[1]), np.int64)
        totals[self._found] = np.add.reduceat(numbers, self._starts, axis=0, dtype=np.int64)
        return totals


def _outcomes(care: Care, events: Events, assessed: Letters) -> Ints:
    """Each of `BLOCK_OUTCOMES` of each first eye at each year's end, `[years, n, n_eyes]`."""
    letters = assessed[:, PERIODS_PER_YEAR::PERIODS_PER_YEAR].T.astype(np.int64)
    present = letters != NOT_ASSESSED
    change = (letters - care.patients["baseline_letters"]) * present
    letters *= present
    injections, visits = events.injections.cumsum(axis=0), events.visits.cumsum(axis=0)
    year_ends = np.arange(1, care.years + 1) * PERIODS_PER_YEAR
    columns = {
        "eyes": present,
        "letters": letters,
        "letters squared": letters * letters,
        "change": change,
        "change squared": change * change,
        "gained 15": change >= LARGE_CHANGE,
        "lost 15": change <= -LARGE_CHANGE,
        "70 or better": letters >= DRIVING_LETTERS,
        "injections": injections,
        "injections squared": injections * injections,
        "visits": visits,
        "visits squared": visits * visits,
        "in care": care.left > year_ends[:, None],
    }
    table = np.empty((care.years, len(BLOCK_OUTCOMES), care.n_eyes), np.int64)
    for place, name in enumerate(BLOCK_OUTCOMES):
        table[:, place] = columns[name]
    return table


def _course(blocks: _Blocks, care: Care, events: Events, assessed: Letters) -> Counts:
    """Each of `BLOCK_COURSE` at each 4-weekly point, `[COURSE_BLOCKS, points, n]`."""
    present = assessed != NOT_ASSESSED
    eyes = blocks.sums_of_rows(present)
    letters = blocks.sums_of_rows(assessed)
    letters -= NOT_ASSESSED * (blocks.n_patients[:, None] - eyes)
    before = blocks.sums_of_rows(care.patients["baseline_letters"][:, None] * present)
    period = events.day // DAYS_PER_PERIOD
    shape = (COURSE_BLOCKS, care.n_points)
    given = histogram_2d(blocks.block.take(events.eye), period, shape).cumsum(axis=1)
    columns = {
        "eyes": eyes,
        "change": letters - before,
        "injections": np.pad(given[:, :-1], ((0, 0), (1, 0))),
    }
    return np.stack([columns[name] for name in BLOCK_COURSE], axis=2)
