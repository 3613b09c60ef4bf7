"""Putting eyes aside between their visits, and taking them up again."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ape_core.simulation.clinic import STOP_STABLE
from ape_core.simulation.compiled import compiled

# Columns of `Eyes.about`: what stays as it is. Days since the patient's day 0 but `FIRST_DAY`,
# which is that day by the calendar.
PATIENT: Final = 0
EYE: Final = 1
SEX: Final = 2
AGE: Final = 3
BASELINE: Final = 4
FIRST_DAY: Final = 5
ONSET_DAY: Final = 6
DEATH_DAY: Final = 7
CARE_END: Final = 8
END_REASON: Final = 9
N_ABOUT: Final = 10

# Columns of `Eyes.care`: what has been so far. `WEEK` (up to which the disease is known) and
# `STARTED_DAY` (of the first visit) since day 0 of the eye, `LAST_DAY` and `STOPPED_DAY` since the
# patient's, `WANTED_DAY`, `WAITED_FROM` and `WAITED_TO` by the calendar.
WEEK: Final = 0
STARTED_DAY: Final = 1
WANTED_DAY: Final = 2
N_VISITS: Final = 3
N_INJECTIONS: Final = 4
LETTERS: Final = 5
VERDICT: Final = 6
INTERVAL_DAYS: Final = 7
LAST_DAY: Final = 8
STOPPED_DAY: Final = 9
WAITED_FROM: Final = 10
WAITED_TO: Final = 11
N_CARE: Final = 12

_N_COURSE: Final = 9
_N_PAUSE: Final = 3
_N_TRAITS: Final = 7
_N_STATE: Final = 7


class Eyes(NamedTuple):
    """The eyes of a clinic, a row each, by patient and eye."""

    about: NDArray[np.int64]
    care: NDArray[np.int64]
    course: NDArray[np.int64]
    pause: NDArray[np.int64]
    traits: NDArray[np.float64]
    state: NDArray[np.float64]


def room_for(n_eyes: int) -> Eyes:
    """Rows for so many eyes."""
    return Eyes(
        about=np.zeros((n_eyes, N_ABOUT), np.int64),
        care=np.zeros((n_eyes, N_CARE), np.int64),
        course=np.zeros((n_eyes, _N_COURSE), np.int64),
        pause=np.zeros((n_eyes, _N_PAUSE), np.int64),
        traits=np.zeros((n_eyes, _N_TRAITS), np.float64),
        state=np.zeros((n_eyes, _N_STATE), np.float64),
    )


@compiled
def keep_person(eyes, place, whose, person, onset_day, ends):  # type: ignore[no-untyped-def]
    """Note an eye before its first visit; `whose` is (patient, eye), `ends` the end of care."""
    about, care = eyes.about[place], eyes.care[place]
    about[PATIENT], about[EYE] = whose
    about[SEX], about[AGE], about[BASELINE] = person[0], person[1], person[2]
    about[FIRST_DAY], about[ONSET_DAY] = person[3], onset_day
    about[DEATH_DAY], about[CARE_END], about[END_REASON] = person[4], ends[0], ends[1]
    care[N_VISITS], care[N_INJECTIONS], care[STOPPED_DAY] = 0, 0, -1


@compiled
def keep_visit(care, day, letters, injects, verdict, interval_days):  # type: ignore[no-untyped-def]
    """Note a visit, by the day since the patient's day 0."""
    care[N_VISITS] += 1
    care[N_INJECTIONS] += injects
    care[LETTERS], care[VERDICT], care[INTERVAL_DAYS] = letters, verdict, interval_days
    care[LAST_DAY] = day
    if verdict == STOP_STABLE:
        care[STOPPED_DAY] = day
    elif injects:
        care[STOPPED_DAY] = -1


@compiled
def keep_traits(eyes, place, traits):  # type: ignore[no-untyped-def]
    """Put aside what an eye has for life."""
    row = eyes.traits[place]
    row[0], row[1], row[2], row[3], row[4], row[5], row[6] = traits


@compiled
def traits_of(eyes, place):  # type: ignore[no-untyped-def]
    """The traits as `disease.draw_traits` gives them."""
    row = eyes.traits[place]
    return row[0], row[1], row[2], row[3], row[4], row[5], np.int64(row[6])


@compiled
def keep_state(eyes, place, state):  # type: ignore[no-untyped-def]
    """Put aside the state of the disease."""
    row = eyes.state[place]
    row[0], row[1], row[2], row[3], row[4], row[5], row[6] = state


@compiled
def state_of(eyes, place):  # type: ignore[no-untyped-def]
    """The state as `disease.advance` gives it."""
    row = eyes.state[place]
    return row[0], row[1], row[2], row[3], row[4], row[5], np.int64(row[6])


@compiled
def keep_course(eyes, place, course):  # type: ignore[no-untyped-def]
    """Put aside what the clinic has written down."""
    row = eyes.course[place]
    row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8] = course


@compiled
def course_of(eyes, place):  # type: ignore[no-untyped-def]
    """The course as `clinic.decide` gives it."""
    row = eyes.course[place]
    return row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8]


@compiled
def keep_pause(eyes, place, pause):  # type: ignore[no-untyped-def]
    """Put aside the break from care that is looked at next."""
    row = eyes.pause[place]
    row[0], row[1], row[2] = pause


@compiled
def pause_of(eyes, place):  # type: ignore[no-untyped-def]
    """The break as `attendance.after_breaks` gives it."""
    row = eyes.pause[place]
    return row[0], row[1], row[2]
