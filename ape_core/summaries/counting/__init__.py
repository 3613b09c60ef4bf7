"""Counting the patients of a chunk, into arrays by the name of their measure.

`visits`, `letters`, `years` and `slipping` each hand a compiled loop what it needs, and the counts
to add to. Of what the loops are handed, `handed` makes what they share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ape_core.summaries.counting.handed import eyes_of, stays_of
from ape_core.summaries.counting.letters import count_letters
from ape_core.summaries.counting.slipping import count_slips
from ape_core.summaries.counting.visits import count_visits
from ape_core.summaries.counting.years import count_years

if TYPE_CHECKING:
    from ape_core.simulation.chunk import Chunk
    from ape_core.summaries.counting.tables import Arrays

__all__ = ["count_chunk"]


def count_chunk(chunk: Chunk, arrays: Arrays) -> None:
    """Add the patients of a chunk to every measure of `definitions.MEASURES`."""
    eyes, stays = eyes_of(chunk), stays_of(chunk)
    had = count_visits(chunk, eyes, stays, arrays)
    count_letters(chunk, eyes, stays, arrays)
    count_years(chunk, eyes, stays, had, arrays)
    count_slips(chunk, arrays)
