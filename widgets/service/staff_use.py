"""Whether the staff on duty are enough: role by role, in the year that is looked at."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ape_core.summaries.service_tables import plan_table
from widgets import format as words
from widgets.charts.card import Card
from widgets.html import text
from widgets.service.roles import role_colour
from widgets.service.words import to_come
from widgets.service.year import show_year, year_choice

if TYPE_CHECKING:
    from collections.abc import Callable

    from ape_core.summaries.staff_plan import StaffPlan
    from widgets.service.session import ServiceSession


class StaffUseCard:
    """A row for each role: sessions on duty, how much of them is used, days that are short."""

    def __init__(self, session: ServiceSession, draw: Callable[[], None]) -> None:
        self._session = session
        self.card = Card("Use of staff", None, wide=True, year="In year")
        self._year = year_choice(self.card, session, draw)
        self.view = self.card.view

    def draw(self) -> None:
        """Show the year that is looked at, or that there is none yet."""
        session, plan = self._session, self._session.plan
        self.card.wait(waiting=plan is None)
        if plan is None:
            self.card.say("Sessions on duty on each open day, and how they are used.")
            self.card.foot(to_come(session))
            return
        met = session.staffing.clinic["days_met_percent"].value
        self.card.say(
            f"Sessions on duty on each open day: enough on {met:g}% of days, or as you set them."
        )
        show_year(self._year, session)
        self.card.offer(partial(plan_table, plan, session.staffing))
        self.card.foot(self._rows(plan, session.year - 1))

    def _rows(self, plan: StaffPlan, place: int) -> str:
        """Rows of the roles."""
        titles = [role.title for role in self._session.staffing.roles.values()]
        rows = "".join(_row(title, plan, place, role) for role, title in enumerate(titles))
        return (
            '<table class="ape-staff"><thead><tr><th>Role</th><th>On duty</th>'
            "<th>Time used</th><th>Days short</th></tr></thead>"
            f"<tbody>{rows}</tbody></table>"
        )


def _row(title: str, plan: StaffPlan, place: int, role: int) -> str:
    """One role."""
    used, short = 100 * plan.used[place, role], int(plan.days_short[place, role])
    set_by_user = " <small>set</small>" if plan.given[role] else ""
    bar = (
        f'<span class="ape-use{" is-over" if used > 100 else ""}"><i style="width:'
        f'{min(used, 100):.1f}%;background:{role_colour(role)}"></i></span>'
    )
    days = words.count(plan.n_open_days[place])
    return (
        f"<tr><th>{text(title)}</th><td>{words.count(plan.on_duty[place, role])}{set_by_user}</td>"
        f"<td>{bar}{words.percent(used)}</td><td>{words.count(short)} <small>of {days}</small>"
        "</td></tr>"
    )
