"""What protocols cost and gain beyond each other, on the same patients, and how certain that is.

Two uncertainties are kept apart. That over *patients* is the luck of those who were simulated: it
shrinks with more of them. It is estimated from how the groups of patients differ, paired: a group
has the same patients, with the same luck, in every run. That over *parameters* (`input_draws` for
prices and utilities, `probabilistic` for the disease) is what nobody knows, and stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from ape_core.analysis.frontier import Step, incremental_analysis
from ape_core.analysis.increments import Increment
from ape_core.analysis.resampling import N_RESAMPLES, resample, resampled_means
from ape_core.errors import InvalidInputError
from ape_core.spec import checks
from ape_core.summaries.definitions import Floats
from ape_core.summaries.economics import HealthEconomics
from ape_core.summaries.moments import covariance_of_means

LEAST, MOST = 2, 6
"""Protocols that are compared at once."""
N_POINTS: Final = 1_000
"""Draws of groups that are shown on the plane; the curves use all `N_RESAMPLES`."""
HIGHEST_THRESHOLD: Final = 100_000
THRESHOLDS: Final = np.arange(0, HIGHEST_THRESHOLD + 1, 1_000, dtype=np.float64)
"""Pounds that a QALY may be worth, at which acceptability is drawn."""


@dataclass(frozen=True, eq=False)
class CostEffectiveness:
    """Protocols on the same patients, at one set of prices and utilities.

    Attributes
    ----------
    names
        Of the protocols.
    priced
        What each costs and gains.
    reference
        Place of the one that the others are compared with.
    threshold
        Pounds that a QALY is worth paying.
    """

    names: tuple[str, ...]
    priced: tuple[HealthEconomics, ...]
    reference: int
    threshold: float

    @cached_property
    def costs(self) -> Floats:
        """Pounds per patient of each protocol, discounted."""
        return np.array([item.cost for item in self.priced])

    @cached_property
    def qalys(self) -> Floats:
        """QALYs per patient of each protocol, discounted."""
        return np.array([item.qalys_per_patient for item in self.priced])

    @property
    def n_patients(self) -> int:
        """Patients of each run."""
        return self.priced[0].n_patients

    @property
    def degrees(self) -> int:
        """Degrees of freedom of every variance: groups with patients, less one.

        None where slots ran short: patients of a clinic depend on each other there, and groups are
        no clinics, so that nothing is known of the variances.
        """
        if self.slots_ran_short:
            return 0
        return max(int(np.count_nonzero(self.priced[0].group_patients)) - 1, 0)

    @property
    def slots_ran_short(self) -> bool:
        """Whether visits slipped for want of a slot under any of the protocols."""
        return any(item.slots_ran_short for item in self.priced)

    @property
    def knows_patients(self) -> bool:
        """Whether it is known how far the luck of the patients may move figures."""
        return self.degrees > 0

    def increment(self, place: int, against: int | None = None) -> Increment:
        """Give what a protocol costs and gains beyond another: by default the reference."""
        return self._increment(place, self._other(against), self.priced[0].summary.years)

    def by_year(self, place: int, against: int | None = None) -> tuple[Increment, ...]:
        """Increments up to the end of each year, discounted."""
        other = self._other(against)
        years = self.priced[0].summary.years
        return tuple(self._increment(place, other, year) for year in range(1, years + 1))

    @cached_property
    def qalys_gained_by_year(self) -> Floats:
        """QALYs per patient beyond the reference in each year, not discounted."""
        by_year = np.array([item.qalys for item in self.priced]) / max(self.n_patients, 1)
        gained: Floats = by_year - by_year[self.reference]
        return gained

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Full incremental analysis, in the order of cost."""
        return incremental_analysis(self.costs.tolist(), self.qalys.tolist())

    def best(self, threshold: float | None = None) -> int:
        """Place of the protocol with the highest net benefit."""
        worth = self.threshold if threshold is None else threshold
        return int(np.argmax(worth * self.qalys - self.costs))

    @cached_property
    def resampled(self) -> tuple[Floats, Floats]:
        """Costs and QALYs per patient in each draw of groups, both `[n_protocols, n_draws]`."""
        members = self.priced[0].group_patients
        weights = resample(members, N_RESAMPLES)
        costs = np.stack([item.group_costs for item in self.priced])
        qalys = np.stack([item.group_discounted_qalys for item in self.priced])
        return (
            resampled_means(weights, costs, members),
            resampled_means(weights, qalys, members),
        )

    def plane(self) -> tuple[Floats, Floats]:
        """Costs and QALYs beyond the reference in draws of groups, `[n_protocols, N_POINTS]`."""
        costs, qalys = (drawn[:, :N_POINTS] for drawn in self.resampled)
        return costs - costs[self.reference], qalys - qalys[self.reference]

    def acceptability(self, thresholds: Floats = THRESHOLDS) -> Floats:
        """Share of draws in which each protocol has the highest net benefit.

        Returns
        -------
        `[n_protocols, n_thresholds]`; every column adds up to 1.
        """
        return acceptability(*self.resampled, thresholds)

    def acceptability_at(self, threshold: float) -> Floats:
        """Share of draws in which each protocol is best where a QALY is worth so many pounds."""
        at: Floats = self.acceptability(np.array([threshold]))[:, 0]
        return at

    def _increment(self, place: int, other: int, years: int) -> Increment:
        """What one costs and gains beyond another in the first years."""
        one, beside = self.priced[place], self.priced[other]
        totals = np.stack(
            [
                (one.group_pence - beside.group_pence)[:, :years] @ one.cost_weights[:years] / 100,
                (one.group_qalys - beside.group_qalys)[:, :years] @ one.qaly_weights[:years],
            ]
        )
        cost, qalys = totals.sum(axis=1) / max(self.n_patients, 1)
        spread = covariance_of_means(totals, one.group_patients)
        return Increment(
            float(cost), float(qalys), float(spread[0, 0]), float(spread[1, 1]),
            float(spread[0, 1]), self.degrees,
        )  # fmt: skip

    def _other(self, against: int | None) -> int:
        """Place of the protocol to compare with."""
        return self.reference if against is None else against


def cost_effectiveness(
    priced: Mapping[str, HealthEconomics],
    reference: str | None = None,
    threshold: float | None = None,
) -> CostEffectiveness:
    """Compare two to six protocols on the same patients.

    Parameters
    ----------
    priced
        By the name of each protocol what it costs and gains, as of `health_economics`, all with the
        same prices and utilities.
    reference
        Name of the one that the others are compared with; the first unless given.
    threshold
        Pounds that a QALY is worth paying; that of the prices unless given.

    Raises
    ------
    InvalidInputError
        There are too few or too many, or they cannot be compared.
    """
    if not LEAST <= len(priced) <= MOST:
        raise InvalidInputError(
            f"{len(priced)} protocols are given, but {LEAST} to {MOST} can be compared.",
            "Choose runs of the same patients under different protocols.",
        )
    names, items = tuple(priced), tuple(priced.values())
    _check_alike(names, items)
    against = names[0] if reference is None else checks.choice("reference", reference, names)
    worth = items[0].economics.assumption("threshold_per_qaly") if threshold is None else threshold
    worth = checks.number("threshold", worth, 0, 1e7)
    return CostEffectiveness(names, items, names.index(against), worth)


def acceptability(costs: Floats, qalys: Floats, thresholds: Floats) -> Floats:
    """Share of draws in which each protocol has the highest net benefit; equals share a draw.

    Parameters
    ----------
    costs, qalys
        `[n_protocols, n_draws]`.
    thresholds
        Pounds that a QALY may be worth.

    Returns
    -------
    `[n_protocols, n_thresholds]`.
    """
    shares = np.empty((len(costs), len(thresholds)))
    for place, threshold in enumerate(thresholds):
        benefit = threshold * qalys - costs
        highest = benefit == benefit.max(axis=0)
        shares[:, place] = (highest / highest.sum(axis=0)).mean(axis=1)
    return shares


def _check_alike(names: Sequence[str], items: Sequence[HealthEconomics]) -> None:
    """Refuse what is not of the same patients, years, prices and utilities."""
    first = items[0]
    for name, item in zip(names[1:], items[1:], strict=True):
        if item.summary.years != first.summary.years:
            what = f"{item.summary.years} years, {names[0]} {first.summary.years}"
        elif not np.array_equal(item.group_patients, first.group_patients):
            what = f"{item.n_patients:,} patients, {names[0]} {first.n_patients:,}"
        elif (item.economics, item.utility) != (first.economics, first.utility):
            what = f"other prices or utilities than {names[0]}"
        else:
            continue
        raise InvalidInputError(
            f"{name} has {what}.",
            "Compare runs of the same patients and years, at the same prices and utilities.",
        )
