"""Those who were found: a list that a keyboard and a screen reader can go through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ipywidgets import Button

from ape_core.terms import END_REASONS
from widgets import format as words
from widgets.errors import guarded
from widgets.html import box, classed, html, set_class, text
from widgets.patients.session import HITS
from widgets.patients.wishes import sentence_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ape_core.results import FoundPatient
    from widgets.patients.session import PatientsSession

_ORDERS: Final = {
    "typical": "the most typical first",
    "best": "those who gained most first",
    "worst": "those who lost most first",
    "random": "drawn by lot",
    "number": "by number",
}


class HitsPanel:
    """A fixed number of rows, made once, each with words and a button over them."""

    def __init__(self, session: PatientsSession, draw: Callable[[], None]) -> None:
        self._session = session
        self._draw = draw
        self._said = html()
        self._rows = [_Row() for _ in range(HITS)]
        for place, row in enumerate(self._rows):
            row.button.on_click(guarded(session, self._chooser(place)))
        rows = box(*(row.view for row in self._rows), classes="ape-run-list")
        self.view = box(self._said, rows, classes="ape-runs ape-hits")

    def refresh(self) -> None:
        """Show who was found."""
        session = self._session
        hits = session.found.patients if session.found is not None else ()
        for place, row in enumerate(self._rows):
            row.show(hits[place] if place < len(hits) else None, is_open=place == session.place)
        self._said.value = _said(session)

    def _chooser(self, place: int) -> Any:
        """Handler that shows the patient in a row."""

        def chosen(_: Any) -> None:
            self._session.choose(place)
            self._draw()

        return chosen


class _Row:
    """One patient in the list."""

    def __init__(self) -> None:
        self._words = html()
        self.button = classed(Button(), "ape-open-run")
        self.view = box(self._words, self.button, classes="ape-run ape-hidden")

    def show(self, hit: FoundPatient | None, *, is_open: bool) -> None:
        """Put a patient into the row, or hide it."""
        set_class(self.view, "ape-hidden", on=hit is None)
        set_class(self.view, "is-open", on=is_open)
        if hit is None:
            return
        who, facts = hit_words(hit)
        self._words.value = (
            f'<div class="ape-run-words" aria-hidden="true"><b>{text(who)}</b>{text(facts)}</div>'
        )
        shown = " (shown)" if is_open else ""
        self.button.description = f"Patient {who}, {facts}{shown}"


def hit_words(hit: FoundPatient) -> tuple[str, str]:
    """Who was found, and what became of them, each as a line."""
    person = "woman" if hit.sex == "female" else "man"
    both = ", both eyes" if hit.second_eye else ""
    letters = f"{hit.baseline_letters} to {hit.last_letters} letters"
    given = words.plural(hit.n_injections, "injection")
    return (
        f"{hit.patient_id:,}: {person} of {hit.age_years}{both}",
        f"{letters}, {given}, {END_REASONS[hit.end_reason]}",
    )


def _said(session: PatientsSession) -> str:
    """How many there are, and among how many; or how far the search is."""
    who = sentence_of(session.chosen)
    if session.looked_at is not None and session.summary is not None:
        of = f"{words.count(session.looked_at)} of {words.count(session.summary.n_patients)}"
        return f'<p class="ape-help" role="status">Looking for {text(who)}: {of} looked at.</p>'
    found = session.found
    if found is None:
        return ""
    if not found.patients:
        sentence = (
            f"Of {words.count(found.n_looked_at)} patients nobody is like that. Ask for less."
        )
        return f'<p class="ape-blocked" role="status">{text(sentence)}</p>'
    run = session.listed
    so_far = "" if run is None or run.status == "complete" else " simulated so far"
    all_of_them = f"{words.count(found.n_looked_at)} patients{so_far}"
    many = f"{words.count(found.n_matching)} of {all_of_them} are like that; "
    if any(session.chosen.values()):
        sentence = f"{many}{len(found.patients)} are listed, {_ORDERS[session.order]}."
    else:
        sentence = f"{len(found.patients)} of {all_of_them}, {_ORDERS[session.order]}."
    return f'<p class="ape-help" role="status">{text(sentence)}</p>'
