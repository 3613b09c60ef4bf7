"""What records show beyond a summary, against a slow count of the same eyes, row by row."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import reduce
from itertools import pairwise
from statistics import median

import numpy as np
import pytest
from scipy import stats

from ape_core.analysis.follow_up import BREAK_DAYS, FollowUp
from ape_core.analysis.outcomes import estimate
from ape_core.analysis.record_outcomes import INTERVAL_CLASSES
from ape_core.analysis.summarising import Counted
from ape_core.schema import END_REASONS
from ape_core.simulation.simulate import simulate
from ape_core.spec.cohort import Cohort
from ape_core.spec.protocol import Stopping
from ape_core.spec.protocol_yaml import load_protocol
from ape_core.spec.run_spec import RunSpec
from ape_core.summaries.summary import Summary
from tests.support.chunks import cut_all, fabricate

YEARS = 4
N = 300
LAST_DAY = 364 * YEARS
PROTOCOLS = {
    "extended": "aflibercept-2mg-treat-and-extend",
    "as needed": "ranibizumab-0.5mg-prn",
    "untreated": "no-treatment",
}


@pytest.fixture(scope="module", params=[*PROTOCOLS, "fabricated"])
def chunk(request):
    """First and second eyes of routine care, some often stopped, or made up."""
    if request.param == "fabricated":
        return fabricate(N, YEARS)
    protocol = load_protocol(PROTOCOLS[request.param])
    if protocol.stopping:
        stopping = Stopping(15, 2, 1, 0.5, stable_interval_weeks=8)
        protocol = replace(protocol, stopping=stopping)
    cohort = Cohort(N, "uk-routine-care", two_eyes=True)
    return simulate(RunSpec(protocol, cohort, YEARS, 3), 0, N)


@pytest.fixture(scope="module")
def eyes(chunk):
    """First eyes as dicts, each with its visits."""
    found = []
    for i in np.flatnonzero(chunk.patients["eye"] == 0):
        patient = chunk.patients["patient_id"][i]
        rows = (chunk.visits["patient_id"] == patient) & (chunk.visits["eye"] == 0)
        visits = [
            {name: column[j].item() for name, column in chunk.visits.items()}
            for j in np.flatnonzero(rows)
        ]
        own = {name: chunk.patients[name][i].item() for name in ("end_day", "baseline_letters")}
        reason = END_REASONS[chunk.patients["end_reason"][i]]
        found.append({**own, "reason": reason, "visits": visits})
    return found


@pytest.fixture(scope="module")
def counted(chunk):
    return Counted(Summary.of_chunk(chunk), FollowUp.of_chunk(chunk))


def stays(eye):
    """Whether an eye is in care to the end: on treatment, or stopped and still seen."""
    seen_again = eye["visits"][-1]["interval_days"] > 0
    return eye["reason"] == "on treatment" or (eye["reason"] == "discharged stable" and seen_again)


def in_care(eye, day):
    dead = eye["reason"] == "died" and eye["end_day"] <= day
    return stays(eye) or (eye["end_day"] >= day and not dead)


def pairs(eyes, day):
    """Letters at baseline and letters last measured, of the eyes in care on a day."""
    found = [
        (eye["baseline_letters"], [v["letters"] for v in eye["visits"] if v["day"] <= day][-1])
        for eye in eyes
        if in_care(eye, day)
    ]
    return np.array(found, dtype=float).reshape(-1, 2).T


def injection_days(eye):
    return [visit["day"] for visit in eye["visits"] if visit["injected"]]


def first_break(eye):
    """Day on which the first break begins, or None."""
    days = injection_days(eye)
    ends = [*days[1:], eye["visits"][-1]["day"]]
    long = [day for day, end in zip(days, ends, strict=False) if end - day >= BREAK_DAYS]
    return long[0] if long else None


def times_to_break(eyes):
    """Period in which the first break of each eye begins, or of its last visit, and which it is."""
    begun = [first_break(eye) for eye in eyes]
    return [
        ((eye["visits"][-1]["day"] if begin is None else begin) // 28, begin is not None)
        for eye, begin in zip(eyes, begun, strict=True)
    ]


def kaplan_meier(times, before_period):
    """Percentage with a first break by a period and Greenwood's standard error, eye by eye."""
    left, variance = 1.0, 0.0
    for period in range(before_period):
        at_risk = sum(time >= period for time, _ in times)
        begun = sum(time == period and broken for time, broken in times)
        if begun:
            left *= 1 - begun / at_risk
            variance += begun / (at_risk * (at_risk - begun)) if at_risk > begun else 0.0
    return 100 * (1 - left), 100 * left * math.sqrt(variance)


def medians(eyes, year):
    """Median intervals in whole weeks that end in a year, of eyes in care through it."""
    found = []
    for eye in eyes:
        if not (stays(eye) or eye["end_day"] >= 364 * (year + 1)):
            continue
        days = injection_days(eye)
        gaps = [b - a for a, b in pairwise(days) if b // 364 == year]
        if gaps:
            found.append(int(median(gaps) // 7))
    return found


def test_pairs_are_of_the_eyes_in_care_and_their_last_visits(counted, eyes):
    for point in range(13 * YEARS + 1):
        before, after = pairs(eyes, 28 * point)
        assert counted.follow_up.sums_at(point) == {
            "eyes": len(before),
            "before": before.sum(),
            "after": after.sum(),
            "before squared": (before**2).sum(),
            "after squared": (after**2).sum(),
            "product": (before * after).sum(),
        }


def test_first_breaks_are_those_of_kaplan_and_meier(counted, eyes):
    times = times_to_break(eyes)
    for point in range(13 * YEARS + 1):
        percent, error, n = counted.follow_up.first_break(point)
        assert (percent, error) == pytest.approx(kaplan_meier(times, point)), point
        assert n == len(eyes)
    assert counted.follow_up.breaks.sum() == len(eyes)


def test_breaks_occur_where_injections_do(counted, eyes):
    n_broken = sum(broken for _, broken in times_to_break(eyes))
    assert counted.follow_up.breaks[0].sum() == n_broken
    assert (n_broken > 0) == any(map(injection_days, eyes))


def test_median_intervals_are_those_of_eyes_in_care_through_the_year(counted, eyes):
    for year in range(YEARS):
        weeks = np.minimum(np.array(medians(eyes, year), dtype=int), 60)
        expected = np.bincount(weeks, minlength=61)
        np.testing.assert_array_equal(counted.follow_up.median_intervals[year], expected)


def test_classes_of_intervals_and_no_injections_are_shares_of_the_same_eyes(counted, eyes):
    for year in (1, 2):
        through = [eye for eye in eyes if stays(eye) or eye["end_day"] >= 364 * (year + 1)]
        weeks = medians(eyes, year)
        for name, (low, high) in INTERVAL_CLASSES.items():
            found = estimate(
                counted, f"pct_eye_median_interval_{name}", 52 * (year + 1), in_trial=False
            )
            inside = sum(low <= week < (high or math.inf) for week in weeks)
            share = inside / len(through)
            assert (found.value, found.n) == (pytest.approx(100 * share), len(through))
            error = 100 * math.sqrt(share * (1 - share) / len(through))
            assert found.se == pytest.approx(error)
        none = estimate(counted, "pct_no_injection_in_year", 52 * (year + 1), in_trial=False)
        idle = sum(not any(d // 364 == year for d in injection_days(eye)) for eye in through)
        assert (none.value, none.n) == (pytest.approx(100 * idle / len(through)), len(through))


@pytest.mark.parametrize("week", [12, 52, 104, 208])
def test_slope_and_correlation_are_those_of_the_pairs(counted, eyes, week):
    before, after = pairs(eyes, 7 * week)
    slope = estimate(counted, "bcva_change_slope", week, in_trial=False)
    line = stats.linregress(before, after - before)
    assert (slope.value, slope.se) == pytest.approx((line.slope, line.stderr))
    r = estimate(counted, "bcva_correlation", week, in_trial=False)
    expected = np.corrcoef(before, after)[0, 1]
    assert r.value == pytest.approx(expected)
    assert r.se == pytest.approx((1 - expected**2) / math.sqrt(len(before) - 1))
    assert slope.n == r.n == len(before)


def test_parts_and_pieces_add_up_to_the_whole(chunk, counted, monkeypatch):
    parts = [FollowUp.of_chunk(part) for part in cut_all(chunk, 37)]
    assert len(parts) > 5
    assert reduce(FollowUp.merge, parts, FollowUp.empty(YEARS)) == counted.follow_up
    assert reduce(FollowUp.merge, parts[1:]) != counted.follow_up
    monkeypatch.setattr("ape_core.summaries.counting.cut.PIECE_ROWS", 700)
    assert FollowUp.of_chunk(chunk) == counted.follow_up


def test_of_nobody_there_is_nothing_and_a_whole_is_equal_to_no_other_thing():
    empty = FollowUp.empty(2)
    assert empty.merge(empty) == empty
    assert empty.first_break(13) == (0.0, 0.0, 0)
    assert set(empty.sums_at(26).values()) == {0}
    assert empty != FollowUp.empty(3)
    assert empty != "empty"
    with pytest.raises(TypeError, match="unhashable"):
        hash(empty)


def test_the_slow_count_sees_another_break_and_another_last_visit(counted, eyes):
    """Negative control: the comparison depends on each eye."""
    for point in (13, 26):
        before, after = pairs(eyes[1:], 28 * point)
        assert counted.follow_up.sums_at(point)["product"] != (before * after).sum()
    times = times_to_break(eyes)
    if any(broken for _, broken in times):
        times.remove(next(time for time in times if time[1]))
        expected = kaplan_meier(times, 13 * YEARS)
        assert counted.follow_up.first_break(13 * YEARS)[:2] != pytest.approx(expected)
