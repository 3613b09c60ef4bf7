"""Weeks between injections in a year: how often eyes are treated, and how few seldom."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ape_core.summaries.tables import intervals_table
from ape_core.summaries.treatment import injection_intervals
from widgets import format as words
from widgets.bqplots import Bars
from widgets.charts.axes import across, fit, floats, round_ticks, scale, upwards
from widgets.charts.card import NONE, Card, figure
from widgets.theme import colour

if TYPE_CHECKING:
    from ape_core.summaries import Summary
    from ape_core.summaries.treatment import Intervals

LONGEST_WEEKS = 26
"""Intervals are drawn up to here; the words below the chart count all of them."""

_DRAWN = np.arange(1, LONGEST_WEEKS + 1)
_STEPS = ((16, "interval-4"), (12, "interval-3"), (8, "interval-2"), (0, "interval-1"))


class IntervalsChart:
    """Histogram by week, shaded darker at 8, 12 and 16 weeks."""

    def __init__(self) -> None:
        self._y = scale(0, 1)
        x = scale(0.5, LONGEST_WEEKS + 0.5)
        self._shares = upwards(self._y, [0, 1], "~%")
        weeks = across(x, "Weeks between injections")
        weeks.tick_values = floats(np.arange(4, LONGEST_WEEKS + 1, 4))
        self._bars = Bars(
            x=floats(_DRAWN), y=floats(np.zeros(len(_DRAWN))), scales={"x": x, "y": self._y},
            colors=[_bar_colour(int(week)) for week in _DRAWN], color_mode="auto", padding=0.12,
            stroke_width=0,
        )  # fmt: skip
        drawn = figure([self._bars], [weeks, self._shares])
        self.card = Card("Treatment intervals", drawn, year="In year")
        self.view = self.card.view

    def draw(self, summary: Summary | None) -> None:
        """Show a summary, or that there is none yet."""
        self.card.say("Percentage of the intervals that ended in the year.")
        self.card.wait(waiting=summary is None)
        if summary is None:
            return
        self.card.offer_years(summary.years)
        assert self.card.year is not None
        self.card.offer(partial(intervals_table, summary, self.card.year.value))
        view = injection_intervals(summary, self.card.year.value)
        shares = floats(view.counts[1 : LONGEST_WEEKS + 1] / max(1, view.n))
        fit(self._y, self._shares, round_ticks(float(shares.max()) * 1.02 or 1.0, 4))
        self._bars.y = shares
        self.card.foot(intervals_in_words(view))


def _bar_colour(week: int) -> str:
    """Colour of a bar, by the longest of the named intervals that it reaches."""
    return colour(next(name for least, name in _STEPS if week >= least))


def intervals_in_words(view: Intervals) -> str:
    """Shares of intervals that reach 8, 12 and 16 weeks."""
    rows = ((8, view.pct_ge8, 3), (12, view.pct_ge12, 2), (16, view.pct_ge16, 1))
    return (
        '<div class="ape-split">'
        + "".join(
            f'<div><b>{words.percent(share) if view.n else NONE}</b><span class="ape-key">'
            f'<i style="background:{colour(f"interval-{5 - step}")}"></i>'
            f"&#8805; {weeks} weeks</span></div>"
            for weeks, share, step in rows
        )
        + "</div>"
    )
