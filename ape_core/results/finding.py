"""Finding patients in a run of any size: one block at a time, holding no more than is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ape_core.limits import MAX_RANGE_PATIENTS
from ape_core.results.criteria import Criteria, Rows
from ape_core.results.ordering import Ordering
from ape_core.schema import END_REASONS, SEXES
from ape_core.spec.checks import whole

if TYPE_CHECKING:
    from ape_core.results.eyes import Eyes

DEFAULT_LIMIT: Final = 20
_SHOWN: Final = (
    "age_years",
    "sex",
    "first_day",
    "baseline_letters",
    "last_letters",
    "n_visits",
    "n_injections",
    "end_day",
    "end_reason",
)
"""Columns of the patients table that a found patient tells."""


@dataclass(frozen=True, slots=True)
class FoundPatient:
    """One patient who was found: the row of the first eye in `schema.PATIENTS`.

    `second_eye` says whether the second eye was treated, too.
    """

    patient_id: int
    age_years: int
    sex: str
    first_day: int
    baseline_letters: int
    last_letters: int
    n_visits: int
    n_injections: int
    end_day: int
    end_reason: str
    second_eye: bool

    @property
    def letters_gained(self) -> int:
        """Letters gained from the first to the last visit."""
        return self.last_letters - self.baseline_letters


@dataclass(frozen=True, slots=True)
class Found:
    """What a search has found.

    Attributes
    ----------
    patients
        In the order that was asked for.
    n_matching
        Patients who meet the criteria, among those who were looked at.
    n_looked_at
        Patients who were looked at: all who are there, unless there were enough before that.
    """

    patients: tuple[FoundPatient, ...]
    n_matching: int
    n_looked_at: int


class Search:
    """A search that goes on block by block, so that a page need not wait for the end of it.

    Parameters
    ----------
    eyes
        Where to look.
    criteria
        Who is looked for.
    order
        Who comes first.
    limit
        Patients to find, at most `limits.MAX_RANGE_PATIENTS`.

    Attributes
    ----------
    n_matching, n_looked_at
        As in `Found`, so far.
    """

    def __init__(self, eyes: Eyes, criteria: Criteria, order: Ordering, limit: int) -> None:
        self._eyes = eyes
        self._criteria = criteria
        self._order = order
        self._limit = whole("limit", limit, 1, MAX_RANGE_PATIENTS)
        self._blocks = self._read()
        self._ids = np.empty(0, np.int64)
        self._keys: np.ndarray | None = None
        self._done = False
        self.n_matching = 0
        self.n_looked_at = 0

    def step(self) -> bool:
        """Look at the next block of patients; return whether there is more to look at."""
        rows = None if self._done else next(self._blocks, None)
        if rows is None:
            self._done = True
            return False
        met = self._criteria.met_by(rows)
        if self._order.name == "number":
            self._take_first(rows["patient_id"], met)
        else:
            self._take_least(rows, met)
        return not self._done

    def run(self) -> Found:
        """Look at everybody who has to be looked at, and return who was found."""
        while self.step():
            pass
        return self.found()

    def found(self) -> Found:
        """Return who was found so far; this alone reads what is told of them."""
        patients = tuple(_told(self._eyes, self._ids))
        return Found(patients, self.n_matching, self.n_looked_at)

    def _read(self) -> Iterator[Rows]:
        """First eyes, block by block, with the columns that are needed."""
        wanted = self._criteria.columns | self._order.columns
        if not wanted and self._criteria.second_eye is None:
            for first, stop in self._eyes.spans():
                yield {"patient_id": np.arange(first, stop, dtype=np.int64)}
            return
        columns = ("patient_id", "eye", *sorted(wanted))
        for arrays in self._eyes.blocks(columns):
            yield first_eyes(arrays)

    def _take_first(self, ids: np.ndarray, met: np.ndarray) -> None:
        """Take patients as they come, and stop with the last of them."""
        places = np.flatnonzero(met)[: self._limit - len(self._ids)]
        self._ids = np.concatenate([self._ids, ids[places]])
        self.n_matching += len(places)
        self._done = len(self._ids) == self._limit
        self.n_looked_at += int(places[-1]) + 1 if self._done else len(ids)

    def _take_least(self, rows: Rows, met: np.ndarray) -> None:
        """Keep those with the least values; of equals, the lower number."""
        self.n_looked_at += len(met)
        self.n_matching += int(met.sum())
        keys, ids = self._order.keys(rows)[met], rows["patient_id"][met]
        if keys.dtype.kind == "f":
            known = ~np.isnan(keys)
            keys, ids = keys[known], ids[known]
        if self._keys is not None:
            keys, ids = np.concatenate([self._keys, keys]), np.concatenate([self._ids, ids])
        kept = np.lexsort((ids, keys))[: self._limit]
        self._keys, self._ids = keys[kept], ids[kept]


def first_eyes(arrays: Rows) -> Rows:
    """One row per patient, that of the first eye, and whether there is a second."""
    first = arrays["eye"] == 0
    is_second = np.append(~first[1:], False) if len(first) else first
    rows = {name: values[first] for name, values in arrays.items() if name != "eye"}
    return {**rows, "second_eye": is_second[first]}


def _told(eyes: Eyes, ids: np.ndarray) -> Iterator[FoundPatient]:
    """What is to be told of some patients, in their order; each block is read once."""
    rows: dict[int, FoundPatient] = {}
    for arrays in eyes.of_patients(np.sort(ids), ("patient_id", "eye", *_SHOWN)):
        rows |= {patient.patient_id: patient for patient in _found(first_eyes(arrays))}
    return (rows[number] for number in ids.tolist())


def _found(rows: Rows) -> Iterator[FoundPatient]:
    """Patients of some rows."""
    names = ("patient_id", *_SHOWN, "second_eye")
    for values in zip(*(rows[name].tolist() for name in names), strict=True):
        about: dict[str, Any] = dict(zip(names, values, strict=True))
        about["sex"] = SEXES[about["sex"]]
        about["end_reason"] = END_REASONS[about["end_reason"]]
        yield FoundPatient(**about)
