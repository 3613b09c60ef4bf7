"""On which days of the week a clinic works, and where visits go that are due on the others.

A run lets patients come on any day of the week. This is a view of it: no visit is simulated anew,
none is lost and none is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ape_core.schema import DAYS_PER_WEEK
from ape_core.spec.staffing import WEEKDAYS
from ape_core.summaries.definitions import Counts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def open_weekdays(open_days: Sequence[str]) -> tuple[int, ...]:
    """Places in the week of the days on which the clinic works; 0 is Monday."""
    return tuple(WEEKDAYS.index(day) for day in open_days)


def is_open(open_days: Sequence[str], n_days: int) -> NDArray[np.bool_]:
    """Whether the clinic works on each calendar day of a run, of which day 0 is a Monday."""
    weekday = np.arange(n_days) % DAYS_PER_WEEK
    return np.isin(weekday, open_weekdays(open_days))


def on_open_days(per_day: Counts, open_days: Sequence[str], rule: str) -> Counts:
    """Move what falls on closed days to open ones, by a rule of `WHEN_CLOSED`.

    Parameters
    ----------
    per_day
        `[n_days]`, from day 0 of the run.
    open_days
        Days of the week on which the clinic works.
    rule
        Where the rest goes: "shared" evenly among the open days of the week that follows, or all
        of it to the "next" open day.

    Returns
    -------
    The same total, by day. It can be longer than what was given, by what is moved past its end.
    Where one array is nowhere above another, it is nowhere above it after both were moved.
    """
    opened = open_weekdays(open_days)
    if len(opened) == DAYS_PER_WEEK:
        return per_day
    n_weeks = -(-len(per_day) // DAYS_PER_WEEK) + 1
    table = np.zeros((n_weeks, DAYS_PER_WEEK), np.int64)
    table.ravel()[: len(per_day)] = per_day
    moved = _shared(table, opened) if rule == "shared" else _next(table, opened)
    days = moved.ravel()
    used = np.flatnonzero(days)
    return days[: max(len(per_day), int(used[-1]) + 1 if len(used) else 0)]


def _shared(table: Counts, opened: tuple[int, ...]) -> Counts:
    """Share what is due on the closed days of each week among the open days of the next.

    The days take turns in having the first of a remainder, so that none has more in the long run.
    """
    places = list(opened)
    due = np.delete(table, places, axis=1).sum(axis=1)[:-1]
    turn = np.arange(len(due))[:, None]
    place = (np.arange(len(places)) - turn) % len(places)
    moved = np.zeros_like(table)
    moved[:, places] = table[:, places]
    moved[1:, places] += (due[:, None] + len(places) - 1 - place) // len(places)
    return moved


def _next(table: Counts, opened: tuple[int, ...]) -> Counts:
    """Move what is due on a closed day to the next open one."""
    days = table.ravel()
    moved = np.zeros_like(days)
    for weekday in range(DAYS_PER_WEEK):
        wait = next(n for n in range(DAYS_PER_WEEK) if (weekday + n) % DAYS_PER_WEEK in opened)
        due = days[weekday::DAYS_PER_WEEK]
        places = weekday + wait + DAYS_PER_WEEK * np.arange(len(due))
        kept = places < len(days)  # the last week of the table is empty
        moved[places[kept]] += due[kept]
    return moved.reshape(table.shape)
