"""The visits of a week, of eyes that are simulated side by side.

What happens at a visit, and every draw, is as in a clinic with limited slots; draws alone are made
for all visits of a week at a time.
"""

from __future__ import annotations

from ape_core.schema import DAYS_PER_WEEK
from ape_core.simulation.attendance import after_breaks, kept_day
from ape_core.simulation.compiled import compiled, compiled_apart
from ape_core.simulation.draws import ATTENDANCE, VISIT, stream_of, words
from ape_core.simulation.eyes import see
from ape_core.simulation.keeping import (
    BASELINE,
    CARE_END,
    N_VISITS,
    ONSET_DAY,
    PATIENT,
    course_of,
    keep_course,
    keep_pause,
    keep_visit,
    pause_of,
)
from ape_core.simulation.lanes import NO_DAY, filled
from ape_core.simulation.rows import packed_visit


@compiled
def visits_of_week(kernel, key, week, lanes):  # type: ignore[no-untyped-def]
    """Make the visits of a week since day 0 of each eye, in any order."""
    due = lanes.due
    n_due = _find(week, lanes)
    _draw(VISIT, key, filled(n_due), due.low, due.high, due.step, due.words)
    for i in range(n_due):
        drawn = due.words[0, i], due.words[1, i], due.words[2, i]
        due.step[i] = _visit(kernel, lanes, due.lane[i], drawn)
    _draw(ATTENDANCE, key, filled(n_due), due.low, due.high, due.step, due.words)
    for i in range(n_due):
        drawn = due.words[0, i], due.words[1, i], due.words[2, i]
        _make_appointment(kernel, lanes, due.lane[i], drawn)


@compiled
def book(lanes, lane, week):  # type: ignore[no-untyped-def]
    """Put an eye on the list of a week."""
    lanes.following[lane] = lanes.booked[week]
    lanes.booked[week] = lane


@compiled
def _find(week, lanes):  # type: ignore[no-untyped-def]
    """Gather what the draws of the visits of a week need: the number of visits."""
    due, n_due = lanes.due, 0
    lane = lanes.booked[week]
    while lane >= 0:
        due.lane[n_due], due.step[n_due] = lane, week
        due.low[n_due], due.high[n_due] = lanes.low[lane], lanes.high[lane]
        n_due += 1
        lane = lanes.following[lane]
    return n_due


@compiled_apart
def _draw(process, key, n, low, high, step, drawn):  # type: ignore[no-untyped-def]
    """The first three words of the draws of each visit, at its step."""
    for i in range(n):
        w0, w1, w2, _ = words((key[0], key[1], low[i], high[i]), process, step[i])
        drawn[0, i] = w0
        drawn[1, i] = w1
        drawn[2, i] = w2


@compiled
def _visit(kernel, lanes, lane, drawn):  # type: ignore[no-untyped-def]
    """One visit: the week for which the next one is planned, since day 0 of the eye."""
    eyes, place, state = lanes.eyes, lanes.place[lane], lanes.disease
    about, care = eyes.about[place], eyes.care[place]
    day, fluid = lanes.visit_day[lane], state.fluid[lane]
    acuity = state.structure[lane] - state.letters_per_fluid[lane] * fluid
    eye = acuity, fluid, state.threshold[lane]
    course = course_of(eyes, place)
    seen, injects, weeks, verdict, course = see(
        kernel, drawn, eye, course, day, day, about[BASELINE]
    )
    keep_course(eyes, place, course)
    if injects:
        state.concentration[lane] += kernel.disease.dose
    interval_days = weeks * DAYS_PER_WEEK
    drug = kernel.rules.drug if injects else 0
    delay_days = day - lanes.planned_day[lane]
    packed = packed_visit(day, seen, drug, interval_days, delay_days)
    lanes.seen[place, care[N_VISITS]] = packed
    keep_visit(care, about[ONSET_DAY] + day, seen[0], injects, verdict, interval_days)
    lanes.planned_day[lane] = day + interval_days if weeks > 0 else NO_DAY
    return (day + interval_days) // DAYS_PER_WEEK


@compiled
def _make_appointment(kernel, lanes, lane, drawn):  # type: ignore[no-untyped-def]
    """When the next visit takes place, if there is one before care ends."""
    planned_day = lanes.planned_day[lane]
    if planned_day < 0:
        return
    eyes, place = lanes.eyes, lanes.place[lane]
    about = eyes.about[place]
    onset_day = about[ONSET_DAY]
    day = onset_day + kept_day(kernel.attendance, drawn, planned_day)
    pause = pause_of(eyes, place)
    if day >= pause[1]:
        person = stream_of(kernel.seed, about[PATIENT], 0)
        day, pause = after_breaks(kernel.attendance, person, pause, day)
        keep_pause(eyes, place, pause)
    if day < about[CARE_END]:
        lanes.visit_day[lane] = day - onset_day
        book(lanes, lane, (day - onset_day) // DAYS_PER_WEEK)
