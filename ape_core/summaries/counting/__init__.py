"""Counting the patients of a chunk, into arrays by the name of their measure.

Compiled loops walk its rows once: `visit_loop` the visits, eye after eye, `letter_loop` the
assessments, year after year, and `year_loop` the patients. `columns`, `clock` and `codes` are what
they read, `totals` and `room` what they count in; `gathering` adds to the measures what is in the
room. What slots do is counted apart, in `slipping`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ape_core.summaries.counting.clock import clock_of
from ape_core.summaries.counting.codes import codes_of
from ape_core.summaries.counting.columns import assessed_of, eyes_of, stays_of, visits_of
from ape_core.summaries.counting.gathering import add_held, add_injections, add_patients
from ape_core.summaries.counting.room import room_for
from ape_core.summaries.counting.slipping import count_slips
from ape_core.summaries.counting.totals import totals_of

if TYPE_CHECKING:
    from ape_core.simulation.chunk import Chunk
    from ape_core.summaries.counting.totals import Arrays

__all__ = ["count_chunk"]


def count_chunk(chunk: Chunk, arrays: Arrays) -> None:
    """Add the patients of a chunk to every measure of `definitions.MEASURES`."""
    # Who only reads a summary needs no compiler.
    from ape_core.summaries.counting.loops import add_rows

    n_patients = chunk.stop - chunk.first
    eyes, room = eyes_of(chunk), room_for(chunk.years, n_patients)
    rows = (visits_of(chunk), eyes, stays_of(chunk), assessed_of(chunk))
    add_rows(*rows, clock_of(chunk.years), codes_of(chunk), room, totals_of(chunk, arrays))
    add_patients(chunk, eyes, room, arrays)
    add_held(room, n_patients, arrays)
    add_injections(room, n_patients, arrays)
    count_slips(chunk, arrays)
