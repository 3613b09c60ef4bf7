"""The fit of free parameters to targets: residuals, their Jacobian, and the optimum.

Each parameter is counted from its starting value in units of its spread. All simulations share one
seed (common random numbers), so that a difference between two of them is due to the parameters.
The residuals are the z of all targets, and for each parameter its distance from the start in
spreads: what is known of it beforehand weighs as much as one target. Changes of mean acuity, by
which the model is judged, weigh more than the other targets. A soft loss keeps a target
that the model cannot meet from bending all others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ape_core.analysis.arms import Arm
from ape_core.analysis.draws import spread
from ape_core.analysis.free import changed_arm, changed_model, check_free, free_parameters
from ape_core.analysis.score import HEADLINE, Score, score
from ape_core.analysis.targets import Target
from ape_core.errors import InvalidSettingError
from ape_core.spec.model import DiseaseModel
from ape_core.spec.parameter import Parameter

Floats = NDArray[np.float64]
Observer = Callable[[int, float], None]
"""Told, after each simulation of all arms, how many there were and the rms z of this one."""

STEP: Final = 0.5
"""Step of the differences, in spreads: wide enough to be larger than the steps of whole letters."""

HEADLINE_WEIGHT: Final = 3.0
"""Of a residual of the headline outcome, against those of the other outcomes."""

TOLERANCE: Final = 1e-3
"""Relative change at which the fit ends: what more there is to gain is luck of the seed."""


@dataclass
class Problem:
    """Which parameters are free, and what they are fitted to.

    Attributes
    ----------
    model, arms, targets
        What is simulated and what was observed.
    names
        Free parameters.
    n_patients, seed, workers
        Of each arm, in every simulation.
    prior
        Whether the distance from the start counts.
    observe
        Told of each simulation.
    """

    model: DiseaseModel
    arms: Sequence[Arm]
    targets: Sequence[Target]
    names: Sequence[str]
    n_patients: int
    seed: int
    prior: bool = True
    workers: int | None = None
    observe: Observer | None = None
    n_simulations: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        known = free_parameters(self.model, self.arms)
        check_free(self.names, known)
        self.parameters: list[Parameter] = [known[name] for name in self.names]
        self.start = np.array([item.value for item in self.parameters])
        self.scale = np.array([spread(item) for item in self.parameters])
        self.low = (np.array([item.low for item in self.parameters]) - self.start) / self.scale
        self.weights = np.array([_weight(target) for target in self.targets])
        self.high = (np.array([item.high for item in self.parameters]) - self.start) / self.scale

    def values(self, scaled: Floats) -> dict[str, float]:
        """Values of the free parameters, from their distances from the start in spreads."""
        inside = np.clip(scaled, self.low, self.high) * self.scale + self.start
        return dict(zip(self.names, inside.tolist(), strict=True))

    def score(self, values: Mapping[str, float]) -> Score:
        """Simulate all arms with these values and compare them with the targets."""
        found = score(
            self.targets,
            [changed_arm(arm, values) for arm in self.arms],
            n_patients=self.n_patients,
            seed=self.seed,
            model=changed_model(self.model, values),
            workers=self.workers,
        )
        self.n_simulations += 1
        if self.observe:
            self.observe(self.n_simulations, found.rms_z)
        return found

    def residuals(self, scaled: Floats) -> Floats:
        """Residuals of the targets and, with a prior, of the parameters."""
        rows = self.score(self.values(scaled)).rows
        z = np.array([row.z for row in rows]) * self.weights
        return np.concatenate([z, scaled]) if self.prior else z

    def jacobian(self, scaled: Floats, at: Floats) -> Floats:
        """Differences of the residuals, `[n_residuals, n_parameters]`, given those at the point."""
        columns = np.empty((len(at), len(scaled)))
        for i in range(len(scaled)):
            moved = scaled.copy()
            ahead = scaled[i] + STEP <= self.high[i]
            moved[i] = min(scaled[i] + STEP, self.high[i]) if ahead else scaled[i] - STEP
            moved[i] = max(moved[i], self.low[i])
            columns[:, i] = (self.residuals(moved) - at) / (moved[i] - scaled[i])
        return columns


def _weight(target: Target) -> float:
    """Weight of a residual: its own, and that of the headline outcome."""
    return target.weight * (HEADLINE_WEIGHT if target.outcome == HEADLINE else 1.0)


@dataclass(frozen=True)
class Optimum:
    """Best values, in spreads from the start, and how well they are known.

    Attributes
    ----------
    scaled
        `[n_parameters]`.
    covariance
        `[n_parameters, n_parameters]`, from the Jacobian at the optimum.
    """

    scaled: Floats
    covariance: Floats

    @property
    def correlation(self) -> Floats:
        """Correlation of the parameters."""
        sd = np.sqrt(np.diag(self.covariance))
        matrix: Floats = np.clip(self.covariance / np.outer(sd, sd), -1.0, 1.0)
        return matrix


def optimise(problem: Problem, max_steps: int) -> Optimum:
    """Find the values that agree best with the targets.

    Raises
    ------
    InvalidSettingError
        SciPy, which has the optimiser, is not installed.
    """
    least_squares = _least_squares()
    seen: dict[bytes, Floats] = {}

    def residuals(scaled: Floats) -> Floats:
        """Residuals, kept for the Jacobian at the same point."""
        key = scaled.tobytes()
        if key not in seen:
            seen[key] = problem.residuals(scaled)
        return seen[key]

    found = least_squares(
        residuals,
        np.clip(np.zeros(len(problem.names)), problem.low, problem.high),
        jac=lambda scaled: problem.jacobian(scaled, residuals(scaled)),
        bounds=(problem.low, problem.high),
        method="dogbox",  # Moves on along an edge on which a range of a start value may end.
        loss="soft_l1",
        ftol=TOLERANCE,
        xtol=TOLERANCE,
        gtol=TOLERANCE,
        max_nfev=max_steps,
    )
    return Optimum(found.x, _covariance(found.jac, problem))


def _covariance(jacobian: Floats, problem: Problem) -> Floats:
    """Covariance of the parameters from the Jacobian at the optimum, which carries the soft loss.

    A weight says what matters to the fit, not that more was observed: the information of each
    residual counts once, whatever its weight (sandwich estimator).
    """
    weights = np.ones(len(jacobian))
    weights[: len(problem.weights)] = problem.weights
    curvature = np.linalg.pinv(jacobian.T @ jacobian, hermitian=True)
    weighted = jacobian * weights[:, None]
    covariance: Floats = curvature @ (weighted.T @ weighted) @ curvature
    return covariance


def _least_squares() -> Any:
    """SciPy's optimiser, which only a fit needs."""
    try:
        from scipy.optimize import least_squares
    except ImportError:
        raise InvalidSettingError(
            "A calibration needs SciPy, which is not installed.",
            "Install it with: pip install 'ape-protocol-explorer[calibrate]'",
        ) from None
    return least_squares
