"""The question: protocol, population, how patients come, years; and the button."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ipywidgets import Button, Dropdown, Text

from ape_core.spec.population import list_populations, load_population
from widgets import format as words
from widgets.html import box, classed, html, set_class, text
from widgets.progress import time_words
from widgets.question_form import QuestionForm
from widgets.schedule_picture import schedule_picture
from widgets.service.question import COMING, FIELD_OF_COMING, FIELDS_OF, TITLES

if TYPE_CHECKING:
    from collections.abc import Callable

    from widgets.service.session import ServiceSession


class ServiceForm(QuestionForm["ServiceSession"]):
    """Form whose every change says what would be simulated, and what is in the way, if anything."""

    def __init__(self, session: ServiceSession, draw: Callable[[], None]) -> None:
        super().__init__(session, draw)
        self._picture, self._means, self._hint = html(), html(), html()
        self._choices = {
            "protocol": _choice("Protocol", []),
            "population": _choice("Population", []),
            "coming": _choice(FIELD_OF_COMING, [(title, name) for name, title in COMING.items()]),
        }
        self._texts = {
            name: classed(Text(description=title, continuous_update=True), "ape-field")
            for name, title in TITLES.items()
        }
        self._start = classed(Button(description="Start"), "ape-button ape-primary")
        self._fields = {**self._choices, **self._texts}
        self._connect(self._fields, self._start)
        own = [self._texts[name] for name in TITLES if name not in ("years", "seed", "slots")]
        self.view = box(
            html(value="<h2>Question</h2>"), self._choices["protocol"], self._picture,
            self._choices["population"], self._choices["coming"], *own,
            box(self._texts["years"], self._texts["seed"], classes="ape-pair"),
            self._texts["slots"], self._means, self._start, self._hint, classes="ape-form",
        )  # fmt: skip

    def refresh(self) -> None:
        """Show the question of the session."""
        question = self._session.question
        self._offer_names()
        self._show(self._fields)
        every = {name for names in FIELDS_OF.values() for name in names}
        for name in every:
            set_class(self._texts[name], "ape-hidden", on=name not in FIELDS_OF[question["coming"]])
        protocol = self._session.protocol
        self._picture.value = schedule_picture(protocol) if protocol else ""
        self._say()

    def _offer_names(self) -> None:
        """Let the reader choose among what is kept, and what the run has of its own."""
        question = self._session.question
        protocol = self._session.protocol
        title = protocol.title if protocol else question["protocol"]
        protocols = [(p.title, p.name) for p in self._session.protocols]
        self._offer(self._choices["protocol"], protocols, question["protocol"], title)
        shipped = [(load_population(name).title, name) for name in list_populations()]
        kept = question["population"]
        self._offer(self._choices["population"], shipped, kept, kept)

    def _say(self) -> None:
        """Show what would be simulated, and why it cannot start, if so."""
        session = self._session
        self._start.disabled = bool(session.problem) or session.is_shown
        again = session.answered and not session.is_shown
        self._start.description = "Open this run" if again else "Start"
        self._means.value = _means(session)
        self._hint.value = _hint(session)


def _means(session: ServiceSession) -> str:
    """Patients and time that the question means."""
    if session.asked is None or session.estimate is None:
        return ""
    patients = words.count(session.asked.cohort.n_patients)
    time = time_words(session.estimate.seconds, compiles=session.is_compiling)
    rows = (("Patients", patients), ("Time", time))
    cells = "".join(f"<div><dt>{name}</dt><dd>{text(value)}</dd></div>" for name, value in rows)
    return f'<dl class="ape-estimate">{cells}</dl>'


def _hint(session: ServiceSession) -> str:
    """Why the button is as it is."""
    if session.problem:
        return f'<p class="ape-blocked" role="status">{text(session.problem)}</p>'
    if session.is_shown:
        return '<p class="ape-help">This is the run that is shown.</p>'
    if session.answered:
        return '<p class="ape-help">This was asked before, so its run opens at once.</p>'
    return ""


def _choice(name: str, options: list[tuple[str, str]]) -> Dropdown:
    """Drop-down list with its label above it."""
    return classed(Dropdown(description=name, options=options), "ape-field")
