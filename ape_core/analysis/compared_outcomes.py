"""Outcomes in which runs of the same patients are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from ape_core.analysis.wording import Wording
from ape_core.summaries.definitions import DRIVING_LETTERS, LARGE_CHANGE


@dataclass(frozen=True, slots=True)
class ComparedOutcome:
    """How an outcome follows from the sums of `definitions.BLOCK_OUTCOMES`.

    Attributes
    ----------
    wording
        How it is spoken of.
    total
        The sum that is averaged.
    squares
        The sum of squares, for the standard deviation; empty for shares.
    of
        The sum of those over whom it is averaged: the living eyes, or empty for all patients.
    in_year
        Whether only what the year added is meant.
    higher_is
        What more of it means: "better", "worse", or "more" where it is neither.
    """

    wording: Wording
    total: str
    squares: str = ""
    of: str = "eyes"
    in_year: bool = False
    higher_is: str = "more"

    @property
    def is_share(self) -> bool:
        """Whether it is a percentage."""
        return not self.squares and not self.in_year

    @property
    def factor(self) -> float:
        """By which means are multiplied."""
        return 100.0 if self.is_share else 1.0

    @property
    def denominator(self) -> str:
        """Over whom it is averaged."""
        return "living eyes" if self.of else "patients"


def _letters(title: str, meaning: str, *, signed: bool) -> Wording:
    """An outcome in letters."""
    return Wording(title, "letters", "letters", meaning, signed=signed)


def _share(title: str, meaning: str, of: str) -> Wording:
    """A percentage."""
    return Wording(title, f"% of {of}", "percentage points", meaning)


def _events(title: str, meaning: str, unit: str) -> Wording:
    """A number of visits or injections."""
    return Wording(title, unit, unit, meaning)


OUTCOMES: Final[Mapping[str, ComparedOutcome]] = MappingProxyType(
    {
        "letters_change": ComparedOutcome(
            _letters(
                "Change in acuity",
                "Letters gained since the first visit, assessed in every living eye, "
                "whether or not a clinic sees it.",
                signed=True,
            ),
            "change", "change squared", higher_is="better",
        ),
        "letters": ComparedOutcome(
            _letters("Acuity", "Letters assessed in every living eye.", signed=False),
            "letters", "letters squared", higher_is="better",
        ),
        "pct_gain_ge15": ComparedOutcome(
            _share(
                f"Gained {LARGE_CHANGE} letters or more",
                f"Living eyes that gained {LARGE_CHANGE} letters or more since the first visit.",
                "living eyes",
            ),
            "gained 15", higher_is="better",
        ),
        "pct_loss_ge15": ComparedOutcome(
            _share(
                f"Lost {LARGE_CHANGE} letters or more",
                f"Living eyes that lost {LARGE_CHANGE} letters or more since the first visit.",
                "living eyes",
            ),
            "lost 15", higher_is="worse",
        ),
        "pct_bcva_ge70": ComparedOutcome(
            _share(
                f"{DRIVING_LETTERS} letters or better",
                f"Living eyes with {DRIVING_LETTERS} letters or more.",
                "living eyes",
            ),
            "70 or better", higher_is="better",
        ),
        "injections": ComparedOutcome(
            _events(
                "Injections since the first visit",
                "Injections into the first eye of each patient, those who leave care included.",
                "injections",
            ),
            "injections", "injections squared", of="",
        ),
        "visits": ComparedOutcome(
            _events(
                "Visits since the first one",
                "Visits of the first eye of each patient, those who leave care included.",
                "visits",
            ),
            "visits", "visits squared", of="",
        ),
        "injections_in_year": ComparedOutcome(
            _events(
                "Injections in the year (all patients)",
                "Injections into the first eye in that year alone; who has died or left had none.",
                "injections",
            ),
            "injections", of="", in_year=True,
        ),
        "visits_in_year": ComparedOutcome(
            _events(
                "Visits in the year (all patients)",
                "Visits of the first eye in that year alone; who has died or left had none.",
                "visits",
            ),
            "visits", of="", in_year=True,
        ),
        "pct_in_care": ComparedOutcome(
            _share(
                "In care",
                "Patients whose first eye is in care, of all; the dead are not.",
                "patients",
            ),
            "in care", of="", higher_is="more",
        ),
    }
)  # fmt: skip
"""By name, in the order of tables."""
