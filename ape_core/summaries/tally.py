"""Counts of chunk after chunk, added up in place: a long run has 10 MB of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ape_core.summaries.counting import count_piece, pieces
from ape_core.summaries.definitions import MEASURES, Counts, shape_of

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
        for piece in pieces(chunk):
            counted = count_piece(piece)
            for name in self.arrays:
                self._add(name, counted.pop(name))  # each is gone once it is added

    def _add(self, name: str, counts: Counts) -> None:
        """Add to a measure, which grows as far as the counts reach."""
        whole = self.arrays[name]
        if len(counts) > len(whole):
            grown = np.zeros(counts.shape, np.int64)
            grown[: len(whole)] = whole
            whole = self.arrays[name] = grown
        whole[: len(counts)] += counts
