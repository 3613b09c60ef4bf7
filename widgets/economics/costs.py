"""What the protocols cost, by category and year, and the QALYs of each year."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ape_core.analysis.economics_tables import costs_table, qalys_gained_table
from ape_core.analysis.economics_words import (
    UNCOUNTED,
    category_words,
    is_counted,
    pounds,
    qalys_text,
)
from ape_core.summaries.economics import COSTS
from widgets.charts.card import Card
from widgets.economics.drawing import Drawing, plain, short_pounds, ticks_between
from widgets.html import html, text
from widgets.several.colours import LETTERS, chip, colour_name, names_below
from widgets.theme import colour

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ape_core.analysis.economics import CostEffectiveness
    from ape_core.summaries.economics import HealthEconomics
    from widgets.economics.drawing import Pictured
    from widgets.economics.session import EconomicsSession

COLOURS: Final = ("cost-drug", "cost-procedure", "cost-visits", "cost-scans", "cost-sight")
DASHES: Final = ("", "6 3", "8 3 2 3", "", "6 3", "8 3 2 3")


class CostsPanel:
    """Bars of the whole cost of each protocol, by category."""

    def __init__(self) -> None:
        self._drawing = html()
        self.card = Card("Cost per patient", self._drawing, wide=True)
        self.view = self.card.view

    def draw(self, session: EconomicsSession) -> None:
        """Show what each protocol costs over the whole run."""
        self.card.say("Over the whole run, discounted, in pounds of the price year; by category.")
        self.card.wait(waiting=not session.priced)
        self.card.offer(lambda: costs_table(session.priced))
        amounts = categories_markup(session) if session.priced else ""
        self._drawing.value = costs_markup(session) + amounts
        self.card.foot(names_below(session.names))


class YearsPanel:
    """Bars of the cost of each year, one for each protocol."""

    def __init__(self) -> None:
        self._drawing = html()
        self.card = Card("Cost by year", self._drawing, wide=True)
        self.view = self.card.view

    def draw(self, session: EconomicsSession) -> None:
        """Show what each protocol costs in each year."""
        self.card.say("Pounds per patient, the dead included; not discounted.")
        self.card.wait(waiting=not session.priced)
        self.card.offer(lambda: costs_table(session.priced))
        self._drawing.value = years_markup(session) if session.priced else ""
        self.card.foot(key_markup(session) + names_below(session.names))


class QalysPanel:
    """Lines of the QALYs that each year gains."""

    def __init__(self) -> None:
        self._drawing = html()
        self.card = Card("QALYs by year", self._drawing, wide=True)
        self.view = self.card.view

    def draw(self, session: EconomicsSession) -> None:
        """Show the QALYs of each protocol in each year, beside the reference."""
        compared = session.compared
        self.card.wait(waiting=compared is None)
        if compared is None:
            self._drawing.value = ""
            self.card.foot("")
            self.card.say("QALYs gained in each year beyond the one that it is compared with.")
            return
        self.card.say(
            f"QALYs gained in each year beside {LETTERS[session.reference]}, per 1,000 patients of "
            "the first visit, the dead with none; not discounted. Below: the discounted totals per "
            "patient."
        )
        self.card.offer(lambda: qalys_gained_table(compared))
        self._drawing.value = qalys_markup(compared)
        totals = "".join(
            f"<span class='ape-key'>{chip(place)} <b>{qalys_text(total)}</b></span>"
            for place, total in enumerate(compared.qalys.tolist())
        )
        self.card.foot(f"<div class='ape-foot'>{totals}</div>{names_below(session.names)}")


def costs_markup(session: EconomicsSession) -> str:
    """One bar for each protocol, its parts as wide as they cost."""
    highest = max((item.cost for item in session.priced.values()), default=0) or 1
    rows = [
        _row(place, name, item, highest)
        for place, (name, item) in enumerate(session.priced.items())
    ]
    return f"<div class='ape-cost-rows'>{''.join(rows)}</div>"


def _row(place: int, name: str, item: HealthEconomics, highest: float) -> str:
    """Bar, and the whole."""
    parts = list(zip(COSTS, COLOURS, item.cost_by_category, strict=True))
    bar = "".join(
        f"<i style='width:{100 * part / highest:.2f}%;background:{colour(shade)}' "
        f"title='{text(kind)}: {pounds(part)}'></i>"
        for kind, shade, part in parts
    )
    said = "; ".join(map(" ".join, zip(COSTS, category_words(item), strict=True)))
    return (
        f"<div><span title='{text(name)}'>{chip(place)}</span><span class='ape-cost-bar' "
        f"role='img' aria-label='{text(f'{name}: {said}')}'>{bar}</span>"
        f"<b>{pounds(item.cost)}</b></div>"
    )


def years_markup(session: Pictured) -> str:
    """Bars side by side in each year."""
    items = list(session.priced.values())
    years = len(items[0].years)
    highest = max(float(item.cost_by_year.sum(axis=1).max()) for item in items)
    ticks = ticks_between(0, highest)
    plot = Drawing((0.5, years + 0.5), (0, ticks[-1]))
    width = 0.82 / len(items)
    parts = [plot.heights(ticks, short_pounds)]
    for place, item in enumerate(items):
        for at, year in enumerate(item.years):
            left = float(year) - 0.41 + place * width
            base = 0.0
            for shade, part in zip(COLOURS, item.cost_by_year[at], strict=True):
                top = base + float(part)
                parts.append(plot.bar(left, left + 0.92 * width, (base, top), colour(shade)))
                base = top
    step = max(1, years // 10)
    shown = [float(year) for year in range(1, years + 1, step)]
    letters = ", ".join(LETTERS[: len(items)])
    parts.append(plot.places(shown, plain, f"Year; bars from the left: {letters}"))
    told = "; ".join(
        f"{name}: " + ", ".join(pounds(total) for total in item.cost_by_year.sum(axis=1))
        for name, item in session.priced.items()
    )
    return plot.svg(parts, f"Cost per patient by year. {told}")


def qalys_markup(compared: CostEffectiveness) -> str:
    """One line for each protocol, that of the reference at 0."""
    gained = 1_000 * compared.qalys_gained_by_year
    years = gained.shape[1]
    ticks = ticks_between(float(gained.min()), float(gained.max()))
    plot = Drawing((0.75, years + 0.25), (ticks[0], ticks[-1]))
    at = [float(year) for year in range(1, years + 1)]
    parts = [plot.heights(ticks, plain)]
    told = []
    for place, values in enumerate(gained.tolist()):
        shade = colour(colour_name(place))
        parts.append(plot.line(at, values, shade, DASHES[place]))
        parts.append(plot.mark(at[-1], values[-1], shade, LETTERS[place]))
        told.append(f"{compared.names[place]}: {', '.join(f'{v:.3g}' for v in values)}")
    parts.append(plot.places(at[:: max(1, years // 10)], plain, "Year"))
    return plot.svg(parts, f"QALYs gained by year per 1,000 patients. {'; '.join(told)}")


def categories_markup(session: EconomicsSession) -> str:
    """Key of the colours, with what each category costs under each protocol."""
    items = list(session.priced.values())
    heads = "".join(f"<th scope='col'>{chip(place)}</th>" for place in range(len(items)))
    amounts = list(zip(*map(category_words, items), strict=True))
    rows = "".join(
        f"<tr><th scope='row'><i style='background:{colour(shade)}'></i>{kind}</th>{_cells(row)}"
        "</tr>"
        for kind, shade, row in zip(COSTS, COLOURS, amounts, strict=True)
    )
    return (
        "<div class='ape-table-scroll' tabindex='0' role='region' aria-label='Cost by category'>"
        "<table class='ape-cost-table'><thead><tr><th scope='col'>Pounds per patient</th>"
        f"{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _cells(amounts: Sequence[str]) -> str:
    """What a category costs under each protocol, or once that it is not counted, and why."""
    if set(amounts) == {UNCOUNTED}:
        return f"<td colspan='{len(amounts)}'>{UNCOUNTED} (price £0)</td>"
    return "".join(f"<td>{amount}</td>" for amount in amounts)


def key_markup(session: Pictured) -> str:
    """Meaning of the colours of the categories that are counted."""
    items = "".join(
        f'<span class="ape-key"><i style="background:{colour(shade)}"></i>{kind}</span>'
        for kind, shade in zip(COSTS, COLOURS, strict=True)
        if any(is_counted(item, kind) for item in session.priced.values())
    )
    return f'<div class="ape-foot">{items}</div>'
