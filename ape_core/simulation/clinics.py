"""The compiled loop where slots are limited: the eyes of a clinic, visit by visit in order of days.

What happens at a visit, and every draw, is as without a limit; only the day can be later.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ape_core.schema import DAYS_PER_PERIOD, DAYS_PER_WEEK, WEEKS_PER_PERIOD
from ape_core.simulation.ahead import draw_ahead
from ape_core.simulation.attendance import after_breaks, first_break, kept_day
from ape_core.simulation.clinic import first_course
from ape_core.simulation.compiled import compiled, entry
from ape_core.simulation.disease import acuity_of, advance, inject
from ape_core.simulation.draws import stream_of
from ape_core.simulation.eyes import (
    begin_eye,
    draws_of_appointment,
    draws_of_visit,
    end_of_care,
    end_of_life,
    live_on,
    see,
)
from ape_core.simulation.keeping import (
    BASELINE,
    CARE_END,
    DEATH_DAY,
    EYE,
    FIRST_DAY,
    LETTERS,
    N_VISITS,
    ONSET_DAY,
    PATIENT,
    STARTED_DAY,
    WAITED_FROM,
    WAITED_TO,
    WANTED_DAY,
    WEEK,
    course_of,
    keep_course,
    keep_pause,
    keep_person,
    keep_state,
    keep_traits,
    keep_visit,
    pause_of,
    state_of,
    traits_of,
)
from ape_core.simulation.person import draw_person
from ape_core.simulation.rows import write_eye, write_visit
from ape_core.simulation.waiting import N_WAITING, free_day, take_next, take_slot, want


class SlipColumns(NamedTuple):
    """Beside each visit the row of its eye, and its days of slip."""

    place: NDArray[np.int32]
    days: NDArray[np.int16]


@entry
def open_clinic(kernel, first, stop, eyes, queue, assessments):  # type: ignore[no-untyped-def]
    """Begin all eyes of a clinic, the patients `first <= patient_id < stop`; return their number.

    Each of them wants its first visit on its day 0.
    """
    place = 0
    horizon_day = kernel.horizon_weeks * DAYS_PER_WEEK
    for patient_id in range(first, stop):
        stream = stream_of(kernel.seed, patient_id, 0)
        person = draw_person(kernel.people, stream, patient_id)
        ends = end_of_care(horizon_day, person[4], person[5], person[6])
        n_eyes = 2 if person[7] * DAYS_PER_WEEK < ends[0] else 1
        for eye in range(n_eyes):
            assessed = assessments[place]
            _open_eye(kernel, eyes, queue, assessed, place, (patient_id, eye), person, ends)
            place += 1
    return place


@compiled
def _open_eye(kernel, eyes, queue, assessed, place, whose, person, ends):  # type: ignore[no-untyped-def]
    """Begin an eye, `whose` is (patient, eye), and want its first visit."""
    stream = stream_of(kernel.seed, whose[0], whose[1])
    about, care = eyes.about[place], eyes.care[place]
    onset_week = whose[1] * person[7]
    keep_person(eyes, place, whose, person, onset_week * DAYS_PER_WEEK, ends)
    about[BASELINE], traits, state = begin_eye(
        kernel, stream, (whose[1], person[1], person[2], onset_week)
    )
    assessed[onset_week // WEEKS_PER_PERIOD] = about[BASELINE]
    care[LETTERS] = about[BASELINE]
    keep_traits(eyes, place, traits)
    keep_state(eyes, place, state)
    keep_course(eyes, place, first_course(kernel.rules))
    keep_pause(eyes, place, first_break(kernel.attendance, stream_of(kernel.seed, whose[0], 0)))
    care[WANTED_DAY] = about[FIRST_DAY] + about[ONSET_DAY]
    want(queue, care[WANTED_DAY], care[WANTED_DAY], place)


@entry
def run_clinic(kernel, eyes, queue, ahead, assessments, visits, slips):  # type: ignore[no-untyped-def]
    """Make the visits of a clinic until none is wanted or the columns are full: rows written."""
    row = 0
    while queue.used[N_WAITING] > 0 and row < visits.day.size:
        wanted_day, planned_day, place = take_next(queue)
        day = free_day(queue, wanted_day)
        if _comes(kernel, eyes, queue, place, wanted_day, planned_day, day):
            take_slot(queue)
            slips.place[row] = place
            slips.days[row] = day - eyes.care[place, WANTED_DAY]
            assessed = assessments[place]
            _visit(kernel, eyes, queue, ahead, assessed, visits, row, place, day, planned_day)
            row += 1
    return row


@compiled
def _comes(kernel, eyes, queue, place, wanted_day, planned_day, day):  # type: ignore[no-untyped-def]
    """Whether an eye is there on the day on which it has a slot.

    A visit is given up when care ends before that day; when the patient is away on it, it is
    wanted again on the return.
    """
    if day == wanted_day:
        return True
    about, care = eyes.about[place], eyes.care[place]
    first_day = about[FIRST_DAY]
    back_day = day - first_day
    if back_day < about[CARE_END]:
        person = stream_of(kernel.seed, about[PATIENT], 0)
        pause = pause_of(eyes, place)
        back_day, pause = after_breaks(kernel.attendance, person, pause, back_day)
        keep_pause(eyes, place, pause)
        if back_day == day - first_day:
            return True
    if back_day < about[CARE_END]:
        want(queue, first_day + back_day, planned_day, place)
    else:
        care[WAITED_FROM], care[WAITED_TO] = care[WANTED_DAY], first_day + about[CARE_END]
    return False


@compiled
def _visit(kernel, eyes, queue, ahead, assessed, visits, row, place, calendar_day, planned_day):  # type: ignore[no-untyped-def]
    """One visit, and the wish for the next one."""
    about, care = eyes.about[place], eyes.care[place]
    patient_id, onset_day = about[PATIENT], about[ONSET_DAY]
    stream = stream_of(kernel.seed, patient_id, about[EYE])
    person = stream_of(kernel.seed, patient_id, 0)
    day_0 = about[FIRST_DAY] + onset_day
    day = calendar_day - day_0
    if care[N_VISITS] == 0:
        care[STARTED_DAY] = day
    now, offset = day // DAYS_PER_WEEK, onset_day // DAYS_PER_PERIOD
    traits, state, course = traits_of(eyes, place), state_of(eyes, place), course_of(eyes, place)
    drawn = draws_of_visit(stream, day)
    draw_ahead(kernel.disease, stream, care[WEEK], now, ahead)
    state = advance(kernel.disease, traits, stream, ahead, state, care[WEEK], now, assessed, offset)
    eye = acuity_of(traits, state), state[0], traits[3]
    seen, injects, weeks, verdict, course = see(
        kernel, drawn, eye, course, day, day - care[STARTED_DAY], about[BASELINE]
    )
    drug = 0
    if injects:
        state = inject(kernel.disease, state)
        drug = kernel.rules.drug
    keep_state(eyes, place, state)
    keep_course(eyes, place, course)
    interval_days = weeks * DAYS_PER_WEEK
    ids = (patient_id, about[EYE], about[FIRST_DAY], onset_day)
    delay_days = calendar_day - planned_day
    write_visit(visits, row, ids, day, seen, drug, interval_days, delay_days)
    keep_visit(care, onset_day + day, seen[0], injects, verdict, interval_days)
    care[WEEK] = now
    if weeks > 0:
        planned = day + interval_days
        drawn = draws_of_appointment(stream, planned)
        coming = onset_day + kept_day(kernel.attendance, drawn[:3], planned)
        coming, pause = after_breaks(kernel.attendance, person, pause_of(eyes, place), coming)
        keep_pause(eyes, place, pause)
        if coming < about[CARE_END]:
            care[WANTED_DAY] = about[FIRST_DAY] + coming
            want(queue, care[WANTED_DAY], day_0 + planned, place)


@entry
def close_clinic(kernel, eyes, n_eyes, ahead, assessments, patients):  # type: ignore[no-untyped-def]
    """Follow all eyes to the end of the run, and write their rows."""
    for place in range(n_eyes):
        about, care = eyes.about[place], eyes.care[place]
        stream = stream_of(kernel.seed, about[PATIENT], about[EYE])
        traits, state = traits_of(eyes, place), state_of(eyes, place)
        onset_week = about[ONSET_DAY] // DAYS_PER_WEEK
        weeks = end_of_life(kernel, about[DEATH_DAY]) - onset_week
        draw_ahead(kernel.disease, stream, care[WEEK], weeks, ahead)
        live_on(
            kernel, stream, ahead, traits, state, care[WEEK], assessments[place], onset_week,
            about[DEATH_DAY],
        )  # fmt: skip
        write_eye(kernel, patients, place, about, care)
