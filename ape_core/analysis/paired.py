"""Statistics of runs of the same patients, from their summaries alone.

Patient i of two runs is the same person with the same luck, so differences between the runs are
taken patient by patient. A summary holds sums over blocks of patients; the sums of the same block
in two runs are paired. How they differ from block to block says how certain a difference is, as
surely as the patients themselves would, with as many degrees of freedom as there are blocks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ape_core.analysis.compared_outcomes import OUTCOMES, ComparedOutcome
from ape_core.analysis.student import t_quantile
from ape_core.spec import checks
from ape_core.summaries.blocks import block_sizes
from ape_core.summaries.definitions import (
    BLOCK_COURSE,
    BLOCK_OUTCOMES,
    BLOCKS,
    COURSE_BLOCKS,
    Counts,
    Floats,
    weeks_of,
)
from ape_core.summaries.moments import covariance_of_ratios, divide

if TYPE_CHECKING:
    from ape_core.summaries.summary import Summary

CONFIDENCE: Final = 0.95
_PER_COURSE_BLOCK: Final = BLOCKS // COURSE_BLOCKS


@dataclass(frozen=True, slots=True)
class Mean:
    """An outcome of one run at a year's end.

    Attributes
    ----------
    outcome, year
        Which.
    n
        Those over whom it is averaged; where it is 0, so is the mean.
    value
        The mean, or the percentage.
    sd
        Between them; 0 for percentages and for what a single year added.
    n_with
        For a percentage, those who have it.
    low, high
        Ends of the 95% interval of the mean.
    """

    outcome: str
    year: int
    n: int
    value: float
    sd: float
    n_with: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """One run less another of the same patients, in one outcome at a year's end.

    Attributes
    ----------
    outcome, year
        Which.
    run, reference
        Places of the runs in the comparison.
    value
        Mean of the run less that of the reference.
    low, high
        Ends of the 95% interval, paired.
    se, se_unpaired
        Standard error as the runs are paired, and as it would be if they were of other patients;
        infinite, as the ends are, where nothing is known of them.
    n_patients
        Patients of each run.
    """

    outcome: str
    year: int
    run: int
    reference: int
    value: float
    low: float
    high: float
    se: float
    se_unpaired: float
    n_patients: int

    @property
    def is_known(self) -> bool:
        """Whether anything is known of the interval."""
        return math.isfinite(self.se)

    @property
    def variance_ratio(self) -> float:
        """How many times the variance would be as great without pairing; 1 where there is none."""
        return (self.se_unpaired / self.se) ** 2 if self.is_known and self.se > 0 else 1.0

    @property
    def patients_without_pairing(self) -> int:
        """Patients of each run that an interval as narrow would need without pairing."""
        return math.ceil(self.n_patients * self.variance_ratio)

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """A run over time; arrays `[n_weeks]`.

    Attributes
    ----------
    weeks
        0, 4, 8, ... since the first visit.
    n_eyes
        Living first eyes.
    letters_change
        Mean of the letters they gained.
    injections
        Mean of the injections that all patients were given before that day.
    """

    weeks: Counts
    n_eyes: Counts
    letters_change: Floats
    injections: Floats


class Paired:
    """Runs of the same patients, over those who are counted in every one of them.

    Parameters
    ----------
    summaries
        One per run, whole or in progress.
    n_patients
        Patients of each run when it is whole.
    together
        Patients one after another who depend on each other: those of a clinic; 1 where none do.
    """

    def __init__(self, summaries: Sequence[Summary], n_patients: int, together: int = 1) -> None:
        self.n_runs, self.years = len(summaries), summaries[0].years
        sizes = block_sizes(n_patients, together)
        counted = np.array([summary["block_patients"] for summary in summaries])
        full = (counted == sizes).all(axis=0).reshape(COURSE_BLOCKS, -1).all(axis=1)
        chosen = np.repeat(full, _PER_COURSE_BLOCK) & (sizes > 0)
        self._sizes = sizes[chosen]
        self._sums = np.array([summary["block_outcomes"][chosen] for summary in summaries])
        self._course = np.array([summary["block_course"][full].sum(0) for summary in summaries])
        self.n_patients = int(self._sizes.sum())
        self.is_whole = self.n_patients == n_patients

    @property
    def has_intervals(self) -> bool:
        """Whether there are enough blocks to tell how certain anything is."""
        return len(self._sizes) > 1

    def mean(self, run: int, outcome: str, year: int) -> Mean:
        """Give an outcome of one run at the end of a year, counted from 1."""
        what = self._known(outcome)
        total, over = self._totals(run, what, year)
        n, amount = int(over.sum()), int(total.sum())
        value = what.factor * amount / n if n else 0.0
        half = self._quantile() * math.sqrt(self._covariance([run], what, year)[0, 0])
        return Mean(
            outcome, year, n, value, self._sd(run, what, year, n), amount if what.is_share else 0,
            value - half, value + half,
        )  # fmt: skip

    def difference(self, run: int, reference: int, outcome: str, year: int) -> Difference:
        """Give one run less another, in an outcome at the end of a year, counted from 1."""
        what = self._known(outcome)
        means = [self.mean(place, outcome, year).value for place in (run, reference)]
        covariance = self._covariance([run, reference], what, year)
        unpaired = float(covariance[0, 0] + covariance[1, 1])
        paired = max(unpaired - 2 * float(covariance[0, 1]), 0.0)
        value, half = means[0] - means[1], self._quantile() * math.sqrt(paired)
        return Difference(
            outcome, year, run, reference, value, value - half, value + half,
            math.sqrt(paired), math.sqrt(unpaired), self.n_patients,
        )  # fmt: skip

    def course(self, run: int) -> Course:
        """Give one run over time."""
        sums = {name: self._course[run, :, at] for at, name in enumerate(BLOCK_COURSE)}
        everyone = np.full(len(sums["eyes"]), self.n_patients)
        return Course(
            weeks_of(self.years),
            sums["eyes"],
            divide(sums["change"], sums["eyes"]),
            divide(sums["injections"], everyone),
        )

    def _known(self, outcome: str) -> ComparedOutcome:
        """Look up the outcome of that name."""
        return OUTCOMES[checks.choice("outcome", outcome, tuple(OUTCOMES))]

    def _totals(self, run: int, what: ComparedOutcome, year: int) -> tuple[Counts, Counts]:
        """Of each block what is averaged, and over how many."""
        checks.whole("year", year, 1, self.years)
        return block_totals(self._sums[run], self._sizes, what, year)

    def _covariance(self, runs: Sequence[int], what: ComparedOutcome, year: int) -> Floats:
        """Covariance matrix of the means of runs, which are ratios of sums, to first order."""
        parts = [self._totals(run, what, year) for run in runs]
        totals, over = (np.array(part) for part in zip(*parts, strict=True))
        return what.factor**2 * covariance_of_ratios(totals, over, self._sizes)

    def _sd(self, run: int, what: ComparedOutcome, year: int, n: int) -> float:
        """Standard deviation between those over whom an outcome is averaged."""
        if not what.squares or n < 2:
            return 0.0
        total = int(block_sum(self._sums[run], what.total, year).sum())
        squares = int(block_sum(self._sums[run], what.squares, year).sum())
        return math.sqrt((squares - total * total / n) / (n - 1))

    def _quantile(self) -> float:
        """How many standard errors an interval reaches to each side."""
        degrees = max(len(self._sizes) - 1, 1)
        return t_quantile((1 + CONFIDENCE) / 2, degrees)


def block_sum(sums: Counts, name: str, year: int) -> Counts:
    """One of the sums of each block at the end of a year; 0 at the beginning of the first.

    Parameters
    ----------
    sums
        `[n_blocks, n_years, n_outcomes]`, as of `block_outcomes` of a summary.
    """
    if year == 0:
        return np.zeros(len(sums), dtype=np.int64)
    found: Counts = sums[:, year - 1, BLOCK_OUTCOMES.index(name)]
    return found


def block_totals(
    sums: Counts, sizes: Counts, what: ComparedOutcome, year: int
) -> tuple[Counts, Counts]:
    """Of each block what an outcome averages, and over how many; `sizes` are its patients."""
    total = block_sum(sums, what.total, year)
    if what.in_year:
        total = total - block_sum(sums, what.total, year - 1)
    return total, block_sum(sums, what.of, year) if what.of else sizes
