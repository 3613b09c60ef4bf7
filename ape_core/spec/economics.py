"""Prices, utilities and discount rates: what is applied to a summary, and never changes a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from ape_core.errors import InvalidSpecError
from ape_core.schema import DRUGS, MAX_LETTERS
from ape_core.spec import checks
from ape_core.spec.fields import at, check_fields
from ape_core.spec.parameter import Parameter, range_check
from ape_core.spec.prices import FIRST_YEAR, LAST_YEAR, PENCE_PER_POUND, Price, Uprating
from ape_core.spec.utilities import Utility

OWN_SOURCE: Final = "Set by the user"
"""Source of a number that a user changed."""
PRICED_DRUGS: Final = DRUGS[1:]
PRICED_CARE: Final = (
    "first_visit",
    "follow_up_visit",
    "scan",
    "injection_procedure",
    "sight_loss_year",
)
ASSUMPTIONS: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {
        "second_eye_visit_share": (0, 1),
        "sight_loss_letters": (0, MAX_LETTERS),
        "fellow_eye_letters": (0, MAX_LETTERS),
        "fellow_eye_sd_letters": (0, 50),
        "worse_eye_weight": (0, 1),
        "injection_disutility": (0, 1),
        "discount_costs_percent": (0, 50),
        "discount_qalys_percent": (0, 50),
        "threshold_per_qaly": (0, 1e7),
    }
)
"""Name of every other number, and what it may be.

second_eye_visit_share
    Part of the price of a visit and a scan that a visit of the second eye costs: less than 1 where
    both eyes are often seen on one day.
sight_loss_letters
    Sight is lost while the better-seeing eye reads at most so many letters.
fellow_eye_letters, fellow_eye_sd_letters
    Acuity of the eye without the disease, which is not simulated: mean and SD over patients.
worse_eye_weight
    Weight of the worse-seeing eye in the utility; the better-seeing eye has the rest.
injection_disutility
    QALYs lost by one injection.
discount_costs_percent, discount_qalys_percent
    Per year; the first year is not discounted.
threshold_per_qaly
    Pounds that a QALY is worth paying.
"""


@dataclass(frozen=True, slots=True)
class Economics:
    """What things cost and what sight is worth.

    Parameters
    ----------
    name, title, description
        For people.
    price_year
        Financial year in whose prices all results are: 2024 is April 2024 to March 2025.
    uprating
        How prices of other years are brought to it.
    drugs
        Price of one injection of each of `PRICED_DRUGS`, without the procedure.
    care
        `PRICED_CARE`: prices of a visit, a scan, giving an injection, a year of lost sight.
    assumptions
        See `ASSUMPTIONS`.
    utilities
        Mappings from acuity to utility by name; the first is used unless another is named.
    """

    name: str
    title: str
    price_year: int
    uprating: Uprating
    drugs: Mapping[str, Price]
    care: Mapping[str, Price]
    assumptions: Mapping[str, Parameter]
    utilities: Mapping[str, Utility]
    description: str = ""
    _pence: Mapping[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        def put(key: str, value: object) -> None:
            object.__setattr__(self, key, value)

        put("name", checks.name("name", self.name))
        put("title", checks.text("title", self.title, 200))
        put("description", checks.text("description", self.description, 3000, empty=True))
        put("price_year", checks.whole("price_year", self.price_year, FIRST_YEAR, LAST_YEAR))
        expected = {"drugs": PRICED_DRUGS, "care": PRICED_CARE, "assumptions": tuple(ASSUMPTIONS)}
        for part, names in expected.items():
            with at(part):
                check_fields(getattr(self, part), names, names)
        if not self.utilities:
            raise InvalidSpecError("utilities is empty.", "Give at least one mapping.")
        for utility in self.utilities:
            checks.name("a name in utilities", utility)
        for part in (*expected, "utilities"):
            put(part, MappingProxyType(dict(getattr(self, part))))
        with at("assumptions"):
            for key, limits in ASSUMPTIONS.items():
                range_check(self.assumptions[key], *limits)
        put(
            "_pence",
            MappingProxyType(
                {name: self._in_pence(name, price) for name, price in self.prices().items()}
            ),
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by value, since a mapping proxy cannot be pickled."""
        parts = (self.drugs, self.care, self.assumptions, self.utilities)
        own = (self.name, self.title, self.price_year, self.uprating)
        return Economics, (*own, *map(dict, parts), self.description)

    def prices(self) -> dict[str, Price]:
        """Give all prices by flat name, as drugs/faricimab-6mg and care/scan."""
        return {
            **{f"drugs/{name}": price for name, price in self.drugs.items()},
            **{f"care/{name}": price for name, price in self.care.items()},
        }

    def numbers(self) -> dict[str, Parameter]:
        """Give every number with its range and source, by flat name.

        Beside the prices these are assumptions/worse_eye_weight, utilities/brown-2000/from_0, ...
        """
        return {
            **{name: price.amount for name, price in self.prices().items()},
            **{f"assumptions/{name}": item for name, item in self.assumptions.items()},
            **{
                f"utilities/{name}/{key}": item
                for name, utility in self.utilities.items()
                for key, item in utility.numbers.items()
            },
        }

    def pence(self, name: str) -> int:
        """Price by flat name in whole pence of the set's price year."""
        self._check_name(name, tuple(self._pence))
        return self._pence[name]

    def assumption(self, name: str) -> float:
        """Value of one of `ASSUMPTIONS`."""
        return self.assumptions[name].value

    def utility(self, name: str | None = None) -> Utility:
        """Mapping from acuity to utility by its name; the first if None."""
        chosen = next(iter(self.utilities)) if name is None else name
        return self.utilities[checks.choice("utility", chosen, tuple(self.utilities))]

    def with_values(self, values: Mapping[str, float]) -> Economics:
        """Return the same set with other values for some numbers, by flat name.

        A price is given in pounds of its own price year; `with_price` takes those of the set's.

        Raises
        ------
        InvalidSpecError
            A name is not in the set, or a value is not allowed.
        """
        known = tuple(self.numbers())
        given: dict[str, dict[str, float]] = {}
        for name, value in values.items():
            self._check_name(name, known)
            part, key = name.rsplit("/", 1)
            given.setdefault(part, {})[key] = value
        changes: dict[str, Any] = {}
        for part, own in given.items():
            group, *of = part.split("/")
            before = changes.get(group) or dict(getattr(self, group))
            if of:
                before[of[0]] = before[of[0]].with_values(own)
            else:
                before |= {key: before[key].with_value(value) for key, value in own.items()}
            changes[group] = before
        return replace(self, **changes)

    def with_price(self, name: str, pounds: float) -> Economics:
        """Return the same set with one price of the user's, in pounds of the set's price year."""
        self._check_name(name, tuple(self.prices()))
        part, key = name.split("/")
        before = self.prices()[name]
        with at(name):
            amount = Parameter(key, pounds, pounds, pounds, before.amount.unit, OWN_SOURCE, "low")
            price = Price(amount, self.price_year, before.uprated)
        changes: dict[str, Any] = {part: {**getattr(self, part), key: price}}
        return replace(self, **changes)

    def pence_per_pound(self, name: str) -> float:
        """Pence of the set's price year that a pound of a price's own year is, by flat name."""
        prices = self.prices()
        self._check_name(name, tuple(prices))
        price = prices[name]
        if not price.uprated:
            return PENCE_PER_POUND
        with at(name):
            return PENCE_PER_POUND * self.uprating.factor(price.price_year, self.price_year)

    def _in_pence(self, name: str, price: Price) -> int:
        """Price in whole pence of the set's price year."""
        return round(price.amount.value * self.pence_per_pound(name))

    def _check_name(self, name: str, known: tuple[str, ...]) -> None:
        """Refuse a name that is not in the set."""
        if name not in known:
            raise InvalidSpecError(
                f"{self.name} has no {checks.shown(name)}; it has: {checks.listed(known)}.",
                checks.suggestion(name, known),
            )
