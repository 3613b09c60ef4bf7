"""A number with its range, unit, source and confidence."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Final

from ape_core.errors import InvalidSpecError
from ape_core.spec import checks
from ape_core.spec.fields import as_mapping, at, build, check_fields

CONFIDENCES: Final = ("high", "medium", "low")
DISTRIBUTIONS: Final = ("uniform", "normal", "lognormal")
_LARGEST = 1e9


@dataclass(frozen=True, slots=True)
class Distribution:
    """What is known about an uncertain value, cut at its low and high.

    Parameters
    ----------
    kind
        "uniform" from low to high, "normal" around the value, "lognormal" with the value as median.
    spread
        SD of the normal, SD of the logarithm of the lognormal; None for the uniform.
    """

    kind: str
    spread: float | None = None

    def __post_init__(self) -> None:
        checks.choice("kind", self.kind, DISTRIBUTIONS)
        if self.kind == "uniform" and self.spread is not None:
            raise InvalidSpecError("spread is given, but a uniform distribution has none.")
        if self.kind != "uniform":
            object.__setattr__(self, "spread", checks.positive("spread", self.spread, _LARGEST))


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number of a disease model or population.

    Parameters
    ----------
    value, low, high
        Value used and the range in which it plausibly lies.
    unit
        Empty for a pure number.
    source
        Citation, or what it was fitted to.
    confidence
        "high", "medium" or "low".
    distribution
        None when the value is not drawn.
    """

    name: str
    value: float
    low: float
    high: float
    unit: str = ""
    source: str = ""
    confidence: str = "low"
    distribution: Distribution | None = None

    def __post_init__(self) -> None:
        for field in ("value", "low", "high"):
            number = checks.number(field, getattr(self, field), -_LARGEST, _LARGEST)
            object.__setattr__(self, field, number)
        if not self.low <= self.value <= self.high:
            raise InvalidSpecError(
                f"value is {self.value:g}, but must lie from low, {self.low:g}, "
                f"to high, {self.high:g}."
            )
        for field, longest in (("unit", 80), ("source", 1000)):
            text = checks.text(field, getattr(self, field), longest, empty=True)
            object.__setattr__(self, field, text)
        checks.choice("confidence", self.confidence, CONFIDENCES)

    @classmethod
    def exactly(cls, name: str, value: float) -> Parameter:
        """Value as it was used in a run, of which nothing else is known."""
        return cls(name, value, value, value)

    def with_value(self, value: float) -> Parameter:
        """Return the same parameter at another value, its range widened to hold it."""
        checked = checks.number(self.name, value, -_LARGEST, _LARGEST)
        return Parameter(
            self.name,
            checked,
            min(self.low, checked),
            max(self.high, checked),
            self.unit,
            self.source,
            self.confidence,
            self.distribution,
        )


_FIELDS: Final = tuple(field.name for field in fields(Parameter) if field.name != "name")


def parse_parameter(name: str, value: object) -> Parameter:
    """Read a parameter; everything but the distribution must be given, with a source."""
    given = dict(as_mapping(value, name))
    with at(name):
        check_fields(given, _FIELDS, [field for field in _FIELDS if field != "distribution"])
        checks.text("source", given["source"], 1000)
        if given.get("distribution") is not None:
            given["distribution"] = build(Distribution, given["distribution"], "distribution")
        return Parameter(name=name, **given)


def range_check(parameter: Parameter, lowest: float, highest: float) -> None:
    """Refuse a value outside what the simulation can use."""
    if not lowest <= parameter.value <= highest:
        limit = f"{lowest:g} or more" if math.isinf(highest) else f"from {lowest:g} to {highest:g}"
        raise InvalidSpecError(f"{parameter.name} is {parameter.value:g}, but must be {limit}.")
