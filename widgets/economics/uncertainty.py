"""The cards of the cost-effectiveness plane and of the acceptability curves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from ipywidgets import Dropdown

from ape_core.analysis.economics import HIGHEST_THRESHOLD
from ape_core.analysis.economics_certainty import (
    ALL,
    DISEASE,
    DRAWN,
    INPUTS,
    PATIENTS,
    best_of_draws_words,
    certainty_words,
    few_draws_words,
    highest_words,
)
from ape_core.analysis.economics_sources import best_shares
from ape_core.analysis.economics_tables import acceptability_table, plane_table
from ape_core.analysis.economics_words import pounds
from ape_core.analysis.price_words import held_words
from ape_core.analysis.resampling import N_RESAMPLES
from widgets.charts.card import Card
from widgets.economics.session import THRESHOLD
from widgets.economics.uncertainty_drawings import acceptability_markup, plane_markup
from widgets.errors import guarded
from widgets.html import classed, html, text
from widgets.several.colours import LETTERS, names_below

if TYPE_CHECKING:
    from collections.abc import Callable

    from ape_core.summaries.definitions import Floats
    from widgets.economics.session import EconomicsSession

_STEP = 5_000
_BEST = "Share of draws in which each protocol has the highest net benefit."


class PlanePanel:
    """Points of what each protocol costs and gains beyond the reference."""

    def __init__(self, session: EconomicsSession, draw: Callable[[], None]) -> None:
        self._session, self._draw = session, draw
        self.choice = classed(Dropdown(description="Uncertain"), "ape-year")
        self._offering = False
        self._offer()
        self.choice.observe(guarded(session, self._chosen), names="value")
        self._drawing = html()
        self.card = Card("Cost-effectiveness plane", self._drawing, wide=True)
        self.view = self.card.view

    def draw(self, session: EconomicsSession) -> None:
        """Show the draws of the session."""
        self._offer()
        compared = session.compared
        self.card.wait(waiting=compared is None)
        if compared is None:
            self._drawing.value = ""
            self.card.foot("")
            self.card.say("What each protocol costs and gains beyond the one it is compared with.")
            return
        costs, qalys = points_of(session)
        self.card.say(
            f"Per patient beyond {LETTERS[session.reference]}. {points_words(session)} Below the "
            f"dashed line a protocol is worth {pounds(session.threshold)} a QALY."
        )
        self.card.offer(lambda: plane_table(compared, costs, qalys))
        self._drawing.value = plane_markup(session, costs, qalys)
        self.card.foot(plane_foot(session) + names_below(session.names))

    def _offer(self) -> None:
        """Offer what can be drawn; what is set here is not what a reader chose."""
        options = [(DRAWN[name].title, name) for name in self._session.drawable]
        self._offering = True
        try:
            if list(self.choice.options) != options:
                self.choice.options = options
            if self.choice.value != self._session.drawn:
                self.choice.value = self._session.drawn
        finally:
            self._offering = False

    def _chosen(self, change: Any) -> None:
        """Draw the other."""
        if not self._offering and change.new is not None and change.new != self._session.drawn:
            self._session.wanted_drawn = change.new
            self._draw()


class AcceptabilityPanel:
    """How often each protocol is best, over what a QALY may be worth."""

    def __init__(self, session: EconomicsSession, draw: Callable[[], None]) -> None:
        self._session, self._draw = session, draw
        worth = range(0, HIGHEST_THRESHOLD + 1, _STEP)
        options = [(pounds(amount), float(amount)) for amount in worth]
        self.choice = classed(Dropdown(description="A QALY is worth", options=options), "ape-year")
        self.choice.observe(guarded(session, self._chosen), names="value")
        self._drawing = html()
        self.card = Card("Which is best", self._drawing, wide=True)
        self.view = self.card.view

    def draw(self, session: EconomicsSession) -> None:
        """Show the curves."""
        self._show_worth(session.threshold)
        compared = session.compared
        self.card.wait(waiting=compared is None)
        if compared is None:
            self._drawing.value = ""
            self.card.foot("")
            self.card.say(_BEST)
            return
        shares = shares_of(session)
        said = best_of(session)
        if shares is None:
            self._drawing.value = to_come(certainty_words(compared))
            self.card.say(_BEST)
            self.card.foot(f"<div class='ape-foot'>{text(said)}</div>")
            return
        self.card.say(
            f"Share of {n_draws(session):,} draws in which each protocol has the highest net "
            f"benefit. Each draw is of {DRAWN[session.drawn].meaning}. "
            f"{few_draws_words(n_draws(session))}".strip()
        )
        self.card.offer(lambda: acceptability_table(compared, shares))
        self._drawing.value = acceptability_markup(session, shares)
        self.card.foot(f"<div class='ape-foot'>{text(said)}</div>{names_below(session.names)}")

    def _show_worth(self, threshold: float) -> None:
        """Show what a QALY is worth, also where it is none of the usual amounts."""
        if threshold not in {amount for _, amount in self.choice.options}:
            more = [*self.choice.options, (pounds(threshold), threshold)]
            self.choice.options = sorted(more, key=lambda option: option[1])
        if self.choice.value != threshold:
            self.choice.value = threshold

    def _chosen(self, change: Any) -> None:
        """Value a QALY otherwise."""
        if change.new is not None and change.new != self._session.threshold:
            self._session.change({THRESHOLD: change.new})
            self._draw()


def points_of(session: EconomicsSession) -> tuple[Floats, Floats]:
    """Points of the plane, as the reader chose; none where the luck of patients is not known."""
    compared = session.compared
    assert compared is not None
    if session.uncertain is not None:
        return session.uncertain.plane()
    if not compared.knows_patients:
        none = np.empty((len(compared.names), 0))
        return none, none
    return compared.plane()


def shares_of(session: EconomicsSession) -> Floats | None:
    """Acceptability, as the reader chose; None where the luck of patients is not known."""
    compared = session.compared
    assert compared is not None
    if session.uncertain is not None:
        return session.uncertain.acceptability()
    return compared.acceptability() if compared.knows_patients else None


def n_draws(session: EconomicsSession) -> int:
    """Draws that the curves are of."""
    return N_RESAMPLES if session.uncertain is None else session.uncertain.n_draws


def points_words(session: EconomicsSession) -> str:
    """What the points are, and what the letters are."""
    compared = session.compared
    assert compared is not None
    n = points_of(session)[0].shape[1]
    if not n:
        return "The letters mark the runs."
    drawn = plane_draws_words(n, n_draws(session), session.drawn)
    return f"{drawn}; the letters mark the runs themselves."


def plane_draws_words(n_shown: int, n: int, drawn: str) -> str:
    """How many draws the points are, of how many, and of what."""
    first = f"The first {n_shown:,} of the" if n_shown < n else ""
    return f"{first} {n:,} draws of {DRAWN[drawn].meaning}".strip()


def best_of(session: EconomicsSession) -> str:
    """Which protocol is best, and in how many draws."""
    compared, uncertain = session.compared, session.uncertain
    assert compared is not None
    letters = LETTERS[: len(compared.names)]
    if uncertain is not None:
        shares = best_shares(uncertain, session.threshold)
    elif compared.knows_patients:
        shares = compared.acceptability_at(session.threshold).tolist()
    else:
        return f"{highest_words(letters[compared.best()], session.threshold)}."
    return best_of_draws_words(compared, letters, shares, n_draws(session), session.drawn)


def plane_foot(session: EconomicsSession) -> str:
    """What the spread of the points is, and what it holds as it stands."""
    compared = session.compared
    assert compared is not None
    if session.uncertain is None and not compared.knows_patients:
        return to_come(certainty_words(compared))
    held = held_words(session.economics, {item.drug for item in session.priced.values()})
    said = {
        PATIENTS: "The spread is the luck of these patients alone, and shrinks with more of them. "
        f"It leaves out {DRAWN[PATIENTS].left_out}.",
        INPUTS: held,
        DISEASE: "The spread is what is not known of the disease; more patients leave it as it is.",
        ALL: held,
    }[session.drawn]
    return f"<div class='ape-foot'><span>{text(said)}</span></div>"


def to_come(sentence: str) -> str:
    """What stands in the place of a drawing."""
    return f"<p class='ape-to-come'>{text(sentence)}</p>"
