"""How busy the days of a year are: every open day counts once, and the busiest is marked."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ape_core.summaries.busy import MOST_BINS, QUANTILES, DailyLoad, daily_load
from ape_core.summaries.service_tables import daily_load_table
from widgets import format as words
from widgets.bqplots import Bars, Lines
from widgets.charts.axes import LABELLED, across, fit, floats, round_ticks, scale, upwards
from widgets.charts.card import Card, figure
from widgets.html import set_class, text
from widgets.service.words import when
from widgets.service.year import show_year, year_choice
from widgets.theme import colour

if TYPE_CHECKING:
    from collections.abc import Callable

    from widgets.service.session import ServiceSession

_SHOWN = dict(zip((0.5, 0.9), ("half of the days", "9 of 10 days"), strict=True))


class DailyLoadChart:
    """Histogram of open days by their visits."""

    def __init__(self, session: ServiceSession, draw: Callable[[], None]) -> None:
        self._session = session
        self._x, self._y = scale(0, 1), scale(0, 1)
        self._visits = across(self._x, "Visits on the day")
        self._days = upwards(self._y, [0, 1], label="Open days")
        scales = {"x": self._x, "y": self._y}
        self._bars = Bars(
            x=floats([0, 1]), y=floats([0, 0]), scales=scales, stroke_width=0, padding=0.08,
            colors=[colour("visit-bars")],
        )  # fmt: skip
        self._peak = Lines(
            x=floats([0, 0]), y=floats([0, 1]), scales=scales, stroke_width=1.6,
            colors=[colour("lost-letters")], line_style="dashed",
        )  # fmt: skip
        axes = [self._visits, self._days]
        drawn = figure([self._bars, self._peak], axes, fig_margin=LABELLED)
        self.card = Card("How busy days are", drawn, wide=True, year="In year")
        self._year = year_choice(self.card, session, draw)
        self.view = self.card.view

    def draw(self) -> None:
        """Show the year that is looked at, or that there is none yet."""
        work = self._session.of_year
        self.card.say("Open days by their number of visits; dashes mark the busiest.")
        self.card.wait(waiting=work is None)
        if work is None:
            return
        show_year(self._year, self._session)
        self.card.offer(partial(daily_load_table, work))
        load = daily_load(work)
        alike = load.peak_day.n_times == load.n_open_days
        set_class(self.view, "ape-words-only", on=alike)
        if alike:
            self.card.say(self._all_alike(load))
            self.card.foot("")
            return
        width, days = load.binned(MOST_BINS)
        middle = np.arange(len(days)) * width + (width - 1) / 2
        top = float(len(days) * width)
        self._x.min, self._x.max = -0.5, max(top - 0.5, 4.5)
        ticks = [tick for tick in round_ticks(top, 5) if tick <= self._x.max]
        if self._visits.tick_values is None or list(self._visits.tick_values) != ticks:
            self._visits.tick_values = floats(ticks)
        fit(self._y, self._days, round_ticks(float(days.max()) * 1.06, 4))
        with self._bars.hold_sync():
            self._bars.x, self._bars.y = floats(middle), floats(days)
        with self._peak.hold_sync():
            self._peak.x = floats([load.peak_day.n_visits] * 2)
            self._peak.y = floats([0, self._y.max])
        self.card.foot(_in_words(load))

    def _all_alike(self, load: DailyLoad) -> str:
        """Say what a single bar would show."""
        spec, n_visits = self._session.shown, load.peak_day.n_visits
        capacity = spec.capacity if spec else None
        full = capacity is not None and capacity.slots_per_day == n_visits
        return (
            f"Each of the {words.count(load.n_open_days)} open days of year {self._session.year} "
            f"has {words.plural(n_visits, 'visit')}{': every slot is taken' if full else ''}."
        )


def _in_words(load: DailyLoad) -> str:
    """Quantiles and the peak."""
    quantiles = dict(zip(QUANTILES, load.quantiles, strict=True))
    cells = [(f"≤ {words.count(quantiles[share])}", f"on {name}") for share, name in _SHOWN.items()]
    cells.append(
        (words.count(load.peak_day.n_visits), f"visits at the peak, {when(load.peak_day)}")
    )
    shown = "".join(f"<div><b>{text(value)}</b>{text(name)}</div>" for value, name in cells)
    return f'<div class="ape-split">{shown}</div>'
