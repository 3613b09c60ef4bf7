"""What the compiled loops read: columns of a chunk, and how its first eyes left care."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ape_core.schema import END_REASONS
from ape_core.summaries.blocks import block_sizes
from ape_core.summaries.counting.bins import Flags, Ints
from ape_core.summaries.counting.first_eyes import FirstEyes, first_eyes
from ape_core.summaries.definitions import BLOCKS, COURSE_BLOCKS, STATUSES

if TYPE_CHECKING:
    from ape_core.simulation.chunk import Chunk

_STATUS_AFTER = np.array([STATUSES.index(reason) for reason in END_REASONS], dtype=np.int64)
"""Status of an eye that has left care, by the code of the reason."""


class Visits(NamedTuple):
    """Columns of the table of visits; truth values are 0 and 1."""

    day: Ints
    calendar_day: Ints
    letters: Ints
    fluid: Ints
    injected: Ints
    drug: Ints
    phase: Ints
    interval_days: Ints


class Eyes(NamedTuple):
    """Columns of the table of patients; then, as places of first eyes, where blocks begin and end.

    A block is from one edge to the next.
    """

    eye: Ints
    n_visits: Ints
    baseline_letters: Ints
    sex: Ints
    age_years: Ints
    death_day: Ints
    edges: Ints
    course_edges: Ints


class Stays(NamedTuple):
    """Of each first eye its row, how it left care, and when; see `FirstEyes`."""

    row: Ints
    left: Ints
    end: Ints
    after: Ints
    paused: Flags


def visits_of(chunk: Chunk) -> Visits:
    """Columns of the visits of a chunk."""
    columns = (np.ascontiguousarray(chunk.visits[name]) for name in Visits._fields)
    return Visits(*(c.view(np.uint8) if c.dtype == np.bool_ else c for c in columns))


def assessed_of(chunk: Chunk) -> Ints:
    """Assessments of a chunk in one row, those of one eye after those of another."""
    return np.ascontiguousarray(chunk.assessments).reshape(-1)


def eyes_of(chunk: Chunk) -> Eyes:
    """Columns of the eyes of a chunk."""
    columns = (np.ascontiguousarray(chunk.patients[name]) for name in Eyes._fields[:6])
    edges = _edges(chunk.n_patients, chunk.together) - chunk.first
    edges = np.maximum(np.minimum(edges, chunk.stop - chunk.first), 0)
    return Eyes(*(*columns, edges, edges[:: BLOCKS // COURSE_BLOCKS].copy()))


@lru_cache(maxsize=4)
def _edges(n_patients: int, together: int) -> Ints:
    """Patients with whom the blocks of a run begin, and the number of patients."""
    return np.concatenate([[0], np.cumsum(block_sizes(n_patients, together))])


def stays_of(chunk: Chunk) -> Stays:
    """How the first eyes of a chunk left care."""
    first: FirstEyes = first_eyes(chunk)
    after = _STATUS_AFTER[chunk.patients["end_reason"][first.row]]
    return Stays(first.row, first.left, first.end, after, first.paused)
