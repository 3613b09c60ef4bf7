"""The overrides of a cohort in words, for forms and for telling what was overridden."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from ape_core.limits import MAX_CLINIC_PATIENTS, MAX_PATIENTS, MAX_YEARS
from ape_core.schema import DAYS_PER_WEEK, MAX_LETTERS
from ape_core.spec.capacity import MAX_SLOTS
from ape_core.spec.cohort import ATTENDANCE, Cohort, parse_cohort
from ape_core.spec.differences import Difference
from ape_core.spec.field_guide import Field, write_number
from ape_core.spec.people import (
    MAX_AGE,
    MIN_AGE,
    MIN_SD,
    AgeYears,
    BaselineLetters,
    LettersQuantiles,
)
from ape_core.spec.population import Population, load_population
from ape_core.spec.recruitment import (
    GROWTH_PERCENT,
    MAX_RECRUITMENT_DAYS,
    RECRUITMENT_KINDS,
    Recruitment,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ape_core.spec.capacity import Capacity

_ATTENDANCE_TITLES: Final = {"trial": "As in a trial", "routine": "As in routine care"}
_RECRUITMENT_TITLES: Final = {
    "at-once": "All on one day",
    "uniform": "Evenly over a time",
    "rate": "So many a week",
    "growth": "So many a week, growing",
    "caseload": "A caseload, then so many a week",
}
_LETTERS = (
    Field("mean", "Mean", "Mean acuity measured at the first visit.",
          "number", "letters", 0, MAX_LETTERS),
    Field("sd", "SD", "Standard deviation of that acuity.",
          "number", "letters", MIN_SD, MAX_LETTERS),
    Field("low", "Lowest", "Nobody starts below; empty takes that of the population.",
          "whole", "letters", 0, MAX_LETTERS, is_optional=True),
    Field("high", "Highest", "Nobody starts above; empty takes that of the population.",
          "whole", "letters", 0, MAX_LETTERS, is_optional=True),
)  # fmt: skip
_AGE = (
    Field("mean", "Mean", "Mean age at the first visit.", "number", "years", MIN_AGE, MAX_AGE),
    Field("sd", "SD", "Standard deviation of that age.",
          "number", "years", MIN_SD, MAX_AGE - MIN_AGE),
    Field("low", "Youngest", "Nobody is younger; empty takes that of the population.",
          "whole", "years", MIN_AGE, MAX_AGE, is_optional=True),
    Field("high", "Oldest", "Nobody is older; empty takes that of the population.",
          "whole", "years", MIN_AGE, MAX_AGE, is_optional=True),
)  # fmt: skip
_STREAM: Final = ("rate", "growth", "caseload")
_RECRUITMENT = (
    Field("kind", "First visits", "When patients have their first visit.", "choice",
          choices=tuple((name, _RECRUITMENT_TITLES[name]) for name in RECRUITMENT_KINDS)),
    Field("days", "Spread over", "Time over which the first visits are spread.",
          unit="days", low=1, high=MAX_RECRUITMENT_DAYS, only_when=("kind", ("uniform",))),
    Field("patients_per_week", "New patients", "How many have their first visit in a week.",
          "number", "a week", 0, 1e8, only_when=("kind", _STREAM)),
    Field("growth_percent_per_year", "Growth", "By how much that grows in a year.",
          "number", "% a year", *GROWTH_PERCENT, only_when=("kind", ("growth", "caseload")),
          is_optional=True),
    Field("caseload_patients", "Caseload", "Patients who had their first visit before day one.",
          "whole", "patients", 1, MAX_PATIENTS, only_when=("kind", ("caseload",))),
    Field("caseload_years", "Built up over", "Years before, over which those are spread.",
          "whole", "years", 1, MAX_YEARS, only_when=("kind", ("caseload",))),
)  # fmt: skip
CAPACITY: Final = (
    Field("patients_per_clinic", "Patients of a clinic", "Each clinic has so many of the patients.",
          unit="patients", low=1, high=MAX_CLINIC_PATIENTS, is_optional=True),
    Field("slots_per_day", "Room for", "Visits of an eye that a clinic can take on an open day.",
          unit="visits a day", low=1, high=MAX_SLOTS, is_optional=True),
    Field("open_days", "Open on", "Days of a week, from the first on; empty means all.",
          unit="days a week", low=1, high=DAYS_PER_WEEK, is_optional=True),
)  # fmt: skip
"""Limits of the clinics, empty where there are none."""

GROUPS: Final[Mapping[str, tuple[str, tuple[Field, ...]]]] = MappingProxyType(
    {
        "baseline_letters": ("Acuity at the first visit", _LETTERS),
        "age_years": ("Age at the first visit", _AGE),
        "recruitment": ("Recruitment", _RECRUITMENT),
    }
)
"""Parts of a cohort that have fields of their own."""

SINGLES: Final = (
    Field("female_share", "Share of women", "From 0, none, to 1, all.", "number", "", 0, 1,
          is_optional=True),
    Field("attendance", "Visits are kept", "How late patients come and how often they miss.",
          "choice", choices=tuple((name, _ATTENDANCE_TITLES[name]) for name in ATTENDANCE),
          is_optional=True),
    Field("two_eyes", "Both eyes", "Whether the fellow eye can fall ill and is treated as well.",
          "switch"),
)  # fmt: skip


def overrides_of(cohort: Cohort) -> dict[str, Any]:
    """What a cohort asks for beside number and population, as plain data.

    `parse_cohort` reads it back together with those two.
    """
    usual = {item.name: item for item in fields(Cohort)}
    found: dict[str, Any] = {}
    for name in ("baseline_letters", "age_years", "female_share", "attendance"):
        value = getattr(cohort, name)
        if value is not None:
            found[name] = _plain(value)
    if cohort.two_eyes != usual["two_eyes"].default:
        found["two_eyes"] = cohort.two_eyes
    if cohort.recruitment != Recruitment():
        found["recruitment"] = _plain(cohort.recruitment)
    return found


def with_overrides(n_patients: int, population: str | Population, overrides: Any) -> Cohort:
    """Cohort of a population with overrides as `overrides_of` gives them.

    Raises
    ------
    InvalidSpecError
        An override is unknown or not allowed; its `field` says which.
    """
    return parse_cohort({"n_patients": n_patients, "population": population, **overrides}, "cohort")


def usual_values(base: Population) -> dict[str, dict[str, str]]:
    """What the fields are in a population, as text, by group; "" is those of no group.

    Of acuity that is given by percentiles, mean and SD are those of its distribution.
    """
    letters = base.baseline_letters
    mean, sd = letters.mean_and_sd()
    low, high = base.entry_letters
    age = base.age_years
    return {
        "": {"female_share": write_number(base.female_share), "attendance": f"As in {base.title}"},
        "baseline_letters": _texts(mean=round(mean, 1), sd=round(sd, 1), low=low, high=high),
        "age_years": _texts(mean=age.mean, sd=age.sd, low=age.low, high=age.high),
    }


def _texts(**values: float | None) -> dict[str, str]:
    """Numbers as text."""
    return {name: "" if value is None else write_number(value) for name, value in values.items()}


def cohort_difference(cohort: Cohort) -> list[Difference]:
    """Return what a cohort overrides in its population, in words."""
    base = cohort.population
    if not isinstance(base, Population):
        base = load_population(base)
    plain = Cohort(cohort.n_patients, base)
    found = list(_of_letters(cohort.baseline_letters, base))
    if cohort.age_years is not None:
        found += _of_fields("age_years", base.aged(cohort.age_years), base.age_years)
    found += [
        Difference(field.name, field.title, before, field.say(getattr(cohort, field.name)))
        for field, before in zip(
            SINGLES,
            (
                SINGLES[0].say(base.female_share),
                f"as in {base.title}",
                SINGLES[2].say(plain.two_eyes),
            ),
            strict=True,
        )
        if getattr(cohort, field.name) != getattr(plain, field.name)
    ]
    return found + list(_of_fields("recruitment", cohort.recruitment, plain.recruitment))


def capacity_difference(capacity: Capacity | None) -> list[Difference]:
    """Return how many visits clinics have room for, in words; nothing where that is not limited."""
    if capacity is None:
        return []
    return [Difference("capacity", "Room in clinics", "no limit", capacity.describe().rstrip("."))]


def _of_letters(letters: BaselineLetters | None, base: Population) -> Iterable[Difference]:
    """Compare acuity at the first visit, which a population may give by percentiles."""
    if letters is None:
        return []
    if not isinstance(base.baseline_letters, LettersQuantiles):
        return _of_fields("baseline_letters", base.within(letters), base.baseline_letters)
    shown = base.within(letters)
    said = (
        f"mean {_LETTERS[0].say(shown.mean)}, SD {_LETTERS[1].say(shown.sd)}, "
        f"{shown.low} to {shown.high} letters"
    )
    title = GROUPS["baseline_letters"][0]
    return [Difference("baseline_letters", title, f"as in {base.title}", said)]


def _of_fields(
    name: str, new: BaselineLetters | AgeYears | Recruitment, old: Any
) -> Iterable[Difference]:
    """Compare the fields of a part."""
    title, guide = GROUPS[name]
    return [
        Difference(
            f"{name}.{field.name}",
            f"{title}, {field.title if field.title == 'SD' else field.title.lower()}",
            field.say(getattr(old, field.name)),
            field.say(getattr(new, field.name)),
        )
        for field in guide
        if getattr(new, field.name) != getattr(old, field.name)
    ]


def _plain(part: Any) -> Any:
    """Part as plain data, without what is not given."""
    if not hasattr(part, "__dataclass_fields__"):
        return part
    values = {item.name: getattr(part, item.name) for item in fields(part)}
    return {name: value for name, value in values.items() if value is not None}
