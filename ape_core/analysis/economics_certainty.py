"""How sure a comparison of costs is, in words: what was taken as uncertain, and what was not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ape_core.analysis.economics_words import number_text, pounds
from ape_core.spec.own_values import TITLES, drug_title, inputs, own_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ape_core.analysis.economics import CostEffectiveness
    from ape_core.spec.economics import Economics
    from ape_core.spec.parameter import Parameter
    from ape_core.summaries.economics import HealthEconomics

SLOTS_RAN_SHORT: Final = (
    "Visits slipped in these runs for want of slots, so that the patients of a clinic depend on "
    "each other. Costs and QALYs are not counted clinic by clinic, so how far the luck of these "
    "patients may move them is not known, and no intervals are shown."
)
TOO_FEW: Final = "These patients are too few to say how far their luck may move the figures."
OF_PATIENTS: Final = (
    "Intervals are of the luck of the patients who were simulated, alone: the model, prices and "
    "utilities are taken as they stand."
)
_ENOUGH_DRAWS: Final = 100
"""So many or more give shares to a hundredth."""
PATIENTS, INPUTS, DISEASE, ALL = "patients", "inputs", "disease", "all"
"""What may be taken as uncertain: the luck of patients; with it prices and utilities; the numbers
of the disease; these with prices and utilities."""
FIRST_DRAWN: Final = INPUTS
"""What pages, commands and reports take as uncertain first: all that can be without a run."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What draws are of, in words.

    Attributes
    ----------
    title
        Short, for a choice.
    meaning
        What one draw is.
    held
        What is taken as it stands.
    left_out
        Which uncertainty they therefore do not tell.
    """

    title: str
    meaning: str
    held: str
    left_out: str


DRAWN: Final = {
    PATIENTS: Drawn(
        "Patients",
        "the patients drawn again from those who were simulated",
        "the numbers of the disease, prices and utilities",
        "what is not known of the disease, of prices and of utilities",
    ),
    INPUTS: Drawn(
        "Patients, prices and utilities",
        "patients, prices and utilities drawn together",
        "the numbers of the disease",
        "what is not known of the disease",
    ),
    DISEASE: Drawn(
        "Disease",
        "the uncertain numbers of the disease, on the same patients",
        "prices and utilities",
        "what is not known of prices and utilities, and the luck of the patients",
    ),
    ALL: Drawn(
        "Disease, prices and utilities",
        "the uncertain numbers of the disease, prices and utilities, on the same patients",
        "numbers without a distribution",
        "the luck of the patients",
    ),
}


def best_of_draws_words(
    compared: CostEffectiveness, names: Sequence[str], shares: Sequence[float], n: int, drawn: str
) -> str:
    """Which protocol is best as everything stands, in how many draws, and what these leave out.

    Parameters
    ----------
    compared
        The runs themselves.
    names
        What the protocols are to be called.
    shares
        Share of the draws in which each is best.
    n
        Draws.
    drawn
        What they are of, one of `DRAWN`.
    """
    best = compared.best()
    said = highest_words(names[best], compared.threshold)
    left_out = f"This leaves out {DRAWN[drawn].left_out}."
    often = max(range(len(names)), key=lambda place: shares[place])
    in_draws = f"{said} with everything as it stands, and in {share_words(shares[best], n)}"
    if often == best:
        return f"{in_draws}. {left_out}"
    return f"{in_draws}; {names[often]} has it in {share_words(shares[often], n)}. {left_out}"


def highest_words(name: str, threshold: float) -> str:
    """That a protocol is best where a QALY is worth so much."""
    return f"Where a QALY is worth {pounds(threshold)}, {name} has the highest net benefit"


def share_words(share: float, n: int) -> str:
    """Share of draws: "all 2,000 draws", "97% of 2,000 draws"."""
    if share >= 1:
        return f"all {n:,} draws"
    if share <= 0:
        return f"none of {n:,} draws"
    rounded = f"{100 * share:.0f}"
    percent = {"100": "more than 99", "0": "fewer than 1"}.get(rounded, rounded)
    return f"{percent}% of {n:,} draws"


def certainty_words(compared: CostEffectiveness | None, drawn: str = PATIENTS) -> str:
    """What intervals, points and curves are of, and what they take as it stands."""
    if compared is not None and not compared.knows_patients:
        return SLOTS_RAN_SHORT if compared.slots_ran_short else TOO_FEW
    if drawn == PATIENTS:
        return OF_PATIENTS
    item = DRAWN[drawn]
    return (
        "Intervals in words and tables, and the bars of the net benefit, are of the luck of the "
        "patients who were simulated, alone. The plane and the curves of which is best are drawn "
        f"otherwise: {item.meaning}; {item.held} stay as they are."
    )


def unknown_words(item: HealthEconomics) -> str:
    """Why a run says nothing of how far the luck of its patients may move it; empty if it does."""
    if item.knows_patients:
        return ""
    return SLOTS_RAN_SHORT if item.slots_ran_short else TOO_FEW


def drawn_inputs_words(economics: Economics, utility: str | None = None) -> list[str]:
    """Each price, assumption and utility that is drawn, and from what."""
    found = []
    for item in inputs(economics):
        if item.is_drawn:
            number = economics.numbers()[item.name]
            ends = (
                f"{pounds(item.low)} to {pounds(item.high)}"
                if item.is_price
                else f"{item.low:,.4g} to {item.high:,.4g} {item.unit}"
            )
            value = pounds(item.value) if item.is_price else f"{item.value:,.4g} {item.unit}"
            found.append(f"{item.title}: {value}, {_kind(number)}, cut to {ends}")
    mapping = economics.utility(utility)
    found += [
        f"Utility, {_number_title(key)}: {number_text(number.value)}, {_kind(number)}, cut to "
        f"{number_text(number.low)} to {number_text(number.high)}"
        for key, number in mapping.numbers.items()
        if number.distribution is not None
    ]
    return found


def few_draws_words(n: int) -> str:
    """That shares of so few draws are coarse; empty where they are not."""
    if n >= _ENOUGH_DRAWS:
        return ""
    return f"{n} draws are few: a share of them moves in steps of {100 / n:.3g}%."


def held_inputs_words(economics: Economics, drugs: set[str]) -> str:
    """Prices that are not drawn though they may differ, as nobody said how they are distributed."""
    own = own_names(economics)
    held = {
        name: _held_title(name)
        for name, price in economics.prices().items()
        if price.amount.distribution is None
        and (not name.startswith("drugs/") or name.split("/")[1] in drugs)
        and (price.amount.value or name in own)
    }
    published = [title for name, title in held.items() if name not in own]
    put_in = [title for name, title in held.items() if name in own]
    said = [f"Held, as no distribution is published: {', '.join(published)}."] if published else []
    if put_in:
        said.append(f"Held, as own values have no distribution: {', '.join(put_in)}.")
    return " ".join(said)


def _held_title(name: str) -> str:
    """What a price is called."""
    return TITLES.get(name) or f"price of {drug_title(name.split('/')[1])}"


def _number_title(key: str) -> str:
    """What a number of a mapping is called."""
    if key.startswith("from_"):
        return f"{key.removeprefix('from_')} letters or more"
    return {"intercept": "at 0 logMAR", "per_year_of_age": "per year of age"}.get(key, "per logMAR")


def _kind(number: Parameter) -> str:
    """Distribution in words."""
    distribution = number.distribution
    assert distribution is not None
    if distribution.kind == "uniform":
        return "uniform"
    if distribution.kind == "lognormal":
        return f"lognormal around it, SD of the logarithm {distribution.spread:g}"
    return f"normal around it, SD {distribution.spread:g}"
