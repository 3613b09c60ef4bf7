"""One patient in words and numbers: what a person reads, built for a few patients at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from ape_core import schema
from ape_core.schema import Column


class Visit(NamedTuple):
    """One visit of an eye: the columns of `schema.VISITS`, with their units and meanings."""

    day: int
    calendar_day: int
    letters: int
    fluid: bool
    injected: bool
    drug: str
    phase: str
    interval_days: int
    delay_days: int


@dataclass(frozen=True, slots=True, repr=False)
class EyeHistory:
    """One treated eye: its columns of `schema.PATIENTS`, and its visits in order.

    `assessed_letters` holds None where there was nothing to assess.
    """

    eye: int
    baseline_letters: int
    onset_day: int
    n_visits: int
    n_injections: int
    last_letters: int
    end_day: int
    end_reason: str
    assessed_letters: tuple[int | None, ...]
    visits: tuple[Visit, ...]

    def __repr__(self) -> str:
        return (
            f"EyeHistory(eye {self.eye}: {self.baseline_letters} to {self.last_letters} letters, "
            f"{self.n_visits} visits, {self.n_injections} injections, "
            f"{self.end_reason} on day {self.end_day:,})"
        )


@dataclass(frozen=True, slots=True, repr=False)
class Patient:
    """One patient and the eyes that were treated.

    Attributes
    ----------
    patient_id
        0 to n_patients - 1.
    age_years
        At the first visit.
    sex
        "female" or "male".
    first_day
        Day of the first visit since the run's start.
    death_day
        Day of death since the first visit; None when alive at the end of the run.
    eyes
        One or two; the first is the one treated first.
    """

    patient_id: int
    age_years: int
    sex: str
    first_day: int
    death_day: int | None
    eyes: tuple[EyeHistory, ...]

    def __repr__(self) -> str:
        died = "" if self.death_day is None else f", died on day {self.death_day:,}"
        eyes = ", ".join(repr(eye) for eye in self.eyes)
        return f"Patient({self.patient_id}: {self.sex}, {self.age_years} years{died}; {eyes})"


def build_patients(
    patients: Mapping[str, np.ndarray], visits: Mapping[str, np.ndarray]
) -> list[Patient]:
    """Build patients from their rows in both tables, which hold the same patients, sorted."""
    eyes = _build_eyes(patients, visits)
    ids = patients["patient_id"]
    starts = np.flatnonzero(np.diff(ids, prepend=-1))
    stops = [*starts[1:].tolist(), len(ids)]
    names = ("patient_id", "age_years", "sex", "first_day", "death_day")
    firsts = {name: patients[name][starts] for name in names}
    return [
        Patient(
            patient_id=patient_id,
            age_years=age_years,
            sex=sex,
            first_day=first_day,
            death_day=None if death_day < 0 else death_day,
            eyes=tuple(eyes[start:stop]),
        )
        for start, stop, patient_id, age_years, sex, first_day, death_day in zip(
            starts.tolist(), stops, *_decoded(schema.PATIENTS, firsts, names), strict=True
        )
    ]


def _build_eyes(
    patients: Mapping[str, np.ndarray], visits: Mapping[str, np.ndarray]
) -> list[EyeHistory]:
    """Build the history of each row of the patients table."""
    names = tuple(field.name for field in fields(EyeHistory) if field.name != "visits")
    columns = _decoded(schema.PATIENTS, patients, names)
    made = map(Visit._make, zip(*_decoded(schema.VISITS, visits, Visit._fields), strict=True))
    eyes = []
    for row in zip(*columns, strict=True):
        about = dict(zip(names, row, strict=True))
        about["assessed_letters"] = _assessed(about["assessed_letters"])
        eyes.append(EyeHistory(**about, visits=tuple(islice(made, about["n_visits"]))))
    return eyes


def _assessed(letters: list[int]) -> tuple[int | None, ...]:
    """Letters assessed, None where there was nothing to assess."""
    return tuple(None if value == schema.NOT_ASSESSED else value for value in letters)


def _decoded(
    columns: tuple[Column, ...], arrays: Mapping[str, np.ndarray], names: tuple[str, ...]
) -> list[list[Any]]:
    """Columns as lists of plain values, categories by name."""
    by_name = {column.name: column for column in columns}
    return [_values(by_name[name], arrays[name]) for name in names]


def _values(column: Column, array: np.ndarray) -> list[Any]:
    """One column as a list of plain values."""
    values: list[Any] = array.tolist()
    if column.categories is None:
        return values
    names = column.categories
    return [names[code] for code in values]
