"""The cost-effectiveness plane and the acceptability curves as they are drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ape_core.analysis.economics import HIGHEST_THRESHOLD, THRESHOLDS
from ape_core.analysis.economics_words import pounds, qalys_text
from widgets.economics.costs import DASHES
from widgets.economics.drawing import Drawing, plain, short_pounds, ticks_between
from widgets.several.colours import LETTERS, colour_name
from widgets.theme import colour

if TYPE_CHECKING:
    from ape_core.summaries.definitions import Floats
    from widgets.economics.drawing import Pictured

_LEAST_MARKED = 0.05
"""Curves that never get so high lie on the axis."""
_LOW_MARKS = (93, 86, 72, 65, 53, 46)
"""Places of thresholds that leave the ticks of the axis free, for the letters of such curves."""
_CLEAR_OF_AXIS = 3
"""So many thresholds from the left end, a letter covers no value of the vertical axis."""
_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


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
