"""Injections and visits per year of treatment."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ape_core.summaries.tables import injections_table
from ape_core.summaries.treatment import injections_per_year
from widgets import format as words
from widgets.bqplots import Bars, Label, Scatter
from widgets.charts.axes import across, fit, floats, round_ticks, scale, upwards, year_ticks
from widgets.charts.card import Card, figure
from widgets.theme import colour

if TYPE_CHECKING:
    from ape_core.summaries import Summary
    from ape_core.summaries.treatment import InjectionsPerYear


_SENTENCE = "Mean per eye among eyes in care through the whole year."

_LINE = 0.095
"""Height of a line of text, as a share of the plot."""

_LEAST_SLOTS = 3
"""Years for which there is room at least: a bar is not as wide as the plot."""

_AIRY_YEARS = 6
"""Years up to which bars leave more than a hairline between them."""

_SIZES = ((5, 12), (7, 11), (10, 9))
"""Years up to which a value in letters of so many pixels is no wider than its bar."""


class InjectionsChart:
    """Bars of the mean number of injections, with the number of visits as a mark above."""

    def __init__(self) -> None:
        self._x, self._y = scale(0.4, 1.6), scale(0, 1)
        self._years = across(self._x, "Year of follow-up", tick_values=floats([1]))
        self._counts = upwards(self._y, [0, 1])
        scales = {"x": self._x, "y": self._y}
        start = {"x": floats([1]), "y": floats([0]), "scales": scales}
        self._bars = Bars(**start, colors=[colour("injections")], padding=0.22, stroke_width=0)
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
        self.card.wait(waiting=summary is None)
        if summary is None:
            self.card.say(_SENTENCE)
            return
        self.card.offer(partial(injections_table, summary))
        view = injections_per_year(summary)
        self.card.say(_SENTENCE, told=_in_words(view))
        ticks = [tick for tick in year_ticks(summary.years) if tick] or [1]
        if list(self._years.tick_values) != ticks:
            self._years.tick_values = floats(ticks)
        room = max(0.6, 0.1 + (_LEAST_SLOTS - summary.years + 1) / 2)
        self._x.min, self._x.max = 1 - room, summary.years + room
        fit(self._y, self._counts, round_ticks(float(view.mean_visits.max()) * 1.06, 4))
        years, injections, visits = (
            floats(values) for values in (view.years, view.mean, view.mean_visits)
        )
        self._bars.padding = 0.1 if summary.years > _AIRY_YEARS else 0.22
        with self._bars.hold_sync():
            # Bars are as wide as the least distance of two: a single one needs a neighbour.
            self._bars.x = floats([*years, summary.years + 1])
            self._bars.y = floats([*injections, 0])
        with self._visits.hold_sync():
            self._visits.x, self._visits.y = years, visits
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
            self._values.default_size = _size(len(view.years)) or _SIZES[-1][1]
            self._values.text = np.array(_values(view))


def _in_words(view: InjectionsPerYear) -> str:
    """Means of the first and the last year."""
    years = [0] if len(view.years) == 1 else [0, -1]
    return "; ".join(
        f"Year {view.years[year]}: {words.one_decimal(view.mean[year])} injections and "
        f"{words.one_decimal(view.mean_visits[year])} visits"
        for year in years
    )


def _values(view: InjectionsPerYear) -> list[str]:
    """What stands at each bar; nothing where no eye was in care, or the bars are too narrow."""
    fits = _size(len(view.years)) > 0
    return [
        words.one_decimal(mean) if n and fits else ""
        for mean, n in zip(view.mean, view.n_eyes, strict=True)
    ]


def _size(years: int) -> int:
    """Pixels of the letters that fit into the bars of so many years; 0 when none do."""
    return next((size for most, size in _SIZES if years <= most), 0)


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
