"""The question: which protocols, on whom, for how long; and the button that asks it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from ipywidgets import Box, Button, Checkbox, Dropdown, Text

from ape_core.analysis.same_patients import MOST_RUNS
from ape_core.spec.population import list_populations, load_population
from widgets import format as words
from widgets.errors import guarded
from widgets.html import box, classed, html, set_class, text
from widgets.progress import compiling_words
from widgets.question_form import QuestionForm
from widgets.several.colours import chip

if TYPE_CHECKING:
    from widgets.several.session import SeveralSession

_NUMBERS: Final = ("patients", "years", "seed")


class ChooserPanel(QuestionForm["SeveralSession"]):
    """Protocols to tick, the patients they are given to, and what stands in the way, if anything.

    Parameters
    ----------
    session
        The state of the page.
    draw
        Draws the page after a change.
    verb
        What the button says.
    react
        Shows at once that the button was pressed, before anything is computed.
    """

    def __init__(
        self,
        session: SeveralSession,
        draw: Callable[[], None],
        verb: str = "Compare",
        react: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(session, draw)
        self._react = react
        self._rows: list[_ProtocolRow] = []
        self._list = box(classes="ape-protocols")
        self._population = classed(Dropdown(description="Population"), "ape-field")
        self._numbers = {
            name: classed(Text(description=name.capitalize(), continuous_update=True), "ape-field")
            for name in _NUMBERS
        }
        self._start = classed(Button(description=verb), "ape-button ape-primary")
        self._hint, self._count = html(), html()
        self._connect({"population": self._population, **self._numbers}, self._start)
        self.view = box(
            self._count, self._list, self._population,
            box(self._numbers["patients"], self._numbers["years"], classes="ape-pair"),
            self._numbers["seed"], self._start, self._hint, classes="ape-form ape-chooser",
        )  # fmt: skip

    def refresh(self) -> None:
        """Show the question of the session."""
        session = self._session
        options = session.protocols.options()
        self._show_protocols(options)
        self._show_populations()
        self._show(self._numbers)
        self._start.disabled = bool(session.problem) or session.is_shown
        self._count.value = (
            '<div class="ape-row"><h2>Protocols</h2>'
            f"<span>{len(session.protocols.chosen)} of {len(options)} chosen, at most {MOST_RUNS}"
            "</span></div>"
        )
        self._hint.value = _hint(session)

    def _show_protocols(self, options: list[tuple[str, str]]) -> None:
        """Show one row for each protocol; rows are made once and kept."""
        while len(self._rows) < len(options):
            self._rows.append(_ProtocolRow(self._session, self._ticked))
            self._list.children = tuple(row.view for row in self._rows)
        for place, row in enumerate(self._rows):
            row.show(*(options[place] if place < len(options) else ("", "")))

    def _show_populations(self) -> None:
        """Offer the shipped populations, and that of the runs that were opened."""
        asked = self._session.question["population"]
        options = {name: load_population(name).title for name in list_populations()}
        options.setdefault(asked, f"{asked} (of the opened runs)")
        shown = [(title, name) for name, title in options.items()]
        if list(self._population.options) != shown:
            self._population.options = shown
        if self._population.value != asked:
            self._population.value = asked

    def _pressed(self, pressed: Any) -> None:
        """React, then ask the question; what was reacted to is drawn even where it cannot start."""
        if self._react is None:
            super()._pressed(pressed)
            return
        self._session.expect_start()
        self._start.disabled = True
        self._react()
        try:
            self._session.start()
        finally:
            self._draw()

    def _ticked(self, name: str, on: bool) -> None:  # noqa: FBT001
        """A protocol was ticked, or no more."""
        self._session.choose(name, on=on)
        self.refresh()


class _ProtocolRow:
    """A protocol that can be ticked, with its letter and colour once it is."""

    def __init__(self, session: SeveralSession, ticked: Callable[[str, bool], None]) -> None:
        self._session, self._name = session, ""
        self._chip, self._box = html(), Checkbox(indent=False)
        self._box.observe(guarded(session, lambda change: self._changed(change, ticked)), "value")
        self.view: Box = box(self._box, self._chip, classes="ape-protocol-row")

    def show(self, title: str, name: str) -> None:
        """Show a protocol, or none."""
        place = self._session.protocols.place_of(name) if name else -1
        self._name = name
        set_class(self.view, "ape-hidden", on=not name)
        self._box.description = title
        self._box.value = place >= 0
        self._chip.value = chip(place)
        full = len(self._session.protocols.chosen) >= MOST_RUNS
        self._box.disabled = full and place < 0

    def _changed(self, change: Any, ticked: Callable[[str, bool], None]) -> None:
        """Tell of a tick that the session does not know yet."""
        if self._name and change.new != (self._session.protocols.place_of(self._name) >= 0):
            ticked(self._name, change.new)


def _hint(session: SeveralSession) -> str:
    """Why the button is as it is, and how long it would take."""
    if session.problem:
        return f'<p class="ape-blocked" role="status">{text(session.problem)}</p>'
    if session.is_shown:
        sentence = "This is what is shown. Change the question to compare something else."
    elif not session.seconds:
        sentence = "All of these runs are in the store, so they open at once."
    else:
        time = words.duration(session.seconds)
        first = " after compiling" if compiling_words(session.progress) else ""
        sentence = f"About {time} of simulation{first}, each run in turn."
    return f'<p class="ape-help">{text(sentence)}</p>'
