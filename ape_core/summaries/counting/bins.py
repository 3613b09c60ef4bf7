"""Exact histograms of whole numbers, fast enough for the loop over chunks.

`numpy.bincount` on combined codes counts in one pass, without holding the interpreter lock.
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
    return np.bincount(codes, minlength=n_codes)[:n_codes].astype(np.int64, copy=False)


def histogram_2d(rows: Ints, columns: Ints | Flags, shape: tuple[int, int]) -> Counts:
    """How often each pair occurs; rows beyond the shape are left out, columns must be within."""
    n_rows, n_columns = shape
    codes = rows * np.int64(n_columns)
    codes += columns
    return histogram(codes, n_rows * n_columns).reshape(shape)


def histogram_by_column(table: NDArray[np.int8], n_codes: int, lowest: int) -> Counts:
    """Histogram of each column of a table over lowest, ..., lowest + n_codes - 1.

    A value of lowest - 1 is left out. The result is `[n_columns, n_codes]`.
    """
    n_columns = table.shape[1]
    stride = n_codes + 1
    offsets = np.arange(n_columns, dtype=np.int64) * stride + (1 - lowest)
    counts = histogram((table + offsets).ravel(), n_columns * stride)
    return np.ascontiguousarray(counts.reshape(n_columns, stride)[:, 1:])


def histogram_while(start: Ints, stop: Ints, codes: Ints, shape: tuple[int, int]) -> Counts:
    """At each point of time, how often each code holds.

    Code i holds from point `start[i]` up to, but not including, `stop[i]`; at most
    `shape[0]`, the number of points. `shape[1]` is the number of codes.
    """
    n_points, n_codes = shape
    with_end = (n_points + 1, n_codes)
    changes = histogram_2d(start, codes, with_end) - histogram_2d(stop, codes, with_end)
    counts: Counts = changes[:n_points].cumsum(axis=0)
    return counts


def sums(codes: Ints, amounts: Ints, n_codes: int) -> Counts:
    """Sum of the amounts of each code; exact while they stay below 2**53."""
    totals = np.bincount(codes, weights=amounts, minlength=n_codes)[:n_codes]
    return totals.astype(np.int64)
