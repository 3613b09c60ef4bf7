"""Populations that ship with APE: who comes, how they attend, how they leave."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from ape_core.errors import InvalidSpecError
from ape_core.spec import checks
from ape_core.spec.fields import as_mapping, at, check_fields
from ape_core.spec.parameter import Parameter, parse_parameter
from ape_core.spec.people import (
    AgeYears,
    Attendance,
    BaselineLetters,
    Leaving,
    LettersQuantiles,
)
from ape_core.spec.shipped import is_shipped, resolve, shipped_names
from ape_core.spec.yaml_door import read_yaml

GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "entry_letters": ("low", "high"),
    "age_years": ("mean", "sd", "low", "high"),
    "attendance": (
        "late_share",
        "late_days_mean",
        "missed_share",
        "rebooked_weeks",
        "breaks_per_year",
        "break_weeks_mean",
    ),
    "leaving": ("lost_per_year", "transferred_per_year"),
}
SINGLES: Final = (
    "female_share",
    "mortality_hazard_ratio",
    "acuity_noise_sd_letters",
    "recoverable_share",
)
_TOP: Final = ("name", "title", "description", "baseline_letters", *GROUPS, *SINGLES)


@dataclass(frozen=True, slots=True)
class Population:
    """Who is treated, as numbers that a simulation can use.

    Parameters
    ----------
    baseline_letters
        Acuity measured at the first visit.
    entry_letters
        Lowest and highest acuity at which patients are treated, for those who give only a mean.
    mortality_hazard_ratio
        Of death, against the life table.
    acuity_noise_sd_letters
        SD of one measurement of acuity.
    recoverable_share
        Share of the acuity that fluid takes which treatment can bring back, against trial
        participants: less where patients come late and with scars.
    numbers
        Each number with its range, unit, source and confidence, by a dotted name, as
        "attendance.late_share"; empty in a population read back from a run.
    """

    name: str
    title: str
    baseline_letters: BaselineLetters | LettersQuantiles
    age_years: AgeYears
    female_share: float
    attendance: Attendance
    leaving: Leaving
    mortality_hazard_ratio: float
    acuity_noise_sd_letters: float
    recoverable_share: float
    entry_letters: tuple[int, int] = (0, 100)
    description: str = ""
    numbers: tuple[Parameter, ...] = ()

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "name", checks.name("name", self.name))
        put(self, "title", checks.text("title", self.title, 200))
        put(self, "female_share", checks.share("female_share", self.female_share))
        ratio = checks.positive("mortality_hazard_ratio", self.mortality_hazard_ratio, 20)
        put(self, "mortality_hazard_ratio", ratio)
        noise = checks.number("acuity_noise_sd_letters", self.acuity_noise_sd_letters, 0, 20)
        put(self, "acuity_noise_sd_letters", noise)
        share = checks.number("recoverable_share", self.recoverable_share, 0, 2)
        put(self, "recoverable_share", share)

    def question(self) -> dict[str, Any]:
        """Return what can change a row, as plain data."""
        return {
            "baseline_letters": self.baseline_letters.question(),
            "age_years": self.age_years.question(),
            "female_share": self.female_share,
            "attendance": asdict(self.attendance),
            "leaving": asdict(self.leaving),
            "mortality_hazard_ratio": self.mortality_hazard_ratio,
            "acuity_noise_sd_letters": self.acuity_noise_sd_letters,
            "recoverable_share": self.recoverable_share,
        }

    def within(self, letters: BaselineLetters) -> BaselineLetters:
        """Return the letters with the window of this population where none was given."""
        low, high = self.entry_letters
        return replace(
            letters,
            low=low if letters.low is None else letters.low,
            high=high if letters.high is None else letters.high,
        )

    def aged(self, age: AgeYears) -> AgeYears:
        """Return the age with the window of this population where none was given."""
        own = self.age_years
        return replace(
            age,
            low=own.low if age.low is None else age.low,
            high=own.high if age.high is None else age.high,
        )


def list_populations() -> tuple[str, ...]:
    """Names of the shipped populations."""
    return shipped_names("population")


def load_population(name_or_path: str | Path = "uk-routine-care") -> Population:
    """Load a population that ships with APE, or from a YAML file.

    Raises
    ------
    InvalidSpecError
        There is no such population, or a number is missing, unknown or out of range.
    """
    path = resolve("population", name_or_path)
    return _shipped(path) if is_shipped(path) else parse_population(read_yaml(path), str(path))


@lru_cache
def _shipped(path: Path) -> Population:
    """Read a shipped population once."""
    return parse_population(read_yaml(path), path.name)


def parse_population(mapping: Mapping[str, Any], origin: str) -> Population:
    """Read a population from plain data; `origin` names it in messages."""
    with at(origin):
        check_fields(mapping, _TOP, _TOP)
        letters, letters_numbers = _letters(mapping["baseline_letters"])
        groups = {group: _group(group, mapping[group]) for group in GROUPS}
        singles = {key: parse_parameter(key, mapping[key]) for key in SINGLES}
        values = {
            group: {name.split(".")[1]: item.value for name, item in members.items()}
            for group, members in groups.items()
        }
        entry = values["entry_letters"]
        return Population(
            name=mapping["name"],
            title=mapping["title"],
            description=checks.text("description", mapping["description"], 3000),
            baseline_letters=letters,
            age_years=AgeYears(**values["age_years"]),  # type: ignore[arg-type]
            attendance=Attendance(**values["attendance"]),
            leaving=Leaving(**values["leaving"]),
            entry_letters=(
                checks.whole("entry_letters.low", entry["low"], 0, 100),
                checks.whole("entry_letters.high", entry["high"], 0, 100),
            ),
            numbers=(
                *letters_numbers,
                *(item for members in groups.values() for item in members.values()),
                *singles.values(),
            ),
            **{key: item.value for key, item in singles.items()},
        )


def _group(group: str, value: object) -> dict[str, Parameter]:
    """Read a group of numbers, each by its dotted name."""
    given = as_mapping(value, group)
    with at(group):
        check_fields(given, GROUPS[group], GROUPS[group])
    names = {f"{group}.{key}": given[key] for key in GROUPS[group]}
    return {name: parse_parameter(name, number) for name, number in names.items()}


def _letters(value: object) -> tuple[BaselineLetters | LettersQuantiles, tuple[Parameter, ...]]:
    """Read the acuity at the first visit, of either kind, and its numbers."""
    given = as_mapping(value, "baseline_letters")
    with at("baseline_letters"):
        if given.get("kind") == LettersQuantiles.kind:
            return _quantiles(given)
        keys = ("mean", "sd", "low", "high")
        check_fields(given, ("kind", *keys), ("kind", *keys))
        checks.choice("kind", given["kind"], (BaselineLetters.kind, LettersQuantiles.kind))
        numbers = {key: parse_parameter(f"baseline_letters.{key}", given[key]) for key in keys}
        values: dict[str, Any] = {key: item.value for key, item in numbers.items()}
        return BaselineLetters(**values), tuple(numbers.values())


def _quantiles(given: Mapping[str, Any]) -> tuple[LettersQuantiles, tuple[Parameter, ...]]:
    """Read acuity as percentiles, named p0 to p100, each a number with its source."""
    check_fields(given, ("kind", "percentiles"), ("kind", "percentiles"))
    points = as_mapping(given["percentiles"], "percentiles")
    shares = tuple(_percentile(name) / 100 for name in points)
    numbers = tuple(parse_parameter(f"baseline_letters.{key}", points[key]) for key in points)
    return LettersQuantiles(shares, tuple(item.value for item in numbers)), numbers


def _percentile(name: str) -> float:
    """Percentage in a name such as p2.5."""
    match = re.fullmatch(r"p(\d{1,3}(?:\.\d{1,4})?)", name)
    if match is None:
        raise InvalidSpecError(f"{checks.shown(name)} is not the name of a percentile, as p50.")
    return checks.number(name, float(match[1]), 0, 100)
