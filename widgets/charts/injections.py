"""Injections and visits per year of treatment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ape_core.summaries.treatment import injections_per_year
from widgets import format as words
from widgets.bqplots import Bars, Label, Scatter
from widgets.charts.axes import across, fit, floats, round_ticks, scale, upwards, year_ticks
from widgets.charts.card import Card, figure
from widgets.theme import colour

if TYPE_CHECKING:
    from ape_core.summaries import Summary
    from ape_core.summaries.treatment import InjectionsPerYear


_LINE = 0.095
"""Height of a line of text, as a share of the plot."""


class InjectionsChart:
    """Bars of the mean number of injections, with the number of visits as a mark above."""

    def __init__(self) -> None:
        self._x, self._y = scale(0.4, 1.6), scale(0, 1)
        self._years = across(self._x, "Year of follow-up", tick_values=floats([1]))
        self._counts = upwards(self._y, [0, 1])
        scales = {"x": self._x, "y": self._y}
        start = {"x": floats([1]), "y": floats([0]), "scales": scales}
        self._bars = Bars(**start, colors=[colour("injections")], padding=0.42, stroke_width=0)
        self._values = Label(
            **start, text=[""], align="middle", default_size=12, font_weight="bold",
            colors=[colour("on-accent")],
        )  # fmt: skip
        self._visits = Scatter(
            **start, marker="diamond", colors=[colour("card")], default_size=44,
            stroke=colour("visits"), stroke_width=1.6,
        )  # fmt: skip
        marks = [self._bars, self._values, self._visits]
        self.card = Card("Injections per year", figure(marks, [self._years, self._counts]))
        self.view = self.card.view

    def draw(self, summary: Summary | None) -> None:
        """Show a summary, or that there is none yet."""
        self.card.say("Mean per eye among eyes in care through the whole year.")
        self.card.wait(waiting=summary is None)
        if summary is None:
            return
        view = injections_per_year(summary)
        ticks = [tick for tick in year_ticks(summary.years) if tick] or [1]
        if list(self._years.tick_values) != ticks:
            self._years.tick_values = floats(ticks)
            self._x.min, self._x.max = 0.4, summary.years + 0.6
        fit(self._y, self._counts, round_ticks(float(view.mean_visits.max()) * 1.06, 4))
        years, injections, visits = (
            floats(values) for values in (view.years, view.mean, view.mean_visits)
        )
        for mark, values in ((self._bars, injections), (self._visits, visits)):
            with mark.hold_sync():
                mark.x, mark.y = years, values
        self._write_values(view)
        self.card.foot(_key(view.n_eyes))

    def _write_values(self, view: InjectionsPerYear) -> None:
        """Write each mean into its bar, or above a bar that is too low to hold it."""
        line = _LINE * self._y.max
        inside = view.mean > 1.6 * line
        with self._values.hold_sync():
            self._values.x = floats(view.years)
            self._values.y = floats(view.mean + np.where(inside, -line, line))
            self._values.colors = [colour("on-accent" if hold else "ink") for hold in inside]
            self._values.text = np.array(_values(view))


def _values(view: InjectionsPerYear) -> list[str]:
    """What stands at each bar; nothing where no eye was in care through the year."""
    return [
        words.one_decimal(mean) if n else "" for mean, n in zip(view.mean, view.n_eyes, strict=True)
    ]


def _key(n_eyes: np.ndarray) -> str:
    """Meaning of the marks, and how many eyes the first and the last year hold."""
    bar = (
        f'<span class="ape-key"><i style="background:{colour("injections")}"></i>injections</span>'
    )
    diamond = (
        '<span class="ape-key"><i style="transform:rotate(45deg) scale(.8);border-radius:0;'
        f'border:1.6px solid {colour("visits")}"></i>visits</span>'
    )
    counts = f"{words.count(n_eyes[0])} eyes in year 1"
    if len(n_eyes) > 1:
        counts += f", {words.count(n_eyes[-1])} in year {len(n_eyes)}"
    return f'<div class="ape-foot">{bar}{diamond}<span>{counts}</span></div>'
