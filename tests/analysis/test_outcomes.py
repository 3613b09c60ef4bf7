"""Each outcome of a simulated arm, against the rows of the same patients counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from ape_core.analysis.follow_up import FollowUp
from ape_core.analysis.outcomes import OUTCOMES, assessment_week, estimate
from ape_core.analysis.summarising import Counted
from ape_core.errors import InvalidInputError
from ape_core.schema import END_REASONS
from ape_core.simulation.simulate import simulate
from ape_core.spec.cohort import Cohort
from ape_core.spec.protocol_yaml import load_protocol
from ape_core.spec.run_spec import RunSpec
from ape_core.summaries.summary import Summary

N = 400
WEEK = 52


@pytest.fixture(scope="module")
def chunk():
    """Patients in routine care, some of whom stop, leave and die."""
    protocol = load_protocol("aflibercept-2mg-treat-and-extend")
    return simulate(RunSpec(protocol, Cohort(N), years=2, seed=3), 0, N)


def count(chunk):
    return Counted(Summary.of_chunk(chunk), FollowUp.of_chunk(chunk))


@pytest.fixture(scope="module")
def counted(chunk):
    return count(chunk)


@pytest.fixture(scope="module")
def rows(chunk):
    """For each patient: end, baseline, assessments and visits up to the day of the week."""
    found = []
    for i in range(N):
        mine = {name: column[i] for name, column in chunk.patients.items()}
        visits = chunk.visits["patient_id"] == i
        mine["visits"] = [
            {name: column[j].item() for name, column in chunk.visits.items()}
            for j in np.flatnonzero(visits)
        ]
        mine["assessed"] = chunk.assessments[i]
        found.append(mine)
    return found


def in_care(row, day):
    """Whether an eye is in care on a day, by the words of the summaries."""
    reason = END_REASONS[row["end_reason"]]
    if reason == "on treatment":
        return True
    if reason == "discharged stable" and row["visits"][-1]["interval_days"] > 0:
        return True
    return row["end_day"] > day or (row["end_day"] == day and reason != "died")


def carried(row, day):
    """Letters assessed at the last week in care."""
    while not in_care(row, day):
        day -= 28
    return int(row["assessed"][day // 28])


def last_visit(row, day):
    return [visit for visit in row["visits"] if visit["day"] <= day][-1]


@pytest.mark.parametrize("week", [24, 52, 96])
def test_a_trial_reports_everyone_with_the_last_observation_carried_forward(counted, rows, week):
    letters = np.array([carried(row, 7 * week) for row in rows])
    change = letters - np.array([int(row["baseline_letters"]) for row in rows])
    expected = {
        "bcva_change_mean": change.mean(),
        "bcva_change_sd": change.std(ddof=1),
        "bcva_mean": letters.mean(),
        "pct_gain_ge15": 100 * (change >= 15).mean(),
        "pct_loss_ge15": 100 * (change <= -15).mean(),
        "pct_bcva_ge70": 100 * (letters >= 70).mean(),
    }
    for outcome, value in expected.items():
        found = estimate(counted, outcome, week, in_trial=True)
        assert found.value == pytest.approx(value), outcome
        assert found.n == N
    mean = estimate(counted, "bcva_change_mean", week, in_trial=True)
    assert mean.se == pytest.approx(change.std(ddof=1) / N**0.5)
    share = expected["pct_gain_ge15"] / 100
    gain = estimate(counted, "pct_gain_ge15", week, in_trial=True)
    assert gain.se == pytest.approx(100 * (share * (1 - share) / N) ** 0.5)


def test_routine_care_reports_eyes_in_care_as_the_clinic_measured_them(counted, rows):
    kept = [row for row in rows if in_care(row, 7 * WEEK)]
    letters = np.array([last_visit(row, 7 * WEEK)["letters"] for row in kept])
    change = letters - np.array([int(row["baseline_letters"]) for row in kept])
    found = estimate(counted, "bcva_change_mean", WEEK, in_trial=False)
    assert len(kept) < N
    assert (found.n, found.value) == (len(kept), pytest.approx(change.mean()))
    mean = estimate(counted, "bcva_mean", WEEK, in_trial=False)
    assert mean.value == pytest.approx(letters.mean())


def test_injections_so_far_are_those_before_the_week(counted, rows):
    given = [sum(v["injected"] for v in row["visits"] if v["day"] < 7 * WEEK) for row in rows]
    kept = [n for n, row in zip(given, rows, strict=True) if in_care(row, 7 * WEEK)]
    of_all = estimate(counted, "injections_cum_mean", WEEK, in_trial=True)
    of_kept = estimate(counted, "injections_cum_mean", WEEK, in_trial=False)
    assert of_all.value == pytest.approx(np.mean(given))
    assert of_kept.value == pytest.approx(np.mean(kept))
    assert of_kept.value > of_all.value


def test_a_year_is_that_of_the_eyes_in_care_through_it(counted, rows):
    second = [
        [visit for visit in row["visits"] if 364 <= visit["day"] < 728]
        for row in rows
        if in_care(row, 728)
    ]
    visits = np.array([len(year) for year in second])
    injections = np.array([sum(visit["injected"] for visit in year) for year in second])
    for week in (96, 104):
        seen = estimate(counted, "visits_in_year_mean", week, in_trial=False)
        given = estimate(counted, "injections_in_year_mean", week, in_trial=True)
        assert seen.value == pytest.approx(visits.mean())
        assert given.value == pytest.approx(injections.mean())
        assert given.se == pytest.approx(injections.std(ddof=1) / len(second) ** 0.5)


def test_shares_by_status_scan_and_interval(counted, rows):
    day = 7 * WEEK
    kept = [row for row in rows if in_care(row, day)]
    dry = [not last_visit(row, day)["fluid"] for row in kept]
    dead = [0 <= row["death_day"] <= day for row in rows]
    expected = {
        "pct_dry": 100 * np.mean(dry),
        "pct_discontinued": 100 * (1 - len(kept) / N),
        "pct_died": 100 * np.mean(dead),
    }
    for outcome, value in expected.items():
        found = estimate(counted, outcome, WEEK, in_trial=True)
        assert found.value == pytest.approx(value), outcome
    shares = [
        estimate(counted, f"pct_interval_ge{k}w", WEEK, in_trial=True).value for k in (8, 12, 16)
    ]
    assert 100 > shares[0] > shares[1] > shares[2] > 0


def test_intervals_of_a_fixed_schedule_are_its_own():
    protocol = load_protocol("aflibercept-2mg-fixed-8-weekly")
    chunk = simulate(RunSpec(protocol, Cohort(50, "trial"), years=1, seed=1), 0, 50)
    counted = count(chunk)
    assert estimate(counted, "pct_interval_ge8w", 52, in_trial=True).value == 100
    assert estimate(counted, "pct_interval_ge12w", 52, in_trial=True).value == 0


@pytest.mark.parametrize(("week", "meant"), [(0, 0), (13, 12), (26, 28), (50, 52), (104, 104)])
def test_a_week_between_assessments_stands_for_the_nearest(week, meant):
    assert assessment_week(week) == meant


def test_a_week_far_from_the_end_of_a_year_has_no_year(counted):
    with pytest.raises(InvalidInputError, match="No study year ends near week 76."):
        estimate(counted, "visits_in_year_mean", 76, in_trial=True)


def test_nobody_left_is_said():
    with pytest.raises(InvalidInputError, match="No simulated eye counts for pct_dry at week 52."):
        estimate(Counted.empty(1), "pct_dry", 52, in_trial=False)


def test_the_spread_between_studies_is_one_letter_for_trials_and_two_for_routine_care():
    for outcome in ("bcva_change_mean", "bcva_mean"):
        assert OUTCOMES[outcome].tau(104, in_trial=True) == 1
        assert OUTCOMES[outcome].tau(104, in_trial=False) == 2
    injections = OUTCOMES["injections_cum_mean"]
    assert injections.tau(104, in_trial=True) == 2 * injections.tau(52, in_trial=True)
    assert all(o.tau_trial > 0 and o.tau_routine >= o.tau_trial for o in OUTCOMES.values())
