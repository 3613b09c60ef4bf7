"""Axes that hold negative values."""

from __future__ import annotations

import math

from widgets.charts.axes import round_ticks


def span_ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Round numbers from the last at or below one value to the first at or above another."""
    ticks = round_ticks(max(high - low, 1e-6), wanted)
    step = ticks[1]
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [step * i for i in range(first, max(last, first + 1) + 1)]
