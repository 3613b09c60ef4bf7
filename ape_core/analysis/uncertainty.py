"""How uncertain a comparison of costs is, and from where: patients, prices, or the disease.

What comes from patients shrinks with more of them. What comes from parameters does not: it is what
nobody knows. Both are given as covariances of costs and QALYs per patient, so that a difference in
either, or the net benefit at any worth of a QALY, follows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ape_core.analysis.drawn_costs import drawn_costs
from ape_core.analysis.economics import N_POINTS, THRESHOLDS, CostEffectiveness, acceptability
from ape_core.analysis.input_draws import InputDraws, draw_inputs
from ape_core.analysis.resampling import resample
from ape_core.errors import InvalidInputError
from ape_core.summaries.definitions import Floats
from ape_core.summaries.moments import covariance_of_means

N_INPUT_DRAWS: Final = N_POINTS


@dataclass(frozen=True, slots=True)
class Spread:
    """Standard deviations of one difference per patient: from patients, from parameters, of both.

    Parameters
    ----------
    patients
        Shrinks with the square root of the number of patients; infinite where it is not known.
    parameters
        Does not.
    """

    patients: float
    parameters: float

    @property
    def both(self) -> float:
        """Of the two together."""
        return math.hypot(self.patients, self.parameters)


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """Draws of the costs and QALYs of protocols, and what their spread comes from.

    Attributes
    ----------
    names, reference
        As of the comparison.
    costs, qalys
        Per patient in each draw of parameters and patients: `[n_protocols, n_draws]`.
    of_patients, of_parameters
        Covariances of the costs of all protocols and then their QALYs, `[2 n, 2 n]`.
    varied
        What was drawn, in words of the user's files.
    knows_patients
        Whether groups of patients tell of their luck, which they do not where slots ran short:
        prices are then drawn without patients, and what comes from the disease holds some luck.
    """

    names: tuple[str, ...]
    reference: int
    costs: Floats
    qalys: Floats
    of_patients: Floats
    of_parameters: Floats
    varied: tuple[str, ...]
    knows_patients: bool = True

    @property
    def n_draws(self) -> int:
        """Draws."""
        return len(self.costs[0])

    def plane(self) -> tuple[Floats, Floats]:
        """Costs and QALYs beyond the reference in each draw, `[n_protocols, n_draws]`."""
        return self.costs - self.costs[self.reference], self.qalys - self.qalys[self.reference]

    def acceptability(self, thresholds: Floats = THRESHOLDS) -> Floats:
        """Share of draws in which each protocol has the highest net benefit."""
        return acceptability(self.costs, self.qalys, thresholds)

    def cost_spread(self, place: int) -> Spread:
        """Spread of the cost of a protocol beyond the reference."""
        return self._spread(place, 1.0, 0.0)

    def qalys_spread(self, place: int) -> Spread:
        """Spread of its QALYs beyond those of the reference."""
        return self._spread(place, 0.0, 1.0)

    def net_benefit_spread(self, place: int, threshold: float) -> Spread:
        """Spread of its net benefit beyond that of the reference."""
        return self._spread(place, -1.0, threshold)

    def _spread(self, place: int, of_cost: float, of_qalys: float) -> Spread:
        """Spread of a sum of cost and QALYs beyond the reference."""
        n = len(self.names)
        contrast = np.zeros(2 * n)
        for at, sign in ((place, 1.0), (self.reference, -1.0)):
            contrast[at] += sign * of_cost
            contrast[n + at] += sign * of_qalys
        patients, parameters = (
            math.sqrt(max(float(contrast @ matrix @ contrast), 0.0))
            for matrix in (self.of_patients, self.of_parameters)
        )
        return Spread(patients if self.knows_patients else math.inf, parameters)


def uncertain_inputs(compared: CostEffectiveness, n: int = N_INPUT_DRAWS) -> Uncertainty:
    """Draw prices and utilities as their distributions say, and patients with them.

    Nothing is simulated: the draws are applied to the summaries of the runs.

    Parameters
    ----------
    compared
        The comparison.
    n
        Draws, of fixed seeds.
    """
    first = compared.priced[0]
    draws = draw_inputs(first.economics, first.utility, n)
    known = compared.knows_patients
    weights = resample(first.group_patients, n) if known else None
    together = [_drawn(compared, place, draws, weights) for place in range(len(compared.names))]
    inputs = np.array([_drawn(compared, place, draws) for place in range(len(compared.names))])
    return Uncertainty(
        compared.names,
        compared.reference,
        np.array([costs for costs, _ in together]),
        np.array([qalys for _, qalys in together]),
        covariance_of_means(_totals(compared), first.group_patients),
        np.atleast_2d(np.cov(np.concatenate([inputs[:, 0], inputs[:, 1]]))),
        draws.varied,
        known,
    )


def probabilistic(by_draw: Sequence[CostEffectiveness]) -> Uncertainty:
    """Bring together comparisons of the same protocols, each at its own draw of the parameters.

    Each draw of the disease model is an ordinary run of each protocol; prices and utilities may
    differ from draw to draw as well. How the draws differ is in part the luck of their patients:
    that part is estimated from the groups of patients and taken away from what is put down to the
    parameters. It is least where all draws have the same seed, and so the same patients.

    Parameters
    ----------
    by_draw
        Two or more.

    Raises
    ------
    InvalidInputError
        They are too few, or not of the same protocols and number of patients.
    """
    _check_draws(by_draw)
    members = by_draw[0].priced[0].group_patients
    totals = np.array([_totals(compared) for compared in by_draw])
    means = np.concatenate(
        [
            np.array([compared.costs for compared in by_draw]),
            np.array([compared.qalys for compared in by_draw]),
        ],
        axis=1,
    )
    n = len(by_draw)
    known = all(compared.knows_patients for compared in by_draw)
    of_luck = np.mean(
        [covariance_of_means(apart, members) for apart in totals - totals.mean(axis=0)], axis=0
    ) * (n / (n - 1))
    return Uncertainty(
        by_draw[0].names,
        by_draw[0].reference,
        means[:, : len(by_draw[0].names)].T,
        means[:, len(by_draw[0].names) :].T,
        covariance_of_means(totals.mean(axis=0), members),
        np.cov(means.T) - (of_luck if known else 0.0),
        (f"{n} draws",),
        known,
    )


def _drawn(
    compared: CostEffectiveness, place: int, draws: InputDraws, weights: Floats | None = None
) -> tuple[Floats, Floats]:
    """Costs and QALYs of one protocol in each draw."""
    item = compared.priced[place]
    return drawn_costs(item.summary, item.drug, draws, weights)


def _totals(compared: CostEffectiveness) -> Floats:
    """Pounds and then QALYs of each protocol by group, discounted, `[2 n, n_groups]`."""
    return np.stack(
        [item.group_costs for item in compared.priced]
        + [item.group_discounted_qalys for item in compared.priced]
    )


def _check_draws(by_draw: Sequence[CostEffectiveness]) -> None:
    """Refuse draws that do not belong together."""
    if len(by_draw) < 2:
        raise InvalidInputError(
            f"The number of draws is {len(by_draw)}, but must be 2 or more.",
            "Run each protocol at several draws of the parameters.",
        )
    first = by_draw[0]
    for place, compared in enumerate(by_draw[1:], start=2):
        alike = np.array_equal(compared.priced[0].group_patients, first.priced[0].group_patients)
        asked = (compared.names, compared.reference) == (first.names, first.reference)
        if not (alike and asked):
            raise InvalidInputError(
                f"Draw {place} is of other protocols or another number of patients than the first.",
                "Compare the same protocols on as many patients at each draw.",
            )
