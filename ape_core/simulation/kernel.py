"""The compiled loop: patients, their eyes, their visits, week by week and many eyes at a time."""

from __future__ import annotations

from ape_core.schema import DAYS_PER_WEEK, WEEKS_PER_PERIOD
from ape_core.simulation.attendance import first_break
from ape_core.simulation.clinic import first_course
from ape_core.simulation.compiled import compiled, entry
from ape_core.simulation.draws import stream_of
from ape_core.simulation.eyes import begin_eye, end_of_care, end_of_life
from ape_core.simulation.keeping import (
    AGE,
    BASELINE,
    DEATH_DAY,
    EYE,
    FIRST_DAY,
    LETTERS,
    N_VISITS,
    ONSET_DAY,
    PATIENT,
    keep_course,
    keep_pause,
    keep_person,
)
from ape_core.simulation.lanes import LANES, NO_LANE
from ape_core.simulation.person import draw_person
from ape_core.simulation.rows import write_eye, write_visits
from ape_core.simulation.visits import book, visits_of_week
from ape_core.simulation.weeks import assess_lanes, pass_week


@entry
def run_patients(kernel, done, stop, lanes, visits, patients, assessments):  # type: ignore[no-untyped-def]
    """Simulate patients up to `stop` into the columns, without the GIL, while there is room.

    Parameters
    ----------
    kernel
        A `parameters.Kernel`.
    done
        (first patient to simulate, rows of visits and rows of eyes that are written already).
    lanes
        A `lanes.Lanes`, whatever is in it.
    visits
        Columns; the visits of those who are simulated side by side need room for the most
        that there can be of them.
    patients, assessments
        Columns with room for all rows; assessments filled with `NOT_ASSESSED`.

    Returns
    -------
    `done` afterwards: the first patient for whom there was no room, or `stop`.
    """
    first, row, eye_row = done
    at_a_time = LANES // 2 if kernel.people.two_eyes else LANES
    for patient in range(first, stop, at_a_time):
        n = _enter(kernel, patient, min(patient + at_a_time, stop), lanes)
        if row + n * lanes.seen.shape[1] > visits.day.size:
            return patient, row, eye_row
        _order(kernel.horizon_weeks, n, lanes)
        lanes.booked[:] = NO_LANE
        for lane in range(n):
            _begin(kernel, lanes, lane, assessments[eye_row + lanes.place[lane]])
        _live(kernel, lanes)
        _keep_assessments(kernel.horizon_weeks, n, lanes, eye_row, assessments)
        row, eye_row = _write_rows(kernel, n, lanes, (row, eye_row), visits, patients)
    return stop, row, eye_row


@compiled
def _enter(kernel, first, stop, lanes):  # type: ignore[no-untyped-def]
    """Draw patients and note their eyes: the number of eyes."""
    n = 0
    horizon_day = kernel.horizon_weeks * DAYS_PER_WEEK
    for patient_id in range(first, stop):
        person = draw_person(kernel.people, stream_of(kernel.seed, patient_id, 0), patient_id)
        ends = end_of_care(horizon_day, person[4], person[5], person[6])
        n_eyes = 2 if person[7] * DAYS_PER_WEEK < ends[0] else 1
        for eye in range(n_eyes):
            onset_week = eye * person[7]
            keep_person(lanes.eyes, n, (patient_id, eye), person, onset_week * DAYS_PER_WEEK, ends)
            lanes.n_weeks[n] = end_of_life(kernel, person[4]) - onset_week
            n += 1
    return n


@compiled
def _order(horizon_weeks, n, lanes):  # type: ignore[no-untyped-def]
    """Give each eye its lane: those who live longest come first."""
    n_living = lanes.n_living
    for week in range(horizon_weeks + 3):
        n_living[week] = 0
    for place in range(n):
        n_living[lanes.n_weeks[place]] += 1
    for week in range(horizon_weeks, -1, -1):
        n_living[week] += n_living[week + 1]
    # From the number of eyes that live longer, which is where those of a week begin, lanes are
    # counted on, until it is the number of those who live as long.
    for place in range(n):
        week = lanes.n_weeks[place]
        lanes.place[n_living[week + 1]] = place
        n_living[week + 1] += 1


@compiled
def _begin(kernel, lanes, lane, assessed):  # type: ignore[no-untyped-def]
    """Put an eye into its lane, on its day 0."""
    eyes, place, disease = lanes.eyes, lanes.place[lane], lanes.disease
    about, care = eyes.about[place], eyes.care[place]
    patient_id, eye = about[PATIENT], about[EYE]
    stream, person = stream_of(kernel.seed, patient_id, eye), stream_of(kernel.seed, patient_id, 0)
    onset_week = about[ONSET_DAY] // DAYS_PER_WEEK
    whose = eye, about[AGE], about[BASELINE], onset_week
    about[BASELINE], traits, state = begin_eye(kernel, stream, whose)
    assessed[onset_week // WEEKS_PER_PERIOD] = about[BASELINE]
    care[LETTERS] = about[BASELINE]
    keep_course(eyes, place, first_course(kernel.rules))
    keep_pause(eyes, place, first_break(kernel.attendance, person))
    lanes.low[lane], lanes.high[lane] = stream[2], stream[3]
    lanes.visit_day[lane], lanes.planned_day[lane] = 0, 0
    book(lanes, lane, 0)
    disease.ec50[lane], disease.full_drive[lane] = traits[0], traits[1]
    disease.letters_per_fluid[lane], disease.threshold[lane] = traits[2], traits[3]
    disease.burn_out_week[lane], disease.residual[lane] = traits[4], traits[5]
    disease.atrophy_week[lane] = traits[6]
    disease.fluid[lane], disease.structure[lane], disease.concentration[lane] = state[:3]
    disease.activity[lane], disease.fibrosis_at[lane], disease.bleeding_at[lane] = state[3:6]
    disease.loss_at[lane] = min(state[4], state[5])
    lanes.n_bleeds[lane] = state[6]


@compiled
def _live(kernel, lanes):  # type: ignore[no-untyped-def]
    """All weeks of the eyes, each week since day 0 of each eye."""
    key = stream_of(kernel.seed, 0, 0)[:2]
    for week in range(kernel.horizon_weeks + 1):
        # Eyes that the run leaves alive are assessed once more, at its end.
        n_ended, n_living = lanes.n_living[week + 1], lanes.n_living[week + 2]
        assess_lanes(kernel.disease, key, week, n_ended, lanes)
        visits_of_week(kernel, key, week, lanes)
        pass_week(kernel.disease, key, week, n_living, lanes)


@compiled
def _keep_assessments(horizon_weeks, n, lanes, first_row, assessments):  # type: ignore[no-untyped-def]
    """Put the assessments of each eye into its row."""
    for lane in range(n):
        place = lanes.place[lane]
        n_weeks = lanes.n_weeks[place]
        onset_week = lanes.eyes.about[place, ONSET_DAY] // DAYS_PER_WEEK
        alive = lanes.eyes.about[place, DEATH_DAY] >= horizon_weeks * DAYS_PER_WEEK
        end = (n_weeks + alive + WEEKS_PER_PERIOD - 1) // WEEKS_PER_PERIOD
        row, offset = assessments[first_row + place], onset_week // WEEKS_PER_PERIOD
        for period in range(1, end):
            row[offset + period] = lanes.assessed[period, lane]


@compiled
def _write_rows(kernel, n, lanes, rows, visits, patients):  # type: ignore[no-untyped-def]
    """Write the tables' rows of all eyes, in their order: (visits, eyes) written so far."""
    row, patient_row = rows
    for place in range(n):
        about, care = lanes.eyes.about[place], lanes.eyes.care[place]
        day_0 = about[ONSET_DAY]
        write_visits(
            visits, row, lanes.seen[place], care[N_VISITS], about[PATIENT], about[EYE], day_0,
            about[FIRST_DAY] + day_0,
        )  # fmt: skip
        write_eye(kernel, patients, patient_row, about, care)
        row += care[N_VISITS]
        patient_row += 1
    return row, patient_row
