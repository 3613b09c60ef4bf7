"""Room for eyes that are simulated side by side: a lane each, an array for each quantity."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ape_core.schema import WEEKS_PER_PERIOD
from ape_core.simulation.compiled import compiled
from ape_core.simulation.keeping import Eyes, room_for

LANES: Final = 256
"""Eyes side by side: what a week needs of them then stays in the nearest cache of a processor."""
AT_A_TIME: Final = 16
"""Eyes for which a vector loop is gone through once."""

NO_LANE: Final = -1
"""End of a list of lanes."""
NO_DAY: Final = -1
"""Day of the next visit of an eye that has none."""


class LaneDisease(NamedTuple):
    """Traits and state of the disease of each lane, as `disease.draw_traits` gives them.

    `loss_at` is the activity at which a sudden loss is due: the lesser of the two before it.
    """

    full_drive: NDArray[np.float64]
    burn_out_week: NDArray[np.float64]
    ec50: NDArray[np.float64]
    residual: NDArray[np.float64]
    letters_per_fluid: NDArray[np.float64]
    threshold: NDArray[np.float64]
    atrophy_week: NDArray[np.float64]
    fluid: NDArray[np.float64]
    structure: NDArray[np.float64]
    concentration: NDArray[np.float64]
    activity: NDArray[np.float64]
    fibrosis_at: NDArray[np.float64]
    bleeding_at: NDArray[np.float64]
    loss_at: NDArray[np.float64]


class Due(NamedTuple):
    """The visits of a week: number i of them is that of the lane `lane[i]`.

    Attributes
    ----------
    lane, low, high
        The lane and its stream.
    step
        Step of the draws that come next.
    words
        Draws, `[3, LANES]`.
    """

    lane: NDArray[np.int64]
    low: NDArray[np.uint64]
    high: NDArray[np.uint64]
    step: NDArray[np.int64]
    words: NDArray[np.uint64]


class Lanes(NamedTuple):
    """Eyes side by side. Those who live longest come first, so that the living are the first ones.

    Attributes
    ----------
    eyes
        What is known of each eye, in the order of patients: its place.
    place
        Place of the eye of each lane.
    n_weeks
        Weeks that each eye lives, by place.
    n_living
        Number i is that of the eyes that live `i - 1` weeks or more.
    low, high
        Streams, as `draws.stream_of` gives them.
    disease
        Its traits and state.
    n_bleeds
        Haemorrhages so far.
    struck
        Whether a loss is due.
    booked, following
        The lanes with a visit in each week: the first of them, and after each the next one.
    visit_day, planned_day
        Day of the next visit, and the day for which it was planned or `NO_DAY`.
    shocks, levels, errors
        Draws `[4, LANES]`: by how much chance changes the fluid in each of four weeks, and for
        four assessments the place of the error in the table of errors, and the error in letters.
    assessed
        Assessments `[period, LANES]`.
    due
        Visits of a week.
    seen
        All visits of each eye, `[place, visit]`, as `rows.packed_visit` makes them.
    """

    eyes: Eyes
    place: NDArray[np.int64]
    n_weeks: NDArray[np.int64]
    n_living: NDArray[np.int64]
    low: NDArray[np.uint64]
    high: NDArray[np.uint64]
    disease: LaneDisease
    n_bleeds: NDArray[np.int64]
    struck: NDArray[np.bool_]
    booked: NDArray[np.int64]
    following: NDArray[np.int64]
    visit_day: NDArray[np.int64]
    planned_day: NDArray[np.int64]
    shocks: NDArray[np.float64]
    levels: NDArray[np.int64]
    errors: NDArray[np.float64]
    assessed: NDArray[np.int8]
    due: Due
    seen: NDArray[np.int64]


def room_for_lanes(horizon_weeks: int, most_visits: int) -> Lanes:
    """Lanes for a run of so many weeks, of an eye with at most so many visits.

    Nothing in them has a meaning yet; but the disease of an empty lane goes on, too, and has to be
    made of numbers.
    """
    n_periods = horizon_weeks // WEEKS_PER_PERIOD
    return Lanes(
        eyes=room_for(LANES),
        place=_room(np.int64),
        n_weeks=_room(np.int64),
        n_living=np.empty(horizon_weeks + 3, np.int64),
        low=_room(np.uint64),
        high=_room(np.uint64),
        disease=LaneDisease(*(np.ones(LANES) for _ in LaneDisease._fields)),
        n_bleeds=_room(np.int64),
        struck=_room(np.bool_),
        booked=np.empty(horizon_weeks + 1, np.int64),
        following=_room(np.int64),
        visit_day=_room(np.int64),
        planned_day=_room(np.int64),
        shocks=_room(np.float64, 4),
        levels=_room(np.int64, 4),
        errors=_room(np.float64, 4),
        assessed=_room(np.int8, n_periods + 1),
        due=Due(
            lane=_room(np.int64),
            low=_room(np.uint64),
            high=_room(np.uint64),
            step=_room(np.int64),
            words=_room(np.uint64, 3),
        ),
        seen=np.empty((LANES, most_visits), np.int64),
    )


def _room(kind: type[np.generic], *rows: int) -> Any:
    """A number for each lane, or so many rows of them."""
    return np.empty((*rows, LANES), kind)


@compiled
def filled(n):  # type: ignore[no-untyped-def]
    """At least so many lanes, which the vector units of a processor work through with none left.

    What is worked out for an empty lane is of no meaning, and costs less than a loop for the rest.
    """
    return (n + AT_A_TIME - 1) // AT_A_TIME * AT_A_TIME
