"""How the columns of an archived run are written: each without what the others tell already.

A visit's day follows from the visit before it, its planned interval and its delay; acuity is near
that of the visit before. What is left after such a prediction is mostly zero, or small, and takes
a fraction of the space. Every prediction is undone exactly, for any values whatever: integers wrap
around, both ways.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

PREDICTED: Final = {
    "visits": ("day", "calendar_day", "letters"),
    "patients": ("n_injections", "assessed_letters"),
}
"""Columns of which only the difference from a prediction is written."""

SUFFIX: Final = "_unpredicted"
"""Added to their names, so that nobody takes a difference for the value."""


def cold_name(table: str, column: str) -> str:
    """Return the name of a column in an archived part."""
    return f"{column}{SUFFIX}" if column in PREDICTED[table] else column


def to_residuals(table: str, rows: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the columns of some patients' rows, each predicted one as what is left of it."""
    return {**rows, **(_visits_left(rows) if table == "visits" else _patients_left(rows))}


def from_residuals(table: str, rows: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the columns as they were before `to_residuals`."""
    return {**rows, **(_visits_whole(rows) if table == "visits" else _patients_whole(rows))}


def _visits_left(rows: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What the visits before do not tell of a visit."""
    first = _first_of_eye(rows)
    return {
        "day": rows["day"] - _before(rows["day"], first) - _planned_step(rows, first),
        "calendar_day": _steps(rows["calendar_day"] - rows["day"]),
        "letters": rows["letters"] - _before(rows["letters"], first),
    }


def _visits_whole(rows: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Undo `_visits_left`."""
    first = _first_of_eye(rows)
    day = _sum_within(rows["day"] + _planned_step(rows, first), first)
    return {
        "day": day,
        "calendar_day": day + np.cumsum(rows["calendar_day"], dtype=rows["calendar_day"].dtype),
        "letters": _sum_within(rows["letters"], first),
    }


def _patients_left(rows: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What the other columns do not tell: visits without injection, and changes of acuity."""
    letters = rows["assessed_letters"]
    before = np.concatenate([rows["baseline_letters"][:, None], letters[:, :-1]], axis=1)
    return {
        "n_injections": rows["n_visits"] - rows["n_injections"],
        "assessed_letters": letters - before,
    }


def _patients_whole(rows: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Undo `_patients_left`."""
    change = rows["assessed_letters"]
    letters = np.cumsum(change, axis=1, dtype=change.dtype) + rows["baseline_letters"][:, None]
    return {"n_injections": rows["n_visits"] - rows["n_injections"], "assessed_letters": letters}


def _first_of_eye(rows: Mapping[str, np.ndarray]) -> np.ndarray:
    """Whether a visit is the first of its eye among these rows."""
    first = np.ones(len(rows["patient_id"]), dtype=bool)
    for key in ("patient_id", "eye"):
        same = rows[key][1:] == rows[key][:-1]
        first[1:] = ~same if key == "patient_id" else first[1:] | ~same
    return first


def _planned_step(rows: Mapping[str, np.ndarray], first: np.ndarray) -> np.ndarray:
    """Days from the visit before to this one, as planned then and delayed since."""
    planned = rows["interval_days"].astype(np.int32)
    step: np.ndarray = _before(planned, first) + rows["delay_days"]
    step[first] = 0
    return step


def _before(values: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Value at the visit before; 0 at the first of an eye."""
    before = np.zeros_like(values)
    before[1:] = values[:-1]
    before[first] = 0
    return before


def _steps(values: np.ndarray) -> np.ndarray:
    """Difference of each value from the one before it, the first from 0."""
    steps: np.ndarray = np.diff(values, prepend=values.dtype.type(0))
    return steps


def _sum_within(steps: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Sum of the steps from the first visit of an eye on."""
    total = np.cumsum(steps, dtype=steps.dtype)
    starts = np.flatnonzero(first)
    base = total[starts] - steps[starts]
    sums: np.ndarray = total - np.repeat(base, np.diff(starts, append=len(steps)))
    return sums
