"""What each chart of a run draws, as a table: the same views, with every digit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ape_core.summaries.acuity import acuity_over_time, letters_change
from ape_core.summaries.courses import (
    change_bands,
    driving_vision,
    interval_bands,
    treatment_around,
)
from ape_core.summaries.retention import status_flow, status_over_time
from ape_core.summaries.table import Table
from ape_core.summaries.treatment import (
    dry_at_last_scan,
    injection_intervals,
    injections_per_year,
)
from ape_core.summaries.workload import activity_per_week
from ape_core.terms import STATUSES

if TYPE_CHECKING:
    from ape_core.summaries.courses import BandsOverTime
    from ape_core.summaries.summary import Summary

_SINCE: Final = "Time since the first visit"


def acuity_table(summary: Summary) -> Table:
    """Acuity of living eyes by week."""
    view = acuity_over_time(summary)
    letters = "ETDRS letters"
    return Table.of(
        "Visual acuity of living eyes, in care or not",
        (_SINCE, "weeks", view.weeks),
        ("Mean", letters, view.mean),
        ("Standard deviation", letters, view.sd),
        ("10th centile", letters, view.p10),
        ("25th centile", letters, view.p25),
        ("Median", letters, view.p50),
        ("75th centile", letters, view.p75),
        ("90th centile", letters, view.p90),
        ("Living eyes", "", view.n),
    )


def change_table(summary: Summary, year: int) -> Table:
    """Living eyes by letters gained or lost at a year's end."""
    view = letters_change(summary, year)
    return Table.of(
        f"Change in letters at year {year}",
        ("Letters gained", "ETDRS letters", view.letters),
        ("Living eyes", "", view.n_eyes),
        ("Share", "% of living eyes", 100 * view.n_eyes / max(1, view.n)),
    )


def injections_table(summary: Summary) -> Table:
    """Injections and visits by year of follow-up."""
    view = injections_per_year(summary)
    return Table.of(
        "Injections and visits per year",
        ("Year of follow-up", "", view.years),
        ("Injections, mean", "per eye in care through the year", view.mean),
        ("Injections, standard deviation", "per eye", view.sd),
        ("Visits, mean", "per eye in care through the year", view.mean_visits),
        ("Visits, standard deviation", "per eye", view.sd_visits),
        ("Eyes in care through the year", "", view.n_eyes),
    )


def intervals_table(summary: Summary, year: int) -> Table:
    """Intervals between injections that ended in a year, by their length."""
    view = injection_intervals(summary, year)
    return Table.of(
        f"Intervals between injections that ended in year {year}",
        ("Interval; the last row is of 60 and more", "weeks", view.weeks),
        ("Intervals", "", view.counts),
        ("Share", "% of intervals", 100 * view.counts / max(1, view.n)),
    )


def status_table(summary: Summary) -> Table:
    """All patients by where they are, by week."""
    view = status_over_time(summary)
    return Table.of(
        "Who stays in care",
        (_SINCE, "weeks", view.weeks),
        *(
            (STATUSES[status].full_name.capitalize(), "patients", counts)
            for status, counts in zip(view.statuses, view.counts, strict=True)
        ),
        ("All patients", "patients", view.counts.sum(axis=0)),
    )


def change_bands_table(summary: Summary) -> Table:
    """Living eyes by letters gained or lost, by week."""
    return _bands_table("Letters gained and lost", "living eyes", change_bands(summary))


def interval_bands_table(summary: Summary) -> Table:
    """Eyes on treatment by weeks to the next visit, by week."""
    return _bands_table("Planned intervals", "eyes on treatment", interval_bands(summary))


def driving_table(summary: Summary) -> Table:
    """Living eyes with at least 70 letters, by week."""
    view = driving_vision(summary)
    return Table.of(
        "70 letters or better",
        (_SINCE, "weeks", view.weeks),
        ("70 letters or better", "% of living eyes", view.percent),
        ("Living eyes", "", view.n),
    )


def dry_table(summary: Summary) -> Table:
    """Eyes in care without fluid at their last scan, by week."""
    view = dry_at_last_scan(summary)
    return Table.of(
        "Eyes without fluid",
        (_SINCE, "weeks", view.weeks),
        ("Without fluid at the last scan", "% of eyes in care", view.pct_dry),
        ("Without fluid at the last scan", "eyes", view.n_dry),
        ("Eyes in care", "", view.n_scans),
    )


def flow_table(summary: Summary) -> Table:
    """First eyes by year, status at its start and status at its end; who is in none is left out."""
    view = status_flow(summary)
    years, before, after = view.counts.nonzero()
    names = [STATUSES[status].full_name for status in view.statuses]
    return Table.of(
        "From year to year",
        ("Year", "", view.years[years]),
        ("Status at the start of the year", "", [names[place] for place in before]),
        ("Status at the end of the year", "", [names[place] for place in after]),
        ("Patients", "", view.counts[years, before, after]),
    )


def treatment_around_table(summary: Summary) -> Table:
    """Visits and injections by the time since the first visit."""
    view = treatment_around(summary)
    around = "first eyes, in the 4 weeks around"
    return Table.of(
        "Visits and injections since the first visit",
        (_SINCE, "weeks", view.weeks),
        ("Visits", around, view.visits),
        ("Injections", around, view.injections),
    )


def activity_table(summary: Summary) -> Table:
    """Visits and injections by calendar week."""
    view = activity_per_week(summary)
    return Table.of(
        "Visits and injections by calendar week",
        ("Calendar week of the run", "", view.time),
        ("First visits", "all eyes", view.first_visits),
        ("Follow-up visits", "all eyes", view.follow_up_visits),
        ("Visits", "all eyes", view.visits),
        ("Injections", "all eyes", view.injections),
    )


def _bands_table(name: str, counted: str, view: BandsOverTime) -> Table:
    """Eyes by band, and all of them."""
    return Table.of(
        name,
        (_SINCE, "weeks", view.weeks),
        *((band, counted, counts) for band, counts in zip(view.bands, view.counts, strict=True)),
        ("All", counted, view.n),
    )
