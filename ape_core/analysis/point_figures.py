"""What is kept of each run of a sweep, so that dozens of them fit into the kernel of a page."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ape_core.analysis.compared_outcomes import OUTCOMES
from ape_core.analysis.paired import CONFIDENCE, Difference, block_totals
from ape_core.analysis.same_patients import patients_together
from ape_core.analysis.student import t_quantile
from ape_core.analysis.swept_outcomes import COST, MONEY, QALYS, SWEPT
from ape_core.spec import checks
from ape_core.summaries.blocks import block_sizes
from ape_core.summaries.definitions import Counts, Floats
from ape_core.summaries.moments import covariance_of_ratios

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ape_core.spec.economics import Economics
    from ape_core.spec.run_spec import RunSpec
    from ape_core.summaries.summary import Summary


@dataclass(frozen=True, slots=True)
class Estimate:
    """An outcome of one run at the end of a year, with its 95% interval over patients.

    Standard error and interval are infinite where nothing is known of them.
    """

    outcome: str
    year: int
    value: float
    se: float
    low: float
    high: float

    @property
    def is_known(self) -> bool:
        """Whether anything is known of the interval."""
        return math.isfinite(self.se)


@dataclass(frozen=True, slots=True, eq=False)
class PointFigures:
    """Sums over groups of patients, from which every outcome of a complete run follows.

    Attributes
    ----------
    years
        Length of the run.
    sizes
        `[n_blocks]`: patients of each block.
    sums
        `[n_blocks, n_years, n_outcomes]`, as of `block_outcomes` of a summary.
    group_sizes
        `[n_groups]`: patients of each group for costs and QALYs.
    money
        `[n_groups, n_years]` by `COST` and `QALYS`: totals from the first visit to a year's end,
        discounted.
    slots_ran_short
        Whether visits slipped: the groups of costs and QALYs, which hold patients of every clinic,
        then say nothing of how certain these are.
    """

    years: int
    sizes: Counts
    sums: Counts
    group_sizes: Counts
    money: dict[str, Floats]
    slots_ran_short: bool

    @classmethod
    def of(cls, summary: Summary, spec: RunSpec, economics: Economics) -> PointFigures:
        """Keep what is needed of the summary of a complete run."""
        from ape_core.summaries.economics import health_economics

        priced = health_economics(summary, economics)
        return cls(
            summary.years,
            block_sizes(spec.cohort.n_patients, patients_together(spec)),
            summary["block_outcomes"],
            priced.group_patients,
            {
                COST: np.cumsum(priced.group_pence * priced.cost_weights / 100, axis=1),
                QALYS: np.cumsum(priced.group_qalys * priced.qaly_weights, axis=1),
            },
            priced.slots_ran_short,
        )

    def knows_patients(self, outcome: str) -> bool:
        """Whether it is known how far the luck of the patients may move an outcome."""
        return outcome not in MONEY or not self.slots_ran_short

    def parts(self, outcome: str, year: int) -> tuple[Floats, Counts, Counts]:
        """Of each group what is averaged, over how many, and its patients."""
        checks.choice("outcome", outcome, tuple(SWEPT))
        checks.whole("year", year, 1, self.years)
        if outcome in MONEY:
            return self.money[outcome][:, year - 1], self.group_sizes, self.group_sizes
        total, over = block_totals(self.sums, self.sizes, OUTCOMES[outcome], year)
        return total.astype(np.float64), over, self.sizes


def means_and_covariance(
    figures: Sequence[PointFigures], outcome: str, year: int
) -> tuple[Floats, Floats, int]:
    """Means of runs of the same patients, their covariance matrix, and its degrees of freedom."""
    parts = [item.parts(outcome, year) for item in figures]
    totals, over = np.array([part[0] for part in parts]), np.array([part[1] for part in parts])
    sizes = parts[0][2]
    factor = OUTCOMES[outcome].factor if outcome in OUTCOMES else 1.0
    means = factor * totals.sum(axis=1) / np.maximum(over.sum(axis=1), 1)
    covariance = factor**2 * covariance_of_ratios(totals, over, sizes)
    return means, covariance, max(int(np.count_nonzero(sizes)) - 1, 1)


def estimate_of(figures: PointFigures, outcome: str, year: int) -> Estimate:
    """One run by itself."""
    means, covariance, degrees = means_and_covariance([figures], outcome, year)
    value, se = float(means[0]), math.sqrt(max(float(covariance[0, 0]), 0.0))
    if not figures.knows_patients(outcome):
        se = math.inf
    half = t_quantile((1 + CONFIDENCE) / 2, degrees) * se
    return Estimate(outcome, year, value, se, value - half, value + half)


def difference_between(
    point: PointFigures, base: PointFigures, outcome: str, year: int
) -> Difference:
    """One run less the base case, paired patient by patient: as of `paired.Paired`."""
    means, covariance, degrees = means_and_covariance([point, base], outcome, year)
    apart = float(covariance[0, 0] + covariance[1, 1])
    paired = max(apart - 2 * float(covariance[0, 1]), 0.0)
    if not (point.knows_patients(outcome) and base.knows_patients(outcome)):
        apart = paired = math.inf
    value = float(means[0] - means[1])
    half = t_quantile((1 + CONFIDENCE) / 2, degrees) * math.sqrt(paired)
    n_patients = int(base.sizes.sum())
    return Difference(
        outcome, year, 1, 0, value, value - half, value + half, math.sqrt(paired),
        math.sqrt(apart), n_patients,
    )  # fmt: skip
