"""What each shipped protocol does, in a clinician's words, over thousands of visits."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pandas as pd
import pytest
from scipy import stats

from ape_core.schema import DRUGS, PHASES
from ape_core.simulation.simulate import simulate
from ape_core.spec.cohort import Cohort
from ape_core.spec.phases import FixedPhase, LabelPhase, PrnPhase, TreatAndExtendPhase
from ape_core.spec.protocol import Stopping
from ape_core.spec.protocol_yaml import list_protocols, load_protocol
from ape_core.spec.run_spec import RunSpec

N_PATIENTS = 2_000
PROTOCOLS = [info.name for info in list_protocols()]
EYE = ["patient_id", "eye"]


EARLY = "stable from 8 weeks"


def protocol_of(name):
    """A shipped protocol, or one that stops eyes long before the longest interval."""
    if name != EARLY:
        return load_protocol(name)
    protocol = load_protocol("aflibercept-2mg-treat-and-extend")
    return replace(protocol, stopping=Stopping(15, 2, 2, 0.4, stable_interval_weeks=8))


@cache
def visits_of(name):
    """Visits in routine care, each with what was written at the visit before and after it."""
    cohort = Cohort(N_PATIENTS, "uk-routine-care", two_eyes=True)
    chunk = simulate(RunSpec(protocol_of(name), cohort, 6, 1), 0, N_PATIENTS)
    visits = pd.DataFrame(chunk.visits)
    visits["phase"] = visits["phase"].map(dict(enumerate(PHASES)))
    eyes = visits.groupby(EYE, sort=False)
    visits["number"] = eyes.cumcount() + 1
    visits["week"] = (visits["day"] - eyes["day"].transform("first")) // 7
    visits["next_phase"] = eyes["phase"].shift(-1)
    visits["is_last"] = visits["next_phase"].isna()
    for column in ("day", "interval_days", "letters", "fluid", "injected", "phase"):
        visits[f"last_{column}"] = eyes[column].shift(1)
    injection_day = visits["day"].where(visits["injected"])
    visits["injection_day"] = injection_day.groupby([visits[key] for key in EYE]).ffill()
    visits["last_injection_day"] = visits.groupby(EYE, sort=False)["injection_day"].shift(1)
    return visits


@cache
def eyes_of(name):
    """The patients table of the same run, with the reasons for leaving in words."""
    cohort = Cohort(N_PATIENTS, "uk-routine-care", two_eyes=True)
    chunk = simulate(RunSpec(load_protocol(name), cohort, 6, 1), 0, N_PATIENTS)
    columns = {key: values for key, values in chunk.patients.items() if values.ndim == 1}
    return pd.DataFrame(columns), chunk.assessments


def having(kind):
    """Shipped protocols with a phase of this kind, and the phase with its first week."""
    found = []
    for name in PROTOCOLS:
        start = 0
        for phase in load_protocol(name).phases:
            if isinstance(phase, kind):
                found.append(pytest.param(name, phase, start, id=name))
            start = phase.until_week
    return found


def treating(name, phase, start):
    """Visits while treatment goes on under a phase, but those at which it stops."""
    visits = visits_of(name)
    end = phase.until_week or 10_000
    in_phase = visits["phase"].isin(["maintenance", "retreatment"]) & visits["week"].between(
        start, end - 1
    )
    stops = ~visits["injected"] & ((visits["next_phase"] == "monitoring") | visits["is_last"])
    kept = visits[in_phase & ~stops]
    assert len(kept) > 1000
    return kept


def activity(visits, criterion, letters_lost):
    lost = (visits["last_letters"] - visits["letters"] >= letters_lost) if letters_lost else False
    return {
        "fluid": visits["fluid"],
        "fluid-or-letters": visits["fluid"] | lost,
        "fluid-and-letters": visits["fluid"] & lost,
    }[criterion]


@pytest.mark.parametrize("name", [name for name in PROTOCOLS if load_protocol(name).loading])
def test_loading_is_so_many_injections_so_far_apart_whatever_is_seen(name):
    loading, visits = load_protocol(name).loading, visits_of(name)
    assert ((visits["phase"] == "loading") == (visits["number"] <= loading.n_injections)).all()
    doses = visits[visits["phase"] == "loading"]
    assert doses["injected"].all()
    before_last = doses[doses["number"] < loading.n_injections]
    assert (before_last["interval_days"] == 7 * loading.interval_weeks).all()
    assert not doses["fluid"].all()


@pytest.mark.parametrize(("name", "phase", "start"), having(FixedPhase))
def test_fixed_dosing_injects_whatever_is_seen(name, phase, start):
    visits = treating(name, phase, start)
    assert visits["injected"].all()
    assert (visits["interval_days"] == 7 * phase.interval_weeks).all()
    assert 0.05 < visits["fluid"].mean() < 0.95


@pytest.mark.parametrize(("name", "phase", "start"), having(TreatAndExtendPhase))
def test_treat_and_extend_injects_at_every_visit(name, phase, start):
    assert treating(name, phase, start)["injected"].all()


@pytest.mark.parametrize(("name", "phase", "start"), having(TreatAndExtendPhase))
def test_treat_and_extend_moves_the_previous_planned_interval_by_a_step(name, phase, start):
    visits = treating(name, phase, start)
    visits = visits[visits["last_injected"].astype(bool) & (visits["last_phase"] != "loading")]
    active = activity(visits, phase.activity, phase.letters_lost)
    step = active.map({True: -7 * phase.shorten_by_weeks, False: 7 * phase.extend_by_weeks})
    wanted = (visits["last_interval_days"] + step).clip(
        7 * phase.min_interval_weeks, 7 * phase.max_interval_weeks
    )
    assert (visits["interval_days"] == wanted).all()
    # The planned interval counts, not the days that have really passed.
    assert (visits["delay_days"] > 0).mean() > 0.1


@pytest.mark.parametrize(("name", "phase", "start"), having(TreatAndExtendPhase))
def test_treat_and_extend_stays_within_its_limits_and_reaches_them(name, phase, start):
    weeks = treating(name, phase, start)["interval_days"] // 7
    assert weeks.min() == phase.min_interval_weeks
    assert weeks.max() == phase.max_interval_weeks


def test_as_needed_treatment_injects_exactly_when_active():
    name = "ranibizumab-0.5mg-prn"
    visits = treating(name, load_protocol(name).phases[0], 0)
    assert (visits["injected"] == visits["fluid"]).all()
    assert (visits["interval_days"] == 28).all()
    assert 0.1 < visits["injected"].mean() < 0.9


def test_capped_as_needed_treatment_never_plans_a_longer_gap_than_allowed():
    [capped] = [p for p in having(PrnPhase) if p.values[1].max_gap_weeks is not None]
    name, phase, start = capped.values
    visits, longest = treating(name, phase, start), 7 * phase.max_gap_weeks
    planned = visits["day"] + visits["interval_days"]
    due = planned - visits["last_injection_day"] > longest
    assert (visits["injected"] == (visits["fluid"] | due)).all()
    gap = visits["day"] - visits["last_injection_day"]
    assert (gap[visits["injected"]] <= longest + visits["delay_days"][visits["injected"]]).all()
    assert (due & ~visits["fluid"]).sum() > 100


def test_aflibercept_8mg_shortens_only_when_fluid_comes_with_lost_letters():
    name = "aflibercept-8mg-label"
    phase = load_protocol(name).phases[0]
    assert isinstance(phase, LabelPhase)
    visits = treating(name, phase, 0)
    assert visits["injected"].all()
    assert set(visits["interval_days"]) == {84, 56}
    active = activity(visits, phase.criteria, phase.letters_lost)
    shortened = visits["interval_days"] < visits["last_interval_days"]
    assert (shortened == (active & (visits["last_interval_days"] == 84))).all()
    assert (visits["interval_days"] <= visits["last_interval_days"]).all()
    assert shortened.sum() > 20


def test_faricimab_is_assigned_the_interval_at_which_the_eye_is_first_active():
    name = "faricimab-6mg"
    phase = load_protocol(name).phases[0]
    visits = treating(name, phase, 0)
    active = activity(visits, phase.criteria, phase.letters_lost)
    looks_at_8 = visits["number"] == 5
    looks_at_12 = (visits["number"] == 6) & ~visits["last_injected"].astype(bool)
    for looks, weeks, wait in ((looks_at_8, 8, 4), (looks_at_12, 12, 4)):
        assert looks.sum() > 1000
        assert (visits["injected"][looks] == active[looks]).all()
        assert (visits["interval_days"][looks & active] == 7 * weeks).all()
        assert (visits["interval_days"][looks & ~active] == 7 * wait).all()
    later = visits[~looks_at_8 & ~looks_at_12]
    assert later["injected"].all()
    assigned = later[later["last_injected"].astype(bool)]
    assert (assigned["interval_days"] == assigned["last_interval_days"]).all()
    inactive = later[~later["last_injected"].astype(bool)]
    assert (inactive["interval_days"] == 7 * 16).all()


def test_without_treatment_nothing_is_ever_injected():
    visits = visits_of("no-treatment")
    assert not visits["injected"].any()
    assert (visits["drug"] == 0).all()
    assert (visits["phase"] == "monitoring").all()
    assert (visits["interval_days"] == 84).all()


@pytest.mark.parametrize("name", PROTOCOLS)
def test_the_drug_of_the_protocol_is_given_and_no_other(name):
    visits = visits_of(name)
    given = visits["injected"].map({True: DRUGS.index(load_protocol(name).drug), False: 0})
    assert (visits["drug"] == given).all()


WITH_STOPPING = [name for name in PROTOCOLS if load_protocol(name).stopping]


@pytest.mark.parametrize("name", WITH_STOPPING)
def test_futile_eyes_are_discharged_for_good_and_only_they(name):
    rules, visits = load_protocol(name).stopping, visits_of(name)
    assert rules.consecutive_visits == 2
    judged = visits["phase"].isin(["maintenance", "retreatment"])
    low = visits["letters"] < rules.futile_below_letters
    judged_before = visits["last_phase"].isin(["maintenance", "retreatment"])
    low_before = visits["last_letters"] < rules.futile_below_letters
    twice = judged & judged_before & low & low_before
    assert twice.sum() > 50
    assert (visits["is_last"] & (visits["interval_days"] == 0))[twice].all()
    assert not visits["injected"][twice].any()
    eyes, _ = eyes_of(name)
    futile = eyes[eyes["end_reason"] == 2].set_index(EYE)
    last_day = visits[twice].set_index(EYE)["day"]
    pd.testing.assert_series_equal(futile["end_day"], last_day, check_names=False)


def stable_stopping(name, weeks):
    """Visits that may stop as stable if those at intervals of so many weeks count; which stop."""
    rules, visits = protocol_of(name).stopping, visits_of(name)
    treated = visits["phase"].isin(["maintenance", "retreatment"])
    quiet = treated & (visits["last_interval_days"] >= 7 * weeks) & ~visits["fluid"]
    run = quiet.groupby((~quiet | (visits["number"] == 1)).cumsum()).cumsum()
    low = visits["letters"] < rules.futile_below_letters
    twice_low = low & low.shift(fill_value=False)
    may_stop = (run > rules.stable_at_max_interval_visits) & ~twice_low
    return may_stop, treated & (visits["next_phase"] == "monitoring")


def p_of_stopping(name, may_stop, stopped):
    """p-value of the number of visits that stop, of those whose successor shows it."""
    known = may_stop & ~visits_of(name)["is_last"]
    assert known.sum() > 300
    chance = protocol_of(name).stopping.stable_stop_probability
    return stats.binomtest(int(stopped.sum()), int(known.sum()), chance).pvalue


@pytest.mark.parametrize("name", WITH_STOPPING)
def test_stable_eyes_stop_by_chance_after_enough_dry_visits_at_the_longest_interval(name):
    may_stop, stopped = stable_stopping(name, load_protocol(name).phases[-1].max_interval_weeks)
    assert may_stop[stopped].all()
    assert not visits_of(name)["injected"][stopped].any()
    assert p_of_stopping(name, may_stop, stopped) > 1e-6


def test_stable_eyes_stop_after_enough_dry_visits_at_the_stated_interval_or_a_longer_one():
    may_stop, stopped = stable_stopping(EARLY, 8)
    assert may_stop[stopped].all()
    assert not visits_of(EARLY)["injected"][stopped].any()
    assert p_of_stopping(EARLY, may_stop, stopped) > 1e-6
    at_stopping = visits_of(EARLY)["last_interval_days"][stopped] // 7
    assert at_stopping.min() >= 8
    assert (at_stopping < 16).mean() > 0.5


def test_another_interval_than_the_stated_one_does_not_explain_who_stops():
    """Negative control: eyes that stop are not all at 12 weeks, and many are not at 4."""
    longer, stopped = stable_stopping(EARLY, 14)
    assert not longer[stopped].all()
    shorter, stopped = stable_stopping(EARLY, 6)
    assert p_of_stopping(EARLY, shorter, stopped) < 1e-6


@pytest.mark.parametrize("name", WITH_STOPPING)
def test_monitored_eyes_are_injected_again_when_active_and_start_at_the_shortest_interval(name):
    protocol, visits = load_protocol(name), visits_of(name)
    monitored = visits[visits["phase"] == "monitoring"]
    assert len(monitored) > 200
    assert (monitored["injected"] == monitored["fluid"]).all()
    quiet, active = monitored[~monitored["fluid"]], monitored[monitored["fluid"]]
    assert (quiet["interval_days"] == 7 * protocol.after_stopping.monitor_interval_weeks).all()
    assert (active["interval_days"] == 7 * protocol.phases[-1].min_interval_weeks).all()
    assert active["next_phase"].dropna().eq("retreatment").all()
    assert quiet["next_phase"].dropna().eq("monitoring").all()


@pytest.mark.parametrize("name", PROTOCOLS)
def test_no_visit_comes_after_the_end_of_follow_up_by_death_loss_or_transfer(name):
    eyes, _ = eyes_of(name)
    visits = visits_of(name).merge(eyes, on=EYE, suffixes=("", "_of_eye"))
    left = visits[visits["end_reason"].isin([3, 4, 5])]
    assert len(left) > 1000
    assert (left["day"] < left["end_day"]).all()
    dead = visits[visits["death_day"] >= 0]
    assert (dead["day"] < dead["death_day"]).all()
    assert (visits["day"] < 6 * 364).all()


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_discharged_eye_is_not_seen_again(name):
    visits = visits_of(name)
    assert visits["is_last"][visits["interval_days"] == 0].all()


@pytest.mark.parametrize("name", PROTOCOLS)
def test_visits_are_never_before_they_are_planned(name):
    visits = visits_of(name)
    later = visits[visits["number"] > 1]
    planned = later["last_day"] + later["last_interval_days"]
    assert (later["day"] - planned == later["delay_days"]).all()
    assert (visits["delay_days"] >= 0).all()


@pytest.mark.parametrize("name", PROTOCOLS)
def test_each_eye_is_counted_as_its_visits_say(name):
    eyes, _ = eyes_of(name)
    by_eye = visits_of(name).groupby(EYE)
    eyes = eyes.set_index(EYE)
    for column, counted in {
        "n_visits": by_eye.size(),
        "n_injections": by_eye["injected"].sum(),
        "last_letters": by_eye["letters"].last(),
        "baseline_letters": by_eye["letters"].first(),
        "onset_day": by_eye["day"].first(),
        "first_day": by_eye["calendar_day"].first() - by_eye["day"].first(),
    }.items():
        assert (eyes[column] == counted).all(), column


@pytest.mark.parametrize("name", PROTOCOLS)
def test_every_eye_is_assessed_from_onset_to_death_also_after_its_care_ended(name):
    eyes, assessments = eyes_of(name)
    for period in range(assessments.shape[1]):
        day, letters = 28 * period, assessments[:, period]
        living = (eyes["onset_day"] <= day) & ((eyes["death_day"] < 0) | (day < eyes["death_day"]))
        assert ((letters >= 0) == living).all()
        assert letters.max() <= 100
    out_of_care = (eyes["end_day"] < 364) & (eyes["death_day"] < 0)
    assert out_of_care.sum() > 20
