"""One eye under care: how it begins, what happens at a visit, and how it ends."""

from __future__ import annotations

from ape_core.schema import (
    DAYS_PER_WEEK,
    END_REASONS,
    WEEKS_PER_PERIOD,
    WEEKS_PER_YEAR,
)
from ape_core.simulation.ahead import acuity_error
from ape_core.simulation.clinic import STOP_FUTILE, decide
from ape_core.simulation.compiled import compiled
from ape_core.simulation.disease import (
    acuity_of,
    advance,
    assess,
    draw_traits,
    measured,
    reads_active,
)
from ape_core.simulation.draws import ATTENDANCE, VISIT, uniform, words
from ape_core.simulation.person import fellow_baseline

ON_TREATMENT = END_REASONS.index("on treatment")
DISCHARGED_STABLE = END_REASONS.index("discharged stable")
DISCHARGED_FUTILE = END_REASONS.index("discharged futile")
LOST = END_REASONS.index("lost")
TRANSFERRED = END_REASONS.index("transferred")
DIED = END_REASONS.index("died")


@compiled
def end_of_care(horizon_day, death, lost, transferred):  # type: ignore[no-untyped-def]
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
def begin_eye(kernel, stream, whose):  # type: ignore[no-untyped-def]
    """The eye on its day 0: (measured baseline, traits, state).

    `whose` is (eye, age of the patient, letters of the first eye, week of day 0).
    """
    eye, age_years, baseline, onset_week = whose
    better = 0.0
    if eye > 0:
        baseline = fellow_baseline(kernel.people, stream)
        better = kernel.people.fellow_eye_better_letters
    age_years += onset_week / WEEKS_PER_YEAR
    traits, state = draw_traits(kernel.disease, kernel.people, stream, baseline, better, age_years)
    return baseline, traits, state


@compiled
def draws_of_visit(stream, day):  # type: ignore[no-untyped-def]
    """Draws of a visit on this day since day 0 of the eye.

    Made before the disease is advanced to that day: a processor then does both at a time.
    """
    return words(stream, VISIT, day // DAYS_PER_WEEK)


@compiled
def draws_of_appointment(stream, planned_day):  # type: ignore[no-untyped-def]
    """Draws that tell how an appointment on this day since day 0 of the eye is kept."""
    return words(stream, ATTENDANCE, planned_day // DAYS_PER_WEEK)


@compiled
def see(kernel, drawn, eye, course, day, care_day, baseline_letters):  # type: ignore[no-untyped-def]
    """One visit: measure, read the scan, decide.

    Parameters
    ----------
    drawn
        As `draws_of_visit` gives them.
    eye
        (acuity, fluid, threshold of the scan).
    day, care_day
        Since day 0 of the eye, and since its first visit: the same unless that had to wait.

    Returns
    -------
    ((letters, fluid, stage on arrival), whether to inject, weeks to the next visit, verdict,
    course after the visit)
    """
    acuity, fluid, threshold = eye
    letters = baseline_letters
    if day > 0:
        letters = measured(acuity, acuity_error(kernel.disease, drawn[0]))
    active = reads_active(kernel.disease, fluid, threshold, drawn[1])
    seen = (letters, active, course[0])
    injects, weeks, verdict, course = decide(
        kernel.rules, course, care_day, letters, active, uniform(drawn[2])
    )
    return seen, injects, weeks, verdict, course


@compiled
def outcome(end, last):  # type: ignore[no-untyped-def]
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
def end_of_life(kernel, life_day):  # type: ignore[no-untyped-def]
    """Week since the patient's first visit at whose start the run or life has ended."""
    if life_day < kernel.horizon_weeks * DAYS_PER_WEEK:
        return -(-life_day // DAYS_PER_WEEK)
    return kernel.horizon_weeks


@compiled
def live_on(kernel, stream, ahead, traits, state, week, assessed, onset_week, life_day):  # type: ignore[no-untyped-def]
    """Assessments from the last visit to the end of the run or of life."""
    offset = onset_week // WEEKS_PER_PERIOD
    end_week = end_of_life(kernel, life_day)
    weeks = end_week - onset_week
    state = advance(kernel.disease, traits, stream, ahead, state, week, weeks, assessed, offset)
    if life_day >= kernel.horizon_weeks * DAYS_PER_WEEK:
        acuity = acuity_of(traits, state)
        assessed[offset + weeks // WEEKS_PER_PERIOD] = assess(ahead, acuity, weeks)
