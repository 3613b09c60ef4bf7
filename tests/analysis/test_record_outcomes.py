"""Outcomes of records at their edges: few eyes, equal eyes, nobody, weeks beyond the run."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ape_core.analysis.follow_up import FollowUp
from ape_core.analysis.outcomes import OUTCOMES, estimate
from ape_core.analysis.record_outcomes import INTERVAL_CLASSES
from ape_core.analysis.summarising import Counted
from ape_core.errors import InvalidInputError
from ape_core.summaries.summary import Summary

YEAR = 13
OF_RECORDS = [
    "bcva_change_slope",
    "bcva_correlation",
    "pct_first_break_ge180d",
    "pct_no_injection_in_year",
    *(f"pct_eye_median_interval_{name}" for name in INTERVAL_CLASSES),
]
LETTERS = st.integers(0, 100)


def counted(pairs=(), begun=(), ended=()):
    """Counts of one year, of pairs of letters and periods of first breaks and last visits."""
    before, after = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    follow_up = FollowUp.empty(1)
    terms = (np.ones_like(before), before, after, before**2, after**2, before * after)
    follow_up.pairs[YEAR] = [term.sum() for term in terms]
    for row, periods in enumerate((begun, ended)):
        np.add.at(follow_up.breaks[row], list(periods), 1)
    return Counted(Summary.empty(1), follow_up)


def measured(outcome, counts, week=52):
    return estimate(counts, outcome, week, in_trial=False)


@given(st.lists(st.tuples(LETTERS, LETTERS), min_size=3, max_size=200))
def test_slope_and_correlation_are_those_of_numpy(pairs):
    before, after = np.array(pairs, dtype=float).T
    assume(before.std() > 0)
    slope = measured("bcva_change_slope", counted(pairs))
    line, residuals, *_ = np.polyfit(before, after - before, 1, full=True)
    assert slope.value == pytest.approx(line[0], abs=1e-9)
    left = residuals[0] if len(residuals) else 0.0
    error = (left / (len(pairs) - 2) / ((before - before.mean()) ** 2).sum()) ** 0.5
    assert slope.se == pytest.approx(error, rel=1e-4, abs=1e-4)
    assume(after.std() > 0)
    r = measured("bcva_correlation", counted(pairs))
    assert r.value == pytest.approx(np.corrcoef(before, after)[0, 1], abs=1e-9)
    assert -1 <= r.value <= 1
    assert r.se >= 0
    assert slope.n == r.n == len(pairs)


def test_eyes_that_gain_alike_have_no_slope_and_eyes_that_end_alike_have_minus_1():
    alike = [(40, 45), (50, 55), (61, 66)]
    assert measured("bcva_change_slope", counted(alike)).value == pytest.approx(0)
    assert measured("bcva_correlation", counted(alike)).value == pytest.approx(1)
    ending = counted([(40, 60), (50, 60), (61, 60)])
    assert measured("bcva_change_slope", ending).value == pytest.approx(-1)


@pytest.mark.parametrize(
    ("outcome", "pairs"),
    [
        ("bcva_change_slope", []),
        ("bcva_change_slope", [(40, 50), (60, 61)]),
        ("bcva_change_slope", [(61, 50), (61, 60), (61, 70)]),
        ("bcva_correlation", [(40, 50), (60, 61)]),
        ("bcva_correlation", [(61, 50), (61, 60), (61, 70)]),
        ("bcva_correlation", [(40, 60), (50, 60), (70, 60)]),
    ],
)
def test_too_few_or_too_equal_eyes_are_said(outcome, pairs):
    with pytest.raises(InvalidInputError, match=f"No simulated eye counts for {outcome} at week"):
        measured(outcome, counted(pairs))


@pytest.mark.parametrize("outcome", OF_RECORDS)
def test_nobody_is_said(outcome):
    with pytest.raises(InvalidInputError, match=f"No simulated eye counts for {outcome} at week"):
        measured(outcome, Counted.empty(1))


@pytest.mark.parametrize("outcome", OF_RECORDS)
def test_a_week_beyond_the_run_is_refused(outcome):
    counts = counted([(40, 50), (60, 61), (50, 50)], begun=[2], ended=[12, 13])
    with pytest.raises(InvalidInputError, match="There is no figure for (week 104|year 2)"):
        measured(outcome, counts, week=104)


@pytest.mark.parametrize("outcome", OF_RECORDS[3:])
def test_what_is_counted_by_year_needs_a_week_near_its_end(outcome):
    with pytest.raises(InvalidInputError, match=r"No study year ends near week 28\."):
        measured(outcome, Counted.empty(1), week=28)


def test_first_breaks_by_hand():
    """Five eyes: breaks begin in periods 2 and 5, last visits are in 2, 8 and 13.

    At 2 five eyes are at risk and at 5 three: one is out by then without a break.
    """
    counts = counted(begun=[2, 5], ended=[2, 8, 13])
    by_week = [measured("pct_first_break_ge180d", counts, week) for week in (8, 12, 20, 24, 52)]
    assert [found.value for found in by_week] == pytest.approx([0, 20, 20, 700 / 15, 700 / 15])
    assert {found.n for found in by_week} == {5}
    greenwood = 1 / (5 * 4) + 1 / (3 * 2)
    assert by_week[-1].se == pytest.approx(100 * (8 / 15) * greenwood**0.5)
    assert by_week[0].se == 0


def test_a_break_in_every_eye_leaves_none_and_no_uncertainty():
    found = measured("pct_first_break_ge180d", counted(begun=[1, 4, 4]))
    assert (found.value, found.se, found.n) == (pytest.approx(100), 0, 3)


def test_classes_of_intervals_meet_and_leave_nothing_out():
    bounds = list(INTERVAL_CLASSES.values())
    assert bounds[0][0] == 0
    assert bounds[-1][1] is None
    assert all(high == low for (_, high), (low, _) in pairwise(bounds))
    summary = Summary.empty(1)
    injections = np.zeros_like(summary["injections_in_year"])
    injections[0, 6] = 61
    arrays = {**summary.arrays, "injections_in_year": injections}
    follow_up = replace(FollowUp.empty(1), median_intervals=np.ones((1, 61), np.int64))
    counts = Counted(Summary(1, arrays), follow_up)
    shares = [
        measured(f"pct_eye_median_interval_{name}", counts).value for name in INTERVAL_CLASSES
    ]
    assert sum(shares) == pytest.approx(100)
    assert shares[:2] == pytest.approx([100 * 5 / 61, 100 * 2 / 61])


def test_every_outcome_of_records_has_limits_and_a_spread_between_studies():
    for name in OF_RECORDS:
        low, high = OUTCOMES[name].limits
        assert low < high
        assert OUTCOMES[name].tau(52, in_trial=False) > 0
