"""Activity, sessions and staff year by year, as a table for a business case."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from ape_core.schema import WEEKS_PER_YEAR
from ape_core.summaries.service_tables import plan_table
from ape_core.summaries.staffing import SECONDS_PER_HOUR
from widgets import format as words
from widgets.charts.card import Card
from widgets.html import set_class, text
from widgets.service.words import to_come

if TYPE_CHECKING:
    from ape_core.spec.staffing import Staffing
    from ape_core.summaries.staff_plan import StaffPlan
    from widgets.service.session import ServiceSession

_NOTE = (
    "Sessions needed: each open day by itself, each session whole. Staff: people who work "
    "{weeks:g} weeks a year, for the sessions on duty in all 52. CSV in the menu of the card has "
    "every digit, hours, and the staff that evenly spread work would need."
)


class PlanCard:
    """A column for each year."""

    def __init__(self, session: ServiceSession) -> None:
        self._session = session
        self.card = Card("Staff and sessions by year", None)
        set_class(self.card.view, "ape-full", on=True)
        self.view = self.card.view

    def draw(self) -> None:
        """Show all years, or that there are none yet."""
        session, plan = self._session, self._session.plan
        self.card.wait(waiting=plan is None)
        self.card.say("Whole years of 52 weeks of the clinic; ready for a business case.")
        if plan is None:
            self.card.foot(to_come(session))
            return
        self.card.offer(partial(plan_table, plan, session.staffing))
        self.card.foot(plan_markup(plan, session.staffing))


def plan_markup(plan: StaffPlan, staffing: Staffing) -> str:
    """Table of the plan: a row for each figure, a column for each year."""
    weeks_of = dict(zip(plan.years, plan.n_weeks, strict=True))
    heads = "".join(_year_head(int(year), int(weeks)) for year, weeks in weeks_of.items())
    groups = "".join(
        f'<tbody><tr class="ape-group"><th colspan="{len(weeks_of) + 1}">{name}</th></tr>'
        f"{''.join(rows)}</tbody>"
        for name, rows in _groups(plan, staffing)
    )
    note = _NOTE.format(weeks=staffing.clinic["working_weeks"].value)
    return (
        '<div class="ape-table-scroll" role="region" tabindex="0" aria-label="Plan by year">'
        f'<table class="ape-plan"><thead><tr><td></td>{heads}</tr></thead>{groups}</table></div>'
        f'<p class="ape-note">{text(note)}</p>'
    )


def _groups(plan: StaffPlan, staffing: Staffing) -> Iterator[tuple[str, list[str]]]:
    """Headings, and the rows below each."""
    whole, one = words.count, words.one_decimal
    yield (
        "Activity",
        [
            _row("Visits, each with a scan", plan.visits, whole),
            _row("Injections", plan.injections, whole),
            _row("Hours with patients", plan.seconds.sum(axis=1) / SECONDS_PER_HOUR, whole),
        ],
    )
    titles = [role.title for role in staffing.roles.values()]
    for name, values, written in (
        ("Sessions needed in the year", plan.sessions_needed, whole),
        ("Sessions on duty on each open day", plan.on_duty, whole),
        ("People at work on an open day", plan.people, whole),
        ("Whole-time staff", plan.staff, one),
    ):
        rows = [_row(title, values[:, place], written) for place, title in enumerate(titles)]
        yield name, [*rows, _row("All", values.sum(axis=1), written, total=True)]


def _row(name: str, values: Any, written: Callable[[float], str], *, total: bool = False) -> str:
    """One row."""
    cells = "".join(f"<td>{text(written(value))}</td>" for value in values)
    kind = ' class="ape-total"' if total else ""
    return f"<tr{kind}><th>{text(name)}</th>{cells}</tr>"


def _year_head(year: int, weeks: int) -> str:
    """Name of a column; a year that is short of weeks says so."""
    short = "" if weeks == WEEKS_PER_YEAR else f" <small>{weeks} weeks</small>"
    return f"<th>Year {year}{short}</th>"
