"""What each chart of a run draws, as a table: the same views, with every digit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ape_core.summaries.acuity import acuity_over_time, letters_change
from ape_core.summaries.retention import status_over_time
from ape_core.summaries.table import Table
from ape_core.summaries.treatment import injection_intervals, injections_per_year

if TYPE_CHECKING:
    from ape_core.summaries.summary import Summary


def acuity_table(summary: Summary) -> Table:
    """Acuity of living eyes by week."""
    view = acuity_over_time(summary)
    letters = "ETDRS letters"
    return Table.of(
        "Visual acuity of living eyes, in care or not",
        ("Time since the first visit", "weeks", view.weeks),
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
        ("Time since the first visit", "weeks", view.weeks),
        *(
            (status.capitalize(), "patients", counts)
            for status, counts in zip(view.statuses, view.counts, strict=True)
        ),
        ("All patients", "patients", view.counts.sum(axis=0)),
    )
