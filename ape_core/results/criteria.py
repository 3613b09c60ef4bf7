"""What is asked of a patient who is looked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, TypeAlias

import numpy as np

from ape_core.errors import InvalidInputError
from ape_core.limits import MAX_YEARS
from ape_core.schema import DAYS_PER_YEAR, END_REASONS, MAX_LETTERS, NOT_ASSESSED, SEXES
from ape_core.spec.checks import choice, shown, switch, whole

Range: TypeAlias = tuple[int | None, int | None]
Rows: TypeAlias = Mapping[str, np.ndarray]
"""Columns of the patients table, one row per patient."""

MOST_VISITS: Final = MAX_YEARS * DAYS_PER_YEAR
LIMITS: Final = {
    "age_years": (0, 120),
    "baseline_letters": (0, MAX_LETTERS),
    "last_letters": (0, MAX_LETTERS),
    "letters_gained": (-MAX_LETTERS, MAX_LETTERS),
    "n_injections": (0, MOST_VISITS),
    "n_visits": (1, MOST_VISITS),
}
"""Criteria that are ranges, with the least and the greatest value that can be asked for."""

_PLAIN: Final = ("age_years", "baseline_letters", "last_letters", "n_injections", "n_visits")
"""Ranges of columns that are there as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """Which patients are looked for; one who meets all that is given is found.

    Ranges are `(least, most)`, both included, None for an open end. Everything is said of the
    patient's first eye, as it is in the charts of a run.

    Parameters
    ----------
    age_years
        Age at the first visit.
    sex
        "female" or "male".
    baseline_letters, last_letters
        ETDRS letters measured at the first and at the last visit.
    letters_gained
        Letters gained since the first visit, negative for a loss: measured at the last visit, or,
        with `by_year`, assessed at the end of that study year, if the patient lives to see it.
    by_year
        A study year, from 1.
    n_injections, n_visits
        Injections and visits in the whole run.
    end_reason
        Why follow-up ended, one of `schema.END_REASONS`, or several of them.
    second_eye
        Whether the second eye was treated, too.

    Raises
    ------
    InvalidInputError
        When a criterion cannot be.
    """

    age_years: Range | None = None
    sex: str | None = None
    baseline_letters: Range | None = None
    last_letters: Range | None = None
    letters_gained: Range | None = None
    by_year: int | None = None
    n_injections: Range | None = None
    n_visits: Range | None = None
    end_reason: str | tuple[str, ...] | None = None
    second_eye: bool | None = None

    def __post_init__(self) -> None:
        for name, limits in LIMITS.items():
            self._set(name, _range(name, getattr(self, name), *limits))
        if self.sex is not None:
            choice("sex", self.sex, SEXES)
        if self.second_eye is not None:
            switch("second_eye", self.second_eye)
        if self.by_year is not None:
            self._set("by_year", whole("by_year", self.by_year, 1, MAX_YEARS))
            if self.letters_gained is None:
                raise InvalidInputError(
                    f"by_year is {self.by_year}, but nothing is asked of that year.",
                    "Give letters_gained as well, such as (15, None).",
                )
        self._set("end_reason", _reasons(self.end_reason))

    def __bool__(self) -> bool:
        """Whether anything is asked."""
        return any(getattr(self, field.name) is not None for field in fields(self))

    @property
    def columns(self) -> frozenset[str]:
        """Columns of the patients table that are needed to decide."""
        names = {name for name in (*_PLAIN, "sex", "end_reason") if getattr(self, name) is not None}
        if self.letters_gained is not None:
            names.add("baseline_letters")
            names.add("assessed_letters" if self.by_year else "last_letters")
        return frozenset(names)

    def met_by(self, rows: Rows) -> np.ndarray:
        """Which of some patients meet the criteria, as truth values."""
        met = np.ones(len(rows["patient_id"]), dtype=bool)
        for name in _PLAIN:
            if getattr(self, name) is not None:
                met &= _within(getattr(self, name), rows[name])
        if self.letters_gained is not None:
            met &= self._gained(rows)
        if self.sex is not None:
            met &= rows["sex"] == SEXES.index(self.sex)
        if self.end_reason is not None:
            met &= np.isin(rows["end_reason"], [END_REASONS.index(r) for r in self.end_reason])
        if self.second_eye is not None:
            met &= rows["second_eye"] == self.second_eye
        return met

    def _gained(self, rows: Rows) -> np.ndarray:
        """Which patients gained so many letters."""
        if self.by_year is None:
            return _within(self.letters_gained, letters_gained(rows))
        if self.by_year >= rows["assessed_letters"].shape[1]:
            years = rows["assessed_letters"].shape[1] - 1
            raise InvalidInputError(
                f"by_year is {self.by_year}, but the run ends with year {years}.",
                f"Give a year from 1 to {years}.",
            )
        then = rows["assessed_letters"][:, self.by_year]
        gained = then.astype(np.int16) - rows["baseline_letters"]
        met: np.ndarray = _within(self.letters_gained, gained) & (then != NOT_ASSESSED)
        return met

    def _set(self, name: str, value: Any) -> None:
        """Put a checked value in the place of the given one."""
        object.__setattr__(self, name, value)


def letters_gained(rows: Rows) -> np.ndarray:
    """Letters gained from the first to the last visit."""
    gained: np.ndarray = rows["last_letters"].astype(np.int16) - rows["baseline_letters"]
    return gained


def _within(limits: Range | None, values: np.ndarray) -> np.ndarray:
    """Which values are in a range; all of them when there is none."""
    low, high = limits or (None, None)
    within: np.ndarray = np.ones(len(values), dtype=bool)
    if low is not None:
        within &= values >= low
    if high is not None:
        within &= values <= high
    return within


def _range(name: str, value: object, least: int, most: int) -> Range | None:
    """A range at the door; None when both ends are open."""
    if value is None:
        return None
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise InvalidInputError(
            f"{name} is {shown(value)}, but must be a range (least, most).",
            f"Give two whole numbers, or None for an open end, such as ({least}, None).",
        )
    low, high = (None if end is None else whole(name, end, least, most) for end in value)
    if low is not None and high is not None and low > high:
        raise InvalidInputError(
            f"{name} is {shown(value)}, but its least is more than its most.",
            f"Did you mean ({high}, {low})?",
        )
    return None if low is None and high is None else (low, high)


def _reasons(value: object) -> tuple[str, ...] | None:
    """The reasons at the door, in the order of the schema."""
    if value is None:
        return None
    given = (value,) if isinstance(value, str) else value
    if not isinstance(given, tuple | list) or not given:
        raise InvalidInputError(
            f"end_reason is {shown(value)}, but must be one or more of the reasons.",
            f"They are {', '.join(END_REASONS)}.",
        )
    chosen = {choice("end_reason", reason, END_REASONS) for reason in given}
    return tuple(reason for reason in END_REASONS if reason in chosen)
