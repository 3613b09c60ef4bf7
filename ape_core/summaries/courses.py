"""Courses over time of what other views give at one week: shares of eyes, and treatment given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ape_core.summaries.acuity import CHANGES, LETTERS
from ape_core.summaries.definitions import DRIVING_LETTERS, LARGE_CHANGE, Counts, Floats, weeks_of
from ape_core.summaries.moments import percent_of, percent_where
from ape_core.summaries.treatment import INTERVAL_WEEKS

if TYPE_CHECKING:
    from ape_core.summaries.summary import Summary

SMALL_CHANGE: Final = 5
"""Letters gained or lost from which on a change is more than a measurement may differ by chance."""

CHANGE_BANDS: Final = (
    ("lost 15 or more", -LETTERS[-1], -LARGE_CHANGE),
    ("lost 5 to 14", 1 - LARGE_CHANGE, -SMALL_CHANGE),
    ("within 4", 1 - SMALL_CHANGE, SMALL_CHANGE - 1),
    ("gained 5 to 14", SMALL_CHANGE, LARGE_CHANGE - 1),
    ("gained 15 or more", LARGE_CHANGE, LETTERS[-1]),
)
"""Name, least and most letters gained."""

INTERVAL_BANDS: Final = (
    ("no visit planned", 0, 0),
    ("under 8 weeks", 1, 7),
    ("8 to 11 weeks", 8, 11),
    ("12 to 15 weeks", 12, 15),
    ("16 weeks or more", 16, INTERVAL_WEEKS[-1]),
)
"""Name, least and most weeks to the next visit."""


@dataclass(frozen=True, slots=True)
class BandsOverTime:
    """Eyes by band and week. In every week the bands sum to all eyes that are counted.

    Attributes
    ----------
    weeks
        `[n_weeks]` weeks since the first visit.
    bands
        Names.
    counts
        `[n_bands, n_weeks]` eyes.
    n
        `[n_weeks]` all eyes counted.
    percent
        `[n_bands, n_weeks]` of them.
    """

    weeks: Counts
    bands: tuple[str, ...]
    counts: Counts
    n: Counts
    percent: Floats


@dataclass(frozen=True, slots=True)
class ShareOverTime:
    """A share of eyes by week: `percent` of `n`; arrays `[n_weeks]`."""

    weeks: Counts
    percent: Floats
    n: Counts


@dataclass(frozen=True, slots=True)
class TreatmentAround:
    """Visits and injections of all first eyes in the 4 weeks around each week, `[n_weeks]`.

    The first and the last week have only half of those weeks, as no visit is before the one and
    none after the other.
    """

    weeks: Counts
    visits: Counts
    injections: Counts
    n_patients: int


def change_bands(summary: Summary) -> BandsOverTime:
    """Living first eyes by letters gained or lost since the first visit, as assessed."""
    return _bands(summary, "assessed_change", CHANGES, CHANGE_BANDS)


def interval_bands(summary: Summary) -> BandsOverTime:
    """First eyes on treatment by weeks to the next visit, as planned at their last."""
    return _bands(summary, "planned_intervals", INTERVAL_WEEKS, INTERVAL_BANDS)


def driving_vision(summary: Summary) -> ShareOverTime:
    """Living first eyes with at least 70 letters, as assessed."""
    counts = summary["assessed_letters"]
    share = percent_where(counts, LETTERS >= DRIVING_LETTERS)
    return ShareOverTime(weeks_of(summary.years), share, counts.sum(axis=1))


def treatment_around(summary: Summary) -> TreatmentAround:
    """Visits and injections over the time since the first visit."""
    return TreatmentAround(
        weeks_of(summary.years),
        summary["scans"].sum(axis=1),
        summary["injections_around"],
        summary.n_patients,
    )


def _bands(
    summary: Summary, measure: str, values: Counts, bands: tuple[tuple[str, int, int], ...]
) -> BandsOverTime:
    """Add the bins of a measure up to bands."""
    table = summary[measure]
    within = [(values >= least) & (values <= most) for _, least, most in bands]
    counts = np.stack([table[:, chosen].sum(axis=1) for chosen in within])
    n = table.sum(axis=1)
    names = tuple(name for name, _, _ in bands)
    return BandsOverTime(weeks_of(summary.years), names, counts, n, percent_of(counts, n))
