"""Tells what grows with every step, a leak, from what grows once, as caches and allocators do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import median

Counts = dict[str, float]

N_PARTS = 3
"""A leak grows in each of so many equal parts of the steps; what grows once, in one of them."""


def steady_growth(values: Sequence[float]) -> float:
    """Growth over all parts, if it was in each as in the middle one of them.

    Parameters
    ----------
    values
        What was counted before the first part and after each.
    """
    return N_PARTS * median(late - early for early, late in pairwise(values))


def growth(samples: Mapping[int, Counts]) -> Counts:
    """Steady growth of each count from the first sample to the last.

    Parameters
    ----------
    samples
        What was counted, by the number of steps until then.
    """
    names = samples[min(samples)]
    return {
        name: steady_growth([samples[step][name] for step in sorted(samples)]) for name in names
    }
