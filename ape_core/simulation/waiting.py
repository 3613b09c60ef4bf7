"""Who comes next where slots are limited: a queue of wanted visits, and the slots of the days.

A wanted visit is one number: the calendar day on which the patient would come, the calendar day
for which it was planned, and the place of the eye among those of the clinic, in this order of
weight. The queue is a binary heap of such numbers, the least first.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ape_core.schema import DAYS_PER_WEEK
from ape_core.simulation.compiled import compiled

_BITS: Final = 20
_MASK: Final = (1 << _BITS) - 1

N_WAITING: Final = 0
DAY: Final = 1
N_USED: Final = 2


class Queue(NamedTuple):
    """The wanted visits of a clinic, and how far its slots are used.

    Attributes
    ----------
    wanted
        The heap, with room for one visit of each eye: an eye never wants two at a time.
    used
        Visits in the heap; the calendar day of the next free slot; slots used on it.
    slots_per_day, open_days
        What the clinic has room for.
    """

    wanted: NDArray[np.int64]
    used: NDArray[np.int64]
    slots_per_day: int
    open_days: int


@compiled
def want(queue, wanted_day, planned_day, place):  # type: ignore[no-untyped-def]
    """Add a visit to the queue; days by the calendar."""
    heap = queue.wanted
    number = (wanted_day << (2 * _BITS)) | (planned_day << _BITS) | place
    i = queue.used[N_WAITING]
    queue.used[N_WAITING] = i + 1
    while i > 0 and heap[(i - 1) >> 1] > number:
        heap[i] = heap[(i - 1) >> 1]
        i = (i - 1) >> 1
    heap[i] = number


@compiled
def take_next(queue):  # type: ignore[no-untyped-def]
    """Take the visit that comes next: (wanted day, planned day, place of the eye)."""
    heap = queue.wanted
    number = heap[0]
    n = queue.used[N_WAITING] - 1
    queue.used[N_WAITING] = n
    last = heap[n]
    i = 0
    while 2 * i + 1 < n:
        child = 2 * i + 1
        if child + 1 < n and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= last:
            break
        heap[i] = heap[child]
        i = child
    heap[i] = last
    return number >> (2 * _BITS), (number >> _BITS) & _MASK, number & _MASK


@compiled
def free_day(queue, wanted_day):  # type: ignore[no-untyped-def]
    """The first day from the wanted one on with a free slot.

    Visits are taken in the order in which they are wanted, so that no free slot is left behind.
    """
    used = queue.used
    day = used[DAY]
    if used[N_USED] >= queue.slots_per_day:
        day += 1
    day = max(day, wanted_day)
    weekday = day % DAYS_PER_WEEK
    if weekday >= queue.open_days:
        day += DAYS_PER_WEEK - weekday
    if day > used[DAY]:
        used[DAY] = day
        used[N_USED] = 0
    return day


@compiled
def take_slot(queue):  # type: ignore[no-untyped-def]
    """Use a slot of the day that `free_day` found."""
    queue.used[N_USED] += 1
