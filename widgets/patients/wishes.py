"""What a reader can ask of a patient: a few choices in words, and the criteria that they mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ape_core.results import Criteria
from ape_core.terms import END_REASONS


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to a question: what the list says, the criterion, and its part of the sentence."""

    label: str
    criterion: Any = None
    said: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """One question about a patient.

    Attributes
    ----------
    name
        Name of the criterion.
    label
        What stands above the list of answers.
    choices
        Answers; the first asks for nothing.
    """

    name: str
    label: str
    choices: tuple[Choice, ...]


def _ended(code: str, said: str) -> Choice:
    """Answer to how it ended: a reason, and the sentence in which its name stands."""
    name = END_REASONS[code]
    return Choice(name.capitalize(), (code,), said.format(name))


WISHES: Final = (
    Wish("sex", "Sex", (
        Choice("Either"),
        Choice("Woman", "female", "a woman"),
        Choice("Man", "male", "a man"),
    )),
    Wish("age_years", "Age at first visit", (
        Choice("Any age"),
        Choice("Under 65", (None, 64), "under 65"),
        Choice("65 to 74", (65, 74), "of 65 to 74"),
        Choice("75 to 84", (75, 84), "of 75 to 84"),
        Choice("85 or over", (85, None), "of 85 or over"),
    )),
    Wish("baseline_letters", "First acuity", (
        Choice("Any"),
        Choice("Under 35 letters", (None, 34), "began with under 35 letters"),
        Choice("35 to 54 letters", (35, 54), "began with 35 to 54 letters"),
        Choice("55 to 69 letters", (55, 69), "began with 55 to 69 letters"),
        Choice("70 letters or more", (70, None), "began with 70 letters or more"),
    )),
    Wish("letters_gained", "By the last visit", (
        Choice("Any change"),
        Choice("Gained 15 or more", (15, None), "gained 15 letters or more"),
        Choice("Gained 5 to 14", (5, 14), "gained 5 to 14 letters"),
        Choice("Within 4 letters", (-4, 4), "ended within 4 letters of the first visit"),
        Choice("Lost 5 to 14", (-14, -5), "lost 5 to 14 letters"),
        Choice("Lost 15 or more", (None, -15), "lost 15 letters or more"),
    )),
    Wish("n_injections", "Injections", (
        Choice("Any number"),
        Choice("1 to 6", (1, 6), "had 1 to 6 injections"),
        Choice("7 to 15", (7, 15), "had 7 to 15 injections"),
        Choice("16 to 30", (16, 30), "had 16 to 30 injections"),
        Choice("More than 30", (31, None), "had more than 30 injections"),
    )),
    Wish("end_reason", "How it ended", (
        Choice("Any way"),
        _ended("on treatment", "was {} at the end"),
        _ended("discharged stable", "was {}"),
        _ended("discharged futile", "was {}"),
        _ended("lost", "was {}"),
        _ended("transferred", "was {}"),
        _ended("died", "{}"),
    )),
    Wish("second_eye", "Second eye", (
        Choice("Either"),
        Choice("Treated, too", True, "was treated in both eyes"),
        Choice("Not treated", False, "was treated in one eye"),
    )),
)  # fmt: skip

_ABOUT_WHO: Final = ("sex", "age_years")

Chosen = Mapping[str, int]
"""Place of the answer to each wish by name; 0, which asks for nothing, may be left out."""


def answers(chosen: Chosen) -> dict[str, Choice]:
    """The answers that ask for something, by name of the criterion."""
    named = {wish.name: wish.choices[chosen.get(wish.name, 0)] for wish in WISHES}
    return {name: choice for name, choice in named.items() if choice.criterion is not None}


def criteria_of(chosen: Chosen) -> Criteria:
    """The criteria that are meant."""
    return Criteria(**{name: choice.criterion for name, choice in answers(chosen).items()})


def sentence_of(chosen: Chosen) -> str:
    """What is asked, as the end of "Show me ..."."""
    asked = answers(chosen)
    who = asked["sex"].said if "sex" in asked else "somebody"
    if "age_years" in asked:
        who += f" {asked['age_years'].said}"
    did = [choice.said for name, choice in asked.items() if name not in _ABOUT_WHO]
    if not did:
        return who if asked else "anybody"
    *first, last = did
    return f"{who} who {', '.join(first)}{' and ' if first else ''}{last}"
