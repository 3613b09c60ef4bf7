"""Acuity of first eyes: over time, the change in letters, and how both depend on the baseline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ape_core.schema import MAX_LETTERS
from ape_core.summaries.definitions import (
    DRIVING_LETTERS,
    LARGE_CHANGE,
    Counts,
    Floats,
    weeks_of,
)
from ape_core.summaries.moments import divide, moments, percent_where, quantile
from ape_core.summaries.when import week_index, week_of_year_end, year_index

if TYPE_CHECKING:
    from ape_core.summaries.summary import Summary

LETTERS = np.arange(MAX_LETTERS + 1, dtype=np.int64)
CHANGES = np.arange(-MAX_LETTERS, MAX_LETTERS + 1, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class AcuityOverTime:
    """Letters by week since the first visit; all arrays `[n_weeks]`.

    Attributes
    ----------
    weeks
        0, 4, 8, ... weeks.
    mean, sd, se
        ETDRS letters; standard deviation between eyes, standard error of the mean.
    p10, p25, p50, p75, p90
        Percentiles of eyes, ETDRS letters.
    n
        Eyes counted: the number at risk.
    """

    weeks: Counts
    mean: Floats
    sd: Floats
    se: Floats
    p10: Counts
    p25: Counts
    p50: Counts
    p75: Counts
    p90: Counts
    n: Counts


@dataclass(frozen=True, slots=True)
class LettersChange:
    """Letters gained since the first visit, at one week.

    Attributes
    ----------
    week
        Weeks since the first visit.
    letters, n_eyes
        `[201]`: -100 to 100 letters gained, and the eyes that gained so many.
    n
        Eyes counted.
    mean, sd, se
        Of the change, ETDRS letters.
    pct_gain_ge15, pct_gain_ge5, pct_loss_ge5, pct_loss_ge15
        Percentage of eyes that gained or lost at least so many letters.
    mean_letters, sd_letters
        Of the acuity itself, ETDRS letters.
    pct_bcva_ge70
        Percentage of eyes with at least 70 letters.
    """

    week: int
    letters: Counts
    n_eyes: Counts
    n: int
    mean: float
    sd: float
    se: float
    pct_gain_ge15: float
    pct_gain_ge5: float
    pct_loss_ge5: float
    pct_loss_ge15: float
    mean_letters: float
    sd_letters: float
    pct_bcva_ge70: float


@dataclass(frozen=True, slots=True)
class BaselineRelation:
    """How acuity at a year's end depends on acuity at the first visit.

    Attributes
    ----------
    year
        Study year at whose end acuity was assessed.
    n
        Eyes.
    correlation
        Pearson's, of baseline and later letters.
    gain_per_letter
        Slope of the gain on the baseline: letters gained per letter of baseline.
    """

    year: int
    n: int
    correlation: float
    gain_per_letter: float


def acuity_over_time(summary: Summary) -> AcuityOverTime:
    """Assessed letters of every living first eye, whether or not a clinic sees it."""
    return _over_time(summary, "assessed_letters")


def acuity_in_care(summary: Summary) -> AcuityOverTime:
    """Last measured letters of the first eyes in care; `n` falls as eyes leave."""
    return _over_time(summary, "in_care_letters")


def acuity_of_second_eyes(summary: Summary) -> AcuityOverTime:
    """Assessed letters of living second eyes, from the onset of their disease on."""
    return _over_time(summary, "second_eye_letters")


def letters_change(summary: Summary, year: int, *, in_care: bool = False) -> LettersChange:
    """Letters gained by the end of a study year, see `letters_change_at_week`."""
    return letters_change_at_week(summary, week_of_year_end(summary, year), in_care=in_care)


def letters_change_at_week(summary: Summary, week: int, *, in_care: bool = False) -> LettersChange:
    """Letters gained since the first visit.

    Parameters
    ----------
    summary
        Of a run.
    week
        Weeks since the first visit, a multiple of 4.
    in_care
        Last measured in eyes in care, instead of assessed in every living eye.

    Raises
    ------
    InvalidInputError
        When the run has no such week.
    """
    return _change_at_week(summary, week, "in_care" if in_care else "assessed")


def letters_change_carried(summary: Summary, week: int) -> LettersChange:
    """Letters gained since the first visit as a trial reports them.

    Of all first eyes, the last assessment in care carried forward; the rest is as in
    `letters_change_at_week`.
    """
    return _change_at_week(summary, week, "carried")


def _change_at_week(summary: Summary, week: int, source: str) -> LettersChange:
    """Letters gained by a week, by the name of the measures that count them."""
    row = week_index(summary, week)
    counts = summary[f"{source}_change"][row]
    letters = summary[f"{source}_letters"][row]
    change, acuity = moments(counts, CHANGES), moments(letters, LETTERS)
    return LettersChange(
        week=int(week),
        letters=CHANGES,
        n_eyes=counts,
        n=int(change.n),
        mean=float(change.mean),
        sd=float(change.sd),
        se=float(divide(change.sd, np.sqrt(change.n))),
        pct_gain_ge15=float(percent_where(counts, CHANGES >= LARGE_CHANGE)),
        pct_gain_ge5=float(percent_where(counts, CHANGES >= 5)),
        pct_loss_ge5=float(percent_where(counts, CHANGES <= -5)),
        pct_loss_ge15=float(percent_where(counts, CHANGES <= -LARGE_CHANGE)),
        mean_letters=float(acuity.mean),
        sd_letters=float(acuity.sd),
        pct_bcva_ge70=float(percent_where(letters, LETTERS >= DRIVING_LETTERS)),
    )


def baseline_relation(summary: Summary, year: int) -> BaselineRelation:
    """Correlation of baseline and later letters, and slope of the gain, at a year's end.

    Both are 0 when there are no two eyes that differ.
    """
    sums = summary["pair_sums"][year_index(summary, year)].tolist()
    n, before, after, before_squared, after_squared, product = sums
    # Python's whole numbers: the products exceed 64 bits in large runs.
    spread_before = n * before_squared - before * before
    spread_after = n * after_squared - after * after
    together = n * product - before * after
    correlation = slope = 0.0
    if spread_before and spread_after:
        correlation = together / (spread_before**0.5 * spread_after**0.5)
    if spread_before:
        slope = together / spread_before - 1.0
    return BaselineRelation(int(year), n, correlation, slope)


def _over_time(summary: Summary, name: str) -> AcuityOverTime:
    """Moments and percentiles of letters by week."""
    counts = summary[name]
    letters = moments(counts, LETTERS)
    return AcuityOverTime(
        weeks=weeks_of(summary.years),
        mean=letters.mean,
        sd=letters.sd,
        se=divide(letters.sd, np.sqrt(letters.n)),
        p10=quantile(counts, LETTERS, 10),
        p25=quantile(counts, LETTERS, 25),
        p50=quantile(counts, LETTERS, 50),
        p75=quantile(counts, LETTERS, 75),
        p90=quantile(counts, LETTERS, 90),
        n=letters.n,
    )
