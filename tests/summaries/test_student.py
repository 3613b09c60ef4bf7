"""Student's t distribution as SciPy has it."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from ape_core.analysis.student import t_probability, t_quantile

DEGREES = (1, 2, 3, 4, 5, 10, 49, 50, 1_000, 1_001)


@pytest.mark.parametrize("degrees", DEGREES)
def test_probabilities_are_those_of_scipy(degrees):
    for t in (-30, -2.5, -1e-3, 0, 0.1, 1, 1.96, 4, 100):
        expected = stats.t.cdf(t, degrees)
        assert t_probability(t, degrees) == pytest.approx(expected, abs=1e-13), t


@pytest.mark.parametrize("degrees", DEGREES)
def test_quantiles_are_those_of_scipy(degrees):
    for probability in (0.005, 0.025, 0.3, 0.5, 0.8, 0.95, 0.975, 0.995):
        expected = stats.t.ppf(probability, degrees)
        given = t_quantile(probability, degrees)
        assert given == pytest.approx(expected, rel=1e-9, abs=1e-12), probability


def test_other_degrees_have_other_quantiles():
    assert t_quantile(0.975, 49) - t_quantile(0.975, 50) > 1e-4


def test_all_lies_below_infinity():
    assert t_probability(math.inf, 3) == 1
    assert t_probability(-math.inf, 3) == 0
