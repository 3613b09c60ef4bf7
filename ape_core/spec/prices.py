"""Prices, each of its own year, and how those of one year become those of another."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType
from typing import Any, Final

from ape_core.errors import InvalidSpecError
from ape_core.spec import checks
from ape_core.spec.fields import as_mapping, at, check_fields
from ape_core.spec.parameter import CONFIDENCES, Parameter, parse_parameter, range_check

FIRST_YEAR: Final = 1990
LAST_YEAR: Final = 2100
PENCE_PER_POUND: Final = 100
_OWN_FIELDS: Final = ("price_year", "uprated")


@dataclass(frozen=True, slots=True)
class Price:
    """What one thing costs, in pounds.

    Parameters
    ----------
    amount
        In pounds of the price year.
    price_year
        The financial year in whose prices the amount is: 2024 is April 2024 to March 2025.
    uprated
        Whether the amount rises with the uprating of its set. A list price does not: it holds
        until another is published, and is used as it stands.
    """

    amount: Parameter
    price_year: int
    uprated: bool

    def __post_init__(self) -> None:
        range_check(self.amount, 0, math.inf)
        year = checks.whole("price_year", self.price_year, FIRST_YEAR, LAST_YEAR)
        object.__setattr__(self, "price_year", year)
        checks.switch("uprated", self.uprated)

    def with_value(self, value: float) -> Price:
        """Return the price at another amount of the same year, its range widened to hold it."""
        return replace(self, amount=self.amount.with_value(value))

    def plain(self) -> dict[str, Any]:
        """Return the fields as a file has them."""
        return {**plain_parameter(self.amount), **{key: getattr(self, key) for key in _OWN_FIELDS}}


@dataclass(frozen=True, slots=True)
class Uprating:
    """How much prices rose from each financial year to the next.

    Parameters
    ----------
    percent
        Of each year, the rise on the year before.
    source, confidence
        As of a parameter.
    """

    percent: Mapping[int, float]
    source: str
    confidence: str

    def __post_init__(self) -> None:
        rises = {
            checks.whole("a year of percent", year, FIRST_YEAR, LAST_YEAR): checks.number(
                f"percent of {year}", rise, -50, 100
            )
            for year, rise in self.percent.items()
        }
        object.__setattr__(self, "percent", MappingProxyType(rises))
        object.__setattr__(self, "source", checks.text("source", self.source, 1000))
        checks.choice("confidence", self.confidence, CONFIDENCES)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by value, since a mapping proxy cannot be pickled."""
        return Uprating, (dict(self.percent), self.source, self.confidence)

    def factor(self, before: int, after: int) -> float:
        """By what an amount in prices of one year is multiplied to be in those of another.

        Raises
        ------
        InvalidSpecError
            If the rise of a year between them is not known.
        """
        factor = 1.0
        for year in range(min(before, after) + 1, max(before, after) + 1):
            if year not in self.percent:
                raise InvalidSpecError(
                    f"Prices of {before} cannot be brought to {after}: uprating has no rise "
                    f"for {year}.",
                    "Give the rise, or a price of another year.",
                )
            factor *= 1 + self.percent[year] / 100
        return factor if after >= before else 1 / factor

    def plain(self) -> dict[str, Any]:
        """Return the fields as a file has them."""
        return {
            "percent": dict(self.percent),
            "confidence": self.confidence,
            "source": self.source,
        }


def plain_parameter(parameter: Parameter) -> dict[str, Any]:
    """Return the fields of a parameter as a file has them."""
    fields = asdict(parameter)
    distribution = fields.pop("distribution")
    del fields["name"]
    if distribution is not None:
        given = {key: value for key, value in distribution.items() if value is not None}
        fields["distribution"] = given
    return fields


def parse_price(name: str, value: object) -> Price:
    """Read a price: a parameter with its price year, and whether it is uprated."""
    given = dict(as_mapping(value, name))
    missing = {key: given.pop(key, None) for key in _OWN_FIELDS}
    with at(name):
        for key, own in missing.items():
            if own is None:
                raise InvalidSpecError(
                    f"The field {key} is missing.",
                    "Say of which financial year the price is, and whether it is uprated.",
                )
        amount = parse_parameter("amount", given)
        return Price(replace(amount, name=name), missing["price_year"], missing["uprated"])


def parse_uprating(value: object) -> Uprating:
    """Read how prices rose."""
    fields = ("percent", "confidence", "source")
    given = as_mapping(value, "uprating")
    with at("uprating"):
        check_fields(given, fields, fields)
        percent = given["percent"]
        if not isinstance(percent, Mapping):
            raise InvalidSpecError(
                f"percent is {checks.shown(percent)}, but must be a mapping of years."
            )
        return Uprating(percent, given["source"], given["confidence"])
