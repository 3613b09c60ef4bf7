"""What a summary counts: names, axes and meanings, defined once.

Clock. Everything but the workload runs on the patient's own clock: day 0 is the first visit. A
study year is 52 weeks; a *week* of a summary is one of the 4-weekly points 0, 4, 8, ... up to the
end of the run, so that a run of Y years has 13 * Y + 1 of them. Year k covers the days from
364 * (k - 1) up to, but not including, 364 * k: an injection given at week 52 belongs to year 2,
as trials count. Care is followed up to the last day of a run, but not on it.

Eyes. Charts by time count *first eyes*, one per patient, so that counts of eyes are counts of
patients and are conserved. Second eyes are part of `totals`, `baseline_letters`,
`second_eye_letters`, `better_eye_letters` and the workload, and of nothing else.

In care. A first eye is in care on a day unless its follow-up ended on an earlier day, or the
patient has died by that day. An eye in care is *on treatment*, meaning that it follows its
protocol (also when the protocol is to look and not to inject), or *monitored*: treatment was
stopped, the clinic still sees the eye, and has not resumed. The table of patients calls an eye
that is monitored when the run ends "discharged stable" (shown as "stopped as stable", see
`ape_core.terms`), from the day on which it was stopped; here it stays in care, since its visits go
on, and only eyes that are seen no more are discharged.

Three ways to measure acuity. *Assessed* letters are measured in every living first eye, seen by a
clinic or not, so that nobody drops out of the mean (no survivorship bias). Letters *in care* are
the last that the clinic measured, in the eyes that are still in care. *Carried* letters are those
that a trial reports, of all first eyes: the letters assessed at a week, or, for an eye that has
left care by then, at the last week at which it was in care (last observation carried forward).

Groups. Whatever costs and quality of life need is counted by year and by *group* of patients: a
patient belongs to the group of its number modulo `GROUPS`. Prices, utilities and discounting are
linear in these counts, so that means are exact for any of them; how the groups differ says how
certain a mean is, and how certain a difference between runs of the same patients is, in which the
same group has the same patients.

Blocks. What comparisons need is counted by *block* of patients: of a run of N patients, patient i
is in block i * `BLOCKS` // N, and for courses over time in one of `COURSE_BLOCKS` blocks, each of
which is as many of the former. Where patients of a clinic depend on each other, clinics take the
place of patients in this, so that a block holds whole ones. A block is full once all of its
patients are counted. Two runs in progress are compared over the blocks that are full in both, which
hold the same patients.

Slips. Where a clinic has a limited number of slots, a visit that finds none *slips* to a later day.
Its days of slip are those from the day on which it would have been made to the day on which it was;
days by which the patient is late are not among them. An eye that waits for its first visit is in
care and on treatment, with the letters measured when it came (its baseline); no visit is planned
for it, and it has no scan.

Time lived is counted in `SPANS_PER_YEAR` parts of a year: each period of 4 weeks counts half at its
start and half at its end, with the letters assessed there, for a patient who is alive there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ape_core.schema import (
    DAYS_PER_YEAR,
    DRUGS,
    END_REASONS,
    MAX_LETTERS,
    PERIODS_PER_YEAR,
    SEXES,
    WEEKS_PER_PERIOD,
)

SUMMARY_FORMAT: Final = 4
"""Raised whenever a measure or its definition changes: older arrays are then computed afresh."""

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

N_LETTERS: Final = MAX_LETTERS + 1
N_CHANGES: Final = 2 * MAX_LETTERS + 1
MAX_AGE: Final = 120
MAX_INTERVAL_WEEKS: Final = 60
MAX_PER_YEAR: Final = 60

STATUSES: Final = ("on treatment", "monitored", *END_REASONS[1:])
"""Where a first eye is: in care (the first two), or out of it, by the reason why."""
ON_TREATMENT: Final = STATUSES.index("on treatment")
MONITORED: Final = STATUSES.index("monitored")
DIED: Final = STATUSES.index("died")

TOTALS: Final = ("patients", "eyes", "visits", "injections")
SCANS: Final = ("dry", "active")
VISIT_KINDS: Final = ("first visits", "follow-up visits")
PAIR_SUMS: Final = ("eyes", "before", "after", "before squared", "after squared", "product")
"""Sums over eyes assessed at a year's end; before = letters at baseline, after = then."""
CUMULATIVE: Final = ("eyes", "injections", "injections squared")
"""Sums over eyes of the injections that each was given before a day."""
INTERVAL_SUMS: Final = ("intervals", "days")
GROUPS: Final = 50
BLOCKS: Final = 500
COURSE_BLOCKS: Final = 50
SPANS_PER_YEAR: Final = 2 * PERIODS_PER_YEAR
CARE: Final = ("first visits", "follow-up visits", "second-eye visits", "injections")
"""What care a patient had in a year: visits of the first eye, all visits of the second, injections
into both. Every visit has a scan."""
LIFE: Final = ("spans", "spans times age")
"""Time lived in a year, and the same times the age then, in parts of `PERIODS_PER_YEAR` a year."""
DRIVING_LETTERS: Final = 70
"""Acuity usually taken as enough to drive (6/12)."""
LARGE_CHANGE: Final = 15
"""Letters gained or lost that trials count as a large change: three lines of a chart."""
BLOCK_OUTCOMES: Final = (
    "eyes",
    "letters",
    "letters squared",
    "change",
    "change squared",
    "gained 15",
    "lost 15",
    "70 or better",
    "injections",
    "injections squared",
    "visits",
    "visits squared",
    "in care",
)
"""Sums over first eyes at a year's end: of the living ones, their assessed letters and letters
gained, and how many gained or lost `LARGE_CHANGE` or have `DRIVING_LETTERS`; of all, injections
and visits since the first one, and how many are in care."""
BLOCK_COURSE: Final = ("eyes", "change", "injections")
"""Sums over first eyes at a week: the living ones and the letters they gained, assessed; of all,
injections given before that day."""
SLIPS: Final = ("visits that slipped", "days of slip", "eyes waiting", "visits given up")
"""What wanting slots did by calendar day: visits made on the day that slipped, and by how many days
in all; eyes that wait for a slot over the night; visits that were wanted, but for which there was
no slot by this day, on which care or the run ended."""
MAX_SLIP_DAYS: Final = 364
GROWING_AXES: Final = ("day", "pair_group", "slip_day", "slip_length")
"""First axes that may be longer in one run than in another; what is missing counts as 0."""
YEAR_SUMS: Final = (
    "eyes through",
    "injections through",
    "injections squared through",
    "visits through",
    "visits squared through",
    "injections",
    "visits",
    "days in care",
)
"""Sums over a year: over eyes in care through the whole of it, then over all first eyes."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One array of a summary: its name, its axes (keys of `axis_length`) and what it counts.

    `sums_changes` tells of those that add up gains and losses, and so can be negative.
    """

    name: str
    axes: tuple[str, ...]
    meaning: str
    sums_changes: bool = False


MEASURES: Final = (
    Measure("totals", ("totals",), "patients, and eyes, visits and injections of all eyes"),
    Measure("age_sex", ("sex", "age"), "patients by sex and age in years at the first visit"),
    Measure(
        "baseline_letters", ("eye", "letters"), "eyes by letters measured at their first visit"
    ),
    Measure("assessed_letters", ("week", "letters"), "living first eyes by assessed letters"),
    Measure("second_eye_letters", ("week", "letters"), "living second eyes with disease, likewise"),
    Measure(
        "better_eye_letters",
        ("week", "letters"),
        "living patients with disease in both eyes, by assessed letters of the better one",
    ),
    Measure("in_care_letters", ("week", "letters"), "first eyes in care by last measured letters"),
    Measure("assessed_change", ("week", "change"), "living first eyes by letters gained, assessed"),
    Measure("in_care_change", ("week", "change"), "first eyes in care by letters gained, measured"),
    Measure("carried_letters", ("week", "letters"), "all first eyes by carried letters"),
    Measure("carried_change", ("week", "change"), "all first eyes by letters gained, carried"),
    Measure(
        "pair_sums",
        ("year", "pair_sums"),
        "sums of assessed letters at baseline and at the year's end, of eyes that have both",
    ),
    Measure(
        "injections_in_year",
        ("year", "per_year"),
        "first eyes in care through the year by injections in it; the last bin holds more too",
    ),
    Measure("visits_in_year", ("year", "per_year"), "the same by visits"),
    Measure("year_sums", ("year", "year_sums"), "sums over first eyes, see YEAR_SUMS"),
    Measure(
        "cumulative_injections",
        ("week", "cumulative"),
        "first eyes in care, and sums of their injections given before that day",
    ),
    Measure(
        "injections_of_all",
        ("week", "cumulative"),
        "the same of all first eyes, in care or not",
    ),
    Measure(
        "injection_intervals",
        ("year", "interval"),
        "whole weeks (nearest) between consecutive injections, by the year in which they end",
    ),
    Measure("interval_sums", ("year", "interval_sums"), "number and total days of those intervals"),
    Measure(
        "planned_intervals",
        ("week", "interval"),
        "first eyes on treatment by weeks to the next visit, as planned at their last; 0 if none",
    ),
    Measure("scans", ("week", "scans"), "scans of first eyes in the 4 weeks around, as read"),
    Measure("injections_around", ("week",), "injections into first eyes in the 4 weeks around"),
    Measure(
        "last_scans", ("week", "scans"), "first eyes in care by the reading of their last scan"
    ),
    Measure("status", ("week", "status"), "first eyes by status; every week sums to all of them"),
    Measure("alive", ("week",), "patients alive, in care or not"),
    Measure(
        "flow",
        ("year", "status", "status"),
        "first eyes by status at the year's start and at its end",
    ),
    Measure(
        "visits_per_day", ("day", "visit_kind"), "visits of all eyes by calendar day of the run"
    ),
    Measure(
        "slips_per_day",
        ("slip_day", "slip"),
        "visits of all eyes that were later for want of a slot, by calendar day, see SLIPS",
    ),
    Measure(
        "visits_by_slip",
        ("slip_length",),
        "visits of all eyes by days of slip, where slots are limited; the last bin holds more too",
    ),
    Measure("injections_per_day", ("day",), "injections into all eyes by calendar day of the run"),
    Measure("injections_by_drug", ("drug",), "injections into all eyes by drug"),
    Measure("group_patients", ("group",), "patients by group"),
    Measure("group_care", ("group", "year", "care"), "care that patients had, see CARE"),
    Measure("group_life", ("group", "year", "life"), "time that patients lived, see LIFE"),
    Measure(
        "group_letters",
        ("group", "year", "letters"),
        "spans lived with disease in the first eye only, by its assessed letters",
    ),
    Measure(
        "group_better_letters",
        ("pair_group", "year", "letters"),
        "spans lived with disease in both eyes, by assessed letters of the better one",
    ),
    Measure(
        "group_worse_letters",
        ("pair_group", "year", "letters"),
        "the same by assessed letters of the worse one",
    ),
    Measure("block_patients", ("block",), "patients by block"),
    Measure("block_outcomes", ("block", "year", "block_outcome"), "see BLOCK_OUTCOMES", True),
    Measure("block_course", ("course_block", "week", "block_course"), "see BLOCK_COURSE", True),
)
"""Every array of a summary. Four axes can grow: `day` ends with the last visit, there are no
`pair_group` until a patient has disease in both eyes, and neither `slip_day` nor `slip_length`
unless slots are limited."""


def axis_length(axis: str, years: int) -> int:
    """Bins along an axis; the least where it grows: no recruitment, no second eye."""
    return _axis_lengths(years)[axis]


@cache
def _axis_lengths(years: int) -> dict[str, int]:
    """Bins along every axis; asked for with every chunk, for each measure."""
    return {
        "totals": len(TOTALS),
        "sex": len(SEXES),
        "age": MAX_AGE + 1,
        "eye": 2,
        "letters": N_LETTERS,
        "change": N_CHANGES,
        "pair_sums": len(PAIR_SUMS),
        "week": n_weeks(years),
        "year": years,
        "per_year": MAX_PER_YEAR + 1,
        "year_sums": len(YEAR_SUMS),
        "cumulative": len(CUMULATIVE),
        "interval": MAX_INTERVAL_WEEKS + 1,
        "interval_sums": len(INTERVAL_SUMS),
        "scans": len(SCANS),
        "status": len(STATUSES),
        "visit_kind": len(VISIT_KINDS),
        "day": DAYS_PER_YEAR * years + 1,
        "slip_day": 0,
        "slip_length": 0,
        "slip": len(SLIPS),
        "drug": len(DRUGS),
        "group": GROUPS,
        "pair_group": 0,
        "care": len(CARE),
        "life": len(LIFE),
        "block": BLOCKS,
        "course_block": COURSE_BLOCKS,
        "block_outcome": len(BLOCK_OUTCOMES),
        "block_course": len(BLOCK_COURSE),
    }


def shape_of(measure: Measure, years: int) -> tuple[int, ...]:
    """Shape of a measure's array for a run of so many years."""
    return tuple(axis_length(axis, years) for axis in measure.axes)


def n_weeks(years: int) -> int:
    """How many 4-weekly points a run has, both ends included."""
    return PERIODS_PER_YEAR * years + 1


def weeks_of(years: int) -> Counts:
    """Give the 4-weekly points of a run in weeks since the first visit: 0, 4, ..., 52 * years."""
    return np.arange(n_weeks(years), dtype=np.int64) * WEEKS_PER_PERIOD
