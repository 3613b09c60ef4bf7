"""Moments and quantiles of histograms, against NumPy on the values themselves."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ape_core.summaries.moments import moments, moments_of_sums, percent_where, quantile

VALUES = np.arange(-3, 9)
samples = st.lists(st.integers(-3, 8), min_size=1, max_size=60)


def histogram(sample):
    return np.bincount(np.array(sample) + 3, minlength=len(VALUES))


@given(sample=samples)
def test_moments_are_those_of_the_values(sample):
    counted = moments(histogram(sample), VALUES)
    assert counted.n == len(sample)
    np.testing.assert_allclose(counted.mean, np.mean(sample), atol=1e-12)
    expected = np.std(sample, ddof=1) if len(sample) > 1 else 0.0
    np.testing.assert_allclose(counted.sd, expected, atol=1e-12)


@given(sample=samples)
def test_moments_from_sums_are_those_of_the_values(sample):
    values = np.array(sample)
    counted = moments_of_sums(
        *(np.array([x]) for x in (len(values), values.sum(), values @ values))
    )
    np.testing.assert_allclose(counted.mean, values.mean(), atol=1e-12)
    expected = values.std(ddof=1) if len(values) > 1 else 0.0
    np.testing.assert_allclose(counted.sd, expected, atol=1e-6)


@given(sample=samples, percent=st.integers(1, 100))
def test_quantiles_invert_the_distribution(sample, percent):
    """Least value reached by that share, which NumPy calls inverted_cdf, free of rounding."""
    rank = -(-percent * len(sample) // 100)
    assert quantile(histogram(sample), VALUES, percent) == sorted(sample)[rank - 1]


@given(sample=samples)
def test_quartiles_are_those_of_numpy(sample):
    for percent in (25, 50, 75):
        expected = np.percentile(sample, percent, method="inverted_cdf")
        assert quantile(histogram(sample), VALUES, percent) == expected


@given(sample=samples)
def test_shares_are_those_of_the_values(sample):
    expected = 100 * np.mean(np.array(sample) >= 2)
    np.testing.assert_allclose(percent_where(histogram(sample), VALUES >= 2), expected)


def test_groups_are_kept_apart_and_an_empty_one_gives_zeros():
    counts = np.stack([histogram([1, 2, 4]), np.zeros(12, int)])
    counted = moments(counts, VALUES)
    assert counted.n.tolist() == [3, 0]
    assert counted.mean.tolist() == [7 / 3, 0.0]
    assert counted.sd[1] == 0.0
    assert quantile(counts, VALUES, 50).tolist() == [2, 0]
    assert percent_where(counts, VALUES >= 2).tolist() == [200 / 3, 0.0]
