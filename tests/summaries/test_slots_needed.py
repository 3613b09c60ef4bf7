"""The slots that a clinic needs, against visits that queue one after another."""

from dataclasses import replace

import numpy as np
import pytest

from ape_core.errors import InvalidInputError
from ape_core.summaries import Summary
from ape_core.summaries.slots_needed import Wish, slots_needed, slots_needed_table

YEARS, FIRST, STOP = 1, 70, 140


def demand(seed=5):
    """Summary of a clinic with more visits on Mondays, some on closed days, and none at times."""
    rng = np.random.default_rng(seed)
    empty = Summary.empty(YEARS)
    visits = rng.poisson(6, (365, 2)) * rng.integers(0, 2, (365, 2))
    visits[::7] += 9
    return replace(empty, arrays={**empty.arrays, "visits_per_day": visits})


def slow_percent(summary, slots, wish):
    """Serve each visit in turn, in the first slot that is left from its day on."""
    due = [day for day, n in enumerate(summary["visits_per_day"].sum(axis=1)) for _ in range(n)]
    left, late, counted, day = {}, 0, 0, 0
    for wanted in due:
        day = max(day, wanted)
        while left.setdefault(day, slots if day % 7 < wish.open_days else 0) == 0:
            day += 1
        left[day] -= 1
        if FIRST <= wanted < STOP:
            counted += 1
            late += day - wanted > wish.late_days
    return 100 * late / counted, counted


@pytest.mark.parametrize("late_days", [2, 7, 28])
@pytest.mark.parametrize("most_percent", [0.5, 20])
def test_so_many_slots_are_enough_and_one_fewer_is_not(late_days, most_percent):
    summary, wish = demand(), Wish(most_percent, late_days, 5)
    needed = slots_needed(summary, wish, FIRST, STOP)
    for slots, percent in zip(needed.slots.tolist(), needed.percent_late, strict=True):
        assert percent == pytest.approx(slow_percent(summary, slots, wish)[0])
    assert slow_percent(summary, needed.enough, wish)[0] <= most_percent
    assert slow_percent(summary, needed.enough - 1, wish)[0] > most_percent
    n_visits = slow_percent(summary, needed.enough, wish)[1]
    assert needed.n_visits == n_visits
    assert needed.percent_used == pytest.approx(100 * n_visits / (needed.enough * 50))
    assert needed.percent_at_enough <= most_percent
    assert slots_needed_table(needed).columns[1].name.endswith(f"more than {late_days} days")


def test_a_queue_of_earlier_visits_is_told_apart_from_the_visits_of_the_time():
    empty, visits = Summary.empty(YEARS), np.zeros((365, 2), np.int64)
    visits[0], visits[7:140:7] = 1000, 20
    steady = np.where(np.arange(365)[:, None] < FIRST, 0, visits)
    crowd, alone = (
        replace(empty, arrays={**empty.arrays, "visits_per_day": due}) for due in (visits, steady)
    )
    wish = Wish(5, 7, 5)
    needed, without = (slots_needed(of, wish, FIRST, STOP) for of in (crowd, alone))
    assert needed.enough_alone == without.enough == without.enough_alone
    assert slow_percent(alone, needed.enough_alone, wish)[0] <= 5
    assert slow_percent(alone, needed.enough_alone - 1, wish)[0] > 5
    assert needed.enough > 2 * needed.enough_alone
    assert (
        slots_needed(crowd, wish, 0, STOP).enough == slots_needed(crowd, wish, 0, STOP).enough_alone
    )


def test_what_nobody_can_answer_is_refused():
    with pytest.raises(InvalidInputError, match="0% of visits cannot be asked for"):
        Wish(0, 7, 5)
    with pytest.raises(InvalidInputError, match="the clinic is closed for 2 running"):
        Wish(5, 1, 5)
    summary = demand()
    with pytest.raises(InvalidInputError, match="no days from 7 to 7"):
        slots_needed(summary, Wish(5, 7, 5), 7, 7)
    limited = replace(summary, arrays={**summary.arrays, "visits_by_slip": np.array([3, 1])})
    with pytest.raises(InvalidInputError, match="had a limited number of slots"):
        slots_needed(limited, Wish(5, 7, 5), FIRST, STOP)


def test_a_clinic_without_visits_needs_a_single_slot():
    needed = slots_needed(Summary.empty(1), Wish(5, 7, 5), 0, 7)
    assert (needed.enough, needed.n_visits, needed.percent_used) == (1, 0, 0)
