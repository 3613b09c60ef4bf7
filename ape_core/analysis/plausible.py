"""Sets of parameters that agree with the targets about as well as the best one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ape_core.analysis.fitting import Floats, Optimum, Problem

TRIES_PER_DRAW: Final = 10
"""Candidates simulated for each draw that is wanted, at most."""


@dataclass(frozen=True)
class Plausible:
    """Accepted draws.

    Attributes
    ----------
    values
        One mapping per draw: value by name.
    rms_z
        Of each.
    cut
        Highest rms z that was accepted.
    n_tried
        Candidates that were simulated.
    """

    values: tuple[dict[str, float], ...]
    rms_z: tuple[float, ...]
    cut: float
    n_tried: int


def plausible_draws(problem: Problem, optimum: Optimum, n: int, cut: float, seed: int) -> Plausible:
    """Draw parameters together, as correlated as the fit found them, and keep those that agree.

    Candidates come from the normal distribution around the optimum (Laplace) within the ranges of
    the parameters; each is simulated with the same luck, and accepted if the rms z of its mean
    changes in acuity is at most the cut (approximate Bayesian computation). Fewer than `n` come
    back when few candidates agree.
    """
    generator = np.random.default_rng(seed)
    values: list[dict[str, float]] = []
    rms_z: list[float] = []
    n_tried = 0
    while len(values) < n and n_tried < TRIES_PER_DRAW * n:
        candidate = problem.values(_candidate(problem, optimum, generator))
        found = problem.score(candidate).rms_z
        n_tried += 1
        if found <= cut:
            values.append(candidate)
            rms_z.append(found)
    return Plausible(tuple(values), tuple(rms_z), cut, n_tried)


def _candidate(problem: Problem, optimum: Optimum, generator: np.random.Generator) -> Floats:
    """One point around the optimum; what falls outside a range is reflected at its end.

    Drawing again until all of two dozen ranges hold would take for ever at an optimum on an edge.
    """
    drawn = generator.multivariate_normal(optimum.scaled, optimum.covariance, method="eigh")
    width = problem.high - problem.low
    folded = np.mod(drawn - problem.low, 2 * width)
    inside: Floats = problem.low + np.where(folded > width, 2 * width - folded, folded)
    return inside
