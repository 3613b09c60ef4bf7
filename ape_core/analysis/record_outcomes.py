"""Outcomes that only patient-level records show, of first eyes in care whatever the setting."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from ape_core.analysis.estimates import Estimate, Measure, percent_of, year_ending_at
from ape_core.summaries.when import week_index, year_index

if TYPE_CHECKING:
    from ape_core.analysis.summarising import Counted

INTERVAL_CLASSES: Final = {
    "0-5w": (0, 5),
    "5-7w": (5, 7),
    "7-9w": (7, 9),
    "9-11w": (9, 11),
    "11-13w": (11, 13),
    "13-17w": (13, 17),
    "17-infw": (17, None),
}
"""Classes of an eye's median interval in a year, weeks: the first belongs to it, the last not."""


def change_slope(counted: Counted, week: int, in_trial: bool) -> Estimate:  # noqa: ARG001, FBT001
    """Letters gained for each letter of baseline, by least squares."""
    n, variance, after_variance, covariance = _moments(counted, week)
    if n < 3 or not variance:
        return Estimate(0.0, 0.0, 0)
    slope = covariance / variance
    residual = max(after_variance - slope * covariance, 0.0)
    return Estimate(slope - 1.0, math.sqrt(residual / variance / (n - 2)), n)


def baseline_correlation(counted: Counted, week: int, in_trial: bool) -> Estimate:  # noqa: ARG001, FBT001
    """Pearson's correlation of letters at baseline and at a week."""
    n, variance, after_variance, covariance = _moments(counted, week)
    if n < 3 or not variance or not after_variance:
        return Estimate(0.0, 0.0, 0)
    r = min(max(covariance / math.sqrt(variance * after_variance), -1.0), 1.0)
    return Estimate(r, (1 - r * r) / math.sqrt(n - 1), n)


def first_break(counted: Counted, week: int, in_trial: bool) -> Estimate:  # noqa: ARG001, FBT001
    """Percentage whose first break from injections of 180 days begins before a week."""
    return Estimate(*counted.follow_up.first_break(week_index(counted.summary, week)))


def no_injection_in_year(counted: Counted, week: int, in_trial: bool) -> Estimate:  # noqa: ARG001, FBT001
    """Percentage of the eyes in care through a year that had no injection in it."""
    eyes = counted.summary["injections_in_year"][_year(counted, week)]
    n = int(eyes.sum())
    return percent_of(100 * int(eyes[0]) / max(n, 1), n)


def median_interval_within(low: int, high: int | None) -> Measure:
    """Percentage of the eyes in care through a year whose median interval is in a class."""

    def measure(counted: Counted, week: int, in_trial: bool) -> Estimate:  # noqa: ARG001, FBT001
        """Read it."""
        year = _year(counted, week)
        n = int(counted.summary["injections_in_year"][year].sum())
        eyes = int(counted.follow_up.median_intervals[year, low:high].sum())
        return percent_of(100 * eyes / max(n, 1), n)

    return measure


def _year(counted: Counted, week: int) -> int:
    """Row of the study year that ends nearest to a week."""
    return year_index(counted.summary, year_ending_at(week))


def _moments(counted: Counted, week: int) -> tuple[int, float, float, float]:
    """Eyes in care; variance of letters at baseline and at a week, and their covariance."""
    sums = counted.follow_up.sums_at(week_index(counted.summary, week))
    n = sums["eyes"]
    if not n:
        return 0, 0.0, 0.0, 0.0
    before, after = sums["before"] / n, sums["after"] / n
    return (
        n,
        sums["before squared"] / n - before * before,
        sums["after squared"] / n - after * after,
        sums["product"] / n - before * after,
    )
