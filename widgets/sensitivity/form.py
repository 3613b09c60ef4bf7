"""The question of the base case: protocol, population, patients, years, seed; and the button."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ipywidgets import Button, Dropdown, Text

from ape_core.spec.population import list_populations, load_population
from widgets.html import box, classed, html, text
from widgets.question_form import QuestionForm
from widgets.schedule_picture import schedule_picture

if TYPE_CHECKING:
    from collections.abc import Callable

    from widgets.sensitivity.session import SensitivitySession

_TITLES: Final = {"patients": "Patients of each run", "years": "Years", "seed": "Seed"}


class BaseForm(QuestionForm["SensitivitySession"]):
    """Form whose every change says what is in the way, if anything."""

    def __init__(self, session: SensitivitySession, draw: Callable[[], None]) -> None:
        super().__init__(session, draw)
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
        self._fields = {**self._choices, **self._texts}
        self._connect(self._fields, self._start)
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
        asked, choices = session.question, self._choices
        protocols = [(item.title, item.name) for item in session.protocols]
        self._offer(choices["protocol"], protocols, asked["protocol"], title)
        self._offer(choices["population"], shipped, asked["population"], asked["population"])
        self._show(self._fields)
        self._picture.value = schedule_picture(protocol) if protocol else ""
        self._start.disabled = bool(session.problem) or session.is_shown
        self._hint.value = hint_markup(session)


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
