"""Costs and QALYs in a report: one run, or several of the same patients beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from ape_core.analysis.economics import cost_effectiveness
from ape_core.analysis.economics_certainty import certainty_words, unknown_words
from ape_core.analysis.economics_sources import best_words, first_draws
from ape_core.analysis.economics_words import (
    BETTER_EYE,
    NOT_COUNTED,
    PERSPECTIVE,
    category_words,
    eye_words,
    increment_words,
    pounds,
    qalys_text,
    step_words,
)
from ape_core.analysis.price_words import (
    drug_price_words,
    financial_year,
    own_values_words,
    set_words,
)
from ape_core.storage.own_economics import OwnEconomics
from ape_core.summaries.economics import COSTS, HealthEconomics, health_economics
from widgets.html import text

if TYPE_CHECKING:
    from pathlib import Path

    from ape_core.spec.economics import Economics
    from ape_core.summaries import Summary

_NOTES: Final = (BETTER_EYE, PERSPECTIVE, NOT_COUNTED)


def costs_markup(
    summaries: Mapping[str, Summary],
    prices: str,
    store: Path,
    reference: str | None = None,
    utility: str | None = None,
) -> str:
    """What protocols cost and gain; nothing when no prices are named.

    Parameters
    ----------
    summaries
        By the title of each protocol.
    prices
        Name of a set of prices, or a YAML file; empty for none.
    store
        Where own sets are.
    reference
        Title of the protocol that the others are compared with; the first unless given.
    utility
        Name of one of the mappings of the set; its first unless given.

    Raises
    ------
    InvalidSpecError
        There is no such set, or no such mapping.
    """
    if not prices:
        return ""
    found = OwnEconomics(store).load(prices)
    priced = {
        title: health_economics(summary, found, utility) for title, summary in summaries.items()
    }
    first = next(iter(priced.values()))
    paid = drug_price_words(found, {item.drug for item in priced.values()})
    alone = unknown_words(first) if len(priced) == 1 else ""
    said = [note for note in (eye_words(first), paid, alone, *_NOTES) if note]
    notes = "".join(f"<li>{text(note)}</li>" for note in said)
    beside = _beside(priced, reference) if len(priced) > 1 else ""
    return (
        f"<h2>Costs and QALYs</h2>{_priced(found, first)}{_table(priced)}{beside}<ul>{notes}</ul>"
    )


def _priced(prices: Economics, first: HealthEconomics) -> str:
    """Which prices and which mapping."""
    own = own_values_words(prices)
    said = (
        f"{set_words(prices)}. All in pounds of {financial_year(prices.price_year)}. Utilities: "
        f"{prices.utility(first.utility).title}. Per patient over the whole run, discounted."
    )
    return f"<p>{text(said)}</p>" + (f"<p><b>{text(own)}</b></p>" if own else "")


def _table(priced: Mapping[str, HealthEconomics]) -> str:
    """Cost and QALYs per patient of each run."""
    head = "".join(f"<th>{text(name.capitalize())}</th>" for name in COSTS)
    rows = []
    for title, item in priced.items():
        figures = (
            pounds(item.cost),
            qalys_text(item.qalys_per_patient),
            *category_words(item),
        )
        cells = "".join(f"<td>{text(figure)}</td>" for figure in figures)
        rows.append(f"<tr><th>{text(title)}</th>{cells}</tr>")
    return (
        f"<table><thead><tr><th>Protocol</th><th>Cost</th><th>QALYs</th>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _beside(priced: Mapping[str, HealthEconomics], reference: str | None) -> str:
    """Every protocol beside the reference, and full incremental analysis."""
    compared = cost_effectiveness(priced, reference)
    names = compared.names
    lines = [
        increment_words(compared.increment(place), name, names[compared.reference])
        for place, name in enumerate(names)
        if place != compared.reference
    ]
    said = "".join(f"<p>{text(line)}</p>" for line in lines)
    steps = "".join(
        f"<tr><th>{text(names[step.place])}</th>"
        f"<td style='text-align:left'>{text(step_words(step, names))}</td></tr>"
        for step in compared.steps
    )
    return (
        f"{said}<h3>In the order of cost</h3><table><tbody>{steps}</tbody></table>"
        f"<p>{text(best_words(compared, first_draws(compared)))}</p>"
        f"<p>{text(certainty_words(compared))}</p>"
    )
