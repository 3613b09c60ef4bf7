"""Counts of a run as compiled loops take them: flat, and as long as they have to be."""

from __future__ import annotations

import numpy as np

from ape_core.summaries.definitions import Counts

Arrays = dict[str, Counts]
"""Counts by the name of their measure; what is added to them stays in them."""


def grown(arrays: Arrays, name: str, length: int) -> None:
    """Make the counts of a measure as long as they have to be, with zeros."""
    short = arrays[name]
    if length > len(short):
        arrays[name] = np.zeros((length, *short.shape[1:]), np.int64)
        arrays[name][: len(short)] = short


def flat(counts: Counts) -> Counts:
    """Give the same counts in one row, not copied."""
    row = counts.view()
    row.shape = (-1,)  # fails, where `reshape` would copy
    return row
