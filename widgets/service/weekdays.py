"""The days of the week beside each other, with how much one differs from another of its name."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ape_core.spec.staffing import WEEKDAYS
from ape_core.summaries.busy import weekday_profile
from ape_core.summaries.service_tables import weekday_table
from widgets import format as words
from widgets.bqplots import Bars, Lines
from widgets.charts.axes import across, fit, floats, round_ticks, scale, upwards
from widgets.charts.card import Card, figure
from widgets.service.year import show_year, year_choice
from widgets.theme import colour

if TYPE_CHECKING:
    from collections.abc import Callable

    from ape_core.summaries.busy import WeekdayProfile
    from widgets.service.session import ServiceSession

_PLACES = np.arange(len(WEEKDAYS))
_RULES = {
    "shared": "What is due on a closed day is shared among the next week's open days.",
    "next": "What is due on a closed day is done on the next open day.",
}


class WeekdaysChart:
    """Bars of the mean, with a line from the tenth to the ninetieth centile of the days."""

    def __init__(self, session: ServiceSession, draw: Callable[[], None]) -> None:
        self._session = session
        self._y = scale(0, 1)
        x = scale(-0.5, len(WEEKDAYS) - 0.5)
        days = across(x, "")
        days.tick_values = floats(_PLACES)
        days.tick_labels = {place: day[:3] for place, day in enumerate(WEEKDAYS)}
        self._counts = upwards(self._y, [0, 1])
        scales = {"x": x, "y": self._y}
        start = {"x": floats(_PLACES), "y": floats(np.zeros(len(WEEKDAYS))), "scales": scales}
        self._visits = Bars(**start, colors=[colour("visit-bars")], padding=0.35, stroke_width=0)
        self._injections = Bars(
            **start, colors=[colour("injections")], padding=0.55, stroke_width=0
        )
        self._spread = Lines(
            x=floats([[0, 0]]), y=floats([[0, 0]]), scales=scales, stroke_width=1.6,
            colors=[colour("lost-letters")],
        )  # fmt: skip
        drawn = figure([self._visits, self._injections, self._spread], [days, self._counts])
        self.card = Card("Days of the week", drawn, wide=True, year="In year")
        self._year = year_choice(self.card, session, draw)
        self.view = self.card.view

    def draw(self) -> None:
        """Show the year that is looked at, or that there is none yet."""
        work = self._session.of_year
        self.card.wait(waiting=work is None)
        if work is None:
            self.card.say("Mean visits and injections of each day of the week.")
            return
        self.card.say(f"Mean of each day. {_rule(self._session)}")
        show_year(self._year, self._session)
        self.card.offer(partial(weekday_table, work))
        profile = weekday_profile(work)
        top = float(max(profile.p90_visits.max(), profile.mean_visits.max()))
        fit(self._y, self._counts, round_ticks(top * 1.04 or 1, 4))
        self._visits.y = floats(profile.mean_visits)
        self._injections.y = floats(profile.mean_injections)
        with self._spread.hold_sync():
            self._spread.x = floats(np.stack([_PLACES, _PLACES], axis=1))
            self._spread.y = floats(np.stack([profile.p10_visits, profile.p90_visits], axis=1))
            self._spread.colors = [colour("lost-letters")] * len(WEEKDAYS)
        self.card.foot(_key(profile))


def _rule(session: ServiceSession) -> str:
    """What becomes of visits that are due when the clinic is closed."""
    staffing = session.staffing
    if len(staffing.open_days) == len(WEEKDAYS):
        return "The clinic works on all of them."
    return _RULES[staffing.visits_due_when_closed]


def _key(profile: WeekdayProfile) -> str:
    """Meaning of the marks, and the busiest day."""
    mean_visits = profile.mean_visits
    busiest = [day for day, n in zip(WEEKDAYS, mean_visits, strict=True) if n == mean_visits.max()]
    keys = "".join(
        f'<span class="ape-key"><i{shape} style="background:{colour(shade)}"></i>{name}</span>'
        for shape, shade, name in (
            ("", "visit-bars", "visits"),
            ("", "injections", "injections"),
            (' class="ape-key-rod"', "lost-letters", "80% of these days"),
        )
    )
    mean = words.one_decimal(mean_visits.max())
    which = busiest[0] if len(busiest) == 1 else f"{len(busiest)} days alike"
    return f'<div class="ape-foot">{keys}<span>Busiest: <b>{which}</b>, {mean} visits</span></div>'
