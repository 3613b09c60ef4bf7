"""The question: protocol, population, how patients come, years; and the button."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ipywidgets import Button, Dropdown, Text

from ape_core.spec.population import list_populations, load_population
from widgets import format as words
from widgets.errors import guarded
from widgets.html import box, classed, html, set_class, text
from widgets.schedule_picture import schedule_picture
from widgets.service.question import COMING, FIELDS_OF, TITLES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from widgets.service.session import ServiceSession


class ServiceForm:
    """Form whose every change says what would be simulated, and what is in the way, if anything."""

    def __init__(self, session: ServiceSession, draw: Callable[[], None]) -> None:
        self._session = session
        self._draw = draw
        self._is_filling = False
        self._picture, self._means, self._hint = html(), html(), html()
        self._choices = {
            "protocol": _choice("Protocol", []),
            "population": _choice("Population", []),
            "coming": _choice("Patients come", [(title, name) for name, title in COMING.items()]),
        }
        self._texts = {
            name: classed(Text(description=title, continuous_update=True), "ape-field")
            for name, title in TITLES.items()
        }
        self._start = classed(Button(description="Start"), "ape-button ape-primary")
        self._connect()
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
        for name, field in {**self._choices, **self._texts}.items():
            if field.value != question[name]:
                field.value = question[name]
            set_class(field, "is-wrong", on=name == self._session.wrong_field)
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
        self._offer("protocol", [(p.title, p.name) for p in self._session.protocols], title)
        shipped = [(load_population(name).title, name) for name in list_populations()]
        self._offer("population", shipped, question["population"])

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
            if not self._is_filling and change.new != self._session.question[name]:
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
    seconds = words.duration(session.estimate.seconds)
    rows = (("Patients", patients), ("Time", f"about\N{NO-BREAK SPACE}{seconds}"))
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
