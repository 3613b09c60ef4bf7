"""The question of a service: how patients come, for how long, under which protocol."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ape_core.errors import InvalidSpecError
from ape_core.limits import MAX_PATIENTS, MAX_SEED
from ape_core.schema import DAYS_PER_WEEK, WEEKS_PER_YEAR
from ape_core.spec.checks import shown
from ape_core.spec.people import Recruitment
from ape_core.spec.run_spec import RunSpec
from widgets import question as whole_question
from widgets.format import count, parse_count
from widgets.question import Question

COMING: Final = {"rate": "At a constant rate", "fixed": "A fixed cohort"}
"""How patients come."""

FIELDS_OF: Final = {"rate": ("per_week",), "fixed": ("patients", "spread_weeks")}
"""What else has to be said for each."""

FIRST_QUESTION: Final[Mapping[str, Any]] = {
    **whole_question.FIRST_QUESTION,
    "coming": "rate",
    "per_week": "6",
    "patients": "1,500",
    "spread_weeks": "0",
    "years": "5",
    "seed": "1",
}
"""What is simulated for a visitor who has asked nothing yet: a clinic that fills for five years."""

LEAST_PATIENTS: Final = whole_question.LEAST_PATIENTS
MOST_PATIENTS: Final = min(1_000_000, MAX_PATIENTS)
MOST_YEARS: Final = 20
NUMBERS: Final = {
    "patients": (LEAST_PATIENTS, MOST_PATIENTS),
    "spread_weeks": (0, WEEKS_PER_YEAR * MOST_YEARS),
    "years": (1, MOST_YEARS),
    "seed": (0, MAX_SEED),
}
"""Whole numbers of the question, with the least and the most of each."""

MOST_PER_WEEK: Final = 2_000
TITLES: Final = {
    "per_week": "New patients per week",
    "patients": "Patients",
    "spread_weeks": "First seen over so many weeks",
    "years": "Years",
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
    if not re.fullmatch(r"([0-9]{1,3}(,[0-9]{3})+|[0-9]{1,9})(\.[0-9]{1,6})?", plain):
        raise InvalidSpecError(f"{what}: {shown(plain)} is not a number, such as 6, 2.5 or 1,200.")
    number = float(plain.replace(",", ""))
    if not low <= number <= high:
        raise InvalidSpecError(f"{what}: {plain} must be from {low:g} to {high:,g}.")
    return number


def n_patients(per_week: float, years: int) -> int:
    """Patients who come at a rate while the first of them are followed."""
    return round(per_week * WEEKS_PER_YEAR * years)


def spec_of(question: Question, store: Path) -> RunSpec:
    """Put a question together.

    Raises
    ------
    InvalidSpecError
        It cannot be asked; `field` says where the fault is.
    """
    years, seed = (understood(question, name) for name in ("years", "seed"))
    if question["coming"] == "rate":
        per_week = decimal_of(question, "per_week", 0.1, MOST_PER_WEEK)
        patients = n_patients(per_week, years)
        recruitment = Recruitment("rate", patients_per_week=per_week)
    else:
        patients, weeks = (understood(question, name) for name in FIELDS_OF["fixed"])
        days = weeks * DAYS_PER_WEEK
        recruitment = Recruitment("uniform", days=days) if days else Recruitment()
    if not 1 <= patients <= MOST_PATIENTS:
        raise InvalidSpecError(
            f"That is {patients:,} patients in {years} years; 1 to {MOST_PATIENTS:,} are simulated "
            "here.",
            "Let more or fewer come, or ask for other years.",
            "per_week",
        )
    plain = {**question, "patients": count(max(patients, LEAST_PATIENTS))}
    spec = whole_question.spec_of(plain, store)
    return spec.replace(n_patients=patients, recruitment=recruitment, years=years, seed=seed)


def question_of(spec: RunSpec, store: Path) -> Question:
    """Form that asks what a run answers, or what is nearest to it."""
    recruitment = spec.cohort.recruitment
    question = {**FIRST_QUESTION, **whole_question.question_of(spec, store)}
    if recruitment.patients_per_week is not None:
        per_week = f"{recruitment.patients_per_week:.6f}".rstrip("0").rstrip(".")
        return {**question, "coming": "rate", "per_week": per_week}
    weeks = -(-(recruitment.days or 0) // DAYS_PER_WEEK)
    return {**question, "coming": "fixed", "spread_weeks": count(weeks)}


def understood(question: Question, name: str) -> int:
    """Whole number that a field of the question means."""
    try:
        return parse_count(question[name], TITLES[name], *NUMBERS[name])
    except InvalidSpecError as error:
        raise InvalidSpecError(error.message, error.hint, name) from None


def decimal_of(question: Question, name: str, low: float, high: float) -> float:
    """Number that a field of the question means."""
    try:
        return parse_decimal(question[name], TITLES[name], low, high)
    except InvalidSpecError as error:
        raise InvalidSpecError(error.message, error.hint, name) from None
