"""Words for days and weeks of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ape_core.schema import WEEKS_PER_YEAR

if TYPE_CHECKING:
    from ape_core.summaries.busy import Peak


def on_day(peak: Peak) -> str:
    """Which day it is: "Tuesday of week 243"."""
    return f"{peak.weekday} of week {peak.week + 1}"


def when(peak: Peak) -> str:
    """Which day it is, with the year: "Tuesday of week 243 (year 5)"."""
    return f"{on_day(peak)} (year {peak.week // WEEKS_PER_YEAR + 1})"
