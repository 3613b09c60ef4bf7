"""Philox against published vectors, quantile functions against SciPy, and addresses that differ."""

from __future__ import annotations

import math
from itertools import product
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ape_core.simulation.draws import PERSON, VISIT, stream_of, uniform, words
from ape_core.simulation.philox import philox4x32
from ape_core.simulation.quantiles import error_table, exponential_quantile, normal_quantile
from tests.reference.luck import error_quantiles, philox

# Salmon JK et al.: Random123, file kat_vectors, philox4x32 with 10 rounds: counter, key, result.
KNOWN_ANSWERS = [
    (
        (0x00000000, 0x00000000, 0x00000000, 0x00000000),
        (0x00000000, 0x00000000),
        (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8),
    ),
    (
        (0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF),
        (0xFFFFFFFF, 0xFFFFFFFF),
        (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
    ),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]
WORDS = st.integers(0, 2**32 - 1)
LARGEST_DRAW = 1.0 - 2.0**-33
SMALLEST_DRAW = 2.0**-33


def compiled_philox(counter, key):
    return tuple(int(word) for word in philox4x32(*map(np.uint64, (*counter, *key))))


def draws(seed, patient, eye, process, step):
    """Words at an address; outside compiled code their type must be given."""
    return words(tuple(map(np.uint64, stream_of(seed, patient, eye))), process, step)


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN_ANSWERS)
def test_philox_gives_the_published_answers(counter, key, answer):
    assert compiled_philox(counter, key) == answer
    assert philox(counter, key) == answer


@given(st.tuples(WORDS, WORDS, WORDS, WORDS), st.tuples(WORDS, WORDS))
def test_philox_is_the_same_in_plain_integers(counter, key):
    assert compiled_philox(counter, key) == philox(counter, key)


def test_every_part_of_an_address_changes_the_draws():
    seeds, patients, eyes = (0, 1, 2**32, 2**63 - 1), (0, 1, 2**32, 2**33), (0, 1)
    addresses = list(product(seeds, patients, eyes, (PERSON, VISIT), (0, 1, 2**20)))
    drawn = {draws(*address) for address in addresses}
    assert len(drawn) == len(addresses)


def test_draws_are_strictly_between_0_and_1():
    assert uniform(np.uint64(0)) == SMALLEST_DRAW
    assert uniform(np.uint64(2**32 - 1)) == LARGEST_DRAW
    assert exponential_quantile(LARGEST_DRAW) > 0.0


def test_draws_are_uniform_and_lanes_uncorrelated():
    lanes = np.array([draws(7, 11, 0, VISIT, step) for step in range(20_000)]) * 2.0**-32
    # Two-sided, 4 + 6 tests at 1e-6 each.
    assert all(stats.kstest(lane, "uniform").pvalue > 1e-6 for lane in lanes.T)
    correlations = np.corrcoef(lanes.T)[np.triu_indices(4, 1)] * math.sqrt(len(lanes))
    assert np.abs(correlations).max() < stats.norm.isf(0.5e-6)


@given(st.floats(SMALLEST_DRAW, LARGEST_DRAW))
def test_normal_quantile_is_that_of_the_standard_library(p):
    assert normal_quantile(p) == NormalDist().inv_cdf(p)


def test_normal_quantile_agrees_with_scipy_far_into_the_tails():
    p = np.concatenate([np.geomspace(SMALLEST_DRAW, 0.5, 500), np.linspace(0.01, 0.99, 99)])
    p = np.concatenate([p, 1.0 - p[:400]])
    ours = [normal_quantile(value) for value in p]
    np.testing.assert_allclose(ours, stats.norm.ppf(p), rtol=1e-13, atol=1e-15)


def test_exponential_quantile_agrees_with_scipy():
    p = np.geomspace(SMALLEST_DRAW, LARGEST_DRAW, 500)
    ours = [exponential_quantile(value) for value in p]
    np.testing.assert_allclose(ours, stats.expon.isf(p), rtol=1e-13)


def test_acuity_errors_have_mean_0_and_sd_1():
    errors = error_table()
    assert len(errors) == 4096
    assert abs(errors.mean()) < 1e-12
    assert errors.std() == pytest.approx(1.0, abs=1e-6)
    assert np.all(np.diff(errors) > 0)


def test_acuity_errors_are_quantiles_of_t_with_4_degrees_of_freedom():
    errors = error_table()
    quantiles = stats.t.ppf((np.arange(4096) + 0.5) / 4096, 4)
    np.testing.assert_allclose(errors, quantiles / quantiles.std(), atol=1e-6)
    assert errors.tolist() == error_quantiles()


def test_acuity_errors_have_heavy_tails():
    errors = error_table()
    share_beyond_3_sd = np.mean(np.abs(errors) > 3)
    assert share_beyond_3_sd == pytest.approx(2 * stats.t.sf(3 * 2**0.5, 4), rel=0.1)
    assert share_beyond_3_sd > 4 * 2 * stats.norm.sf(3)
