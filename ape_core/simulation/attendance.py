"""When a planned visit takes place: late, missed and rebooked, or after a break from care."""

from __future__ import annotations

import math

import numpy as np

from ape_core.simulation.compiled import compiled
from ape_core.simulation.draws import BREAK, uniform, words
from ape_core.simulation.quantiles import exponential_quantile

_NEVER_DAY = 1 << 30


@compiled
def kept_day(attendance, drawn, planned_day):  # type: ignore[no-untyped-def]
    """Day on which the patient comes, breaks aside.

    `drawn` are the first three words of the process `ATTENDANCE` in the planned week.
    """
    day = planned_day
    w0, w1, w2 = drawn
    if uniform(w2) < attendance.missed_share:
        day += int(attendance.rebooked_days)
    if uniform(w0) < attendance.late_share:
        day += 1 + int(math.floor(attendance.late_days_mean * exponential_quantile(uniform(w1))))
    return day


@compiled
def first_break(attendance, person):  # type: ignore[no-untyped-def]
    """The first break from care as (index, first day, day of return)."""
    return _break_after(attendance, person, 0, 0.0)


@compiled
def _break_after(attendance, person, index, day):  # type: ignore[no-untyped-def]
    """The break of this index, which begins some time after `day`."""
    if attendance.breaks_per_day <= 0.0:
        return index, _NEVER_DAY, _NEVER_DAY
    w0, w1, _, _ = words(person, BREAK, index)
    start = day + exponential_quantile(uniform(w0)) / attendance.breaks_per_day
    length = attendance.break_days_mean * exponential_quantile(uniform(w1))
    start_day = np.int64(math.ceil(min(start, float(_NEVER_DAY))))
    return index, start_day, min(start_day + np.int64(math.ceil(length)), _NEVER_DAY)


@compiled
def after_breaks(attendance, person, pause, day):  # type: ignore[no-untyped-def]
    """A day moved past any break that it falls in: (day, the break to look at next).

    `day` counts from the patient's first visit: a break keeps both eyes away.
    """
    while day >= pause[1]:
        if day < pause[2]:
            day = pause[2]
        pause = _break_after(attendance, person, pause[0] + 1, float(pause[2]))
    return day, pause
