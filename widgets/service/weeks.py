"""The axis of weeks that the charts of a clinic's work share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ape_core.schema import DAYS_PER_WEEK, WEEKS_PER_YEAR
from widgets.charts.axes import floats

if TYPE_CHECKING:
    from ape_core.summaries.staffing import Workload
    from widgets.bqplots import Axis, LinearScale

_MOST_TICKS = 8
_STEPS = (1, 2, 4, 13, 26, 52, 104, 260)


def across_weeks(scale: LinearScale, axis: Axis, seen: Workload) -> None:
    """Let the axis span what is looked at: weeks of the run, the first of which is 1."""
    first = seen.first_day / DAYS_PER_WEEK
    stop = (seen.first_day + seen.n_days) / DAYS_PER_WEEK
    if (scale.min, scale.max) != (first, stop):
        scale.min, scale.max = first, stop
    step = next((s for s in _STEPS if (stop - first) / s <= _MOST_TICKS), _STEPS[-1])
    ticks, label = _ticks(first, stop, step)
    if axis.tick_values is None or list(axis.tick_values) != list(ticks):
        with axis.hold_sync():
            axis.tick_values = floats(list(ticks))
            axis.tick_labels = ticks
            axis.label = label


def _ticks(first: float, stop: float, step: int) -> tuple[dict[Any, str], str]:
    """Places of the ticks and what they say, and what the axis is called."""
    if step >= WEEKS_PER_YEAR:
        years = range(0, int(stop) + 1, step)
        return {week: str(week // WEEKS_PER_YEAR) for week in years}, "Years since the start"
    weeks = range(int(first), int(stop), step)
    return {week: str(week + 1) for week in weeks}, "Week of the run"
