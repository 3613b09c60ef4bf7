"""Costs, quality of life and years lived, of a summary at given prices: no run, and no row."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ape_core.errors import InvalidInputError
from ape_core.schema import DRUGS, PERIODS_PER_YEAR
from ape_core.summaries.definitions import (
    CARE,
    LIFE,
    N_LETTERS,
    SPANS_PER_YEAR,
    Counts,
    Floats,
)
from ape_core.summaries.moments import covariance_of_means
from ape_core.summaries.summary import Summary

if TYPE_CHECKING:
    from ape_core.spec.economics import Economics
    from ape_core.spec.utilities import Utility

COSTS: Final = ("drug", "injection procedure", "visits", "scans", "sight loss")
"""Categories of costs, in the order in which they are drawn."""
MEASURES_USED: Final = (
    "totals",
    "injections_by_drug",
    "slips_per_day",
    "group_patients",
    "group_care",
    "group_life",
    "group_letters",
    "group_better_letters",
    "group_worse_letters",
)
"""What of a summary is read here."""
_LETTERS: Final = np.arange(N_LETTERS)


@dataclass(frozen=True, slots=True, eq=False)
class HealthEconomics:
    """What the patients of a run cost and what they gained, by study year.

    Attributes
    ----------
    years
        1, 2, ...; a year is 52 weeks.
    n_patients
        Patients, all of whom count in every year, the dead with nothing.
    pence
        `[n_years, n_costs]`: total of each of `COSTS`, exact, in prices of the set's year.
    life_years, qalys
        `[n_years]`: totals over the patients, not discounted.
    cost_weights, qaly_weights
        `[n_years]`: what discounting leaves of a pound and of a QALY in each year.
    group_patients
        `[n_groups]`: patients of each group, see `definitions`.
    group_pence, group_qalys, group_life_years
        `[n_groups, n_years]`: totals of each group, not discounted.
    drug
        The drug that was injected; "none" where none was.
    utility
        Name of the mapping that was used.
    summary, economics
        From which all this follows.
    """

    years: Counts
    n_patients: int
    pence: Counts
    life_years: Floats
    qalys: Floats
    cost_weights: Floats
    qaly_weights: Floats
    group_patients: Counts
    group_pence: Counts
    group_qalys: Floats
    group_life_years: Floats
    drug: str
    utility: str
    summary: Summary
    economics: Economics

    @property
    def cost_by_year(self) -> Floats:
        """Pounds per patient in each year and of each of `COSTS`, not discounted."""
        return self.pence / (100 * max(self.n_patients, 1))

    @property
    def cost(self) -> float:
        """Pounds per patient over the whole run, discounted."""
        return float((self.cost_weights @ self.cost_by_year).sum())

    @property
    def cost_by_category(self) -> Floats:
        """Pounds per patient of each of `COSTS` over the whole run, discounted."""
        by_category: Floats = self.cost_weights @ self.cost_by_year
        return by_category

    @property
    def undiscounted_cost(self) -> float:
        """Pounds per patient over the whole run, not discounted."""
        return float(self.cost_by_year.sum())

    @property
    def qalys_per_patient(self) -> float:
        """QALYs per patient over the whole run, discounted."""
        return float(self.qaly_weights @ self.qalys) / max(self.n_patients, 1)

    @property
    def undiscounted_qalys(self) -> float:
        """QALYs per patient over the whole run, not discounted."""
        return float(self.qalys.sum()) / max(self.n_patients, 1)

    @property
    def life_years_per_patient(self) -> float:
        """Years lived per patient, up to the end of the run, not discounted."""
        return float(self.life_years.sum()) / max(self.n_patients, 1)

    @property
    def cost_se(self) -> float:
        """Standard error of `cost`, of the patients; infinite where it is not known."""
        return self._se(self.group_costs)

    @property
    def qalys_se(self) -> float:
        """Standard error of `qalys_per_patient`, of the patients; infinite if it is not known."""
        return self._se(self.group_discounted_qalys)

    @property
    def has_two_eyes(self) -> bool:
        """Whether any patient had disease in both eyes; before that the other eye is assumed."""
        return len(self.summary["group_better_letters"]) > 0

    @property
    def slots_ran_short(self) -> bool:
        """Whether visits slipped for want of a slot: patients of a clinic then hang together.

        Groups hold patients of every clinic and not whole clinics, so that how they differ says
        nothing of how certain a mean is.
        """
        return bool(self.summary["slips_per_day"].any())

    @property
    def knows_patients(self) -> bool:
        """Whether it is known how far the luck of the patients may move figures.

        That takes two groups that differ by nothing but luck.
        """
        return not self.slots_ran_short and int(np.count_nonzero(self.group_patients)) > 1

    @property
    def group_costs(self) -> Floats:
        """Pounds of each group over the whole run, discounted: `[n_groups]`."""
        costs: Floats = self.group_pence @ self.cost_weights / 100
        return costs

    @property
    def group_discounted_qalys(self) -> Floats:
        """QALYs of each group over the whole run, discounted: `[n_groups]`."""
        qalys: Floats = self.group_qalys @ self.qaly_weights
        return qalys

    def _se(self, totals: Floats) -> float:
        """Standard error of a mean, from the groups; infinite where they cannot say."""
        if not self.knows_patients:
            return math.inf
        return float(np.sqrt(covariance_of_means(totals[None, :], self.group_patients)[0, 0]))


def health_economics(
    summary: Summary, economics: Economics, utility: str | None = None
) -> HealthEconomics:
    """Apply prices, utilities and discount rates to a summary, which is not changed.

    Parameters
    ----------
    summary
        Of a run, whole or in progress.
    economics
        As of `load_economics`.
    utility
        Name of one of its mappings from acuity to utility; its first if None.

    Raises
    ------
    InvalidSpecError
        The set has no such mapping.
    InvalidInputError
        The patients were given more than one drug.
    """
    mapping = economics.utility(utility)
    name = next(iter(economics.utilities)) if utility is None else utility
    drug = drug_of(summary)
    costs = _group_costs(summary, economics, drug)
    qalys = _group_qalys(summary, economics, mapping)
    life = summary["group_life"][:, :, LIFE.index("spans")] / SPANS_PER_YEAR
    return HealthEconomics(
        years=np.arange(1, summary.years + 1, dtype=np.int64),
        n_patients=summary.n_patients,
        pence=costs.sum(axis=0),
        life_years=life.sum(axis=0),
        qalys=qalys.sum(axis=0),
        cost_weights=discounting(economics.assumption("discount_costs_percent"), summary.years),
        qaly_weights=discounting(economics.assumption("discount_qalys_percent"), summary.years),
        group_patients=summary["group_patients"],
        group_pence=costs.sum(axis=2),
        group_qalys=qalys,
        group_life_years=life,
        drug=drug,
        utility=name,
        summary=summary,
        economics=economics,
    )


def economic_part(summary: Summary) -> Summary:
    """Give a summary that holds no more than can be priced: a tenth of the size."""
    arrays = {name: summary[name] for name in MEASURES_USED}
    arrays["slips_per_day"] = arrays["slips_per_day"].sum(axis=0, keepdims=True)
    for name in ("group_letters", "group_better_letters", "group_worse_letters"):
        arrays[name] = _narrow(arrays[name])
    return Summary(summary.years, arrays)


def drug_of(summary: Summary) -> str:
    """Give the drug that the patients of a summary were injected with; "none" where none was."""
    given = np.flatnonzero(summary["injections_by_drug"])
    if len(given) > 1:
        names = ", ".join(DRUGS[code] for code in given)
        raise InvalidInputError(
            f"The injections were of several drugs, {names}, and are not counted by year for each.",
            "Cost runs of one drug each.",
        )
    return DRUGS[given[0]] if len(given) else DRUGS[0]


def discounting(percent: float, years: int) -> Floats:
    """What is left of 1 in each year; the first is not discounted."""
    weights: Floats = (1 + percent / 100) ** -np.arange(years, dtype=np.float64)
    return weights


def utility_of_one_eye(economics: Economics, utility: Utility) -> Floats:
    """Utility at age 0 by letters of the one eye with disease, over all that the other may read.

    The other eye is not simulated: its letters are taken from a normal distribution, cut to whole
    letters from 0 to 100, of the mean and SD that `economics` assumes.
    """
    table, weight = np.array(utility.by_letters()), economics.assumption("worse_eye_weight")
    better = table[np.maximum.outer(_LETTERS, _LETTERS)]
    worse = table[np.minimum.outer(_LETTERS, _LETTERS)]
    pairs = (1 - weight) * better + weight * worse
    of_one: Floats = pairs @ fellow_letters(economics)
    return of_one


def fellow_letters(economics: Economics) -> Floats:
    """Probability of each number of letters, 0 to 100, of an eye without the disease."""
    mean = economics.assumption("fellow_eye_letters")
    sd = economics.assumption("fellow_eye_sd_letters")
    if sd == 0:
        between: Floats = np.maximum(1 - np.abs(_LETTERS - mean), 0)
        return between
    distances = ((_LETTERS - mean) / sd) ** 2
    weights = np.exp(-(distances - distances.min()) / 2)
    shares: Floats = weights / weights.sum()
    return shares


def _narrow(counts: Counts) -> Counts:
    """The same counts in half of the memory, where they are small enough."""
    largest = np.iinfo(np.int32).max
    narrow: Counts = counts.astype(np.int32) if counts.max(initial=0) <= largest else counts
    return narrow


def _group_costs(summary: Summary, economics: Economics, drug: str) -> Counts:
    """Pence of each group in each year, by category, `[n_groups, n_years, n_costs]`."""
    care = summary["group_care"]
    first, follow_up, second, injections = (care[:, :, place] for place in range(len(CARE)))
    share = economics.assumption("second_eye_visit_share")
    follow_up_visit, scan = economics.pence("care/follow_up_visit"), economics.pence("care/scan")
    dose = 0 if drug == DRUGS[0] else economics.pence(f"drugs/{drug}")
    costs = (
        injections * dose,
        injections * economics.pence("care/injection_procedure"),
        first * economics.pence("care/first_visit")
        + follow_up * follow_up_visit
        + second * round(share * follow_up_visit),
        (first + follow_up) * scan + second * round(share * scan),
        _sight_loss(summary, economics),
    )
    return np.stack(costs, axis=2)


def _sight_loss(summary: Summary, economics: Economics) -> Counts:
    """Pence of lost sight of each group in each year; for two weeks a whole number of pence.

    Where the other eye is assumed, its share of patients is rounded to whole pence as well.
    """
    price = round(economics.pence("care/sight_loss_year") / SPANS_PER_YEAR)
    lost = economics.assumption("sight_loss_letters") >= _LETTERS
    of_one = summary["group_letters"][:, :, lost].sum(axis=2)
    share = float(fellow_letters(economics)[lost].sum())
    pence: Counts = np.rint(of_one * (share * price)).astype(np.int64)
    if len(summary["group_better_letters"]):
        pence = pence + summary["group_better_letters"][:, :, lost].sum(axis=2) * price
    return pence


def _group_qalys(summary: Summary, economics: Economics, utility: Utility) -> Floats:
    """QALYs of each group in each year, `[n_groups, n_years]`."""
    spans: Floats = summary["group_letters"] @ utility_of_one_eye(economics, utility)
    if len(summary["group_better_letters"]):
        table, weight = np.array(utility.by_letters()), economics.assumption("worse_eye_weight")
        spans = spans + summary["group_better_letters"] @ ((1 - weight) * table)
        spans = spans + summary["group_worse_letters"] @ (weight * table)
    ages = summary["group_life"][:, :, LIFE.index("spans times age")] / PERIODS_PER_YEAR
    spans = spans + ages * utility.per_year_of_age
    injections = summary["group_care"][:, :, CARE.index("injections")]
    disutility = economics.assumption("injection_disutility")
    qalys: Floats = spans / SPANS_PER_YEAR - injections * disutility
    return qalys
