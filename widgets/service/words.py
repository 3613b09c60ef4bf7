"""Words for days and weeks of a service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ape_core.schema import DAYS_PER_WEEK
from ape_core.summaries.busy import Peak
from widgets import format as words

if TYPE_CHECKING:
    from ape_core.spec.run_spec import RunSpec
    from ape_core.summaries.busy import DailyLoad
    from widgets.service.session import ServiceSession

_TO_COME = "The table appears with the first patients."


def all_begin(spec: RunSpec) -> str:
    """When all patients begin, if nobody new comes later: "in week 1", "in weeks 1 to 26"."""
    recruitment = spec.cohort.recruitment
    if recruitment.patients_per_week is not None:
        return ""
    weeks = -(-(recruitment.days or 0) // DAYS_PER_WEEK)
    return "in week 1" if weeks <= 1 else f"in weeks 1 to {words.count(weeks)}"


def to_come(session: ServiceSession) -> str:
    """What stands where a table will, or would, if the run had not stopped."""
    stopped = session.has_stopped
    said = "Nothing can be shown: the run has stopped." if stopped else _TO_COME
    return f'<p class="ape-to-come">{said}</p>'


def on_day(peak: Peak) -> str:
    """Which day it is: "Tuesday of week 243"."""
    return f"{peak.weekday} of week {peak.week + 1}"


def when(peak: Peak) -> str:
    """On which day it is, or on how many: "Tuesday of week 243", "on 38 days"."""
    return on_day(peak) if peak.n_times == 1 else f"on {words.count(peak.n_times)} days"


def on_busiest_day(peak: Peak) -> str:
    """Which day it is, or how many: "the busiest day, Tuesday of week 3"."""
    if peak.n_times > 1:
        return f"each of {words.count(peak.n_times)} busiest days"
    return f"the busiest day, {on_day(peak)}"


def in_week(peak: Peak) -> str:
    """In which week it is, or in how many: "week 257, the busiest", "each of 3 busiest weeks"."""
    if peak.n_times > 1:
        return f"each of {words.count(peak.n_times)} busiest weeks"
    return f"week {peak.week + 1}, the busiest"


def busiest_week(load: DailyLoad) -> str:
    """Visits in the busiest week, and which it is: "211 visits in week 211, the busiest"."""
    peak = load.peak_week
    return f"{words.plural(peak.n_visits, 'visit')} in {in_week(peak)}"
