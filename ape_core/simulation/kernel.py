"""The compiled loop: patients, their eyes, their visits, written straight into columns."""

from __future__ import annotations

from ape_core.schema import DAYS_PER_PERIOD, DAYS_PER_WEEK
from ape_core.simulation.ahead import draw_ahead
from ape_core.simulation.attendance import after_breaks, first_break, kept_day
from ape_core.simulation.clinic import STOP_STABLE, first_course
from ape_core.simulation.compiled import compiled, entry
from ape_core.simulation.disease import advance
from ape_core.simulation.draws import stream_of
from ape_core.simulation.eyes import (
    begin_eye,
    draws_of_visit,
    end_of_care,
    end_of_life,
    live_on,
    outcome,
    see,
)
from ape_core.simulation.person import draw_person
from ape_core.simulation.rows import write_eye, write_visit


@compiled
def _care(kernel, visits, row, ids, streams, ahead, traits, state, baseline, assessed, care_end):  # type: ignore[no-untyped-def]
    """All visits of one eye until care ends.

    Parameters
    ----------
    row
        First free row of `visits`.
    ids
        (patient_id, eye, calendar day of the patient's first visit, onset day of the eye).
    streams
        Of the patient and of the eye.
    ahead
        Draws of the eye.
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
        drawn = draws_of_visit(streams[1], day)
        state = advance(
            kernel.disease, traits, streams[1], ahead, state, week, now, assessed, offset
        )
        week = now
        seen, drug, weeks, verdict, state, course = see(
            kernel, drawn, traits, state, course, day, day, baseline
        )
        interval_days = weeks * DAYS_PER_WEEK
        write_visit(visits, row, ids, day, seen, drug, interval_days, day - planned)
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
def _follow_eye(kernel, visits, patients, assessments, ahead, rows, person, patient_id, eye, ends):  # type: ignore[no-untyped-def]
    """One eye from its first visit to the end of the run: (next visit row, next patient row)."""
    stream = stream_of(kernel.seed, patient_id, eye)
    row, patient_row = rows
    assessed = assessments[patient_row]
    baseline, onset_week, traits, state = begin_eye(kernel, stream, eye, person, assessed)
    ids = (patient_id, eye, person[3], onset_week * DAYS_PER_WEEK)
    streams = (stream_of(kernel.seed, patient_id, 0), stream)
    weeks = end_of_life(kernel, person[4]) - onset_week
    draw_ahead(kernel.disease, stream, 0, weeks, ahead)
    first_row = row
    row, n_injections, letters, last, week, state = _care(
        kernel, visits, row, ids, streams, ahead, traits, state, baseline, assessed, ends[0]
    )
    live_on(kernel, stream, ahead, traits, state, week, assessed, onset_week, person[4])
    counts = (row - first_row, n_injections)
    end = outcome(ends, last)
    write_eye(kernel, patients, patient_row, ids, person, baseline, counts, letters, end)
    return row, patient_row + 1


@entry
def run_patients(kernel, first, stop, ahead, visits, patients, assessments):  # type: ignore[no-untyped-def]
    """Simulate patients `first <= patient_id < stop` into the columns, without the GIL.

    Parameters
    ----------
    kernel
        A `parameters.Kernel`.
    ahead
        Room for the draws of an eye, whatever is in it.
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
        ends = end_of_care(horizon_day, person[4], person[5], person[6])
        rows = _follow_eye(
            kernel, visits, patients, assessments, ahead, rows, person, patient_id, 0, ends
        )
        if person[7] * DAYS_PER_WEEK < ends[0]:
            rows = _follow_eye(
                kernel, visits, patients, assessments, ahead, rows, person, patient_id, 1, ends
            )
    return rows
