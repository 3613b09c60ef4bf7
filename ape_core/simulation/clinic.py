"""What the clinic decides at a visit, from what it sees and nothing else."""

from __future__ import annotations

from typing import Final

from ape_core.schema import DAYS_PER_WEEK, PHASES
from ape_core.simulation.compiled import compiled
from ape_core.simulation.parameters import (
    ACTIVITY,
    EXTEND_BY,
    FIRST_INTERVAL,
    FLUID,
    FLUID_OR_LETTERS,
    LABEL,
    LETTERS_LOST,
    MAX_GAP,
    MAX_INTERVAL,
    MIN_INTERVAL,
    N_ASSIGN,
    N_SHORTEN,
    NO_TREATMENT,
    PRN,
    REGIMEN,
    SHORTEN_BY,
    TREAT_AND_EXTEND,
    UNTIL_WEEK,
)

LOADING: Final = PHASES.index("loading")
MAINTENANCE: Final = PHASES.index("maintenance")
MONITORING: Final = PHASES.index("monitoring")
RETREATMENT: Final = PHASES.index("retreatment")

CONTINUE: Final = 0
STOP_STABLE: Final = 1
STOP_FUTILE: Final = 2


@compiled
def first_course(rules):  # type: ignore[no-untyped-def]
    """The course of care at the first visit.

    Returns
    -------
    (stage, interval, n_loaded, n_futile, n_stable, n_assessed, injection_day, letters, phase):
    stage as coded by `schema.PHASES`, the interval in force in weeks (0 when there is none), doses
    of the loading phase given, consecutive visits that count towards futile and stable, interval
    assessments made, day of the last injection (0 before the first), letters at the last visit
    (-1 before the first), phase in force at the last visit.
    """
    stage = LOADING if rules.n_loading > 0 else MAINTENANCE
    if rules.phases[0, REGIMEN] == NO_TREATMENT:
        stage = MONITORING
    return stage, 0, 0, 0, 0, 0, 0, -1, 0


@compiled
def phase_in_force(rules, week):  # type: ignore[no-untyped-def]
    """Index of the maintenance phase that decides at a visit in this week."""
    phase = 0
    while week >= rules.phases[phase, UNTIL_WEEK]:
        phase += 1
    return phase


@compiled
def is_active(row, fluid, letters, letters_before):  # type: ignore[no-untyped-def]
    """Whether the eye counts as active by the phase's definition."""
    if row[ACTIVITY] == FLUID:
        return fluid
    fell = letters_before >= 0 and letters_before - letters >= row[LETTERS_LOST]
    if row[ACTIVITY] == FLUID_OR_LETTERS:
        return fluid or fell
    return fluid and fell


@compiled
def _in_force(row, weeks):  # type: ignore[no-untyped-def]
    """The interval that later visits go by: as-needed treatment has none."""
    return 0 if row[REGIMEN] == PRN else weeks


@compiled
def _treat_and_extend(row, interval, active):  # type: ignore[no-untyped-def]
    """Next interval from the previous planned one."""
    if interval == 0:
        return row[FIRST_INTERVAL]
    step = -row[SHORTEN_BY] if active else row[EXTEND_BY]
    return min(max(interval + step, row[MIN_INTERVAL]), row[MAX_INTERVAL])


@compiled
def _prn(row, days_since_injection, active):  # type: ignore[no-untyped-def]
    """Whether an as-needed visit injects: on activity, or before the longest gap is exceeded."""
    if active:
        return True
    return days_since_injection + row[FIRST_INTERVAL] * DAYS_PER_WEEK > row[MAX_GAP] * DAYS_PER_WEEK


@compiled
def _label_interval(row, shorten_to, interval, active):  # type: ignore[no-untyped-def]
    """The assigned interval, or the next shorter one when the criteria are met."""
    if interval == 0:
        return row[FIRST_INTERVAL]
    if active:
        for i in range(row[N_SHORTEN]):
            if shorten_to[i] < interval:
                return shorten_to[i]
    return interval


@compiled
def _assign(row, assign_at, n_assessed, active):  # type: ignore[no-untyped-def]
    """An assessment that assigns the interval: (inject, weeks to the next visit, interval)."""
    if active:
        return True, assign_at[n_assessed], assign_at[n_assessed]
    after = row[FIRST_INTERVAL]
    if n_assessed + 1 < row[N_ASSIGN]:
        after = assign_at[n_assessed + 1]
    return False, after - assign_at[n_assessed], 0


@compiled
def _maintain(rules, phase, interval, n_assessed, days_since_injection, active):  # type: ignore[no-untyped-def]
    """A maintenance visit: (inject, weeks to the next visit, interval in force, n_assessed)."""
    row = rules.phases[phase]
    if row[REGIMEN] == PRN:
        return _prn(row, days_since_injection, active), row[FIRST_INTERVAL], 0, n_assessed
    if row[REGIMEN] == TREAT_AND_EXTEND:
        interval = _treat_and_extend(row, interval, active)
    elif row[REGIMEN] == LABEL:
        if interval == 0 and n_assessed < row[N_ASSIGN]:
            inject, weeks, interval = _assign(row, rules.assign_at[phase], n_assessed, active)
            return inject, weeks, interval, n_assessed + 1
        interval = _label_interval(row, rules.shorten_to[phase], interval, active)
    else:
        interval = row[FIRST_INTERVAL]
    return True, interval, interval, n_assessed


@compiled
def _stopping(rules, interval, n_futile, n_stable, letters, active, chance):  # type: ignore[no-untyped-def]
    """Whether to stop for good reason: (verdict, n_futile, n_stable)."""
    n_futile = n_futile + 1 if letters < rules.futile_below_letters else 0
    if n_futile >= rules.futile_visits:
        return STOP_FUTILE, n_futile, n_stable
    n_stable = n_stable + 1 if interval >= rules.stable_interval and not active else 0
    if n_stable > rules.stable_visits and chance < rules.stable_stop_probability:
        return STOP_STABLE, 0, 0
    return CONTINUE, n_futile, n_stable


@compiled
def decide(rules, course, day, letters, fluid, chance):  # type: ignore[no-untyped-def]
    """One visit.

    Parameters
    ----------
    course
        As `first_course` gives it.
    day, letters, fluid
        Day of the visit since the eye's first, acuity as measured, scan as read.
    chance
        Uniform draw for stopping.

    Returns
    -------
    (inject, weeks to the next visit or 0 for none, verdict, course after the visit)
    """
    stage, interval, n_loaded, n_futile, n_stable, n_assessed, injection_day, before, left = course
    phase = phase_in_force(rules, day // DAYS_PER_WEEK)
    row = rules.phases[phase]
    if phase != left and row[REGIMEN] == LABEL:
        interval = 0  # A label phase assigns its interval anew.
    active = is_active(row, fluid, letters, before)
    inject = True
    verdict = CONTINUE
    if row[REGIMEN] == NO_TREATMENT:
        inject = False
        weeks = row[FIRST_INTERVAL]
    elif stage == MONITORING:
        inject = rules.retreats and active
        weeks = rules.monitor_interval
        if inject:
            stage = RETREATMENT
            weeks = row[MIN_INTERVAL]
            interval = _in_force(row, weeks)
    elif stage == LOADING:
        n_loaded += 1
        weeks = rules.loading_interval
        if n_loaded >= rules.n_loading:
            stage = MAINTENANCE
            weeks = row[FIRST_INTERVAL]
            interval = _in_force(row, weeks)
            if row[N_ASSIGN] > 0:
                weeks, interval = rules.assign_at[phase, 0], 0
    else:
        verdict, n_futile, n_stable = _stopping(
            rules, interval, n_futile, n_stable, letters, active, chance
        )
        if verdict == CONTINUE:
            inject, weeks, interval, n_assessed = _maintain(
                rules, phase, interval, n_assessed, day - injection_day, active
            )
        else:
            inject = False
            stage = MONITORING
            weeks = rules.monitor_interval if verdict == STOP_STABLE else 0
    if inject:
        injection_day = day
    course = (
        stage, interval, n_loaded, n_futile, n_stable, n_assessed, injection_day, letters, phase
    )  # fmt: skip
    return inject, weeks, verdict, course
