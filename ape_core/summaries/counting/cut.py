"""Cutting a large chunk, so that counting it takes a small part of the memory it takes itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ape_core.simulation.chunk import Chunk

PIECE_ROWS = 250_000
"""Visits, or assessments, counted at once: some 5 MB of codes."""


def pieces(chunk: Chunk) -> Iterator[Chunk]:
    """Chunks of at most about `PIECE_ROWS` visits and assessments, without copying a table."""
    rows = max(chunk.n_visits, chunk.assessments.size)
    n_pieces = min(rows // PIECE_ROWS + 1, chunk.stop - chunk.first)
    if n_pieces <= 1:
        yield chunk
        return
    edges = np.linspace(chunk.first, chunk.stop, n_pieces + 1).astype(np.int64)
    for first, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        yield chunk.cut(first, stop)
