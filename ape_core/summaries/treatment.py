"""Treatment of first eyes: injections and visits per year, intervals, fluid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ape_core.schema import DAYS_PER_WEEK, DAYS_PER_YEAR
from ape_core.summaries.definitions import (
    CUMULATIVE,
    INTERVAL_SUMS,
    MAX_INTERVAL_WEEKS,
    SCANS,
    YEAR_SUMS,
    Counts,
    Floats,
    weeks_of,
)
from ape_core.summaries.moments import Moments, divide, moments_of_sums, percent_of, percent_where
from ape_core.summaries.when import week_index, year_index

if TYPE_CHECKING:
    from ape_core.summaries.summary import Summary

INTERVAL_WEEKS = np.arange(MAX_INTERVAL_WEEKS + 1, dtype=np.int64)
"""Weeks of the bins of a histogram of intervals; the last stands for 60 weeks and more."""


@dataclass(frozen=True, slots=True)
class InjectionsPerYear:
    """Injections and visits in each study year; arrays `[n_years]` unless stated.

    Attributes
    ----------
    years
        1, 2, ...
    mean, sd, se
        Injections per eye in care through the whole year.
    mean_visits, sd_visits
        Visits of the same eyes.
    n_eyes
        Eyes in care through the whole year.
    distribution
        `[n_years, 61]`: those eyes by injections in the year; 60 stands for 60 and more.
    per_eye_year, visits_per_eye_year
        Injections and visits per 52 weeks in care, of all eyes, those that leave included.
    """

    years: Counts
    mean: Floats
    sd: Floats
    se: Floats
    mean_visits: Floats
    sd_visits: Floats
    n_eyes: Counts
    distribution: Counts
    per_eye_year: Floats
    visits_per_eye_year: Floats


@dataclass(frozen=True, slots=True)
class CumulativeInjections:
    """Injections given before each week, per eye (`n` of them); arrays `[n_weeks]`."""

    weeks: Counts
    mean: Floats
    sd: Floats
    n: Counts


@dataclass(frozen=True, slots=True)
class Intervals:
    """Distribution of intervals.

    Attributes
    ----------
    weeks, counts
        `[61]`: 0 to 60 weeks (60 stands for 60 and more), and how many intervals are so long.
    n
        Intervals counted. One that was not planned (0 weeks) counts neither here nor below.
    mean_weeks
        Mean length, weeks.
    pct_ge8, pct_ge12, pct_ge16
        Percentage of at least so many weeks.
    """

    weeks: Counts
    counts: Counts
    n: int
    mean_weeks: float
    pct_ge8: float
    pct_ge12: float
    pct_ge16: float


@dataclass(frozen=True, slots=True)
class PlannedIntervalsOverTime:
    """Planned intervals of eyes on treatment, by week; arrays `[n_weeks]` unless stated.

    Attributes
    ----------
    weeks
        Weeks since the first visit.
    interval_weeks
        `[61]`: 0 to 60 weeks, 0 for eyes without a planned visit.
    counts
        `[n_weeks, 61]` eyes; each week sums to the eyes on treatment.
    n
        Eyes with a planned visit.
    pct_ge8, pct_ge12, pct_ge16
        Percentage of them whose interval is at least so many weeks.
    """

    weeks: Counts
    interval_weeks: Counts
    counts: Counts
    n: Counts
    pct_ge8: Floats
    pct_ge12: Floats
    pct_ge16: Floats


@dataclass(frozen=True, slots=True)
class FluidFree:
    """Scans by reading; arrays `[n_weeks]`."""

    weeks: Counts
    n_scans: Counts
    n_dry: Counts
    pct_dry: Floats


def injections_per_year(summary: Summary) -> InjectionsPerYear:
    """Injections and visits in each study year."""
    sums = {name: summary["year_sums"][:, i] for i, name in enumerate(YEAR_SUMS)}
    injections = _through(sums, "injections")
    visits = _through(sums, "visits")
    days = sums["days in care"]
    return InjectionsPerYear(
        years=np.arange(1, summary.years + 1, dtype=np.int64),
        mean=injections.mean,
        sd=injections.sd,
        se=divide(injections.sd, np.sqrt(injections.n)),
        mean_visits=visits.mean,
        sd_visits=visits.sd,
        n_eyes=injections.n,
        distribution=summary["injections_in_year"],
        per_eye_year=divide(sums["injections"] * DAYS_PER_YEAR, days),
        visits_per_eye_year=divide(sums["visits"] * DAYS_PER_YEAR, days),
    )


def cumulative_injections(summary: Summary, *, of_all: bool = False) -> CumulativeInjections:
    """Injections so far by week, per eye in care; per first eye, in care or not, if `of_all`."""
    measure = summary["injections_of_all" if of_all else "cumulative_injections"]
    sums = {name: measure[:, i] for i, name in enumerate(CUMULATIVE)}
    so_far = moments_of_sums(sums["eyes"], sums["injections"], sums["injections squared"])
    return CumulativeInjections(weeks_of(summary.years), so_far.mean, so_far.sd, so_far.n)


def injection_intervals(summary: Summary, year: int | None = None) -> Intervals:
    """Weeks between consecutive injections, of the intervals that end in a year or in any."""
    rows = slice(None) if year is None else slice(year_index(summary, year), int(year))
    counts = summary["injection_intervals"][rows].sum(axis=0)
    sums = summary["interval_sums"][rows].sum(axis=0)
    n, days = (sums[INTERVAL_SUMS.index(name)] for name in INTERVAL_SUMS)
    return _intervals(counts, counts, float(divide(days, n * DAYS_PER_WEEK)))


def planned_intervals(summary: Summary, week: int) -> Intervals:
    """Weeks to the next visit, as planned in the eyes on treatment at a week."""
    counts = summary["planned_intervals"][week_index(summary, week)]
    planned = np.where(INTERVAL_WEEKS > 0, counts, 0)
    return _intervals(counts, planned, float(divide(planned @ INTERVAL_WEEKS, planned.sum())))


def planned_intervals_over_time(summary: Summary) -> PlannedIntervalsOverTime:
    """Planned intervals of eyes on treatment, by week."""
    counts = summary["planned_intervals"]
    planned = np.where(INTERVAL_WEEKS > 0, counts, 0)
    return PlannedIntervalsOverTime(
        weeks=weeks_of(summary.years),
        interval_weeks=INTERVAL_WEEKS,
        counts=counts,
        n=planned.sum(axis=1),
        pct_ge8=percent_where(planned, INTERVAL_WEEKS >= 8),
        pct_ge12=percent_where(planned, INTERVAL_WEEKS >= 12),
        pct_ge16=percent_where(planned, INTERVAL_WEEKS >= 16),
    )


def fluid_free(summary: Summary) -> FluidFree:
    """Share of the scans in the 4 weeks around each week that were read as dry."""
    return _read_dry(summary, "scans")


def dry_at_last_scan(summary: Summary) -> FluidFree:
    """Share of the eyes in care at each week whose last scan was read as dry; one scan an eye."""
    return _read_dry(summary, "last_scans")


def _read_dry(summary: Summary, measure: str) -> FluidFree:
    """Share of the scans of a measure that were read as dry."""
    scans = summary[measure]
    n_scans, n_dry = scans.sum(axis=1), scans[:, SCANS.index("dry")]
    return FluidFree(weeks_of(summary.years), n_scans, n_dry, percent_of(n_dry, n_scans))


def _through(sums: dict[str, Counts], what: str) -> Moments:
    """Moments of injections or visits over the eyes in care through each year."""
    return moments_of_sums(
        sums["eyes through"], sums[f"{what} through"], sums[f"{what} squared through"]
    )


def _intervals(counts: Counts, counted: Counts, mean_weeks: float) -> Intervals:
    """Distribution with its shares, which are of the counted ones only."""
    return Intervals(
        weeks=INTERVAL_WEEKS,
        counts=counts,
        n=int(counted.sum()),
        mean_weeks=mean_weeks,
        pct_ge8=float(percent_where(counted, INTERVAL_WEEKS >= 8)),
        pct_ge12=float(percent_where(counted, INTERVAL_WEEKS >= 12)),
        pct_ge16=float(percent_where(counted, INTERVAL_WEEKS >= 16)),
    )
