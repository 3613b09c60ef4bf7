"""Prices and assumptions of one's own in place of those of a set, marked as such."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from ape_core.errors import InvalidSpecError
from ape_core.schema import DRUGS
from ape_core.spec import checks
from ape_core.spec.economics import ASSUMPTIONS, OWN_SOURCE, Economics
from ape_core.spec.fields import at
from ape_core.spec.parameter import Parameter
from ape_core.spec.prices import PENCE_PER_POUND

TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "care/first_visit": "First visit",
        "care/follow_up_visit": "Follow-up visit",
        "care/scan": "OCT scan",
        "care/injection_procedure": "Injection procedure",
        "care/sight_loss_year": "Year of lost sight",
        "assumptions/second_eye_visit_share": "Price of a second eye's visit",
        "assumptions/sight_loss_letters": "Sight is lost at",
        "assumptions/fellow_eye_letters": "Other eye, mean acuity",
        "assumptions/fellow_eye_sd_letters": "Other eye, SD",
        "assumptions/worse_eye_weight": "Weight of the worse-seeing eye",
        "assumptions/injection_disutility": "QALYs lost by an injection",
        "assumptions/discount_costs_percent": "Discount rate of costs",
        "assumptions/discount_qalys_percent": "Discount rate of QALYs",
        "assumptions/threshold_per_qaly": "Worth of a QALY",
    }
)
"""What numbers are called for people; a drug is called by its own name."""


HIGHEST_PRICE: Final = 1e7
"""Pounds, of a price that somebody puts in: no one thing costs more."""


@dataclass(frozen=True, slots=True)
class Input:
    """A number of a set that can be changed.

    Parameters
    ----------
    name
        Flat name, as care/scan.
    title, unit
        For people.
    value, low, high
        As it is used; a price and its range in pounds of the price year of the set.
    price_year
        Of which financial year a price was; None for what is no price.
    uprated
        Whether it was brought to the year of the set.
    source, confidence
        As of a parameter.
    is_own
        Whether it was changed.
    is_drawn
        Whether it has a distribution from which it can be drawn.
    """

    name: str
    title: str
    unit: str
    value: float
    low: float
    high: float
    price_year: int | None
    uprated: bool
    source: str
    confidence: str
    is_own: bool
    is_drawn: bool

    @property
    def is_price(self) -> bool:
        """Whether it is a price."""
        return self.price_year is not None


def inputs(economics: Economics) -> tuple[Input, ...]:
    """Give every price and assumption of a set, in the order of its file."""
    prices = [_price(economics, name) for name in economics.prices()]
    assumptions = [_assumption(name, item) for name, item in economics.assumptions.items()]
    return (*prices, *assumptions)


def limits_of(name: str) -> tuple[float, float]:
    """Least and most that a price or an assumption may be, by flat name."""
    part, _, key = name.partition("/")
    return ASSUMPTIONS[key] if part == "assumptions" else (0, HIGHEST_PRICE)


def own_names(economics: Economics) -> tuple[str, ...]:
    """Flat names of the numbers that were changed."""
    return tuple(
        name for name, number in economics.numbers().items() if number.source == OWN_SOURCE
    )


def with_own_values(economics: Economics, values: Mapping[str, float]) -> Economics:
    """Return the set with own values, by flat name; they are not drawn, as nobody said how.

    A price is in pounds of the price year of the set.

    Raises
    ------
    InvalidSpecError
        A name is none of a price or an assumption, or a value is not allowed.
    """
    changed = economics
    for name, value in values.items():
        part, _, key = name.partition("/")
        if part == "assumptions" and key in ASSUMPTIONS:
            changed = _with_assumption(changed, key, value)
        elif name in economics.prices():
            changed = changed.with_price(name, value)
        else:
            raise InvalidSpecError(
                f"{checks.shown(name)} is neither a price nor an assumption of {economics.name}.",
                checks.suggestion(name, (*economics.prices(), *TITLES)),
            )
    return changed


def _with_assumption(economics: Economics, key: str, value: float) -> Economics:
    """Return the set with another assumption."""
    before = economics.assumptions[key]
    with at("assumptions"):
        number = checks.number(key, value, *ASSUMPTIONS[key])
    item = Parameter(
        key,
        number,
        min(before.low, number),
        max(before.high, number),
        before.unit,
        OWN_SOURCE,
        "low",
    )
    return replace(economics, assumptions={**economics.assumptions, key: item})


def _price(economics: Economics, name: str) -> Input:
    """One price, in the prices of the set's year."""
    price = economics.prices()[name]
    factor = economics.pence_per_pound(name) / PENCE_PER_POUND
    key = name.split("/")[1]
    title = TITLES.get(name) or drug_title(key)
    amount = price.amount
    return Input(
        name, title, amount.unit, economics.pence(name) / PENCE_PER_POUND, amount.low * factor,
        amount.high * factor, price.price_year, price.uprated, amount.source, amount.confidence,
        amount.source == OWN_SOURCE, amount.distribution is not None,
    )  # fmt: skip


def _assumption(key: str, item: Parameter) -> Input:
    """One assumption."""
    name = f"assumptions/{key}"
    return Input(
        name, TITLES[name], item.unit, item.value, item.low, item.high, None, False, item.source,
        item.confidence, item.source == OWN_SOURCE, item.distribution is not None,
    )  # fmt: skip


def drug_title(drug: str) -> str:
    """Name of a drug and its dose for people: Aflibercept 2 mg."""
    name, _, dose = drug.partition("-")
    words = f"{name.capitalize()} {dose.removesuffix('mg')} mg" if dose else name.capitalize()
    return "No drug" if drug == DRUGS[0] else words
