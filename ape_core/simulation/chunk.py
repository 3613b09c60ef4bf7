"""A range of patients with every visit: the unit of work, memory, storage and progress."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ape_core import schema
from ape_core.errors import RunFailedError
from ape_core.schema import Column


@dataclass(frozen=True)
class Waits:
    """What wanting slots did to the visits of a chunk; the question tells it again at any time.

    Attributes
    ----------
    slip_days
        int16, for each visit the days by which it was later for want of a slot.
    waited_from, waited_to
        int32, for each eye the calendar days from which and up to which it waited for its next
        visit in vain, until care or the run ended; the same day twice where it did not.
    """

    slip_days: np.ndarray
    waited_from: np.ndarray
    waited_to: np.ndarray

    def cut(self, visits: slice, eyes: slice) -> Waits:
        """Those of some visits and eyes, as views."""
        return Waits(self.slip_days[visits], self.waited_from[eyes], self.waited_to[eyes])


@dataclass(frozen=True)
class Chunk:
    """Patients `first <= patient_id < stop` of a run, as tables of columns.

    Attributes
    ----------
    first, stop
        The patients, the last excluded.
    years
        Length of the run.
    n_patients
        Patients of the whole run.
    visits
        One array per column of `schema.VISITS`, sorted by patient, eye and day.
    patients
        One array per column of `schema.PATIENTS`, one row per patient and eye, sorted.
        A column with `every_weeks` is 2-D: `[n_eyes, n_values]`.
    assessments
        int8 `[n_eyes, 13 * years + 1]`: letters as they would be measured every 4 weeks in
        each living eye, `NOT_ASSESSED` otherwise. Rows as in `patients`.
    waits
        What wanting slots did; None where slots are not limited.
    together
        Patients one after another who depend on each other: those of a clinic; 1 where none do.
    """

    first: int
    stop: int
    years: int
    n_patients: int
    visits: dict[str, np.ndarray]
    patients: dict[str, np.ndarray]
    assessments: np.ndarray
    waits: Waits | None = None
    together: int = 1

    @property
    def n_visits(self) -> int:
        """Rows of the visits."""
        return len(self.visits["patient_id"])

    @property
    def n_eyes(self) -> int:
        """Rows of the patients."""
        return len(self.patients["patient_id"])

    def cut(self, first: int, stop: int) -> Chunk:
        """Patients `first <= patient_id < stop` of the chunk, as views."""
        visits = slice(*np.searchsorted(self.visits["patient_id"], [first, stop]))
        eyes = slice(*np.searchsorted(self.patients["patient_id"], [first, stop]))
        return replace(
            self,
            first=first,
            stop=stop,
            visits={name: column[visits] for name, column in self.visits.items()},
            patients={name: column[eyes] for name, column in self.patients.items()},
            assessments=self.assessments[eyes],
            waits=self.waits and self.waits.cut(visits, eyes),
        )

    def validate(self) -> None:
        """Check names, dtypes, shapes, order and patients of both tables.

        Raises
        ------
        RunFailedError
            Naming the first table and column that is not as the schema says.
        """
        _check_columns("visits", schema.VISITS, self.visits, self.years)
        _check_columns("patients", schema.PATIENTS, self.patients, self.years)
        _check_assessments(self.assessments, self.n_eyes, self.years)
        _check_order("visits", self.visits, ("patient_id", "eye", "day"))
        _check_order("patients", self.patients, ("patient_id", "eye"))
        _check_patients(self)


def list_length(column: Column, years: int) -> int:
    """Values in each cell of a list column: one at week 0 and one per `every_weeks`."""
    if column.every_weeks is None:
        return 1
    return years * schema.WEEKS_PER_YEAR // column.every_weeks + 1


def rows_increase(table: Mapping[str, np.ndarray], keys: tuple[str, ...]) -> bool:
    """Whether the rows, compared by the keys in turn, strictly increase."""
    undecided = np.ones(max(len(table[keys[0]]) - 1, 0), dtype=bool)
    for key in keys:
        before, after = table[key][:-1], table[key][1:]
        if bool(np.any(undecided & (after < before))):
            return False
        undecided &= after == before
    return not bool(undecided.any())


def _check_columns(
    name: str, columns: tuple[Column, ...], table: Mapping[str, np.ndarray], years: int
) -> None:
    """Check names, dtypes and shapes of one table."""
    if tuple(table) != schema.column_names(columns):
        raise _failure(f"{name} has the columns {list(table)}, not those of the schema.")
    n_rows = len(table[columns[0].name])
    for column in columns:
        array = table[column.name]
        shape = (n_rows,) if column.every_weeks is None else (n_rows, list_length(column, years))
        if array.dtype != np.dtype(column.dtype) or array.shape != shape:
            raise _failure(
                f"{name}.{column.name} is {array.dtype} {array.shape}, not {column.dtype} {shape}."
            )


def _check_assessments(assessments: np.ndarray, n_eyes: int, years: int) -> None:
    """Check dtype and shape of the 4-weekly assessments."""
    shape = (n_eyes, schema.PERIODS_PER_YEAR * years + 1)
    if assessments.dtype != np.int8 or assessments.shape != shape:
        raise _failure(f"assessments is {assessments.dtype} {assessments.shape}, not int8 {shape}.")


def _check_order(name: str, table: Mapping[str, np.ndarray], keys: tuple[str, ...]) -> None:
    """Check that the rows are sorted and that none is there twice."""
    if not rows_increase(table, keys):
        raise _failure(f"{name} is not sorted by {', '.join(keys)}, or has a row twice.")


def _check_patients(chunk: Chunk) -> None:
    """Check that the chunk holds its own patients, each of them, and all of their visits."""
    expected = np.arange(chunk.first, chunk.stop)
    if not np.array_equal(np.unique(chunk.patients["patient_id"]), expected):
        raise _failure(f"patients does not hold exactly {chunk.first} to {chunk.stop - 1}.")
    if not bool(np.isin(chunk.visits["patient_id"], expected).all()):
        raise _failure(f"visits holds patients other than {chunk.first} to {chunk.stop - 1}.")
    counted = int(chunk.patients["n_visits"].sum(dtype=np.int64))
    if counted != chunk.n_visits:
        raise _failure(f"visits has {chunk.n_visits} rows, but patients counts {counted}.")


def _failure(message: str) -> RunFailedError:
    """Error for a chunk that does not follow the schema."""
    return RunFailedError(
        f"Chunk of patients does not follow the schema: {message}",
        "This is a defect of the simulation; report it with the protocol and seed.",
    )
