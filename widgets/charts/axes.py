"""Axes: fixed where values must be comparable, with ticks at round numbers everywhere."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from widgets.bqplots import Axis, LinearScale
from widgets.charts.ticks import year_ticks
from widgets.theme import colour

__all__ = [
    "LABELLED", "across", "few_points", "fit", "floats", "round_ticks", "scale", "upwards",
    "year_ticks",
]  # fmt: skip

LABELLED: Final = {"left": 58}
"""Margins of a figure with a label beside its vertical axis, in pixels."""

_PLAIN_AND_SHORT: Final = ("~g", "~s")
"""Formats of numbers: 5000, and 500k where the margin has no room for all digits."""

_FIRST_IN_THOUSANDS: Final = 10_000
_STEPS = (1, 2, 5, 10)
_POINTS_PER_QUARTER = 13 / 4
_FIRST_POINTS = 7


def scale(low: float, high: float) -> LinearScale:
    """Linear scale that ends exactly where it is told to."""
    return LinearScale(min=float(low), max=float(high), allow_padding=False)


def across(of: LinearScale, label: str, **options: Any) -> Axis:
    """Horizontal axis: ticks and a label, no grid."""
    return Axis(
        scale=of, label=label, label_offset="32px", grid_lines="none", num_ticks=None,
        tick_format="d", **options,
    )  # fmt: skip


def upwards(
    of: LinearScale, ticks: Sequence[float], tick_format: str = "~g", label: str = ""
) -> Axis:
    """Vertical axis: a light grid and numbers; its unit, where no label, is in the sentence above.

    A figure whose axis has a label needs `LABELLED` as its margins.
    """
    return Axis(
        scale=of,
        side="left",
        grid_lines="solid",
        grid_color=colour("grid"),
        tick_values=np.array(ticks, dtype=float),
        tick_format=tick_format,
        label=label,
        label_offset="40px",
    )


def round_ticks(high: float, wanted: int = 5) -> list[float]:
    """Round numbers from 0 to the first at or above a value, about as many as wanted."""
    rough = max(high, 1e-9) / wanted
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * size for factor in _STEPS if factor * size >= rough * (1 - 1e-9))
    return [step * i for i in range(math.ceil(high / step - 1e-9) + 1)]


def fit(of: LinearScale, axis: Axis, ticks: Sequence[float]) -> None:
    """Make a scale and its axis span the ticks, if they do not already."""
    if axis.tick_values is None or list(axis.tick_values) != [float(t) for t in ticks]:
        axis.tick_values = np.array(ticks, dtype=float)
    if axis.tick_format in _PLAIN_AND_SHORT:
        axis.tick_format = _PLAIN_AND_SHORT[max(map(abs, ticks)) >= _FIRST_IN_THOUSANDS]
    if (of.min, of.max) != (ticks[0], ticks[-1]):
        of.min, of.max = float(ticks[0]), float(ticks[-1])


def few_points(n_points: int) -> Any:
    """Places of the points that a light page draws: all of the first half year, then quarters.

    Points are 4 weeks apart, and the quarter that ends a year falls on one of them.
    """
    quarters = np.arange(0, n_points, _POINTS_PER_QUARTER).astype(int)
    return np.union1d(np.arange(min(n_points, _FIRST_POINTS)), quarters)


def floats(values: Any) -> Any:
    """Array as charts send it: 4 bytes a value."""
    return np.asarray(values, dtype=np.float32)
