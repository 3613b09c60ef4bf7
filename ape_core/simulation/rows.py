"""The columns that the kernel writes, and how a visit and an eye become rows of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ape_core.schema import DAYS_PER_WEEK
from ape_core.simulation.compiled import compiled, compiled_apart
from ape_core.simulation.eyes import outcome
from ape_core.simulation.keeping import (
    AGE,
    BASELINE,
    CARE_END,
    DEATH_DAY,
    END_REASON,
    EYE,
    FIRST_DAY,
    INTERVAL_DAYS,
    LAST_DAY,
    LETTERS,
    N_INJECTIONS,
    N_VISITS,
    ONSET_DAY,
    PATIENT,
    SEX,
    STOPPED_DAY,
    VERDICT,
)


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
def packed_visit(day, seen, drug, interval_days, delay_days):  # type: ignore[no-untyped-def]
    """A visit in one number, until it becomes a row; `seen` is (letters, fluid, stage).

    From the lowest bit on: 16 for the day, 8 for letters, 1 for fluid, 3 for the stage, 4 for the
    drug, 16 for the interval and 16 for the delay in days.
    """
    what = seen[0] | np.int64(seen[1]) << 8 | np.int64(seen[2]) << 9 | np.int64(drug) << 12
    return day | what << 16 | interval_days << 32 | delay_days << 48


@compiled_apart
def write_visits(visits, row, packed, n, patient_id, eye, day_0, calendar_day_0):  # type: ignore[no-untyped-def]
    """Write the first `n` visits of an eye to the rows from `row` on."""
    for i in range(n):
        visit = packed[i]
        day, what = visit & 0xFFFF, visit >> 16
        drug = (what >> 12) & 0xF
        visits.patient_id[row + i] = patient_id
        visits.eye[row + i] = eye
        visits.day[row + i] = day_0 + day
        visits.calendar_day[row + i] = calendar_day_0 + day
        visits.letters[row + i] = what & 0xFF
        visits.fluid[row + i] = (what >> 8) & 1
        visits.phase[row + i] = (what >> 9) & 0x7
        visits.drug[row + i] = drug
        visits.injected[row + i] = drug > 0
        visits.interval_days[row + i] = (visit >> 32) & 0xFFFF
        visits.delay_days[row + i] = visit >> 48


@compiled
def write_eye(kernel, patients, row, about, care):  # type: ignore[no-untyped-def]
    """One row, from what has been kept of the eye."""
    end = about[CARE_END], about[END_REASON]
    if care[N_VISITS] > 0:
        last = care[VERDICT], care[INTERVAL_DAYS], care[LAST_DAY], care[STOPPED_DAY]
        end = outcome(end, last)
    patients.patient_id[row] = about[PATIENT]
    patients.eye[row] = about[EYE]
    patients.sex[row] = about[SEX]
    patients.age_years[row] = about[AGE]
    patients.baseline_letters[row] = about[BASELINE]
    patients.first_day[row] = about[FIRST_DAY]
    patients.onset_day[row] = about[ONSET_DAY]
    patients.n_visits[row] = care[N_VISITS]
    patients.n_injections[row] = care[N_INJECTIONS]
    patients.last_letters[row] = care[LETTERS]
    patients.end_day[row] = end[0]
    patients.end_reason[row] = end[1]
    horizon_day = kernel.horizon_weeks * DAYS_PER_WEEK
    patients.death_day[row] = about[DEATH_DAY] if about[DEATH_DAY] < horizon_day else -1
