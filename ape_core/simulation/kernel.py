"""The compiled loop: patients, their eyes, their visits, written straight into columns."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ape_core.schema import (
    DAYS_PER_PERIOD,
    DAYS_PER_WEEK,
    END_REASONS,
    WEEKS_PER_PERIOD,
    WEEKS_PER_YEAR,
)
from ape_core.simulation.attendance import after_breaks, first_break, kept_day
from ape_core.simulation.clinic import STOP_FUTILE, STOP_STABLE, decide, first_course
from ape_core.simulation.compiled import compiled
from ape_core.simulation.disease import (
    acuity_of,
    advance,
    assess,
    draw_traits,
    inject,
    measured,
    reads_active,
)
from ape_core.simulation.draws import VISIT, stream_of, uniform, words
from ape_core.simulation.person import draw_person, fellow_baseline

ON_TREATMENT = END_REASONS.index("on treatment")
DISCHARGED_STABLE = END_REASONS.index("discharged stable")
DISCHARGED_FUTILE = END_REASONS.index("discharged futile")
LOST = END_REASONS.index("lost")
TRANSFERRED = END_REASONS.index("transferred")
DIED = END_REASONS.index("died")


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
def _end_of_care(horizon_day, death, lost, transferred):  # type: ignore[no-untyped-def]
    """The first of the events that end care: (day, reason)."""
    day, reason = horizon_day, ON_TREATMENT
    if death < day:
        day, reason = death, DIED
    if lost < day:
        day, reason = lost, LOST
    if transferred < day:
        day, reason = transferred, TRANSFERRED
    return day, reason


@compiled
def _write_visit(visits, row, ids, day, seen, drug, interval_days, delay_days):  # type: ignore[no-untyped-def]
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
def _see(kernel, stream, traits, state, course, day, baseline_letters):  # type: ignore[no-untyped-def]
    """One visit: measure, read the scan, decide, treat.

    Returns
    -------
    ((letters, fluid, stage on arrival), drug given or 0, weeks to the next visit, verdict,
    state and course after the visit)
    """
    w0, w1, w2, _ = words(stream, VISIT, day // DAYS_PER_WEEK)
    letters = baseline_letters
    if day > 0:
        letters = measured(kernel.disease, acuity_of(traits, state), w0)
    fluid = reads_active(kernel.disease, traits, state, w1)
    seen = (letters, fluid, course[0])
    injects, weeks, verdict, course = decide(kernel.rules, course, day, letters, fluid, uniform(w2))
    drug = 0
    if injects:
        state = inject(kernel.disease, state)
        drug = kernel.rules.drug
    return seen, drug, weeks, verdict, state, course


@compiled
def _care(kernel, visits, row, ids, streams, traits, state, baseline_letters, assessed, care_end):  # type: ignore[no-untyped-def]
    """All visits of one eye until care ends.

    Parameters
    ----------
    row
        First free row of `visits`.
    ids
        (patient_id, eye, calendar day of the patient's first visit, onset day of the eye).
    streams
        Of the patient and of the eye.
    care_end
        Day since the patient's first visit from which no visit takes place.

    Returns
    -------
    (next free row, n_injections, last letters, (verdict, days to the next visit, day of the last
    visit and day of stopping since the patient's first visit), week of the last visit, state then)
    """
    onset_day = ids[3]
    offset = onset_day // DAYS_PER_PERIOD
    course = first_course(kernel.rules)
    pause = first_break(kernel.attendance, streams[0])
    day, planned, week, n_injections, stopped_day = 0, 0, 0, 0, -1
    while True:
        now = day // DAYS_PER_WEEK
        state = advance(kernel.disease, traits, streams[1], state, week, now, assessed, offset)
        week = now
        seen, drug, weeks, verdict, state, course = _see(
            kernel, streams[1], traits, state, course, day, baseline_letters
        )
        interval_days = weeks * DAYS_PER_WEEK
        _write_visit(visits, row, ids, day, seen, drug, interval_days, day - planned)
        row += 1
        n_injections += drug > 0
        if verdict == STOP_STABLE:
            stopped_day = onset_day + day
        elif drug > 0:
            stopped_day = -1
        if weeks == 0:
            break
        planned = day + interval_days
        coming = onset_day + kept_day(kernel.attendance, streams[1], planned)
        coming, pause = after_breaks(kernel.attendance, streams[0], pause, coming)
        if coming >= care_end:
            break
        day = coming - onset_day
    last = (verdict, interval_days, onset_day + day, stopped_day)
    return row, n_injections, seen[0], last, week, state


@compiled
def _outcome(end, last):  # type: ignore[no-untyped-def]
    """Day and reason of the end of follow-up, from the end of care and the last visit.

    An eye that was found stable and is still being monitored counts as discharged stable on the
    day of that decision; death or loss during monitoring end its follow-up like any other.
    """
    verdict, interval_days, last_day, stopped_day = last
    if verdict == STOP_FUTILE:
        return last_day, DISCHARGED_FUTILE
    if stopped_day >= 0 and (interval_days == 0 or end[1] == ON_TREATMENT):
        return stopped_day, DISCHARGED_STABLE
    return end


@compiled
def _live_on(kernel, stream, traits, state, week, assessed, onset_week, life_day):  # type: ignore[no-untyped-def]
    """Assessments from the last visit to the end of the run or of life."""
    offset = onset_week // WEEKS_PER_PERIOD
    end_week = kernel.horizon_weeks
    if life_day < kernel.horizon_weeks * DAYS_PER_WEEK:
        end_week = -(-life_day // DAYS_PER_WEEK)
    weeks = end_week - onset_week
    state = advance(kernel.disease, traits, stream, state, week, weeks, assessed, offset)
    if end_week == kernel.horizon_weeks and life_day >= end_week * DAYS_PER_WEEK:
        acuity = acuity_of(traits, state)
        assessed[offset + weeks // WEEKS_PER_PERIOD] = assess(kernel.disease, stream, acuity, weeks)


@compiled
def _follow_eye(kernel, visits, patients, assessments, rows, person, patient_id, eye, ends):  # type: ignore[no-untyped-def]
    """One eye from its first visit to the end of the run: (next visit row, next patient row)."""
    sex, age, baseline, first_day, death, _, _, onset_week = person
    better = 0.0
    stream = stream_of(kernel.seed, patient_id, eye)
    if eye == 0:
        onset_week = 0
    else:
        baseline = fellow_baseline(kernel.people, stream)
        better = kernel.people.fellow_eye_better_letters
    row, patient_row = rows
    assessed = assessments[patient_row]
    onset_day = onset_week * DAYS_PER_WEEK
    assessed[onset_week // WEEKS_PER_PERIOD] = baseline
    traits, state = draw_traits(
        kernel.disease, kernel.people, stream, baseline, better, age + onset_week / WEEKS_PER_YEAR
    )
    ids = (patient_id, eye, first_day, onset_day)
    streams = (stream_of(kernel.seed, patient_id, 0), stream)
    first_row = row
    row, n_injections, letters, last, week, state = _care(
        kernel, visits, row, ids, streams, traits, state, baseline, assessed, ends[0]
    )
    _live_on(kernel, stream, traits, state, week, assessed, onset_week, death)
    end_day, reason = _outcome(ends, last)
    patients.patient_id[patient_row] = patient_id
    patients.eye[patient_row] = eye
    patients.age_years[patient_row] = age
    patients.sex[patient_row] = sex
    patients.baseline_letters[patient_row] = baseline
    patients.first_day[patient_row] = first_day
    patients.onset_day[patient_row] = onset_day
    patients.n_visits[patient_row] = row - first_row
    patients.n_injections[patient_row] = n_injections
    patients.last_letters[patient_row] = letters
    patients.end_day[patient_row] = end_day
    patients.end_reason[patient_row] = reason
    horizon_day = kernel.horizon_weeks * DAYS_PER_WEEK
    patients.death_day[patient_row] = death if death < horizon_day else -1
    return row, patient_row + 1


@compiled
def run_patients(kernel, first, stop, visits, patients, assessments):  # type: ignore[no-untyped-def]
    """Simulate patients `first <= patient_id < stop` into the columns, without the GIL.

    Parameters
    ----------
    kernel
        A `parameters.Kernel`.
    visits, patients, assessments
        Columns with room for all rows; assessments filled with `NOT_ASSESSED`.

    Returns
    -------
    (visits written, eyes written)
    """
    rows = (0, 0)
    horizon_day = kernel.horizon_weeks * DAYS_PER_WEEK
    for patient_id in range(first, stop):
        stream = stream_of(kernel.seed, patient_id, 0)
        person = draw_person(kernel.people, stream, patient_id)
        ends = _end_of_care(horizon_day, person[4], person[5], person[6])
        rows = _follow_eye(kernel, visits, patients, assessments, rows, person, patient_id, 0, ends)
        if person[7] * DAYS_PER_WEEK < ends[0]:
            rows = _follow_eye(
                kernel, visits, patients, assessments, rows, person, patient_id, 1, ends
            )
    return rows
