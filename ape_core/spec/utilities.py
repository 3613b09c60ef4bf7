"""What quality of life is worth at each acuity, by published mappings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final

from ape_core.errors import InvalidSpecError
from ape_core.schema import MAX_LETTERS
from ape_core.spec import checks
from ape_core.spec.fields import as_mapping, at, check_fields
from ape_core.spec.parameter import Parameter, parse_parameter
from ape_core.spec.prices import plain_parameter

KINDS: Final = ("linear", "bands")
LINEAR: Final = ("intercept", "per_logmar", "per_year_of_age")
YOUNGEST: Final = 50
OLDEST: Final = 120
"""Ages at which a utility must lie from 0 to 1."""

LETTERS_AT_LOGMAR_0: Final = 85
LETTERS_PER_LOGMAR: Final = 50


def logmar(letters: float) -> float:
    """LogMAR of ETDRS letters: 0 at 85 letters, 1 at 35."""
    return (LETTERS_AT_LOGMAR_0 - letters) / LETTERS_PER_LOGMAR


@dataclass(frozen=True, slots=True)
class Utility:
    """A mapping from acuity to utility, where 1 is full health and 0 is as bad as death.

    Parameters
    ----------
    title
        Whose it is.
    kind
        "linear" in logMAR and age, or "bands" of letters, each with one utility.
    numbers
        Of a linear one `LINEAR`; of bands one number each, named by the letters from which it
        holds: from_0, from_20, ...
    """

    title: str
    kind: str
    numbers: Mapping[str, Parameter]

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", checks.text("title", self.title, 200))
        checks.choice("kind", self.kind, KINDS)
        object.__setattr__(self, "numbers", MappingProxyType(dict(self.numbers)))
        if self.kind == "linear":
            check_fields(self.numbers, LINEAR, LINEAR)
        elif 0 not in {_from_letters(name) for name in self.numbers}:
            raise InvalidSpecError("The band from_0 is missing.", "Give the lowest band a utility.")
        self._check_range()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by value, since a mapping proxy cannot be pickled."""
        return Utility, (self.title, self.kind, dict(self.numbers))

    @property
    def per_year_of_age(self) -> float:
        """What each year of age adds."""
        return self.numbers["per_year_of_age"].value if self.kind == "linear" else 0.0

    def by_letters(self) -> tuple[float, ...]:
        """Utility at 0, 1, ..., 100 letters of someone of age 0, to which the age is added."""
        if self.kind == "linear":
            start, slope = (self.numbers[name].value for name in LINEAR[:2])
            return tuple(start + slope * units for units in self.logmar_by_letters())
        starts = {letters: self.numbers[name].value for letters, name in self.bands().items()}
        table = [starts[0]]
        for seen in range(1, MAX_LETTERS + 1):
            table.append(starts.get(seen, table[-1]))
        return tuple(table)

    def logmar_by_letters(self) -> tuple[float, ...]:
        """LogMAR at 0, 1, ..., 100 letters."""
        return tuple(logmar(seen) for seen in range(MAX_LETTERS + 1))

    def bands(self) -> dict[int, str]:
        """Names of the bands by the letters from which each holds, the lowest first."""
        return dict(sorted((_from_letters(name), name) for name in self.numbers))

    def with_values(self, values: Mapping[str, float]) -> Utility:
        """Return the same mapping with other values for some of its numbers."""
        check_fields(values, tuple(self.numbers), ())
        changed = {name: self.numbers[name].with_value(value) for name, value in values.items()}
        return replace(self, numbers={**self.numbers, **changed})

    def plain(self) -> dict[str, Any]:
        """Return the fields as a file has them."""
        numbers = {name: plain_parameter(item) for name, item in self.numbers.items()}
        return {"title": self.title, "kind": self.kind, "numbers": numbers}

    def _check_range(self) -> None:
        """Refuse a utility below 0 or above 1 for anybody who can be simulated."""
        table = self.by_letters()
        for utility in (min(table), max(table)):
            for age in (YOUNGEST, OLDEST):
                value = utility + self.per_year_of_age * age
                if not 0 <= value <= 1:
                    raise InvalidSpecError(
                        f"The utility at {table.index(utility)} letters and {age} years of age is "
                        f"{value:.3f}, but must lie from 0 to 1.",
                        "Change the numbers so that it does at every acuity and age.",
                    )


def parse_utility(name: str, value: object) -> Utility:
    """Read a mapping from acuity to utility."""
    fields = ("title", "kind", "numbers")
    given = as_mapping(value, name)
    with at(name):
        check_fields(given, fields, fields)
        numbers = as_mapping(given["numbers"], "numbers")
        parsed = {key: parse_parameter(key, number) for key, number in numbers.items()}
        return Utility(given["title"], given["kind"], parsed)


def _from_letters(name: str) -> int:
    """Letters from which a band holds."""
    match = re.fullmatch(r"from_(0|[1-9][0-9]{0,2})", name)
    if match is None:
        raise InvalidSpecError(
            f"{checks.shown(name)} is not the name of a band, which says from how many letters it "
            "holds, as from_35."
        )
    return checks.whole(name, int(match[1]), 0, MAX_LETTERS)
