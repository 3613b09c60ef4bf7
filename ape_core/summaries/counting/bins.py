"""Exact histograms of whole numbers."""

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
    counts: Counts = np.bincount(np.minimum(codes, n_codes), minlength=n_codes + 1)[:-1]
    return counts


def histogram_2d(rows: Ints, columns: Ints, shape: tuple[int, int]) -> Counts:
    """How often each pair occurs; rows beyond the shape are left out, columns must be within."""
    n_codes = shape[0] * shape[1]
    codes = np.minimum(rows, shape[0]).astype(np.int64) * shape[1] + columns
    return histogram(codes, n_codes).reshape(shape)


def sums(codes: Ints, amounts: Ints, n_codes: int) -> Counts:
    """Sum of the amounts of each code; codes beyond are left out."""
    totals = np.zeros(n_codes + 1, np.int64)
    np.add.at(totals, np.minimum(codes, n_codes), amounts)
    return totals[:-1]
