"""Draws that an eye needs in every week, made for many weeks at once.

Each is the same draw as if it were made alone; but a processor works out eight blocks of four in
the time of two.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ape_core.simulation.compiled import compiled
from ape_core.simulation.draws import ASSESSMENT, NOISE, words
from ape_core.simulation.quantiles import ERROR_SHIFT

_SQRT_6 = math.sqrt(6.0)
_HALF_WORD = np.uint64(0xFFFF)
_HALF_SHIFT = np.uint64(16)
_ONE = np.uint64(1)
_HALF_SCALE = 2.0**-16


class Ahead(NamedTuple):
    """Draws of one eye, `[lane, block]`: number i is in lane i % 4 of block i // 4.

    Attributes
    ----------
    shocks
        For each week the factor by which chance changes the fluid.
    errors
        For each 4-weekly assessment its error in letters.
    """

    shocks: NDArray[np.float64]
    errors: NDArray[np.float64]


def room_ahead(n_weeks: int) -> Ahead:
    """Room for the draws of so many weeks."""
    return Ahead(np.empty((4, (n_weeks >> 2) + 1)), np.empty((4, (n_weeks >> 4) + 1)))


@compiled
def deviate(word):  # type: ignore[no-untyped-def]
    """Symmetric triangular deviate with SD 1: the sum of a word's two halves."""
    halves = (word & _HALF_WORD) + (word >> _HALF_SHIFT) + _ONE
    return (np.float64(halves) * _HALF_SCALE - 1.0) * _SQRT_6


@compiled
def shock(noise, word):  # type: ignore[no-untyped-def]
    """Factor by which chance changes the fluid in a week."""
    return max(1.0 + noise * deviate(word), 0.0)


@compiled
def acuity_error(disease, word):  # type: ignore[no-untyped-def]
    """Error of a measurement of the acuity, in letters."""
    return disease.error_sd_letters * disease.errors[word >> ERROR_SHIFT]


@compiled
def draw_ahead(disease, stream, first_week, last_week, ahead):  # type: ignore[no-untyped-def]
    """Make the draws that an eye needs from the start of one week to the start of another.

    Weeks since day 0 of the eye; the assessment in `last_week` is among them.
    """
    shocks, errors = ahead
    for block in range(first_week >> 2, (last_week >> 2) + 1):
        w0, w1, w2, w3 = words(stream, NOISE, block)
        shocks[0, block] = shock(disease.noise, w0)
        shocks[1, block] = shock(disease.noise, w1)
        shocks[2, block] = shock(disease.noise, w2)
        shocks[3, block] = shock(disease.noise, w3)
    for block in range(first_week >> 4, (last_week >> 4) + 1):
        w0, w1, w2, w3 = words(stream, ASSESSMENT, block)
        errors[0, block] = acuity_error(disease, w0)
        errors[1, block] = acuity_error(disease, w1)
        errors[2, block] = acuity_error(disease, w2)
        errors[3, block] = acuity_error(disease, w3)
