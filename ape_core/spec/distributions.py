"""Distributions of whole numbers (letters, years) as probabilities, from what papers report."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ape_core.errors import InvalidSpecError

_MAX_STEPS = 200
_TOLERANCE = 1e-10


def truncated_normal(mean: float, sd: float, low: int, high: int) -> NDArray[np.float64]:
    """Distribution on `low..high` with this mean and SD: a normal one, cut to the window.

    Trials report the moments of the patients who were let in, so these are what is matched. The
    weights are exp(a x + b x^2), which is the cut normal where b < 0; b reaches 0 (and beyond)
    where patients fill the window so evenly that no normal distribution has that SD.

    Returns
    -------
    Probabilities of low, low + 1, ..., high.

    Raises
    ------
    InvalidSpecError
        If nothing within the window has that mean and SD.
    """
    scaled = np.linspace(-1.0, 1.0, high - low + 1)
    half_width = (high - low) / 2.0
    first = (mean - (low + high) / 2.0) / half_width
    second = (sd / half_width) ** 2 + first**2
    weights = _match_moments(scaled, first, second)
    if weights is None:
        raise InvalidSpecError(
            f"No distribution between {low} and {high} has mean {mean:g} and SD {sd:g}.",
            "Widen the limits, move the mean towards their middle, or lower the SD.",
        )
    return weights


def _match_moments(
    x: NDArray[np.float64], first: float, second: float
) -> NDArray[np.float64] | None:
    """Weights exp(a x + b x^2) with these two raw moments, by damped Newton steps."""
    features = np.stack([x, x * x])
    wanted = np.array([first, second])
    spread = max(second - first**2, 1e-6)
    coefficients = np.array([first / spread, -0.5 / spread])
    for _ in range(_MAX_STEPS):
        exponents = coefficients @ features
        weights: NDArray[np.float64] = np.exp(exponents - exponents.max())
        weights /= weights.sum()
        gap = wanted - features @ weights
        if np.abs(gap).max() < _TOLERANCE:
            return weights
        centred = features - (features @ weights)[:, None]
        information = (centred * weights) @ centred.T
        if np.linalg.cond(information) > 1e12:
            return None
        step = np.linalg.solve(information, gap)
        coefficients += step * min(1.0, 2.0 / float(np.abs(step).max()))
    return None


def from_quantiles(
    probabilities: Sequence[float], letters: Sequence[float], high: int
) -> NDArray[np.float64]:
    """Distribution over 0..high by linear interpolation between reported quantiles.

    Returns
    -------
    Probabilities of 0, 1, ..., high; each whole number takes the mass within half of it.
    """
    edges = np.arange(high + 1) + 0.5
    cumulative = np.interp(edges, letters, probabilities, left=0.0, right=1.0)
    cumulative[-1] = 1.0
    return np.diff(cumulative, prepend=0.0)
