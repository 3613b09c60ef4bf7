"""Areas that lie on each other over time and always sum to everyone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ape_core.schema import WEEKS_PER_YEAR
from widgets import format as words
from widgets.bqplots import Lines
from widgets.charts.axes import across, few_points, fit, floats, scale, upwards, year_ticks
from widgets.charts.card import figure
from widgets.charts.ends import EndLabel, end_labels
from widgets.theme import colour

if TYPE_CHECKING:
    from ape_core.summaries.definitions import Counts, Floats

_LEAST_LABELLED = 0.5
"""Areas with fewer per cent at the end than this get no label."""


class Stack:
    """Stacked areas over years, each reaching from 0 to the sum of itself and those below it.

    Parameters
    ----------
    colours
        Names of colours of the theme, from the bottom up.
    light
        Leave out most points.
    """

    def __init__(self, colours: Sequence[str], *, light: bool = False) -> None:
        self._light = light
        self._n_areas = len(colours)
        self._x = scale(0, 1)
        y = scale(0, 1)
        self._years = across(self._x, "Years since the first visit")
        # The highest is painted first and covered by the next.
        shades = [colour(name) for name in reversed(colours)]
        self._areas = Lines(
            x=floats([0, 1]), y=floats(np.zeros((len(colours), 2))),
            scales={"x": self._x, "y": y}, fill="bottom", fill_colors=shades, stroke_width=1,
            colors=[colour("card")] * len(colours), fill_opacities=[1.0] * len(colours),
        )  # fmt: skip
        shares = upwards(y, [0, 0.25, 0.5, 0.75, 1], ".0%")
        self.figure = figure([self._areas], [self._years, shares])

    def draw(self, weeks: Counts, percent: Floats, years: int) -> None:
        """Show percentages, `[n_areas, n_weeks]` from the bottom up, of a run of so many years."""
        shown = few_points(len(weeks)) if self._light else slice(None)
        with self._areas.hold_sync():
            self._areas.x = floats(weeks[shown] / WEEKS_PER_YEAR)
            self._areas.y = floats(np.cumsum(percent[:, shown], axis=0)[::-1] / 100)
        fit(self._x, self._years, year_ticks(years))
        self._x.max = float(years)


def stack_labels(
    last: Floats, names: Sequence[str], colours: Sequence[str], helps: Sequence[str] = ()
) -> str:
    """Name and last percentage of each area, in its middle; its meaning for a mouse."""
    middles = np.cumsum(last) - last / 2
    told = helps or [""] * len(names)
    rows = zip(names, last, middles, colours, told, strict=True)
    return end_labels(
        [
            EndLabel(float(middle) / 100, words.percent(share), name, shade, meaning)
            for name, share, middle, shade, meaning in rows
            if share >= _LEAST_LABELLED
        ]
    )
