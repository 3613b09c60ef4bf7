"""How well each study would have been met, had the model been fitted without it.

A fit to all other studies is approximated by one step of damped least squares from the optimum
(Gauss-Newton): the residuals there and their Jacobian, without the rows of the study, say how far
the parameters would have moved, and its own rows what that does to it. Refitting for each study
would take hours; near an optimum the step is what such a refit would begin with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ape_core.analysis.arms import study_of
from ape_core.analysis.fitting import Floats, Problem
from ape_core.analysis.score import HEADLINE, rms


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One study.

    Attributes
    ----------
    study
        First word of its arms' ids.
    n_changes
        Mean changes in acuity that it reports.
    rms_z, rms_z_left_out
        Over these, of the fit to all studies and of the fit without this one.
    """

    study: str
    n_changes: int
    rms_z: float
    rms_z_left_out: float


def leave_out_each(problem: Problem, scaled: Floats) -> tuple[LeftOut, ...]:
    """Studies by how well they are met without having been fitted to.

    Parameters
    ----------
    problem
        What was fitted.
    scaled
        The optimum, in spreads from the start.

    Returns
    -------
    tuple of LeftOut
        In the order of the targets; studies that report no mean change are left out of it.
    """
    at = problem.residuals(scaled)
    jacobian = problem.jacobian(scaled, at)
    studies = np.array([study_of(target.arm) for target in problem.targets])
    headline = np.array([target.outcome == HEADLINE for target in problem.targets])
    found = []
    for study in dict.fromkeys(studies.tolist()):
        own = studies == study
        shown = np.flatnonzero(own & headline)
        if len(shown):
            moved = at + jacobian @ _step(at, jacobian, np.flatnonzero(own))
            weights = problem.weights[shown]
            found.append(
                LeftOut(study, len(shown), _rms(at, shown, weights), _rms(moved, shown, weights))
            )
    return tuple(found)


def overall(studies: Sequence[LeftOut]) -> float:
    """Root-mean-square z over all mean changes, each met by a fit without its own study."""
    total = sum(item.n_changes * item.rms_z_left_out**2 for item in studies)
    return float(np.sqrt(total / sum(item.n_changes for item in studies)))


def _step(at: Floats, jacobian: Floats, left_out: NDArray[np.intp]) -> Floats:
    """Change of the parameters that the other residuals ask for once a study is left out.

    An optimum is not quite stationary: what the fit to all studies would still move is taken off.
    """
    soft = (1.0 + at**2) ** -0.25
    others = soft.copy()
    others[left_out] = 0.0
    moves = [
        np.linalg.lstsq(jacobian * weight[:, None], -at * weight, rcond=None)[0]
        for weight in (others, soft)
    ]
    step: Floats = moves[0] - moves[1]
    return step


def _rms(residuals: Floats, rows: NDArray[np.intp], weights: Floats) -> float:
    """Root-mean-square z of some rows, their weights taken off again."""
    return rms((residuals[rows] / weights).tolist())
