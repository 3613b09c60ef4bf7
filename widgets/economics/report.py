"""Costs and QALYs in the report of a comparison: the answer, tables, prices, their sources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ape_core.analysis.economic_draws import EconomicDraws, Pricing
from ape_core.analysis.economics import cost_effectiveness
from ape_core.analysis.economics_certainty import (
    ALL,
    best_of_draws_words,
    drawn_inputs_words,
    held_inputs_words,
)
from ape_core.analysis.economics_sources import (
    best_shares,
    best_words,
    first_draws,
    sources_table,
)
from ape_core.analysis.economics_tables import (
    costs_table,
    net_benefit_table,
    reference_table,
)
from ape_core.analysis.economics_words import increment_words, pounds, qalys_text
from ape_core.analysis.price_words import (
    amount_text,
    financial_year,
    found_words,
    held_words,
    set_words,
)
from ape_core.analysis.uncertainty import uncertain_inputs
from ape_core.errors import InvalidInputError
from ape_core.spec.own_values import inputs
from ape_core.storage.own_economics import OwnEconomics
from ape_core.summaries.economics import health_economics
from widgets import format as words
from widgets.economics.answer import plain_table
from widgets.economics.report_pictures import (
    Picture,
    certainty_pictures,
    figures_markup,
    pictures_markup,
)
from widgets.html import text
from widgets.report_costs import costs_markup
from widgets.several.colours import LETTERS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ape_core.analysis.compare import Comparison
    from ape_core.analysis.economics import CostEffectiveness
    from ape_core.spec.economics import Economics
    from ape_core.spec.own_values import Input
    from ape_core.summaries import Summary
    from ape_core.summaries.table import Table


@dataclass(frozen=True, slots=True)
class Priced:
    """At what a comparison is priced.

    Attributes
    ----------
    prices
        Name of a set of prices, or a YAML file; empty for a report without costs.
    utility
        Name of one of its mappings from acuity to utility; its first if empty.
    draws, draw_patients
        Draws of the disease, which have to be simulated already, and patients of each of their
        runs; 0 for none.
    """

    prices: str = ""
    utility: str = ""
    draws: int = 0
    draw_patients: int = 0

    @property
    def options(self) -> str:
        """As options of a command, each after a space."""
        given = {
            "set": self.prices, "utility": self.utility, "draws": self.draws,
            "draw-patients": self.draw_patients,
        }  # fmt: skip
        return "".join(f" --{name} {value}" for name, value in given.items() if value)


def economics_parts(comparison: Comparison, reference: int, priced: Priced) -> list[str]:
    """Costs and QALYs as parts of a report; none when no prices are named.

    Raises
    ------
    InvalidSpecError
        There are no such prices, or no such mapping.
    InvalidInputError
        The draws that are named are not simulated.
    """
    if not priced.prices:
        return []
    store = _store_of(comparison)
    economics = OwnEconomics(store).load(priced.prices)
    utility = priced.utility or None
    summaries = _summaries(comparison)
    compared = _compared(comparison, reference, economics, utility)
    costs = costs_markup(summaries, priced.prices, store, compared.names[reference], utility)
    drawn = _drawn(comparison, compared, economics, priced, store) if priced.draws else ""
    worth = sorted({20_000.0, 30_000.0, compared.threshold})
    tables = (
        _table(reference_table(compared), compared.names)
        + _table(net_benefit_table(compared, worth), compared.names)
        + _table(costs_table(Picture(compared).priced), compared.names)
    )
    return [
        costs,
        pictures_markup(compared),
        drawn,
        tables,
        prices_markup(economics, compared, utility),
    ]


def economics_answer(comparison: Comparison, reference: int, priced: Priced) -> str:
    """What each protocol costs and gains, in words, with which a report at prices begins."""
    economics = OwnEconomics(_store_of(comparison)).load(priced.prices)
    compared = _compared(comparison, reference, economics, priced.utility or None)
    names = compared.names
    lines = []
    for place, (name, item) in enumerate(zip(names, compared.priced, strict=True)):
        figures = f"{pounds(item.cost)} and {qalys_text(item.qalys_per_patient)} QALYs per patient"
        if place == reference:
            beside = "The others are compared with it."
        else:
            beside = increment_words(compared.increment(place), name, names[reference])
        lines.append(
            f"<li><b>{LETTERS[place]}</b> {text(name)}: <b>{figures}</b>. {text(beside)}</li>"
        )
    return (
        "<h2>The answer: cost, and what is gained</h2>"
        f"<ul>{''.join(lines)}</ul><p>{text(best_words(compared, first_draws(compared)))} "
        f"Prices: {text(set_words(economics))}.</p>"
    )


def prices_markup(economics: Economics, compared: CostEffectiveness, utility: str | None) -> str:
    """Every price and assumption that was used, with its range, year and source."""
    drugs = {f"drugs/{item.drug}" for item in compared.priced}
    rows = "".join(
        f"<tr><th>{text(item.title)}</th><td>{text(amount_text(item))}</td>"
        f"<td class='is-words'>{text(item.unit)}, {text(_found(item, economics))}</td>"
        f"<td class='is-words'>{text(item.source)}</td></tr>"
        for item in inputs(economics)
        if not item.name.startswith("drugs/") or item.name in drugs
    )
    mapping = economics.utility(utility)
    source = next(iter(mapping.numbers.values())).source
    return (
        f"<h3>Prices and assumptions</h3><p>{text(set_words(economics))}. Every price is shown in "
        f"pounds of {financial_year(economics.price_year)}, as it was used. Where it was uprated, "
        "what was found and its year are beside it; an SE that a source states is of that.</p>"
        f"<table><tbody>{rows}</tbody></table>"
        f"<p>Utilities: {text(mapping.title)}. {text(source)}</p>"
    )


def _found(item: Input, economics: Economics) -> str:
    """Of which year a price is; of an assumption whether it is one's own."""
    if item.is_price:
        return found_words(item, economics.prices()[item.name])
    return "own value" if item.is_own else "as assumed"


def _store_of(comparison: Comparison) -> Path:
    """Where the runs and own prices are."""
    return comparison.runs[0].folder.path.parents[1]


def _summaries(comparison: Comparison) -> dict[str, Summary]:
    """By the name of each protocol what was counted under it."""
    return {
        name: summary
        for name, run in zip(_names(comparison), comparison.runs, strict=True)
        if (summary := run.summary()) is not None
    }


def _compared(
    comparison: Comparison, reference: int, economics: Economics, utility: str | None
) -> CostEffectiveness:
    """The runs at prices."""
    found = _summaries(comparison).items()
    priced = {name: health_economics(item, economics, utility) for name, item in found}
    return cost_effectiveness(priced, _names(comparison)[reference])


def _names(comparison: Comparison) -> tuple[str, ...]:
    """Titles of the protocols; where two have the same, with their letters."""
    titles = comparison.titles
    return tuple(
        f"{title} ({LETTERS[place]})" if titles.count(title) > 1 else title
        for place, title in enumerate(titles)
    )


def _drawn(
    comparison: Comparison,
    compared: CostEffectiveness,
    economics: Economics,
    priced: Priced,
    store: Path,
) -> str:
    """What draws of the disease, prices and utilities do to the comparison."""
    questions = {name: run.spec for name, run in zip(compared.names, comparison.runs, strict=True)}
    draws = EconomicDraws(
        questions, priced.draws, n_patients=priced.draw_patients or None, store=store
    )
    if draws.status != "complete":
        raise InvalidInputError(
            f"The {priced.draws} draws of the disease are not simulated.",
            "Simulate them with `ape economics RUN RUN --draws N`, or report without them.",
        )
    pricing = Pricing(economics, priced.utility or None, compared.reference)
    of_disease = draws.uncertainty(pricing)
    both = draws.uncertainty(
        Pricing(economics, priced.utility or None, compared.reference, draws_inputs=True)
    )
    assert of_disease is not None
    assert both is not None
    pictures = certainty_pictures(Picture(compared, both), ALL)
    shares = best_shares(both, compared.threshold)
    best = best_of_draws_words(compared, compared.names, shares, both.n_draws, ALL)
    items = drawn_inputs_words(economics, priced.utility or None)
    drugs = {item.drug for item in compared.priced}
    held = f"{held_words(economics, drugs)} {held_inputs_words(economics, drugs)}"
    listed = "".join(f"<li>{text(item)}</li>" for item in items)
    sources = sources_table(compared, uncertain_inputs(compared), of_disease)
    return (
        "<h3>When the disease, prices and utilities are uncertain</h3>"
        f"<p>{draws.n_draws} plausible models, with the uncertain numbers of the disease drawn "
        "from their distributions, each simulated on the same "
        f"{words.count(draws.n_patients)} patients under every protocol. {text(best)}</p>"
        f"{figures_markup(pictures)}{_table(sources, compared.names)}"
        f"<p>Drawn with the disease:</p><ul>{listed}</ul><p>{text(held)}</p>"
    )


def _table(table: Table, names: Sequence[str]) -> str:
    """A table with its title."""
    return f"<h3>{text(table.name)}</h3>{plain_table(table, names)}"
