"""Where the uncertainty comes from, and the runs that tell what comes from the disease."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ipywidgets import Button, Text

from ape_core.analysis.economics_certainty import (
    DISEASE,
    INPUTS,
    drawn_inputs_words,
    held_inputs_words,
)
from ape_core.analysis.economics_sources import SOURCES, net_benefit_sds, sources_table
from ape_core.analysis.economics_words import pounds
from widgets import format as words
from widgets.charts.card import Card
from widgets.economics.session import STUDY
from widgets.economics.uncertainty import to_come
from widgets.errors import guarded
from widgets.html import box, classed, html, text
from widgets.several.colours import LETTERS, chip
from widgets.study_progress import StudyProgress
from widgets.theme import colour

if TYPE_CHECKING:
    from collections.abc import Callable

    from widgets.economics.session import EconomicsSession

COLOURS: Final = {"patients": "cost-scans", "inputs": "cost-procedure", "disease": "cost-drug"}


class SourcesPanel:
    """A card with the SDs of net benefit by source, and the button that draws the disease."""

    def __init__(self, session: EconomicsSession, draw: Callable[[], None]) -> None:
        self._session, self._draw = session, draw
        self._n, self._patients = (
            classed(Text(description=title, continuous_update=True), "ape-field")
            for title in ("Draws", "Patients of each run")
        )
        self._n.observe(guarded(session, self._edited), names="value")
        self._patients.observe(guarded(session, self._edited), names="value")
        self._start = classed(Button(description="Draw the disease"), "ape-button ape-primary")
        self._start.on_click(guarded(session, self._pressed))
        self.progress = StudyProgress(session, STUDY, draw)
        self._hint = html()
        self.card = Card("Where the uncertainty comes from", None)
        head, *rest = self.card.view.children
        controls = box(self._n, self._patients, self._start, classes="ape-controls")
        self.card.view.children = (head, controls, self._hint, self.progress.view, *rest)
        self.view = self.card.view
        self.view.add_class("ape-full")
        self._shown: tuple[Any, ...] = ()

    def refresh(self) -> None:
        """Show what is asked, and how far the runs are."""
        session, study = self._session, self._session.study
        for field, value in ((self._n, study.n_draws), (self._patients, study.n_patients)):
            if field.value != value:
                field.value = value
        busy = study.state is not None and study.state.status in ("running", "stopping")
        self._start.disabled = busy or not session.questions
        self._hint.value = hint_markup(session)
        self.progress.refresh()

    def draw(self, session: EconomicsSession) -> None:
        """Show the SDs of the session."""
        compared = session.compared
        self.card.wait(waiting=False)
        self.card.say(
            f"SD of the net benefit beside {LETTERS[session.reference]}, where a QALY is worth "
            f"{pounds(session.threshold)}. What comes from the luck of patients shrinks with more "
            "of them. What comes from prices, utilities and the disease is what nobody knows, and "
            "stays."
        )
        of_inputs = session.uncertainty(INPUTS)
        if compared is None or of_inputs is None:
            self.card.foot(
                to_come("The bars appear with the first patients that all runs have simulated.")
            )
            return
        of_disease = session.uncertainty(DISEASE)
        self.card.offer(lambda: sources_table(compared, of_inputs, of_disease))
        self.card.foot(sources_markup(session))

    def _edited(self, _: Any) -> None:
        """Other draws are wanted."""
        self._session.study.n_draws = self._n.value
        self._session.study.n_patients = self._patients.value

    def _pressed(self, _: Any) -> None:
        """Have them simulated."""
        self._session.begin()
        self._draw()


def hint_markup(session: EconomicsSession) -> str:
    """What the button does, or what is drawn."""
    study = session.study
    if study.runs is None:
        return (
            "<p class='ape-help'>Simulates each protocol under so many plausible models of the "
            "disease, on the same patients, as runs that wait for their turn. Prices can be "
            "changed afterwards without another run.</p>"
        )
    of = f"{study.n_complete} of {study.runs.n_draws}"
    return (
        f"<p class='ape-help'>{of} draws of the disease are complete, of "
        f"{words.count(study.runs.n_patients)} patients under each protocol.</p>"
    )


def sources_markup(session: EconomicsSession) -> str:
    """For each protocol a bar for each source, and what is drawn."""
    compared, of_inputs = session.compared, session.uncertainty(INPUTS)
    assert compared is not None
    assert of_inputs is not None
    of_disease = session.uncertainty(DISEASE)
    places = [place for place in range(len(compared.names)) if place != session.reference]
    sds = {p: net_benefit_sds(compared, of_inputs, of_disease, p) for p in places}
    highest = max((sd for by in sds.values() for sd in by.values() if sd is not None), default=0)
    parts = "".join(_protocol(session, place, sds[place], highest or 1.0) for place in places)
    return f"<div class='ape-sources'>{parts}</div>{_drawn(session)}"


def _protocol(
    session: EconomicsSession, place: int, sds: dict[str, float | None], highest: float
) -> str:
    """Bars of one protocol."""
    assert session.compared is not None
    gain = session.compared.increment(place).net_benefit(session.threshold).value
    rows = "".join(
        f"<li><span>{title}</span><span class='ape-source-bar' aria-hidden='true'>"
        f"<i style='width:{100 * (sds[name] or 0) / highest:.1f}%;"
        f"background:{colour(COLOURS[name])}'></i></span>"
        f"<b>{_sd(session, name, sds[name])}</b></li>"
        for name, title in SOURCES.items()
    )
    return (
        f"<section><h4>{chip(place)} Net benefit {pounds(gain)}, SD from</h4><ul>{rows}</ul>"
        "</section>"
    )


def _sd(session: EconomicsSession, name: str, sd: float | None) -> str:
    """SD, or why there is none."""
    if sd is not None:
        return pounds(sd)
    return "not drawn yet" if name == "disease" and not session.study.has_draws else "not known"


def _drawn(session: EconomicsSession) -> str:
    """What is drawn and from what, folded away."""
    economics = session.economics
    items = drawn_inputs_words(economics, session.utility)
    held = held_inputs_words(economics, {item.drug for item in session.priced.values()})
    listed = "".join(f"<li>{text(item)}</li>" for item in items) or "<li>Nothing.</li>"
    return (
        "<details class='ape-more'><summary><b>Which prices and utilities are drawn, and from "
        f"what</b></summary><ul>{listed}</ul><p>{text(held)}</p><p>Numbers of the disease: each "
        "that is uncertain, from its own distribution, independently; the page of sensitivity "
        "lists them with their sources.</p></details>"
    )
