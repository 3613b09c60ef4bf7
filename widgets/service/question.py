"""The question of a service: how patients come, for how long, under which protocol."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ape_core.errors import InvalidSpecError
from ape_core.limits import MAX_CLINIC_PATIENTS, MAX_PATIENTS, MAX_SEED
from ape_core.schema import DAYS_PER_WEEK, WEEKS_PER_YEAR
from ape_core.spec.capacity import Capacity
from ape_core.spec.checks import shown
from ape_core.spec.recruitment import GROWTH_PERCENT, Recruitment
from ape_core.spec.run_spec import RunSpec
from ape_core.spec.service_calendar import patients_in
from widgets import question as whole_question
from widgets.format import count, parse_count
from widgets.question import Question

COMING: Final = {
    "rate": "At a constant rate",
    "growth": "At a rate that grows",
    "caseload": "To an existing caseload",
    "fixed": "As a fixed cohort",
}
"""How patients come."""

FIELD_OF_COMING: Final = "Patients come"

FIELDS_OF: Final = {
    "rate": ("per_week",),
    "growth": ("per_week", "growth"),
    "caseload": ("caseload", "caseload_years", "per_week"),
    "fixed": ("patients", "spread_weeks"),
}
"""What else has to be said for each."""

FIRST_QUESTION: Final[Mapping[str, Any]] = {
    **whole_question.FIRST_QUESTION,
    "coming": "rate",
    "per_week": "6",
    "growth": "5",
    "caseload": "1,000",
    "caseload_years": "5",
    "patients": "1,500",
    "spread_weeks": "0",
    "slots": "",
    "years": "5",
    "seed": "1",
}
"""What is simulated for a visitor who has asked nothing yet: a clinic that fills for five years.

slots
    Visits for which there is room on a day from Monday to Friday; empty where there is no limit.
"""

SLOT_DAYS: Final = 5
"""Days of a week with slots: Monday to Friday."""

LEAST_PATIENTS: Final = whole_question.LEAST_PATIENTS
MOST_PATIENTS: Final = min(1_000_000, MAX_PATIENTS)
MOST_YEARS: Final = 20
NUMBERS: Final = {
    "caseload": (1, MOST_PATIENTS),
    "caseload_years": (1, MOST_YEARS),
    "patients": (LEAST_PATIENTS, MOST_PATIENTS),
    "spread_weeks": (0, WEEKS_PER_YEAR * MOST_YEARS),
    "slots": (1, 10_000),
    "years": (1, MOST_YEARS),
    "seed": (0, MAX_SEED),
}
"""Whole numbers of the question, with the least and the most of each."""

DECIMALS: Final = {"per_week": (0.1, 2_000.0), "growth": GROWTH_PERCENT}
"""Other numbers, likewise."""

TITLES: Final = {
    "caseload": "Patients of the caseload",
    "caseload_years": "First seen in the years before",
    "per_week": "New patients a week",
    "growth": "Growth, % a year",
    "patients": "Patients",
    "spread_weeks": "First seen over so many weeks",
    "slots": "Slots each weekday (empty: no limit)",
    "years": "Years of service",
    "seed": "Seed",
}


def parse_decimal(words: str, what: str, low: float, high: float) -> float:
    """Number meant by "6", "2.5" or "1,200".

    Raises
    ------
    InvalidSpecError
        The words are not a number from `low` to `high`.
    """
    plain = words.strip()
    if not re.fullmatch(
        r"[-\N{MINUS SIGN}]?([0-9]{1,3}(,[0-9]{3})+|[0-9]{1,9})(\.[0-9]{1,6})?", plain
    ):
        raise InvalidSpecError(f"{what}: {shown(plain)} is not a number, such as 6, 2.5 or 1,200.")
    number = float(plain.replace(",", "").replace("\N{MINUS SIGN}", "-"))
    if not low <= number <= high:
        raise InvalidSpecError(f"{what}: {plain} must be from {low:g} to {high:,g}.")
    return number


def spec_of(question: Question, store: Path) -> RunSpec:
    """Put a question together.

    Raises
    ------
    InvalidSpecError
        It cannot be asked; `field` says where the fault is.
    """
    years, seed = (understood(question, name) for name in ("years", "seed"))
    recruitment = _recruitment(question)
    if recruitment.patients_per_week is None:
        patients = understood(question, "patients")
    else:
        patients = patients_in(recruitment, years)
    if not 1 <= patients <= MOST_PATIENTS:
        raise InvalidSpecError(
            f"That is {patients:,} patients in {years} years; 1 to {MOST_PATIENTS:,} are simulated "
            "here.",
            "Let more or fewer come, or ask for other years.",
            "per_week",
        )
    plain = {**question, "patients": count(LEAST_PATIENTS), "years": "1", "capacity": {}}
    spec = whole_question.spec_of(plain, store)
    followed = years + (recruitment.caseload_years or 0)
    changes: dict[str, Any] = {"years": followed, "seed": seed, "recruitment": recruitment}
    return spec.replace(n_patients=patients, capacity=_capacity(question, patients), **changes)


def question_of(spec: RunSpec, store: Path) -> Question:
    """Form that asks what a run answers, or what is nearest to it."""
    recruitment, capacity = spec.cohort.recruitment, spec.capacity
    question = {**FIRST_QUESTION, **whole_question.question_of(spec, store), "capacity": {}}
    people = {name: own for name, own in question["people"].items() if name != "recruitment"}
    question["people"] = people
    question["slots"] = count(capacity.slots_per_day) if capacity else ""
    kind = recruitment.kind if recruitment.kind in COMING else "fixed"
    question |= {"coming": kind, "years": str(spec.years - (recruitment.caseload_years or 0))}
    for name, value in (
        ("per_week", recruitment.patients_per_week),
        ("growth", recruitment.growth_percent_per_year),
        ("caseload", recruitment.caseload_patients),
        ("caseload_years", recruitment.caseload_years),
    ):
        if value is not None:
            question[name] = f"{value:,.6f}".rstrip("0").rstrip(".")
    if kind == "fixed":
        question["spread_weeks"] = count(-(-(recruitment.days or 0) // DAYS_PER_WEEK))
    return question


def _recruitment(question: Question) -> Recruitment:
    """How the patients of a question come."""
    coming = question["coming"]
    if coming == "fixed":
        days = understood(question, "spread_weeks") * DAYS_PER_WEEK
        return Recruitment("uniform", days=days) if days else Recruitment()
    given: dict[str, Any] = {"patients_per_week": decimal_of(question, "per_week")}
    if coming == "growth":
        given["growth_percent_per_year"] = decimal_of(question, "growth")
    if coming == "caseload":
        given["caseload_patients"] = understood(question, "caseload")
        given["caseload_years"] = understood(question, "caseload_years")
    return Recruitment(coming, **given)


def _capacity(question: Question, patients: int) -> Capacity | None:
    """One clinic with the slots of a question, if they are limited."""
    if not question["slots"].strip():
        return None
    slots = understood(question, "slots")
    if patients > MAX_CLINIC_PATIENTS:
        raise InvalidSpecError(
            f"That is {patients:,} patients in one clinic; with a limited number of slots a clinic "
            f"has at most {MAX_CLINIC_PATIENTS:,}.",
            "Let fewer come, or leave the slots without a limit.",
            "slots",
        )
    return Capacity(patients, slots, SLOT_DAYS)


def understood(question: Question, name: str) -> int:
    """Whole number that a field of the question means."""
    try:
        return parse_count(question[name], TITLES[name], *NUMBERS[name])
    except InvalidSpecError as error:
        raise InvalidSpecError(error.message, error.hint, name) from None


def decimal_of(question: Question, name: str) -> float:
    """Number that a field of the question means."""
    try:
        return parse_decimal(question[name], TITLES[name], *DECIMALS[name])
    except InvalidSpecError as error:
        raise InvalidSpecError(error.message, error.hint, name) from None
