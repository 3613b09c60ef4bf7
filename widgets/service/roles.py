"""Hours of work by role, beside the hours that staff are on duty."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ape_core.schema import DAYS_PER_WEEK
from ape_core.spec.staffing import MAX_ROLES
from ape_core.summaries.role_hours import RoleHours, role_hours
from ape_core.summaries.service_tables import day_table, week_table
from widgets.bqplots import Lines
from widgets.charts.axes import across, fit, floats, round_ticks, scale, upwards
from widgets.charts.card import Card, figure
from widgets.html import text
from widgets.service.weeks import across_weeks, place_on_axis
from widgets.theme import colour

if TYPE_CHECKING:
    from widgets.service.session import ServiceSession


_NOWHERE = floats([[0, 0], [0, 0]])
"""Drawn for a role that a clinic does not have."""


def role_colour(place: int) -> str:
    """Colour of the role at a place of the staffing."""
    return colour(f"role-{place + 1}")


class RolesChart:
    """Stacked steps of the weeks or days that are looked at; a line shows who is on duty."""

    def __init__(self, session: ServiceSession) -> None:
        self._session = session
        self._x, self._y = scale(0, 1), scale(0, 1)
        self._weeks = across(self._x, "Week of the run")
        self._hours = upwards(self._y, [0, 1])
        scales = {"x": self._x, "y": self._y}
        # Areas with steps: bars as narrow as a week would leave hairlines between them.
        self._areas = [
            Lines(
                x=floats([0, 1]), y=floats([[0, 0], [0, 0]]), scales=scales, stroke_width=0,
                fill="between", colors=[role_colour(place)] * 2, opacities=[0, 0],
                fill_colors=[role_colour(place)] * 2, fill_opacities=[1, 1],
                interpolation="step-after",
            )
            for place in range(MAX_ROLES)
        ]  # fmt: skip
        self._duty = Lines(
            x=floats([0, 1]), y=floats([0, 0]), scales=scales, colors=[colour("on-duty")],
            stroke_width=1.4, interpolation="step-after",
        )  # fmt: skip
        self.card = Card(
            "Work by role",
            figure([*self._areas, self._duty], [self._weeks, self._hours]),
            wide=True,
        )
        self.view = self.card.view

    def draw(self) -> None:
        """Show the same weeks or days as the chart of visits, or that there are none yet."""
        seen, plan = self._session.seen, self._session.plan
        self.card.wait(waiting=seen is None)
        if seen is None or plan is None:
            self.card.say("Hours of work with patients, by role.")
            return
        by_day = self._session.by_day
        view = role_hours(seen, plan, by_day=by_day)
        self.card.say(_sentence(view))
        self.card.offer(partial(day_table if by_day else week_table, seen))
        across_weeks(self._x, self._weeks, seen)
        top = max(float(view.hours.sum(axis=1).max()), float(view.on_duty_hours.max()))
        fit(self._y, self._hours, round_ticks(top * 1.02 or 1, 4))
        ends = [*view.start_days, seen.first_day + seen.n_days]
        steps = floats(place_on_axis(seen, ends))
        for place, area in enumerate(self._areas):
            is_there = place < len(seen.roles)
            with area.hold_sync():
                area.x = steps if is_there else _NOWHERE[0]
                area.y = floats(view.between(place)) if is_there else _NOWHERE
        with self._duty.hold_sync():
            self._duty.x = steps
            self._duty.y = floats(np.append(view.on_duty_hours, view.on_duty_hours[-1]))
        self.card.foot(self._key())

    def _key(self) -> str:
        """Meaning of the colours."""
        keys = "".join(
            f'<span class="ape-key"><i style="background:{role_colour(place)}"></i>'
            f"{text(role.title)}</span>"
            for place, role in enumerate(self._session.staffing.roles.values())
        )
        line = (
            f'<span class="ape-key"><i class="ape-key-line" style="background:{colour("on-duty")}">'
            "</i>on duty</span>"
        )
        return f'<div class="ape-foot">{keys}{line}</div>'


def _sentence(view: RoleHours) -> str:
    """What a bar holds."""
    weeks = view.days_each // DAYS_PER_WEEK
    each = "day" if view.days_each == 1 else "week" if weeks == 1 else f"{weeks} weeks"
    return (
        f"Hours of work with patients in each {each}, all roles on top of each other; the line is "
        "the time on duty that can be spent with patients."
    )
