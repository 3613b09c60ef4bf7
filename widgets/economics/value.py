"""Net benefit up to each year's end: whether what is paid early is worth it later."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ape_core.analysis.economics_tables import years_table
from ape_core.analysis.economics_words import pounds
from widgets.charts.card import Card
from widgets.economics.costs import DASHES
from widgets.economics.drawing import Drawing, plain, short_pounds, ticks_between
from widgets.html import html
from widgets.several.colours import LETTERS, colour_name, names_below
from widgets.theme import colour

if TYPE_CHECKING:
    from widgets.economics.drawing import Pictured
    from widgets.economics.session import EconomicsSession


class ValuePanel:
    """Lines of the net benefit of each protocol beside the reference, as years add up."""

    def __init__(self) -> None:
        self._drawing = html()
        self.card = Card("Net benefit as years add up", self._drawing, wide=True)
        self.view = self.card.view

    def draw(self, session: EconomicsSession) -> None:
        """Show the sums up to each year's end."""
        compared = session.compared
        self.card.wait(waiting=compared is None)
        if compared is None:
            self._drawing.value = ""
            self.card.foot("")
            self.card.say(
                "Worth of the QALYs gained, less the additional cost, at each year's end."
            )
            return
        self.card.say(
            f"Pounds per patient beside {LETTERS[session.reference]} up to each year's end, "
            f"discounted, where a QALY is worth {pounds(session.threshold)}."
            + (" Bars: 95% intervals of the patients." if compared.knows_patients else "")
        )
        self.card.offer(lambda: years_table(compared))
        self._drawing.value = value_markup(session)
        self.card.foot(names_below(session.names))


def value_markup(session: Pictured) -> str:
    """One line for each protocol but the reference."""
    compared = session.compared
    assert compared is not None
    places = [place for place in range(len(compared.names)) if place != session.reference]
    found = {
        place: [item.net_benefit(session.threshold) for item in compared.by_year(place)]
        for place in places
    }
    values = [
        end
        for gains in found.values()
        for gain in gains
        for end in (gain.value, gain.low, gain.high)
        if math.isfinite(end)
    ]
    ticks = ticks_between(min(0.0, *values), max(0.0, *values))
    years = len(next(iter(found.values())))
    plot = Drawing((0, years + 0.3), (ticks[0], ticks[-1]))
    parts = [plot.heights(ticks, short_pounds)]
    told = []
    for place, gains in found.items():
        shade = colour(colour_name(place))
        line = [0.0, *(gain.value for gain in gains)]
        parts.append(plot.line(range(years + 1), line, shade, DASHES[place]))
        for year, gain in enumerate(gains, start=1):
            if not math.isfinite(gain.se):
                continue
            parts.append(plot.line((year, year), (gain.low, gain.high), shade))
        parts.append(plot.mark(years, line[-1], shade, LETTERS[place]))
        told.append(f"{compared.names[place]}: {', '.join(pounds(gain.value) for gain in gains)}")
    shown = [float(year) for year in range(0, years + 1, max(1, years // 10))]
    parts.append(plot.places(shown, plain, "Years"))
    return plot.svg(parts, f"Net benefit up to each year's end. {'; '.join(told)}")
