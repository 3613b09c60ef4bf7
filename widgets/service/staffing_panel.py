"""The clinic's own numbers: minutes, sessions, opening; each with its range and source.

The fields are made when the panel is opened for the first time.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from ipywidgets import Button, Dropdown, Text, ToggleButton

from ape_core.errors import ApeError, InvalidSpecError
from ape_core.spec.staffing import WEEKDAYS
from widgets.errors import guarded
from widgets.format import parse_count
from widgets.html import box, classed, html, set_class, text
from widgets.service.question import parse_decimal

if TYPE_CHECKING:
    from collections.abc import Callable

    from ape_core.spec.parameter import Parameter
    from widgets.service.session import ServiceSession

OPENINGS: Final = {
    "Monday to Friday": WEEKDAYS[:5],
    "Monday to Saturday": WEEKDAYS[:6],
    "Every day": WEEKDAYS,
}
RULES: Final = {
    "Shared among the open days of the next week": "shared",
    "On the next open day": "next",
}
STEP_WORDS: Final = {
    "first_visit": "first visit",
    "follow_up_visit": "follow-up visit",
    "scan": "scan",
    "injection": "injection",
    "virtual_review": "virtual review",
}
CLINIC_WORDS: Final = {
    "session_minutes": "Length of a session",
    "used_percent": "Part of a session spent with patients",
    "sessions_per_day": "Sessions that one person can hold in a day",
    "working_weeks": "Weeks that a person works",
    "virtual_percent": "Follow-up visits decided virtually",
    "days_met_percent": "Days on which the planned staff are enough",
}
_MOST = 10_000.0


class StaffingPanel:
    """A card that unfolds into fields; every change redraws and simulates nothing."""

    def __init__(self, session: ServiceSession, draw: Callable[[], None]) -> None:
        self._session = session
        self._draw = draw
        self._fields: dict[str, Text] = {}
        self._duty: dict[str, Text] = {}
        self._about: dict[str, Any] = {}
        self._problem = html()
        self._toggle = classed(
            ToggleButton(description="Minutes and staff, with sources"), "ape-button"
        )
        self._toggle.observe(guarded(session, self._toggled), names="value")
        self._reset = classed(Button(description="Back to the shipped values"), "ape-button")
        self._reset.on_click(guarded(session, self._put_back))
        self._body = box(classes="ape-inputs ape-hidden")
        self._head = html()
        self.view = box(
            self._head, box(self._toggle, self._reset, classes="ape-staffing-actions"),
            self._problem, self._body, classes="ape-card ape-full ape-staffing-card",
        )  # fmt: skip

    def draw(self) -> None:
        """Show the staffing of the session."""
        staffing, changed = self._session.staffing, len(self.changed())
        told = f" <b>{changed} changed.</b>" if changed else ""
        self._head.value = (
            f"<h3>The clinic's own numbers</h3><p>{text(staffing.title)}.{told} "
            f"{text(staffing.description)}</p>"
        )
        self._reset.disabled = not changed
        if self._fields:
            self._fill()

    def changed(self) -> list[str]:
        """Names of what differs from what ships."""
        session, shipped = self._session, self._session.shipped
        now, before = session.staffing.numbers(), shipped.numbers()
        names = [name for name, number in now.items() if number.value != before[name].value]
        names += [f"on duty/{role}" for role in session.on_duty]
        opening = ("open_days", "visits_due_when_closed")
        return names + [
            name for name in opening if getattr(session.staffing, name) != getattr(shipped, name)
        ]

    def _toggled(self, change: Any) -> None:
        """Unfold the fields, made now if never before."""
        if change.new and not self._fields:
            self._make()
            self._fill()
        set_class(self._body, "ape-hidden", on=not change.new)
        self._toggle.description = "Hide them" if change.new else "Minutes and staff, with sources"

    def _make(self) -> None:
        """Make a field for each number, and the choices of opening."""
        staffing = self._session.staffing
        self._opening = _choice("Open", tuple(OPENINGS))
        self._rule = _choice("Visits due on a closed day", tuple(RULES))
        for field in (self._opening, self._rule):
            field.observe(guarded(self._session, self._opening_chosen), names="value")
        numbers = staffing.numbers()
        sections = [
            box(html(value="<h4>Opening</h4>"), self._opening, self._rule, classes="ape-inputs-of"),
            self._section("Sessions", {
                f"clinic/{name}": CLINIC_WORDS[name] for name in staffing.clinic
            }, numbers),
        ]  # fmt: skip
        for name, role in staffing.roles.items():
            own = {
                f"roles/{name}/minutes/{step}": f"Minutes per {STEP_WORDS[step]}"
                for step in role.minutes
            }
            own[f"roles/{name}/sessions_per_week"] = "Sessions of a person in a week"
            section = self._section(role.title, own, numbers)
            section.children = (*section.children, self._duty_field(name))
            sections.append(section)
        self._body.children = tuple(sections)

    def _section(self, title: str, names: dict[str, str], numbers: dict[str, Parameter]) -> Any:
        """Fields of one heading."""
        parts: list[Any] = [html(value=f"<h4>{text(title)}</h4>")]
        for name, label in names.items():
            field = classed(Text(description=label, continuous_update=False), "ape-field")
            field.observe(guarded(self._session, self._edited(name)), names="value")
            self._fields[name] = field
            parts += [field, html(value=_about(numbers[name]))]
        return box(*parts, classes="ape-inputs-of")

    def _duty_field(self, role: str) -> Any:
        """Field for the sessions of a role on duty on each open day."""
        field = classed(
            Text(description="Sessions on duty on each open day", continuous_update=False),
            "ape-field",
        )
        field.observe(guarded(self._session, self._duty_edited(role)), names="value")
        self._duty[role] = field
        self._about[role] = html()
        return box(field, self._about[role], classes="ape-inputs-duty")

    def _fill(self) -> None:
        """Write the numbers of the session into the fields."""
        session = self._session
        for name, number in session.staffing.numbers().items():
            _put(self._fields[name], f"{number.value:g}")
        plan = session.plan
        for place, (role, field) in enumerate(self._duty.items()):
            _put(field, str(session.on_duty.get(role, "")))
            planned = "" if plan is None else ", ".join(str(n) for n in plan.on_duty[:, place])
            field.placeholder = "as planned"
            told = f"Empty: as planned, {planned} in years 1 to {len(plan.years)}." if plan else ""
            self._about[role].value = f'<p class="ape-help">{text(told)}</p>'
        opening = [name for name, days in OPENINGS.items() if days == session.staffing.open_days]
        self._opening.value = opening[0] if opening else None
        rules = {rule: name for name, rule in RULES.items()}
        self._rule.value = rules[session.staffing.visits_due_when_closed]
        self._rule.disabled = len(session.staffing.open_days) == len(WEEKDAYS)

    def _edited(self, name: str) -> Callable[[Any], None]:
        """Handler that uses the new value of a field."""

        def edited(change: Any) -> None:
            number = self._session.staffing.numbers()[name]
            if change.new == f"{number.value:g}":
                return
            self._try(
                self._fields[name],
                lambda: self._session.set_numbers(
                    {name: parse_decimal(change.new, self._fields[name].description, 0, _MOST)}
                ),
            )

        return edited

    def _duty_edited(self, role: str) -> Callable[[Any], None]:
        """Handler that fixes the sessions of a role, or lets them be planned."""

        def edited(change: Any) -> None:
            if change.new == str(self._session.on_duty.get(role, "")):
                return
            words = change.new.strip()
            title = self._session.staffing.roles[role].title
            self._try(
                self._duty[role],
                lambda: self._session.set_on_duty(
                    role, parse_count(words, title, 0, int(_MOST)) if words else None
                ),
            )

        return edited

    def _opening_chosen(self, change: Any) -> None:
        """Use other open days, or another rule for closed ones."""
        staffing = self._session.staffing
        days = OPENINGS.get(self._opening.value, staffing.open_days)
        rule = RULES.get(self._rule.value, staffing.visits_due_when_closed)
        if change.new and (days, rule) != (staffing.open_days, staffing.visits_due_when_closed):
            self._session.use(replace(staffing, open_days=days, visits_due_when_closed=rule))
            self._draw()

    def _try(self, field: Text, change: Callable[[], None]) -> None:
        """Make a change, or say why it cannot be; what was typed stays until it can."""
        try:
            change()
        except (ApeError, InvalidSpecError) as error:
            set_class(field, "is-wrong", on=True)
            self._problem.value = f'<p class="ape-blocked" role="status">{text(error.message)}</p>'
            return
        set_class(field, "is-wrong", on=False)
        self._problem.value = ""
        self._draw()

    def _put_back(self, _: Any) -> None:
        """Go back to what ships."""
        self._problem.value = ""
        for field in (*self._fields.values(), *self._duty.values()):
            set_class(field, "is-wrong", on=False)
        self._session.reset_staffing()
        self._draw()
        self.draw()


def _about(number: Parameter) -> str:
    """Unit, range and source of a number."""
    return (
        f'<p class="ape-help">{text(number.unit)}; {number.low:g} to {number.high:g}, confidence '
        f"{text(number.confidence)}. {text(number.source)}</p>"
    )


def _choice(name: str, options: tuple[str, ...]) -> Dropdown:
    """Drop-down list with its label above it."""
    return classed(Dropdown(description=name, options=options), "ape-field")


def _put(field: Text, value: str) -> None:
    """Write a value, unless something that cannot be is being corrected there."""
    if field.value != value and "is-wrong" not in field._dom_classes:  # noqa: SLF001
        field.value = value
