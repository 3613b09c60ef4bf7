"""The cost-effectiveness plane and the acceptability curves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from ipywidgets import Dropdown

from ape_core.analysis.economics import HIGHEST_THRESHOLD, THRESHOLDS
from ape_core.analysis.economics_certainty import (
    ALL,
    DISEASE,
    DRAWN,
    INPUTS,
    PATIENTS,
    best_of_draws_words,
    best_words,
    certainty_words,
    few_draws_words,
)
from ape_core.analysis.economics_sources import best_shares
from ape_core.analysis.economics_tables import acceptability_table, plane_table
from ape_core.analysis.economics_words import pounds, qalys_text
from ape_core.analysis.price_words import held_words
from ape_core.analysis.resampling import N_RESAMPLES
from widgets.charts.card import Card
from widgets.economics.costs import DASHES
from widgets.economics.drawing import Drawing, plain, short_pounds, ticks_between
from widgets.economics.session import THRESHOLD
from widgets.errors import guarded
from widgets.html import classed, html, text
from widgets.several.colours import LETTERS, colour_name, names_below
from widgets.theme import colour

if TYPE_CHECKING:
    from collections.abc import Callable

    from ape_core.summaries.definitions import Floats
    from widgets.economics.drawing import Pictured
    from widgets.economics.session import EconomicsSession

_STEP = 5_000
_LEAST_MARKED = 0.05
"""Curves that never get so high lie on the axis."""
_LOW_MARKS = (93, 86, 72, 65, 53, 46)
"""Places of thresholds that leave the ticks of the axis free, for the letters of such curves."""
_CLEAR_OF_AXIS = 3
"""So many thresholds from the left end, a letter covers no value of the vertical axis."""
_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


class PlanePanel:
    """Points of what each protocol costs and gains beyond the reference."""

    def __init__(self, session: EconomicsSession, draw: Callable[[], None]) -> None:
        self._session, self._draw = session, draw
        self.choice = classed(Dropdown(description="Uncertain"), "ape-year")
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
        """Offer what can be drawn."""
        options = [(DRAWN[name].title, name) for name in self._session.drawable]
        if list(self.choice.options) != options:
            self.choice.options = options
        if self.choice.value != self._session.drawn:
            self.choice.value = self._session.drawn

    def _chosen(self, change: Any) -> None:
        """Draw the other."""
        if change.new is not None and change.new != self._session.drawn:
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
            return
        shares = shares_of(session)
        said = best_of(session)
        if shares is None:
            self._drawing.value = to_come(certainty_words(compared))
            self.card.say("Share of draws in which each protocol has the highest net benefit.")
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
    if uncertain is None:
        return best_words(compared, session.threshold, letters)
    shares = best_shares(uncertain, session.threshold)
    return best_of_draws_words(compared, letters, shares, uncertain.n_draws)


def plane_markup(session: Pictured, costs: Floats, qalys: Floats) -> str:
    """The plane, with all four quarters as far as there are points."""
    compared = session.compared
    assert compared is not None
    found = [compared.increment(place) for place in range(len(compared.names))]
    across = _reach(qalys, [item.qalys for item in found])
    upwards = _reach(costs, [item.cost for item in found])
    plot = Drawing((across[0], across[-1]), (upwards[0], upwards[-1]))
    parts = [
        plot.heights(upwards, short_pounds),
        plot.line((0, 0), plot.y, colour("field")),
        _worth_line(plot, session.threshold),
    ]
    others = [place for place in range(len(costs)) if place != session.reference]
    parts += [
        plot.dots(qalys[p].tolist(), costs[p].tolist(), colour(colour_name(p))) for p in others
    ]
    told = []
    for place in others:
        item = found[place]
        parts.append(plot.mark(item.qalys, item.cost, colour(colour_name(place)), LETTERS[place]))
        told.append(f"{compared.names[place]}: {pounds(item.cost)}, {qalys_text(item.qalys)} QALYs")
    parts.append(plot.places(across, plain, "Additional QALYs"))
    return plot.svg(parts, f"Additional cost over additional QALYs. {'; '.join(told)}")


def _reach(points: Floats, runs: list[float]) -> list[float]:
    """Ticks of an axis that holds all points, the runs themselves, and 0."""
    low, high = (float(end(points.ravel(), initial=0.0)) for end in (np.min, np.max))
    return ticks_between(min(low, *runs), max(high, *runs))


def _worth_line(plot: Drawing, threshold: float) -> str:
    """The line on which a protocol costs what its QALYs are worth, as far as it is in the plot."""
    if threshold == 0:
        return plot.line(plot.x, (0, 0), colour("ink-faint"), "4 4")
    low = max(plot.x[0], plot.y[0] / threshold)
    high = min(plot.x[1], plot.y[1] / threshold)
    return plot.line((low, high), (low * threshold, high * threshold), colour("ink-faint"), "4 4")


def acceptability_markup(session: Pictured, shares: Floats) -> str:
    """One curve for each protocol, and what a QALY is taken to be worth."""
    plot = Drawing((0, HIGHEST_THRESHOLD), (0, 1))
    parts = [plot.heights(_SHARES, lambda share: f"{100 * share:.0f}%")]
    if session.threshold <= HIGHEST_THRESHOLD:
        here = (session.threshold, session.threshold)
        parts.append(plot.line(here, (0, 1), colour("ink-faint"), "4 4"))
    marked = marked_at(shares)
    for place, row in enumerate(shares):
        shade = colour(colour_name(place))
        parts.append(plot.line(THRESHOLDS.tolist(), row.tolist(), shade, DASHES[place]))
    for place, at in enumerate(marked):
        share, shade = float(shares[place][at]), colour(colour_name(place))
        parts.append(plot.mark(float(THRESHOLDS[at]), share, shade, LETTERS[place]))
    ticks = np.linspace(0, HIGHEST_THRESHOLD, 6).tolist()
    parts.append(plot.places(ticks, short_pounds, "Worth of a QALY"))
    told = "; ".join(
        f"{name}: {100 * row[20]:.0f}% at £20,000, {100 * row[30]:.0f}% at £30,000"
        for name, row in zip(session.names, shares, strict=True)
    )
    return plot.svg(parts, f"How often each protocol is best. {told}")


def marked_at(shares: Floats) -> list[int]:
    """Where each curve has its letter, by the place of a threshold.

    It is where the curve is highest, away from the values of the vertical axis; curves that hardly
    rise above nothing have theirs beside each other, where they lie.
    """
    found, n_low = [], 0
    for row in shares:
        if row.max() < _LEAST_MARKED:
            found.append(_LOW_MARKS[n_low])
            n_low += 1
        else:
            at = int(row.argmax()) if row[-1] < row.max() else len(row) - 1
            found.append(max(at, _CLEAR_OF_AXIS))
    return found


def plane_foot(session: EconomicsSession) -> str:
    """What the spread of the points is, and what it holds as it stands."""
    compared = session.compared
    assert compared is not None
    if session.uncertain is None and not compared.knows_patients:
        return to_come(certainty_words(compared))
    held = held_words(session.economics, {item.drug for item in session.priced.values()})
    said = {
        PATIENTS: "The spread is the luck of these patients alone, and shrinks with more of them.",
        INPUTS: held,
        DISEASE: "The spread is what is not known of the disease; more patients leave it as it is.",
        ALL: held,
    }[session.drawn]
    return f"<div class='ape-foot'><span>{text(said)}</span></div>"


def to_come(sentence: str) -> str:
    """What stands in the place of a drawing."""
    return f"<p class='ape-to-come'>{text(sentence)}</p>"
