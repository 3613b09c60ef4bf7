"""The columns that the kernel writes, and how a visit and an eye become rows of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ape_core.schema import DAYS_PER_WEEK
from ape_core.simulation.compiled import compiled


class VisitColumns(NamedTuple):
    """The visits table, with room for more rows than will be filled."""

    patient_id: NDArray[np.int64]
    eye: NDArray[np.int8]
    day: NDArray[np.int32]
    calendar_day: NDArray[np.int32]
    letters: NDArray[np.int8]
    fluid: NDArray[np.bool_]
    injected: NDArray[np.bool_]
    drug: NDArray[np.int8]
    phase: NDArray[np.int8]
    interval_days: NDArray[np.int16]
    delay_days: NDArray[np.int16]


class PatientColumns(NamedTuple):
    """The patients table but for the half-yearly assessments, which are a view of the others."""

    patient_id: NDArray[np.int64]
    eye: NDArray[np.int8]
    age_years: NDArray[np.int16]
    sex: NDArray[np.int8]
    baseline_letters: NDArray[np.int8]
    first_day: NDArray[np.int32]
    onset_day: NDArray[np.int32]
    n_visits: NDArray[np.int16]
    n_injections: NDArray[np.int16]
    last_letters: NDArray[np.int8]
    end_day: NDArray[np.int32]
    end_reason: NDArray[np.int8]
    death_day: NDArray[np.int32]


@compiled
def write_visit(visits, row, ids, day, seen, drug, interval_days, delay_days):  # type: ignore[no-untyped-def]
    """One row; `day` since the eye's first visit, `seen` is (letters, fluid, stage)."""
    patient_id, eye, first_day, onset_day = ids
    visits.patient_id[row] = patient_id
    visits.eye[row] = eye
    visits.day[row] = onset_day + day
    visits.calendar_day[row] = first_day + onset_day + day
    visits.letters[row] = seen[0]
    visits.fluid[row] = seen[1]
    visits.phase[row] = seen[2]
    visits.injected[row] = drug > 0
    visits.drug[row] = drug
    visits.interval_days[row] = interval_days
    visits.delay_days[row] = delay_days


@compiled
def write_eye(kernel, patients, row, ids, person, baseline, counts, last_letters, end):  # type: ignore[no-untyped-def]
    """One row; `counts` is (visits, injections), `end` the day and reason of the end."""
    patient_id, eye, first_day, onset_day = ids
    patients.patient_id[row] = patient_id
    patients.eye[row] = eye
    patients.sex[row] = person[0]
    patients.age_years[row] = person[1]
    patients.baseline_letters[row] = baseline
    patients.first_day[row] = first_day
    patients.onset_day[row] = onset_day
    patients.n_visits[row] = counts[0]
    patients.n_injections[row] = counts[1]
    patients.last_letters[row] = last_letters
    patients.end_day[row] = end[0]
    patients.end_reason[row] = end[1]
    horizon_day = kernel.horizon_weeks * DAYS_PER_WEEK
    patients.death_day[row] = person[4] if person[4] < horizon_day else -1
