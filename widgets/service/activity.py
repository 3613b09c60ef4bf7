"""Visits, injections and first visits of each week or day, as they fall: nothing is smoothed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ape_core.schema import DAYS_PER_WEEK, WEEKS_PER_YEAR
from ape_core.summaries.busy import daily_load, work_per_week
from ape_core.summaries.service_tables import day_table, week_table
from widgets import format as words
from widgets.bqplots import Lines
from widgets.charts.axes import across, fit, floats, round_ticks, scale, upwards
from widgets.charts.card import Card, figure
from widgets.charts.ends import EndLabel, end_labels
from widgets.service.weeks import across_weeks, place_on_axis
from widgets.service.words import in_week, on_busiest_day
from widgets.service.year import Choice
from widgets.theme import colour

if TYPE_CHECKING:
    from collections.abc import Callable

    from ape_core.summaries.staffing import Workload
    from widgets.service.session import ServiceSession

_SERIES = (
    ("visits", "visit-bars", 1.2, "bottom"),
    ("injections", "injections", 1.5, "none"),
    ("first", "lost-letters", 1.4, "none"),
)
_NAMES = {"visits": "visits and scans", "injections": "injections", "first": "first visits"}
_LAST = 13
"""Last weeks or days at whose mean the name of a line stands."""


class ActivityChart:
    """Stepped lines, with a choice of the weeks or days that are looked at."""

    def __init__(self, session: ServiceSession, draw: Callable[[], None]) -> None:
        self._session = session
        self._redraw = draw
        self._x, self._y = scale(0, 1), scale(0, 1)
        self._weeks = across(self._x, "Week of the run")
        self._counts = upwards(self._y, [0, 1])
        scales = {"x": self._x, "y": self._y}
        self._lines = {
            name: Lines(
                x=floats([0, 1]), y=floats([0, 0]), scales=scales, colors=[colour(shade)],
                stroke_width=width, interpolation="step-after", fill=fill,
                fill_colors=[colour("visit-bars")], fill_opacities=[0.3],
            )
            for name, shade, width, fill in _SERIES
        }  # fmt: skip
        self.card = Card(
            "Visits, injections and scans",
            figure(list(self._lines.values()), [self._weeks, self._counts]),
            ends=True, wide=True, year="Show",
        )  # fmt: skip
        self._places = Choice(self.card, session, self._chosen)
        self.view = self.card.view

    def draw(self) -> None:
        """Show the part of the work that is looked at, or that there is none yet."""
        seen = self._session.seen
        self.card.wait(waiting=seen is None)
        if seen is None:
            self.card.say("Of all eyes, by the calendar. Every visit has a scan.")
            return
        self._places.show(self._session.places(), self._session.looked_at)
        by_day = self._session.by_day
        each = "day" if by_day else "week"
        self.card.say(f"Of all eyes in each calendar {each}. Every visit has a scan.")
        self.card.offer(partial(day_table if by_day else week_table, seen))
        starts, series = _series(seen, by_day=by_day)
        across_weeks(self._x, self._weeks, seen)
        fit(self._y, self._counts, round_ticks(float(series["visits"].max()) * 1.02 or 1, 4))
        steps = floats(place_on_axis(seen, [*starts, seen.first_day + seen.n_days]))
        for name, line in self._lines.items():
            with line.hold_sync():
                line.x = steps
                line.y = floats([*series[name], series[name][-1]])
        self.card.label_ends(_labels(series, self._y.max))
        self.card.foot(_in_words(seen, by_day=by_day))

    def _chosen(self, place: str) -> None:
        """Look at other weeks or days."""
        self._session.look_at(place)
        self._redraw()


def _series(seen: Workload, *, by_day: bool) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Days at which steps begin, and the values of each line."""
    if by_day:
        starts = seen.first_day + np.arange(seen.n_days)
        of = seen.visits, seen.injections, seen.first_visits
    else:
        weeks = work_per_week(seen)
        starts = weeks.first_week * DAYS_PER_WEEK
        of = weeks.visits, weeks.injections, weeks.first_visits
    return starts, {name: values for (name, *_), values in zip(_SERIES, of, strict=True)}


def _labels(series: dict[str, np.ndarray], top: float) -> str:
    """Names of the lines, at the height at which they end."""
    return end_labels(
        [
            EndLabel(float(series[name][-_LAST:].mean()) / top, "", _NAMES[name], colour=shade)
            for name, shade, *_ in _SERIES
        ]
    )


def _in_words(seen: Workload, *, by_day: bool) -> str:
    """Totals, the mean and the busiest of what is looked at."""
    load = daily_load(seen)
    n_weeks = seen.n_weeks
    weeks = f"{words.plural(n_weeks, 'week')}"
    if n_weeks > WEEKS_PER_YEAR and n_weeks % WEEKS_PER_YEAR == 0:
        weeks = words.plural(n_weeks // WEEKS_PER_YEAR, "year")
    peak = load.peak_day if by_day else load.peak_week
    name = f"on {on_busiest_day(peak)}" if by_day else f"in {in_week(peak)}"
    cells = (
        (words.count(seen.visits.sum()), f"visits in {weeks}"),
        (words.count(seen.injections.sum()), "injections"),
        (words.count(peak.n_visits), f"visits {name}"),
    )
    return (
        '<div class="ape-split">'
        + "".join(f"<div><b>{value}</b>{name}</div>" for value, name in cells)
        + "</div>"
    )
