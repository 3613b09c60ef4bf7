"""Visits and injections over time: that since each patient's first visit, or the clinic's."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from ipywidgets import Dropdown

from ape_core.schema import DAYS_PER_WEEK, DAYS_PER_YEAR, WEEKS_PER_YEAR
from ape_core.summaries.courses import treatment_around
from ape_core.summaries.tables import activity_table, treatment_around_table
from ape_core.summaries.workload import activity_per_week
from widgets import format as words
from widgets.bqplots import Lines
from widgets.charts.axes import (
    across,
    few_points,
    fit,
    floats,
    round_ticks,
    scale,
    upwards,
    year_ticks,
)
from widgets.charts.card import Card, figure
from widgets.html import classed
from widgets.theme import colour

if TYPE_CHECKING:
    from collections.abc import Callable

    from ape_core.summaries import Summary
    from ape_core.summaries.definitions import Floats

_PATIENT, _CALENDAR = "since first visit", "calendar"
_WEEKS_PER_YEAR_OF_DAYS: Final = DAYS_PER_YEAR / DAYS_PER_WEEK
_AROUND: Final = "Visits and injections for each 100 patients, in the 4 weeks around."
_PER_WEEK: Final = "Visits and injections of all eyes in each week of the clinic's calendar."


@dataclass(frozen=True)
class _Course:
    """What is drawn: years, visits and injections; and the axis below it."""

    years: Floats
    visits: Floats
    injections: Floats
    ticks: list[int]
    end: float
    foot: str


class VisitsChart:
    """Two lines, on a time that the reader chooses.

    Parameters
    ----------
    light
        Leave out most points.
    """

    def __init__(self, *, light: bool = False) -> None:
        self._light = light
        self._x, self._y = scale(0, 1), scale(0, 1)
        self._years = across(self._x, "Years since the first visit")
        self._counts = upwards(self._y, [0, 1], "~s")
        lines = {"scales": {"x": self._x, "y": self._y}, "x": floats([0, 1]), "y": floats([0, 0])}
        self._visits = Lines(**lines, stroke_width=2.2, colors=[colour("visits")])
        self._injections = Lines(
            **lines, stroke_width=1.6, colors=[colour("injections")], fill="bottom",
            fill_colors=[colour("injections")], fill_opacities=[0.16],
        )  # fmt: skip
        self.clock = classed(
            Dropdown(description="Time", options=[_PATIENT, _CALENDAR]), "ape-year"
        )
        drawn = figure([self._visits, self._injections], [self._years, self._counts])
        self.card = Card("Visits and injections", drawn, wide=True, beside=self.clock)
        self.view = self.card.view

    def on_clock(self, handler: Callable[[Any], None]) -> None:
        """Call a handler when the reader chooses another time."""
        self.clock.observe(handler, names="value")

    def draw(self, summary: Summary | None) -> None:
        """Show a summary, or that there is none yet."""
        self.card.wait(waiting=summary is None)
        calendar = self.clock.value == _CALENDAR
        self.card.say(_PER_WEEK if calendar else _AROUND)
        if summary is None:
            return
        table = activity_table if calendar else treatment_around_table
        self.card.offer(partial(table, summary))
        self._show(_calendar(summary) if calendar else self._since(summary))
        label = "Years since the first patient came" if calendar else "Years since the first visit"
        if self._years.label != label:
            self._years.label = label

    def _show(self, course: _Course) -> None:
        """Assign what is drawn."""
        for mark, values in ((self._visits, course.visits), (self._injections, course.injections)):
            with mark.hold_sync():
                mark.x, mark.y = floats(course.years), floats(values)
        fit(self._x, self._years, course.ticks)
        self._x.max = course.end
        fit(self._y, self._counts, round_ticks(float(course.visits.max(initial=1.0)), 4))
        self.card.foot(course.foot)

    def _since(self, summary: Summary) -> _Course:
        """Treatment since the first visit, without the last 2 weeks, which are no 4."""
        view = treatment_around(summary)
        n_whole = len(view.weeks) - 1
        shown = few_points(n_whole) if self._light else slice(n_whole)
        per_100 = 100 / max(1, view.n_patients)
        visits = (view.visits[:n_whole] * per_100).astype(float)
        injections = (view.injections[:n_whole] * per_100).astype(float)
        return _Course(
            years=view.weeks[:n_whole][shown] / WEEKS_PER_YEAR,
            visits=visits[shown],
            injections=injections[shown],
            ticks=year_ticks(summary.years),
            end=float(summary.years),
            foot=_key(
                f"{words.count(view.visits.sum())} visits and "
                f"{words.count(view.injections.sum())} injections of first eyes"
            ),
        )


def _calendar(summary: Summary) -> _Course:
    """Work of the clinic by calendar week."""
    view = activity_per_week(summary)
    end = max(1.0, len(view.time) / _WEEKS_PER_YEAR_OF_DAYS)
    return _Course(
        years=view.time / _WEEKS_PER_YEAR_OF_DAYS,
        visits=view.visits.astype(float),
        injections=view.injections.astype(float),
        ticks=year_ticks(int(end)),
        end=end,
        foot=_key(
            f"{words.count(view.visits.sum())} visits and "
            f"{words.count(view.injections.sum())} injections of all eyes, at most "
            f"{words.count(view.visits.max(initial=0))} visits in a week"
        ),
    )


def _key(counts: str) -> str:
    """Meaning of the lines, and what they add up to."""
    keys = "".join(
        f'<span class="ape-key"><i style="background:{colour(name)}"></i>{name}</span>'
        for name in ("visits", "injections")
    )
    return f'<div class="ape-foot">{keys}<span>{counts}</span></div>'
