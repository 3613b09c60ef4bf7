"""The model in SimPy: of every patient a process of care and one of the disease, on one clock.

Each week of the disease is closed half a day before the next one begins, so that a visit on its
first day meets the eye as it is then.
"""

from __future__ import annotations

from collections.abc import Generator
from random import Random

import simpy

from ape_core.spec.run_spec import RunSpec
from benchmarks.baselines.inputs import Patient, Visit, inputs_of
from benchmarks.baselines.plain import FollowUp
from benchmarks.baselines.plain_patient import Cohort


def simulate(spec: RunSpec) -> tuple[list[Visit], list[Patient]]:
    """Simulate all patients of a question together."""
    inputs = inputs_of(spec)
    rng = Random(spec.seed)
    cohort, errors = Cohort(inputs, rng), inputs.disease.errors.tolist()
    clock = simpy.Environment()
    followed = [
        FollowUp(patient_id, inputs, cohort.person(), errors, rng)
        for patient_id in range(inputs.n_patients)
    ]
    for follow_up in followed:
        clock.process(disease(clock, follow_up))
        clock.process(care(clock, follow_up))
    clock.run()
    for follow_up in followed:
        follow_up.live_on()
    visits = [visit for follow_up in followed for visit in follow_up.visits]
    return visits, [follow_up.summary() for follow_up in followed]


def disease(clock: simpy.Environment, follow_up: FollowUp) -> Generator[simpy.Event, None, None]:
    """Week after week of an eye."""
    yield clock.timeout(6.5)
    for week in range(1, follow_up.last_week + 1):
        follow_up.eye.live_until(week)
        yield clock.timeout(7)


def care(clock: simpy.Environment, follow_up: FollowUp) -> Generator[simpy.Event, None, None]:
    """Visit after visit until care ends."""
    day: float = 0
    planned = 0
    while day < follow_up.person.care_end:
        yield clock.timeout(day - clock.now)
        day, planned = follow_up.visit(int(day), planned)
