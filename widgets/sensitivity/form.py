"""The question of the base case: protocol, population, patients, years, seed; and the button."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ipywidgets import Button, Dropdown, Text

from ape_core.spec.population import list_populations, load_population
from widgets.errors import guarded
from widgets.html import box, classed, html, set_class, text
from widgets.schedule_picture import schedule_picture

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from widgets.sensitivity.session import SensitivitySession

_TITLES: Final = {"patients": "Patients of each run", "years": "Years", "seed": "Seed"}


class BaseForm:
    """Form whose every change says what is in the way, if anything."""

    def __init__(self, session: SensitivitySession, draw: Callable[[], None]) -> None:
        self._session, self._draw = session, draw
        self._is_filling = False
        self._picture, self._hint = html(), html()
        self._choices = {
            name: classed(Dropdown(description=name.capitalize()), "ape-field")
            for name in ("protocol", "population")
        }
        self._texts = {
            name: classed(Text(description=title, continuous_update=True), "ape-field")
            for name, title in _TITLES.items()
        }
        self._start = classed(Button(description="Start"), "ape-button ape-primary")
        self._connect()
        self.view = box(
            html(value="<h2>Base case</h2>"), self._choices["protocol"], self._picture,
            self._choices["population"], self._texts["patients"],
            box(self._texts["years"], self._texts["seed"], classes="ape-pair"),
            self._start, self._hint, classes="ape-form",
        )  # fmt: skip

    def refresh(self) -> None:
        """Show the question of the session."""
        session = self._session
        protocol = session.protocol
        title = protocol.title if protocol else session.question["protocol"]
        shipped = [(load_population(name).title, name) for name in list_populations()]
        self._offer("protocol", [(item.title, item.name) for item in session.protocols], title)
        self._offer("population", shipped, session.question["population"])
        for name, field in {**self._choices, **self._texts}.items():
            if field.value != session.question[name]:
                field.value = session.question[name]
            set_class(field, "is-wrong", on=name == session.wrong_field)
        self._picture.value = schedule_picture(protocol) if protocol else ""
        self._start.disabled = bool(session.problem) or session.is_shown
        self._hint.value = hint_markup(session)

    def _offer(self, name: str, options: list[tuple[str, str]], title: str) -> None:
        """Offer names, with the one of the question if it is none of them."""
        chosen, field = self._session.question[name], self._choices[name]
        if chosen not in dict(options).values():
            options = [*options, (f"{title}, as in this run", chosen)]
        if list(field.options) != options:
            self._is_filling = True
            try:
                field.options = options
            finally:
                self._is_filling = False

    def _connect(self) -> None:
        """Pass every change to the session."""
        for name, field in {**self._choices, **self._texts}.items():
            field.observe(guarded(self._session, self._edited(name)), names="value")
        for field in self._texts.values():
            field.on_msg(guarded(self._session, self._left))
        self._start.on_click(guarded(self._session, self._pressed))

    def _edited(self, name: str) -> Callable[[Any], None]:
        """Handler that passes the new value of a field."""

        def edited(change: Any) -> None:
            known = self._session.question[name]
            if not self._is_filling and change.new is not None and change.new != known:
                self._session.edit(name, change.new)
                self._session.tidy(but=name)
                self.refresh()

        return edited

    def _left(self, _: Any, content: Mapping[str, Any], __: Any) -> None:
        """Write numbers as they were understood: a field was left, or Enter pressed in it."""
        if content.get("event") == "submit":
            self._session.tidy()
            self.refresh()

    def _pressed(self, _: Any) -> None:
        """Ask the question."""
        self._session.start()
        self._draw()


def hint_markup(session: SensitivitySession) -> str:
    """Why the button is as it is, and what is simulated."""
    if session.problem:
        return f'<p class="ape-blocked" role="status">{text(session.problem)}</p>'
    if session.is_shown:
        return '<p class="ape-help">This is the base case that is shown.</p>'
    return (
        '<p class="ape-help">The same patients, with the same luck, are simulated for each value '
        "that is varied. Runs that were asked for before are not simulated again.</p>"
    )
