"""How many slots a day a clinic needs, so that few of its visits slip far.

Worked out from the visits that are due each day where slots are not limited, served first come,
first served; nothing is simulated. In a simulated clinic a visit that slips moves those after it,
too, so that where many slip fewer are due, and a little less slips than is worked out here: the
answer is on the safe side, and a run with so many slots tells how it comes out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ape_core.errors import InvalidInputError
from ape_core.schema import DAYS_PER_WEEK, DAYS_PER_YEAR
from ape_core.summaries.definitions import Counts, Floats
from ape_core.summaries.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from ape_core.summaries.summary import Summary

MOST_POINTS: Final = 41
"""Numbers of slots for which the share of visits is told."""

_SHOWN: Final = (0.7, 1.25)
"""Range of slots around what is enough."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of a clinic.

    Parameters
    ----------
    most_percent
        Percentage of visits, at most, that may slip by more than `late_days`.
    late_days
        Days, at least 2: on a clinic that is closed at weekends, waiting over one is no want of
        slots.
    open_days
        Days of the week, from Monday on, that have slots.
    """

    most_percent: float
    late_days: int
    open_days: int

    def __post_init__(self) -> None:
        if not 0 < self.most_percent < 100:
            raise InvalidInputError(
                f"{self.most_percent:g}% of visits cannot be asked for.",
                "Give a number above 0 and below 100.",
            )
        least = DAYS_PER_WEEK - self.open_days
        if not max(least, 0) <= self.late_days <= DAYS_PER_YEAR:
            raise InvalidInputError(
                f"A slip of more than {self.late_days} days cannot be asked for.",
                f"Give {least} to {DAYS_PER_YEAR} days: the clinic is closed for {least} running.",
            )


@dataclass(frozen=True, slots=True, eq=False)
class SlotsNeeded:
    """Slots a day, and the visits that would slip far.

    Attributes
    ----------
    wish
        What was wanted.
    enough
        Least number of slots a day that does it.
    enough_alone
        Least number if no visit from before the time still waited: fewer than `enough` where a
        queue of earlier visits reaches into it.
    slots
        `[n_points]`: numbers of slots around it.
    percent_late
        `[n_points]`: percentage of visits due in the time that slip by more than was wanted.
    n_visits
        Visits due in the time.
    percent_used
        Percentage of the slots in the time that these visits take, if there are `enough`.
    """

    wish: Wish
    enough: int
    enough_alone: int
    slots: Counts
    percent_late: Floats
    n_visits: int
    percent_used: float

    @property
    def percent_at_enough(self) -> float:
        """Percentage of visits that slip too far with `enough` slots."""
        return float(self.percent_late[self.slots == self.enough][0])


def slots_needed(summary: Summary, wish: Wish, first_day: int, stop_day: int) -> SlotsNeeded:
    """Find the least number of slots a day for visits due in some time.

    Parameters
    ----------
    summary
        Of a run, all of it, without a limit on slots.
    wish
        What is wanted.
    first_day, stop_day
        Calendar days of the run whose visits count; the last is excluded. The visits before them
        are there, too, and may still wait.

    Raises
    ------
    InvalidInputError
        There are no such days, or the run had limited slots: then less is due than is wanted.
    """
    if len(summary["visits_by_slip"]):
        raise InvalidInputError(
            "The run had a limited number of slots, so that it does not show what is wanted.",
            "Ask of the run of the same patients without a limit.",
        )
    due = summary["visits_per_day"].sum(axis=1)
    if not 0 <= first_day < stop_day:
        raise InvalidInputError(f"There are no days from {first_day} to {stop_day}.")
    due = np.pad(due, (0, max(0, stop_day - len(due))))[:stop_day]
    n_visits = int(due[first_day:].sum())

    def percent(slots: int, due: Counts) -> float:
        late = _late(due, slots, wish)[first_day:].sum()
        return 100 * float(late) / max(n_visits, 1)

    def least(due: Counts) -> int:
        return _least(lambda slots: percent(slots, due) <= wish.most_percent, _most(due))

    enough = least(due)
    alone = np.where(np.arange(stop_day) < first_day, 0, due)
    slots = _around(enough)
    weeks = (stop_day - first_day) / DAYS_PER_WEEK
    return SlotsNeeded(
        wish=wish,
        enough=enough,
        enough_alone=least(alone),
        slots=slots,
        percent_late=np.array([percent(int(n), due) for n in slots]),
        n_visits=n_visits,
        percent_used=100 * n_visits / (enough * wish.open_days * weeks),
    )


def slots_needed_table(needed: SlotsNeeded) -> Table:
    """Slots, and the visits that would slip too far."""
    return Table.of(
        "Slots and visits that slip",
        ("Slots on each open day", "", needed.slots),
        (f"Visits that slip by more than {needed.wish.late_days} days", "%", needed.percent_late),
    )


def _late(due: Counts, slots: int, wish: Wish) -> Counts:
    """Visits due on each day that slip too far, first come, first served."""
    n_days = len(due)
    longer = np.pad(due, (0, wish.late_days))
    weekday = np.arange(len(longer)) % DAYS_PER_WEEK
    free = np.where(weekday < wish.open_days, slots, 0)
    balance = np.cumsum(longer - free)
    waiting = balance - np.minimum(np.minimum.accumulate(balance), 0)
    all_due = np.cumsum(longer)
    served = all_due - waiting
    before = all_due[:n_days] - due
    late: Counts = np.maximum(0, all_due[:n_days] - np.maximum(before, served[wish.late_days :]))
    return late


def _most(due: Counts) -> int:
    """Slots with which nothing is ever left at the end of an open day."""
    return max(1, int(np.convolve(due, np.ones(DAYS_PER_WEEK, np.int64)).max()))


def _least(is_enough: Callable[[int], bool], most: int) -> int:
    """Least number from 1 to `most` that is enough, as every larger one is."""
    low, high = 1, most
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle + 1, high)
    return low


def _around(enough: int) -> Counts:
    """Numbers of slots around what is enough, which is one of them."""
    low, high = max(1, int(_SHOWN[0] * enough)), max(int(_SHOWN[1] * enough), enough + 3)
    step = -(-(high - low + 1) // MOST_POINTS)
    return np.union1d(np.arange(low, high + 1, step), [enough])
