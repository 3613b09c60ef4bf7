"""The cohort of a run: a number of patients of a population, with overrides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from ape_core.errors import InvalidSpecError
from ape_core.limits import MAX_PATIENTS
from ape_core.spec import checks
from ape_core.spec.fields import as_mapping, at, build, check_fields
from ape_core.spec.people import (
    AgeYears,
    BaselineLetters,
    Recruitment,
)
from ape_core.spec.population import Population, load_population

ATTENDANCE: Final[Mapping[str, str]] = {"trial": "trial", "routine": "uk-routine-care"}
"""Whose attendance each name stands for."""

_FIELDS: Final = (
    "n_patients",
    "population",
    "baseline_letters",
    "age_years",
    "female_share",
    "attendance",
    "two_eyes",
    "recruitment",
)


@dataclass(frozen=True, slots=True)
class Cohort:
    """Who is treated; whatever is not given comes from the population.

    Parameters
    ----------
    n_patients
        1 to `MAX_PATIENTS`.
    population
        Name of a shipped population, path of one in YAML, or a Population.
    baseline_letters, age_years, female_share
        Override the population's.
    attendance
        "trial" or "routine": visits are kept as in that population.
    two_eyes
        Whether the fellow eye can convert and be treated as well.
    recruitment
        When patients have their first visit.

    Raises
    ------
    InvalidSpecError
        A field has a value that is not allowed.
    """

    n_patients: int
    population: str | Population = "uk-routine-care"
    baseline_letters: BaselineLetters | None = None
    age_years: AgeYears | None = None
    female_share: float | None = None
    attendance: str | None = None
    two_eyes: bool = False
    recruitment: Recruitment = field(default_factory=Recruitment)

    def __post_init__(self) -> None:
        n_patients = checks.whole("n_patients", self.n_patients, 1, MAX_PATIENTS)
        object.__setattr__(self, "n_patients", n_patients)
        if self.female_share is not None:
            female = checks.share("female_share", self.female_share)
            object.__setattr__(self, "female_share", female)
        if self.attendance is not None:
            checks.choice("attendance", self.attendance, tuple(ATTENDANCE))
        checks.switch("two_eyes", self.two_eyes)
        _check_kind("baseline_letters", self.baseline_letters, BaselineLetters)
        _check_kind("age_years", self.age_years, AgeYears)
        _check_kind("recruitment", self.recruitment, Recruitment)
        self.recruitment.check_patients(n_patients)
        self.people()

    def people(self) -> Population:
        """Return the population with the overrides of this cohort applied."""
        base = self.population
        if not isinstance(base, Population):
            base = load_population(base)
        changes: dict[str, Any] = {}
        if self.baseline_letters is not None:
            with at("baseline_letters"):
                changes["baseline_letters"] = base.within(self.baseline_letters)
        if self.age_years is not None:
            with at("age_years"):
                changes["age_years"] = base.aged(self.age_years)
        if self.female_share is not None:
            changes["female_share"] = self.female_share
        if self.attendance is not None:
            changes["attendance"] = load_population(ATTENDANCE[self.attendance]).attendance
        return replace(base, **changes) if changes else base

    def question(self) -> dict[str, Any]:
        """Return what can change a row, as plain data, every override resolved."""
        return {
            "n_patients": self.n_patients,
            **self.people().question(),
            "two_eyes": self.two_eyes,
            "recruitment": self.recruitment.question(),
        }


def _check_kind(name: str, value: object, kind: type) -> None:
    """Refuse a value of another class, as a mapping in place of an AgeYears."""
    if value is not None and not isinstance(value, kind):
        raise InvalidSpecError(f"{name} is {checks.shown(value)}, but must be {kind.__name__}.")


def parse_cohort(mapping: Mapping[str, Any], origin: str) -> Cohort:
    """Read a cohort from plain data; `origin` names it in messages."""
    given = dict(as_mapping(mapping, origin))
    kinds = {"baseline_letters": BaselineLetters, "age_years": AgeYears, "recruitment": Recruitment}
    with at(origin):
        check_fields(given, _FIELDS, ("n_patients",))
        for name, kind in kinds.items():
            if given.get(name) is not None:
                given[name] = build(kind, given[name], name)
            else:
                given.pop(name, None)
        return Cohort(**given)
