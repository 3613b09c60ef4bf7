"""Means, spreads, quantiles and shares of histograms; 0 where there is nothing to average.

A chart reads the number at risk beside each figure, so that an empty group is drawn as nothing
rather than as NaN.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ape_core.summaries.definitions import Counts, Floats


@dataclass(frozen=True, slots=True)
class Moments:
    """Number, mean and sample standard deviation of each of several groups."""

    n: Counts
    mean: Floats
    sd: Floats


def divide(amounts: Counts | Floats, n: Counts) -> Floats:
    """Quotients, 0 where the divisor is 0."""
    quotients = np.zeros(np.broadcast_shapes(amounts.shape, n.shape))
    np.divide(amounts, n, out=quotients, where=n > 0)
    return quotients


def moments(counts: Counts, values: Counts) -> Moments:
    """Moments of histograms.

    Parameters
    ----------
    counts
        `[..., n_values]`: how often each value occurs in each group.
    values
        `[n_values]`.
    """
    n = counts.sum(axis=-1)
    mean = divide(counts @ values, n)
    squares = (values - mean[..., None]) ** 2
    variance = divide((counts * squares).sum(axis=-1), np.maximum(n - 1, 0))
    return Moments(n, mean, np.sqrt(variance))


def moments_of_sums(n: Counts, total: Counts, total_squared: Counts) -> Moments:
    """Moments from the number of values, their sum and the sum of their squares."""
    mean = divide(total, n)
    squares = np.maximum(total_squared - mean * total, 0.0)
    return Moments(n, mean, np.sqrt(divide(squares, np.maximum(n - 1, 0))))


def covariance_of_means(totals: Floats, n: Counts) -> Floats:
    """Covariance matrix of means over members, estimated from how the totals of groups differ.

    It is without bias for groups of any size, if which member is in which group is unrelated to
    what is added up. Where each group has one member it is the usual estimate; otherwise it is as
    certain as one from so many members as there are groups.

    Parameters
    ----------
    totals
        `[n_means, n_groups]`: sums over the members of each group.
    n
        `[n_groups]`: members of each group, 0 allowed.
    """
    whole = int(n.sum())
    pairs = whole * whole - int((n * n).sum())
    if pairs == 0:
        return np.zeros((len(totals), len(totals)))
    apart = totals - totals.sum(axis=1, keepdims=True) / whole * n
    covariance: Floats = apart @ apart.T / pairs
    return covariance


def covariance_of_ratios(totals: Floats | Counts, over: Floats | Counts, n: Counts) -> Floats:
    """Covariance matrix of ratios of sums, to first order; see `covariance_of_means`.

    Parameters
    ----------
    totals, over
        `[n_ratios, n_groups]`: what is averaged in each group, and over how many.
    n
        `[n_groups]`: members of each group.
    """
    members = np.maximum(over.sum(axis=1, keepdims=True), 1)
    residuals = totals - over * (totals.sum(axis=1, keepdims=True) / members)
    return covariance_of_means(residuals * (n.sum() / members), n)


def quantile(counts: Counts, values: Counts, percent: int) -> Counts:
    """Least value that at least so many percent of each group do not exceed; 0 for none.

    Parameters
    ----------
    counts
        `[..., n_values]`, values increasing.
    values
        `[n_values]`.
    percent
        1 to 100.
    """
    cumulated = counts.cumsum(axis=-1)
    n = cumulated[..., -1]
    reached = cumulated * 100 >= n[..., None] * percent
    least = np.where(n > 0, values[reached.argmax(axis=-1)], 0)
    return np.asarray(least, dtype=np.int64)


def percent_of(part: Counts, whole: Counts) -> Floats:
    """Percentage that the part is of the whole."""
    return divide(100 * part, whole)


def percent_where(counts: Counts, chosen: np.ndarray) -> Floats:
    """Percentage of each group whose value is among the chosen (a mask over the values)."""
    return percent_of(counts[..., chosen].sum(axis=-1), counts.sum(axis=-1))
