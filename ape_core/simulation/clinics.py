"""The compiled loop where slots are limited: the eyes of a clinic, visit by visit in order of days.

What happens at a visit, and every draw, is as without a limit; only the day can be later.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

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
    STARTED_DAY,
    STOPPED_DAY,
    VERDICT,
    WAITED_FROM,
    WAITED_TO,
    WANTED_DAY,
    WEEK,
    course_of,
    keep_course,
    keep_pause,
    keep_state,
    keep_traits,
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
    baseline, onset_week, traits, state = begin_eye(kernel, stream, whose[1], person, assessed)
    about, care = eyes.about[place], eyes.care[place]
    about[PATIENT], about[EYE] = whose
    about[SEX], about[AGE], about[BASELINE] = person[0], person[1], baseline
    about[FIRST_DAY], about[ONSET_DAY] = person[3], onset_week * DAYS_PER_WEEK
    about[DEATH_DAY], about[CARE_END], about[END_REASON] = person[4], ends[0], ends[1]
    keep_traits(eyes, place, traits)
    keep_state(eyes, place, state)
    keep_course(eyes, place, first_course(kernel.rules))
    keep_pause(eyes, place, first_break(kernel.attendance, stream_of(kernel.seed, whose[0], 0)))
    care[LETTERS], care[STOPPED_DAY] = baseline, -1
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
    patient_id, eye, onset_day = about[PATIENT], about[EYE], about[ONSET_DAY]
    stream, person = stream_of(kernel.seed, patient_id, eye), stream_of(kernel.seed, patient_id, 0)
    day_0 = about[FIRST_DAY] + onset_day
    day = calendar_day - day_0
    if care[N_VISITS] == 0:
        care[STARTED_DAY] = day
    now, offset = day // DAYS_PER_WEEK, onset_day // DAYS_PER_PERIOD
    traits, state, course = traits_of(eyes, place), state_of(eyes, place), course_of(eyes, place)
    drawn = draws_of_visit(stream, day)
    draw_ahead(kernel.disease, stream, care[WEEK], now, ahead)
    state = advance(kernel.disease, traits, stream, ahead, state, care[WEEK], now, assessed, offset)
    seen, drug, weeks, verdict, state, course = see(
        kernel, drawn, traits, state, course, day, day - care[STARTED_DAY], about[BASELINE]
    )
    keep_state(eyes, place, state)
    keep_course(eyes, place, course)
    interval_days = weeks * DAYS_PER_WEEK
    ids = (patient_id, eye, about[FIRST_DAY], onset_day)
    delay_days = calendar_day - planned_day
    write_visit(visits, row, ids, day, seen, drug, interval_days, delay_days)
    care[WEEK], care[LETTERS], care[VERDICT], care[INTERVAL_DAYS] = (
        now, seen[0], verdict, interval_days,
    )  # fmt: skip
    care[N_VISITS] += 1
    care[N_INJECTIONS] += drug > 0
    care[LAST_DAY] = onset_day + day
    if verdict == STOP_STABLE:
        care[STOPPED_DAY] = onset_day + day
    elif drug > 0:
        care[STOPPED_DAY] = -1
    if weeks > 0:
        planned = day + interval_days
        coming = onset_day + kept_day(kernel.attendance, stream, planned)
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
        end = about[CARE_END], about[END_REASON]
        if care[N_VISITS] > 0:
            last = care[VERDICT], care[INTERVAL_DAYS], care[LAST_DAY], care[STOPPED_DAY]
            end = outcome(end, last)
        ids = (about[PATIENT], about[EYE], about[FIRST_DAY], about[ONSET_DAY])
        person = (about[SEX], about[AGE], about[BASELINE], about[FIRST_DAY], about[DEATH_DAY])
        counts = (care[N_VISITS], care[N_INJECTIONS])
        write_eye(kernel, patients, place, ids, person, about[BASELINE], counts, care[LETTERS], end)
