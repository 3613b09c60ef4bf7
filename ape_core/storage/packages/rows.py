"""Whether rows from elsewhere are rows of a run: values in range, tables that agree."""

from __future__ import annotations

import numpy as np

from ape_core import schema
from ape_core.errors import InvalidInputError, RunFailedError
from ape_core.schema import Column
from ape_core.simulation.chunk import Chunk, list_length
from ape_core.storage.tables import TABLES

MAX_AGE_YEARS = 150


def most_rows(table: str, n_patients: int, years: int) -> int:
    """Rows that a table of so many patients can have: both eyes, each seen every week."""
    eyes = 2 * n_patients
    return eyes if table == "patients" else eyes * (years * schema.WEEKS_PER_YEAR + 1)


def row_bytes(table: str, years: int) -> int:
    """Size of a row in memory."""
    return sum(
        np.dtype(column.dtype).itemsize * list_length(column, years) for column in TABLES[table]
    )


def check_rows(chunk: Chunk) -> None:
    """Refuse rows that do not follow the schema, or tables that contradict each other.

    Raises
    ------
    InvalidInputError
        Saying which column is wrong.
    """
    try:
        chunk.validate()
    except RunFailedError as error:
        raise InvalidInputError(error.message.partition(": ")[2].rstrip(".")) from error
    for table, columns in TABLES.items():
        arrays = chunk.visits if table == "visits" else chunk.patients
        for column in columns:
            _check_range(table, column, arrays[column.name], chunk.years)
    _check_visits_of_eyes(chunk)


def _check_range(table: str, column: Column, values: np.ndarray, years: int) -> None:
    """Refuse values that a column cannot have."""
    low, high = _range(column, years)
    if values.size and not low <= int(values.min()) <= int(values.max()) <= high:
        raise InvalidInputError(
            f"{table}.{column.name} goes from {values.min()} to {values.max()}, and can go from "
            f"{low} to {high}"
        )


def _range(column: Column, years: int) -> tuple[int, int]:
    """Least and highest value of a column."""
    most = int(np.iinfo(column.dtype).max) if column.dtype != "bool" else 1
    last_day = years * schema.DAYS_PER_YEAR
    if column.categories is not None:
        return 0, len(column.categories) - 1
    if column.unit == "ETDRS letters":
        return (0 if column.every_weeks is None else schema.NOT_ASSESSED), schema.MAX_LETTERS
    own = {
        "eye": (0, 1),
        "age_years": (0, MAX_AGE_YEARS),
        "day": (0, last_day),
        "onset_day": (0, last_day),
        "end_day": (0, last_day),
        "death_day": (-1, last_day),
        "delay_days": (-most - 1, most),
    }
    return own.get(column.name, (0, most))


def _check_visits_of_eyes(chunk: Chunk) -> None:
    """Refuse visits of eyes that do not exist, and counts that are not those of the visits."""
    visits, patients = chunk.visits, chunk.patients
    eyes = 2 * patients["patient_id"] + patients["eye"]
    rows = np.searchsorted(eyes, 2 * visits["patient_id"] + visits["eye"])
    known = rows < len(eyes)
    known[known] = eyes[rows[known]] == (2 * visits["patient_id"] + visits["eye"])[known]
    if not bool(known.all()):
        raise InvalidInputError("visits has rows of an eye that patients does not have")
    _check_equal("n_visits", patients, np.bincount(rows, minlength=len(eyes)))
    injections = np.bincount(rows[visits["injected"]], minlength=len(eyes))
    _check_equal("n_injections", patients, injections)
    recruited = patients["first_day"][rows]
    if not np.array_equal(visits["calendar_day"], visits["day"] + recruited):
        raise InvalidInputError("visits.calendar_day is not the day of the visit of its patient")


def _check_equal(name: str, patients: dict[str, np.ndarray], counted: np.ndarray) -> None:
    """Refuse a column of counts that differs from what was counted."""
    if not np.array_equal(patients[name], counted):
        raise InvalidInputError(f"patients.{name} is not what the visits of its eyes come to")
