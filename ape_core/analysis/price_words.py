"""Which prices are used, in words: those of a set, and those that somebody put in their place."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from ape_core.analysis.economics_words import number_text, pounds
from ape_core.schema import DRUGS
from ape_core.spec.economics_yaml import list_economics, load_economics
from ape_core.spec.own_values import drug_title, inputs, own_names

if TYPE_CHECKING:
    from collections.abc import Collection

    from ape_core.spec.economics import Economics
    from ape_core.spec.own_values import Input
    from ape_core.spec.prices import Price

LIST_PRICES: Final = (
    "At list prices. What is paid for drugs is confidential and lower, and can change which "
    "protocol is best: put in the prices that your service pays."
)


def drug_price_words(economics: Economics, drugs: Collection[str]) -> str:
    """Which of the drugs that were given are at list prices, and which are not; empty without any.

    Parameters
    ----------
    economics
        The prices.
    drugs
        Names of drugs, of which "none" has no price.
    """
    used = [drug for drug in economics.drugs if drug in drugs and drug != DRUGS[0]]
    other = [drug for drug in used if not _is_listed(economics, drug)]
    listed = [drug_title(drug) for drug in used if drug not in other]
    if not other:
        return LIST_PRICES if used else ""
    paid = ", ".join(
        f"{drug_title(drug)} {pounds(economics.drugs[drug].amount.value)}" for drug in other
    )
    said = f"Not at the list price that ships with APE, but at a price put in its place: {paid}."
    if not listed:
        return said
    return (
        f"{said} At the list price: {', '.join(listed)}. What is paid for that is confidential and "
        "lower, and can change which protocol is best."
    )


def set_words(economics: Economics) -> str:
    """Title of a set; before that of one's own its name, and after it how much is one's own."""
    is_shipped = economics.name in list_economics()
    n_own = len(own_names(economics))
    quoted = f"\N{LEFT DOUBLE QUOTATION MARK}{economics.name}\N{RIGHT DOUBLE QUOTATION MARK}"
    named = "" if is_shipped else f"Own prices {quoted}, made from: "
    own = f", with {n_own} own value{'' if n_own == 1 else 's'}" if n_own else ""
    return f"{named}{economics.title}{own}"


def own_values_words(economics: Economics) -> str:
    """Every number that is one's own, with its value; empty when there is none."""
    own = [f"{item.title} {amount_text(item)}" for item in inputs(economics) if item.is_own]
    return f"Own values: {', '.join(own)}." if own else ""


def held_words(economics: Economics, drugs: Collection[str]) -> str:
    """That draws hold what has no distribution, and what that is."""
    own = bool(own_names(economics))
    listed = any(_is_listed(economics, drug) for drug in economics.drugs if drug in drugs)
    kinds = [*(["list prices of drugs"] if listed else []), *(["own values"] if own else [])]
    such = f", as {' and '.join(kinds)}," if kinds else ""
    return f"Prices and utilities without a distribution{such} are held."


def amount_text(item: Input) -> str:
    """Value of a price or an assumption: £1,234; 62.8; −3."""
    if item.is_price or item.unit.startswith("GBP"):
        return pounds(item.value)
    return number_text(item.value)


def found_words(item: Input, price: Price) -> str:
    """Of which year a price is, and what was found before it was brought there."""
    if item.is_own:
        return "own value"
    year = financial_year(price.price_year)
    if not item.uprated:
        return f"as listed in {year}"
    found = price.amount.value
    return f"uprated from £{found:,.2f} in {year}" if found else "not counted"


def financial_year(year: int) -> str:
    """Financial year: 2024/25."""
    return f"{year}/{(year + 1) % 100:02d}"


def _is_listed(economics: Economics, drug: str) -> bool:
    """Whether a drug is at the price that ships."""
    return bool(economics.drugs[drug] == _shipped().drugs[drug])


@cache
def _shipped() -> Economics:
    """The prices that ship."""
    return load_economics()
