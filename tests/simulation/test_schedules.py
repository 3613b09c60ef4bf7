"""Visits and injections, week by week, of eyes that are always dry or always active."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ape_core.simulation.simulate import simulate
from ape_core.spec.cohort import Cohort
from ape_core.spec.model import load_model
from ape_core.spec.people import AgeYears, Attendance, BaselineLetters, Leaving
from ape_core.spec.phases import (
    FixedPhase,
    LabelPhase,
    Loading,
    NoTreatmentPhase,
    PrnPhase,
    TreatAndExtendPhase,
)
from ape_core.spec.population import Population
from ape_core.spec.protocol import AfterStopping, Protocol, Stopping
from ape_core.spec.protocol_yaml import list_protocols, load_protocol
from ape_core.spec.run_spec import RunSpec

PATIENTS = Population(
    name="steadfast",
    title="Patients who come on the day and never leave",
    baseline_letters=BaselineLetters(60.0, 5.0, 45, 75),
    age_years=AgeYears(70.0, 5.0, 50, 90),
    female_share=0.5,
    attendance=Attendance(0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    leaving=Leaving(0.0, 0.0),
    mortality_hazard_ratio=1e-9,
    acuity_noise_sd_letters=0.0,
    recoverable_share=1.0,
)
MONTHLY = Loading(3, 4)
EXTEND = TreatAndExtendPhase(None, 8, 2, 2, 4, 16, "fluid")


def model_of(*, active):
    """Scans always read right, of eyes always far beyond the threshold or far below it."""
    return load_model().replace(
        fluid_threshold=1e-6 if active else 100.0,
        reading_log_sd=0.0,
        reading_sensitivity=1.0,
        reading_specificity=1.0,
        burn_out_scale_years=1e8,
    )


def schedule(protocol, years=2, *, active):
    """Weeks of the injections and of the visits without one, the same in every eye."""
    spec = RunSpec(protocol, Cohort(20, PATIENTS), years, 1, model_of(active=active))
    visits = simulate(spec, 0, 20).visits
    schedules = set()
    for patient in range(20):
        own = visits["patient_id"] == patient
        weeks, injected = visits["day"][own] // 7, visits["injected"][own]
        schedules.add((tuple(weeks[injected].tolist()), tuple(weeks[~injected].tolist())))
    [only] = schedules
    return only


def protocol_of(*phases, loading=MONTHLY, drug="aflibercept-2mg", **rules):
    return Protocol("made", "Made", drug, loading, phases, **rules)


def test_treat_and_extend_of_a_dry_eye():
    injections, looks = schedule(protocol_of(EXTEND), active=False)
    assert injections == (0, 4, 8, 16, 26, 38, 52, 68, 84, 100)
    assert looks == ()


def test_treat_and_extend_of_an_active_eye():
    injections, _ = schedule(protocol_of(EXTEND), years=1, active=True)
    assert injections == (0, 4, 8, 16, 22, 26, 30, 34, 38, 42, 46, 50)


def test_treat_and_extend_goes_on_from_the_interval_of_the_phase_before():
    protocol = protocol_of(FixedPhase(24, 8), EXTEND)
    assert schedule(protocol, years=1, active=False)[0] == (0, 4, 8, 16, 24, 34, 46)
    assert schedule(protocol, years=1, active=True)[0] == (0, 4, 8, 16, 24, 30, 34, 38, 42, 46, 50)


def test_treat_and_extend_after_as_needed_treatment_starts_at_its_first_interval():
    protocol = protocol_of(PrnPhase(24, 4), EXTEND)
    assert schedule(protocol, years=1, active=False)[0] == (0, 4, 8, 24, 32, 42)


def test_as_needed_treatment():
    protocol = protocol_of(PrnPhase(None, 4))
    assert schedule(protocol, years=1, active=False) == ((0, 4, 8), tuple(range(12, 52, 4)))
    assert schedule(protocol, years=1, active=True) == (tuple(range(0, 52, 4)), ())


def test_as_needed_treatment_of_a_dry_eye_at_least_every_12_weeks():
    protocol = protocol_of(PrnPhase(None, 4, 12))
    injections, looks = schedule(protocol, years=1, active=False)
    assert injections == (0, 4, 8, 20, 32, 44)
    assert looks == (12, 16, 24, 28, 36, 40, 48)


def test_as_needed_visits_that_do_not_meet_the_cap_inject_before_it_is_passed():
    protocol = protocol_of(PrnPhase(None, 5, 12))
    assert schedule(protocol, years=1, active=False)[0] == (0, 4, 8, 18, 28, 38, 48)


def test_the_cap_counts_from_the_first_visit_when_there_was_no_loading():
    protocol = protocol_of(PrnPhase(None, 4, 12), loading=None)
    assert schedule(protocol, years=1, active=False)[0] == (12, 24, 36, 48)


def test_a_label_interval_is_shortened_step_by_step_and_never_extended():
    protocol = protocol_of(LabelPhase(None, 16, (12, 8), "fluid"))
    assert schedule(protocol, years=2, active=True)[0] == (0, 4, 8, 24, *range(36, 104, 8))
    assert schedule(protocol, years=2, active=False)[0] == (0, 4, 8, 24, 40, 56, 72, 88)


def test_a_label_phase_assigns_its_interval_whatever_was_in_force():
    protocol = protocol_of(FixedPhase(24, 8), LabelPhase(None, 16, (12,), "fluid"))
    assert schedule(protocol, years=1, active=False)[0] == (0, 4, 8, 16, 24, 40)
    assert schedule(protocol, years=2, active=True)[0] == (0, 4, 8, 16, 24, 40, *range(52, 104, 12))


def test_an_interval_is_assigned_by_looking_after_loading():
    protocol = protocol_of(LabelPhase(None, 16, (), "fluid", None, (8, 12)), loading=Loading(4, 4))
    dry = schedule(protocol, years=1, active=False)
    assert dry == ((0, 4, 8, 12, 28, 44), (20, 24))
    assert schedule(protocol, years=1, active=True) == ((0, 4, 8, 12, 20, 28, 36, 44), ())


def test_untreated_eyes_are_seen_at_the_interval_of_the_phase():
    phases = NoTreatmentPhase(24, 4), NoTreatmentPhase(None, 12)
    protocol = protocol_of(*phases, loading=None, drug="none")
    looks = (0, 4, 8, 12, 16, 20, 24, 36, 48)
    assert schedule(protocol, years=1, active=True) == ((), looks)


def test_a_stable_eye_is_stopped_after_so_many_dry_visits_at_the_longest_interval():
    """At 16 weeks from week 52 on: dry at 68, 84 and 100, and stopped at the fourth."""
    rules = Stopping(None, None, 3, 1.0)
    protocol = protocol_of(EXTEND, stopping=rules, after_stopping=AfterStopping(8, False))
    injections, looks = schedule(protocol, years=3, active=False)
    assert injections == (0, 4, 8, 16, 26, 38, 52, 68, 84, 100)
    assert looks == tuple(range(116, 156, 8))
    discharging = protocol_of(EXTEND, stopping=rules)
    assert schedule(discharging, years=3, active=False) == (injections, (116,))


def test_an_eye_on_fixed_dosing_is_not_stopped_before_a_later_phase_has_extended_it():
    protocol = protocol_of(FixedPhase(104, 8), EXTEND, stopping=Stopping(None, None, 1, 1.0))
    injections, looks = schedule(protocol, years=3, active=False)
    assert injections == (0, 4, *range(8, 104, 8), 104, 114, 126, 140)
    assert looks == ()


def test_dry_visits_count_from_the_stated_interval_on():
    """Dry at 16, 26 and 38, at intervals of 8 weeks and more, and stopped at the fourth."""
    rules = Stopping(None, None, 3, 1.0, stable_interval_weeks=8)
    protocol = protocol_of(EXTEND, stopping=rules, after_stopping=AfterStopping(8, False))
    injections, looks = schedule(protocol, years=2, active=False)
    assert injections == (0, 4, 8, 16, 26, 38)
    assert looks == tuple(range(52, 104, 8))
    later = replace(protocol, stopping=replace(rules, stable_interval_weeks=9))
    assert schedule(later, years=2, active=False)[0] == (0, 4, 8, 16, 26, 38, 52)
    assert schedule(protocol, years=2, active=True)[1] == ()


@pytest.mark.parametrize("following", [EXTEND, PrnPhase(None, 4)], ids=["extend", "prn"])
def test_a_stated_interval_can_be_reached_before_the_last_phase(following):
    rules = Stopping(None, None, 2, 1.0, stable_interval_weeks=8)
    protocol = protocol_of(FixedPhase(104, 8), following, stopping=rules)
    assert schedule(protocol, years=3, active=False) == ((0, 4, 8, 16, 24), (32,))


def test_an_interval_that_is_never_reached_stops_no_eye():
    rules = Stopping(None, None, 1, 1.0, stable_interval_weeks=17)
    assert schedule(protocol_of(EXTEND, stopping=rules), years=3, active=False)[1] == ()


def test_treatment_as_needed_is_never_stopped_as_stable():
    for weeks in (None, 1):
        protocol = protocol_of(PrnPhase(None, 4), stopping=Stopping(None, None, 1, 1.0, weeks))
        assert schedule(protocol, years=1, active=False)[1] == tuple(range(12, 52, 4))


def test_an_eye_of_low_acuity_is_discharged_at_the_second_visit_running():
    protocol = protocol_of(EXTEND, stopping=Stopping(85, 2, None, None))
    hopeless = replace(PATIENTS, baseline_letters=BaselineLetters(30.0, 2.0, 20, 40))
    model = model_of(active=True).replace(letters_per_fluid_median=0.0)
    spec = RunSpec(protocol, Cohort(50, hopeless), 2, 1, model)
    chunk = simulate(spec, 0, 50)
    assert set(chunk.patients["end_reason"]) == {2}
    assert set(chunk.patients["end_day"]) == {22 * 7}
    assert set(chunk.patients["n_injections"]) == {4}


SKETCHED = [info.name for info in list_protocols() if load_protocol(info.name).loading]


def by_fluid_alone(phase):
    """The phase with activity defined by fluid, which these eyes have always or never."""
    field = {"label": "criteria", "treat-and-extend": "activity"}.get(phase.regimen)
    return replace(phase, **{field: "fluid", "letters_lost": None}) if field else phase


@pytest.mark.parametrize("active", [False, True], ids=["dry", "active"])
@pytest.mark.parametrize("name", SKETCHED)
def test_the_schedule_shown_for_a_protocol_is_the_one_simulated(name, active):
    protocol = load_protocol(name)
    phases = tuple(map(by_fluid_alone, protocol.phases))
    protocol = replace(protocol, phases=phases, stopping=None, after_stopping=None)
    sketch = protocol.schedule_sketch(2 * 52 - 1)
    shown = sketch.active if active else sketch.dry
    assert (shown.injection_weeks, shown.visit_only_weeks) == schedule(protocol, active=active)
