"""Choosing a year or a week of a summary, with an error that says which there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ape_core.errors import InvalidInputError
from ape_core.schema import WEEKS_PER_PERIOD, WEEKS_PER_YEAR

if TYPE_CHECKING:
    from ape_core.summaries.summary import Summary


def week_index(summary: Summary, week: int) -> int:
    """Row of a week in measures by week.

    Raises
    ------
    InvalidInputError
        When the week is not a multiple of 4 within the run.
    """
    last = WEEKS_PER_YEAR * summary.years
    if week % WEEKS_PER_PERIOD or not 0 <= week <= last:
        raise InvalidInputError(
            f"There is no figure for week {week}: weeks are the multiples of 4 from 0 to {last}.",
            "Ask for one of these weeks, or simulate more years.",
        )
    return int(week) // WEEKS_PER_PERIOD


def year_index(summary: Summary, year: int) -> int:
    """Row of a study year, counted from 1, in measures by year.

    Raises
    ------
    InvalidInputError
        When the run has no such year.
    """
    if year != int(year) or not 1 <= year <= summary.years:
        raise InvalidInputError(
            f"There is no figure for year {year}: the run has the years 1 to {summary.years}.",
            "Ask for one of these years, or simulate more years.",
        )
    return int(year) - 1


def week_of_year_end(summary: Summary, year: int) -> int:
    """Week at which a study year ends: 52 for year 1."""
    return (year_index(summary, year) + 1) * WEEKS_PER_YEAR
