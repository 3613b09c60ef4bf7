"""The axis of weeks or years that the charts of a clinic's work share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ape_core.schema import DAYS_PER_WEEK, DAYS_PER_YEAR
from widgets.charts.axes import floats

if TYPE_CHECKING:
    from ape_core.summaries.staffing import Workload
    from widgets.bqplots import Axis, LinearScale

_MOST_TICKS = 8
_STEPS = (1, 2, 4, 13, 26, 52)
_YEAR_STEPS = (1, 2, 5, 10)


def place_on_axis(seen: Workload, days: Any) -> Any:
    """Where days of the service stand on the axis of what is looked at.

    Several years are counted in years from 0, a year or less in weeks, of which the first is 1.
    """
    in_years = seen.n_days > DAYS_PER_YEAR
    return np.asarray(days) / (DAYS_PER_YEAR if in_years else DAYS_PER_WEEK) + (not in_years)


def across_weeks(scale: LinearScale, axis: Axis, seen: Workload) -> None:
    """Let the axis span what is looked at."""
    low, high = place_on_axis(seen, [seen.first_day, seen.first_day + seen.n_days]).tolist()
    if (scale.min, scale.max) != (low, high):
        scale.min, scale.max = low, high
    in_years = seen.n_days > DAYS_PER_YEAR
    steps = _YEAR_STEPS if in_years else _STEPS
    step = next((s for s in steps if (high - low) / s <= _MOST_TICKS), steps[-1])
    ticks = [float(tick) for tick in range(int(low), int(high) + in_years, step)]
    label = "Years since the start" if in_years else "Week of the service"
    if axis.tick_values is None or list(axis.tick_values) != ticks:
        axis.tick_values = floats(ticks)
    if axis.label != label:
        axis.label = label
