"""Exact histograms of whole numbers, fast enough for the loop over chunks.

Compiled loops count in one pass, without holding the interpreter lock. They are imported where
something is counted: who only reads a summary needs no compiler.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ape_core.summaries.definitions import Counts

Ints = NDArray[np.integer]
Flags = NDArray[np.bool_]


def ceil_divide(numbers: Ints, divisor: int) -> Ints:
    """Quotients rounded up."""
    return (numbers + (divisor - 1)) // divisor


def histogram(codes: Ints, n_codes: int) -> Counts:
    """How often each of the codes 0 to n_codes - 1 occurs; codes beyond are left out."""
    from ape_core.summaries.counting.loops import add_codes

    counts = np.zeros(n_codes, np.int64)
    add_codes(codes, counts)
    return counts


def histogram_2d(rows: Ints, columns: Ints | Flags, shape: tuple[int, int]) -> Counts:
    """How often each pair occurs; rows beyond the shape are left out, columns must be within."""
    from ape_core.summaries.counting.loops import add_pairs

    counts = np.zeros(shape, np.int64)
    add_pairs(rows, _numbers(columns), counts)
    return counts


def histogram_by_column(table: NDArray[np.int8], n_codes: int, lowest: int) -> Counts:
    """Histogram of each column of a table over lowest, ..., lowest + n_codes - 1.

    A value of lowest - 1 is left out. The result is `[n_columns, n_codes]`.
    """
    from ape_core.summaries.counting.loops import add_columns

    counts = np.zeros((table.shape[1], n_codes), np.int64)
    add_columns(table, lowest, counts)
    return counts


def histogram_while(start: Ints, stop: Ints, codes: Ints | Flags, shape: tuple[int, int]) -> Counts:
    """At each point of time, how often each code holds.

    Code i holds from point `start[i]` up to, but not including, `stop[i]`; at most
    `shape[0]`, the number of points. `shape[1]` is the number of codes.
    """
    from ape_core.summaries.counting.loops import add_while

    counts = np.zeros((shape[0] + 1, shape[1]), np.int64)
    add_while(start, stop, _numbers(codes), counts)
    return counts[:-1]


def sums(codes: Ints, amounts: Ints, n_codes: int) -> Counts:
    """Sum of the amounts of each code; codes beyond are left out."""
    from ape_core.summaries.counting.loops import add_amounts

    totals = np.zeros(n_codes, np.int64)
    add_amounts(codes, amounts, totals)
    return totals


def _numbers(codes: Ints | Flags) -> Ints:
    """Truth values as 0 and 1, not copied."""
    numbers: Ints = np.asarray(codes.view(np.uint8) if codes.dtype == np.bool_ else codes)
    return numbers
