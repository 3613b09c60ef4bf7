"""Differences with their intervals: one small panel for each outcome, by year and protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ape_core.analysis.compared_outcomes import OUTCOMES
from ape_core.analysis.comparison_words import (
    compared_text,
    decimals_of,
    interval_text,
    value_text,
)
from widgets.charts.card import Card
from widgets.charts.spans import span_ticks
from widgets.html import text
from widgets.several.colours import LETTERS, chip, colour_name, names_below
from widgets.theme import colour

if TYPE_CHECKING:
    from ape_core.analysis.paired import Difference
    from widgets.compare.session import CompareSession

SHOWN: Final = (
    "letters_change",
    "pct_bcva_ge70",
    "pct_gain_ge15",
    "pct_loss_ge15",
    "injections",
    "visits",
)
"""Outcomes that have a panel."""


class ForestPanel:
    """A card of small panels, each on the scale of its outcome."""

    def __init__(self) -> None:
        self.card = Card("Differences by outcome and year", None)
        self.view = self.card.view
        self.view.add_class("ape-full")
        self.card.say("Paired differences with 95% intervals.")

    def draw(self, session: CompareSession) -> None:
        """Show the differences of the session."""
        self.card.wait(waiting=session.paired is None)
        if session.paired is None or session.comparison is None:
            self.card.foot('<p class="ape-to-come">The differences appear with the first patients '
                           "that all runs have.</p>")  # fmt: skip
            return
        comparison, reference = session.comparison, session.reference
        self.card.offer(lambda: comparison.numbers(reference))
        self.card.say(
            f"Each protocol less {LETTERS[reference]} ({session.titles[reference]}), of the same "
            "patients, with 95% intervals. An interval that holds 0 may be chance."
        )
        self.card.foot(forest_markup(session))


def shown_years(years: int) -> list[int]:
    """The first two years and the last; of a run of one year, that."""
    return sorted({1, min(2, years), years})


def forest_markup(session: CompareSession) -> str:
    """Every panel."""
    panels = "".join(_panel(session, outcome) for outcome in SHOWN)
    return f'<div class="ape-compare-forest">{panels}</div>{names_below(session.titles)}'


def _panel(session: CompareSession, outcome: str) -> str:
    """One outcome: its rows on one scale, which holds 0."""
    found = [
        (year, session.difference(place, outcome, year))
        for year in shown_years(session.years)
        for place in session.others
    ]
    ends = [end for _, item in found for end in (item.low, item.high)]
    ticks = span_ticks(min(*ends, 0.0), max(*ends, 0.0), 4)
    wording = OUTCOMES[outcome].wording
    span, before = (ticks[0], ticks[-1]), [year for year, _ in found]
    decimals = decimals_of(item for _, item in found)
    rows = "".join(
        _row((year, item), span, decimals, is_next=at > 0 and before[at - 1] != year)
        for at, (year, item) in enumerate(found)
    )
    return (
        f'<section><h4 title="{text(wording.meaning)}">{text(wording.title)}</h4>'
        f'<ol>{rows}</ol>{_axis(ticks, wording.apart)}</section>'
    )  # fmt: skip


def _row(
    of_year: tuple[int, Difference], span: tuple[float, float], decimals: int, *, is_next: bool
) -> str:
    """One difference; is_next where another year begins."""
    year, item = of_year
    low, at, high = (_share(value, span) for value in (item.low, item.value, item.high))
    shade = colour(colour_name(item.run))
    zero = f'<u style="left:{_share(0, span):.2f}%"></u>'
    bar = f'<i style="left:{low:.2f}%;width:{high - low:.2f}%;background:{shade}"></i>'
    dot = f'<b style="left:{at:.2f}%;background:{shade}"></b>'
    letters = f"{LETTERS[item.run]} less {LETTERS[item.reference]}"
    said = f"Year {year}, {letters}: {compared_text(item, decimals)}"
    return (
        f'<li aria-label="{text(said)}" class="{"is-next" if is_next else ""}">'
        f"<span>Year {year} {chip(item.run)}</span>"
        f'<span class="ape-compare-track" aria-hidden="true">{zero}{bar}{dot}</span>'
        f"<span><b>{value_text(item, decimals)}</b> {interval_text(item, decimals)}</span></li>"
    )


def _share(value: float, span: tuple[float, float]) -> float:
    """Place of a value on the scale, in per cent."""
    return 100 * (value - span[0]) / (span[1] - span[0])


def _axis(ticks: list[float], unit: str) -> str:
    """Numbers below the rows, and their unit."""
    span = (ticks[0], ticks[-1])
    shown = [tick for tick in ticks if tick in (*span, 0.0)]
    marks = "".join(
        f'<i style="left:{_share(tick, span):.2f}%">{_number(tick)}</i>' for tick in shown
    )
    return (
        f'<div class="ape-compare-axis" aria-hidden="true"><div>{marks}</div>'
        f"<span>{text(unit)}</span></div>"
    )


def _number(value: float) -> str:
    """Number of a tick, with its sign."""
    return f"{value:+g}".replace("-", "\N{MINUS SIGN}") if value else "0"
