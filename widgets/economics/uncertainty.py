"""The cost-effectiveness plane and the acceptability curves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from ipywidgets import Dropdown

from ape_core.analysis.economics import HIGHEST_THRESHOLD, N_POINTS, THRESHOLDS
from ape_core.analysis.economics_certainty import INPUTS, PATIENTS, best_words
from ape_core.analysis.economics_tables import acceptability_table, plane_table
from ape_core.analysis.economics_words import pounds
from ape_core.analysis.resampling import N_RESAMPLES
from ape_core.spec.own_values import TITLES, drug_title
from widgets.charts.card import Card
from widgets.economics.costs import DASHES
from widgets.economics.drawing import Drawing, plain, short_pounds, ticks_between
from widgets.economics.session import THRESHOLD
from widgets.errors import guarded
from widgets.html import classed, html, text
from widgets.several.colours import LETTERS, chip, colour_name
from widgets.theme import colour

if TYPE_CHECKING:
    from collections.abc import Callable

    from ape_core.summaries.definitions import Floats
    from widgets.economics.session import EconomicsSession

_STEP = 5_000
_LEAST_MARKED = 0.05
"""Curves that never get so high carry no letter: they lie on the axis."""
_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


class PlanePanel:
    """Points of what each protocol costs and gains beyond the reference."""

    def __init__(self, session: EconomicsSession, draw: Callable[[], None]) -> None:
        self._session, self._draw = session, draw
        options = [("Patients", PATIENTS), ("Patients, prices and utilities", INPUTS)]
        self.choice = classed(Dropdown(description="Uncertain", options=options), "ape-year")
        self.choice.observe(guarded(session, self._chosen), names="value")
        self._drawing = html()
        self.card = Card("Cost-effectiveness plane", self._drawing, wide=True)
        self.view = self.card.view

    def draw(self, session: EconomicsSession) -> None:
        """Show the draws of the session."""
        compared = session.compared
        self.card.wait(waiting=compared is None)
        if compared is None:
            self._drawing.value = ""
            self.card.foot("")
            return
        costs, qalys = points_of(session)
        alone = session.drawn == PATIENTS
        what = "groups of patients" if alone else "patients, prices and utilities"
        self.card.say(
            f"Per patient beyond {LETTERS[session.reference]}; {N_POINTS:,} draws of {what}. "
            f"Below the line a protocol is worth {pounds(session.threshold)} a QALY."
        )
        self.card.offer(lambda: plane_table(compared, costs, qalys))
        self._drawing.value = plane_markup(session, costs, qalys)
        self.card.foot(spread_markup(session))

    def _chosen(self, change: Any) -> None:
        """Draw the other."""
        self._session.drawn = change.new
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
        alone = session.drawn == PATIENTS
        n = N_RESAMPLES if alone else N_POINTS
        what = "groups of patients (bootstrap)" if alone else "patients, prices and utilities"
        self.card.say(
            f"Share of {n:,} draws of {what} in which each protocol has the highest net benefit."
        )
        self.card.offer(lambda: acceptability_table(compared, shares))
        self._drawing.value = acceptability_markup(session, shares)
        self.card.foot(
            f"<div class='ape-foot'>{text(best_words(compared, session.threshold))}</div>"
        )

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
    """Points of the plane, as the reader chose."""
    assert session.compared is not None
    uncertain = session.uncertain if session.drawn == INPUTS else None
    return uncertain.plane() if uncertain is not None else session.compared.plane()


def shares_of(session: EconomicsSession) -> Floats:
    """Acceptability, as the reader chose."""
    assert session.compared is not None
    uncertain = session.uncertain if session.drawn == INPUTS else None
    return uncertain.acceptability() if uncertain is not None else session.compared.acceptability()


def plane_markup(session: EconomicsSession, costs: Floats, qalys: Floats) -> str:
    """The plane, with all four quarters as far as there are points."""
    compared = session.compared
    assert compared is not None
    across = ticks_between(min(0.0, float(qalys.min())), max(0.0, float(qalys.max())))
    upwards = ticks_between(min(0.0, float(costs.min())), max(0.0, float(costs.max())))
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
        found = compared.increment(place)
        parts.append(plot.mark(found.qalys, found.cost, colour(colour_name(place)), LETTERS[place]))
        told.append(f"{compared.names[place]}: {pounds(found.cost)}, {found.qalys:.4f} QALYs")
    parts.append(plot.places(across, plain, "Additional QALYs"))
    return plot.svg(parts, f"Additional cost over additional QALYs. {'; '.join(told)}")


def _worth_line(plot: Drawing, threshold: float) -> str:
    """The line on which a protocol costs what its QALYs are worth, as far as it is in the plot."""
    if threshold == 0:
        return plot.line(plot.x, (0, 0), colour("ink-faint"), "4 4")
    low = max(plot.x[0], plot.y[0] / threshold)
    high = min(plot.x[1], plot.y[1] / threshold)
    return plot.line((low, high), (low * threshold, high * threshold), colour("ink-faint"), "4 4")


def acceptability_markup(session: EconomicsSession, shares: Floats) -> str:
    """One curve for each protocol, and what a QALY is taken to be worth."""
    plot = Drawing((0, HIGHEST_THRESHOLD), (0, 1))
    parts = [plot.heights(_SHARES, lambda share: f"{100 * share:.0f}%")]
    if session.threshold <= HIGHEST_THRESHOLD:
        here = (session.threshold, session.threshold)
        parts.append(plot.line(here, (0, 1), colour("ink-faint"), "4 4"))
    for place, row in enumerate(shares):
        shade = colour(colour_name(place))
        parts.append(plot.line(THRESHOLDS.tolist(), row.tolist(), shade, DASHES[place]))
        if row.max() >= _LEAST_MARKED:
            at = int(row.argmax()) if row[-1] < row.max() else len(row) - 1
            parts.append(plot.mark(float(THRESHOLDS[at]), row[at], shade, LETTERS[place]))
    ticks = np.linspace(0, HIGHEST_THRESHOLD, 6).tolist()
    parts.append(plot.places(ticks, short_pounds, "Worth of a QALY"))
    told = "; ".join(
        f"{name}: {100 * row[20]:.0f}% at £20,000, {100 * row[30]:.0f}% at £30,000"
        for name, row in zip(session.names, shares, strict=True)
    )
    return plot.svg(parts, f"How often each protocol is best. {told}")


def spread_markup(session: EconomicsSession) -> str:
    """What the uncertainty of net benefit comes from; only where prices are drawn, too."""
    uncertain = session.uncertain if session.drawn == INPUTS else None
    if uncertain is None:
        return (
            "<div class='ape-foot'><span>The spread is that of these patients, and shrinks with "
            "more of them.</span></div>"
        )
    rows = "".join(
        f"<span class='ape-key'>{chip(p)} SD of net benefit {pounds(s.patients)} from patients, "
        f"{pounds(s.parameters)} from prices and utilities</span>"
        for p in range(len(session.names))
        if p != session.reference
        for s in [uncertain.net_benefit_spread(p, session.threshold)]
    )
    names = dict.fromkeys(TITLES.get(name, _title(name)) for name in uncertain.varied)
    drawn = ", ".join(names) or "nothing, as no number has a distribution"
    return f"<div class='ape-foot'>{rows}<span>Drawn: {text(drawn)}.</span></div>"


def _title(name: str) -> str:
    """What a number is called that has no title: a drug, or the utilities."""
    part, _, key = name.partition("/")
    return drug_title(key) if part == "drugs" else "utilities by acuity"
