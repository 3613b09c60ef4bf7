"""When patients have their first visit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from ape_core.errors import InvalidSpecError
from ape_core.limits import MAX_PATIENTS, MAX_YEARS
from ape_core.schema import DAYS_PER_WEEK, DAYS_PER_YEAR
from ape_core.spec import checks

RECRUITMENT_KINDS: Final = ("at-once", "uniform", "rate", "growth", "caseload")
MAX_RECRUITMENT_DAYS: Final = 36_525
GROWTH_PERCENT: Final = (-50.0, 100.0)
"""Least and most growth in a year."""

_ALWAYS_ASKED: Final = ("kind", "days", "patients_per_week")
"""Fields that are in the question of every run; the others only where they are given."""

_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "at-once": (),
    "uniform": ("days",),
    "rate": ("patients_per_week",),
    "growth": ("patients_per_week", "growth_percent_per_year"),
    "caseload": ("caseload_patients", "caseload_years", "patients_per_week"),
}
_POSSIBLE: Final[Mapping[str, tuple[str, ...]]] = {"caseload": ("growth_percent_per_year",)}


@dataclass(frozen=True, slots=True)
class Recruitment:
    """When patients have their first visit.

    Parameters
    ----------
    kind
        "at-once" on one day; "uniform" spread evenly over `days`; "rate" as a steady stream;
        "growth" as a stream that grows; "caseload" as a stream that meets patients who are in
        care already: they had their first visits in the years before the opening day.
    days
        Over which first visits are spread.
    patients_per_week
        New patients, of the whole cohort; where it grows, at its start.
    growth_percent_per_year
        By how much the stream grows in a study year; below 0 it shrinks.
    caseload_patients, caseload_years
        Patients whose first visits are spread evenly over so many study years before the opening
        day, whether or not they are still in care then.

    Raises
    ------
    InvalidSpecError
        A field is missing, belongs to another kind, or has a value that is not allowed.
    """

    kind: str = "at-once"
    days: int | None = None
    patients_per_week: float | None = None
    growth_percent_per_year: float | None = None
    caseload_patients: int | None = None
    caseload_years: int | None = None

    def __post_init__(self) -> None:
        checks.choice("kind", self.kind, RECRUITMENT_KINDS)
        _check_given(self)
        put = object.__setattr__
        for field, most in _WHOLE.items():
            if getattr(self, field) is not None:
                put(self, field, checks.whole(field, getattr(self, field), 1, most))
        if self.patients_per_week is not None:
            field = "patients_per_week"
            put(self, field, checks.positive(field, self.patients_per_week, 1e8))
        if self.growth_percent_per_year is not None:
            field = "growth_percent_per_year"
            put(self, field, checks.number(field, self.growth_percent_per_year, *GROWTH_PERCENT))

    @property
    def opening_day(self) -> int:
        """Calendar day from which a service is planned: 0 unless there is a caseload before it."""
        return DAYS_PER_YEAR * (self.caseload_years or 0)

    @property
    def growth_per_day(self) -> float:
        """Growth of the stream, as a continuous rate per day."""
        return math.log(1.0 + (self.growth_percent_per_year or 0.0) / 100.0) / DAYS_PER_YEAR

    def question(self) -> dict[str, Any]:
        """Return the fields as plain data; those of newer kinds only where they are given."""
        given = asdict(self).items()
        return {name: v for name, v in given if name in _ALWAYS_ASKED or v is not None}

    def check_patients(self, n_patients: int) -> None:
        """Refuse a stream so slow that the last patients would come after a century.

        Raises
        ------
        InvalidSpecError
            Saying which stream would do.
        """
        if self.caseload_patients is not None and self.caseload_patients > n_patients:
            raise InvalidSpecError(
                f"caseload_patients is {self.caseload_patients:,}, but the cohort has only "
                f"{n_patients:,} patients.",
                "n_patients counts the caseload and those who come after the opening day.",
                "recruitment.caseload_patients",
            )
        per_week = self.patients_per_week
        if per_week is None:
            return
        # As many as come by the last day at one patient a week.
        days = MAX_RECRUITMENT_DAYS - self.opening_day
        growth = self.growth_per_day
        weight = math.expm1(growth * days) / growth if growth else float(days)
        slowest = (n_patients - (self.caseload_patients or 0)) * DAYS_PER_WEEK / weight
        if per_week < slowest:
            enough = math.ceil(100 * slowest) / 100
            raise InvalidSpecError(
                f"patients_per_week is {per_week:g}, so {n_patients:,} patients would take more "
                f"than {MAX_RECRUITMENT_DAYS:,} days to recruit.",
                f"Recruit at least {enough:g} patients a week, or fewer patients.",
                "recruitment.patients_per_week",
            )

    def describe(self) -> str:
        """Say it in a sentence."""
        if self.kind == "at-once":
            return "All patients have their first visit on one day."
        if self.kind == "uniform":
            return f"First visits are spread evenly over {self.days:,} days."
        stream = f"{self.patients_per_week:g} new patients a week"
        if self.growth_percent_per_year is not None:
            stream += f", {self.growth_percent_per_year:+g}% a year"
        if self.kind != "caseload":
            return f"There are {stream}."
        before = "year" if self.caseload_years == 1 else f"{self.caseload_years} years"
        return (
            f"{self.caseload_patients:,} patients had their first visits in the {before} before "
            f"the opening day; from then on there are {stream}."
        )


_WHOLE: Final = {
    "days": MAX_RECRUITMENT_DAYS,
    "caseload_patients": MAX_PATIENTS,
    "caseload_years": MAX_YEARS,
}
"""Whole numbers of 1 or more, with the most that each can be."""


def _check_given(recruitment: Recruitment) -> None:
    """Check that the fields are given exactly where the kind of recruitment uses them."""
    kind = recruitment.kind
    for field, value in asdict(recruitment).items():
        given = value is not None
        if given and field != "kind" and field not in _fields_of(kind):
            owners = [other for other in RECRUITMENT_KINDS if field in _fields_of(other)]
            raise InvalidSpecError(
                f"{field} is given, but belongs to kind {_either(owners)} only.", field=field
            )
        if not given and field in _NEEDED[kind]:
            raise InvalidSpecError(
                f"The field {field} is missing, which kind {kind!r} needs.", field=field
            )


def _fields_of(kind: str) -> tuple[str, ...]:
    """Fields that a kind has."""
    return (*_NEEDED[kind], *_POSSIBLE.get(kind, ()))


def _either(kinds: list[str]) -> str:
    """Kinds as alternatives."""
    *first, last = map(repr, kinds)
    return f"{', '.join(first)} or {last}" if first else last
