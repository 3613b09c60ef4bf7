"""Counts of chunk after chunk, added up in place: a long run has 10 MB of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ape_core.summaries.counting import count_chunk
from ape_core.summaries.definitions import MEASURES, shape_of

if TYPE_CHECKING:
    from ape_core.simulation.chunk import Chunk


class Tally:
    """What has been counted so far.

    Parameters
    ----------
    years
        Length of the run.

    Attributes
    ----------
    arrays
        One int64 array per measure of `definitions.MEASURES`.
    """

    def __init__(self, years: int) -> None:
        self.arrays = {m.name: np.zeros(shape_of(m, years), np.int64) for m in MEASURES}

    def add(self, chunk: Chunk) -> None:
        """Count the patients of a chunk, too."""
        count_chunk(chunk, self.arrays)
