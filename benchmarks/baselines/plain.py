"""The model in plain Python: objects and loops, and nothing that is not in its library."""

from __future__ import annotations

import math
from random import Random

from ape_core.simulation.eyes import DISCHARGED_FUTILE, DISCHARGED_STABLE, ON_TREATMENT
from ape_core.spec.run_spec import RunSpec
from benchmarks.baselines.inputs import Inputs, Patient, Visit, inputs_of
from benchmarks.baselines.plain_clinic import Clinic
from benchmarks.baselines.plain_eye import Eye
from benchmarks.baselines.plain_patient import Appointments, Cohort, Person


def simulate(spec: RunSpec) -> tuple[list[Visit], list[Patient]]:
    """Simulate all patients of a question, one after another."""
    inputs = inputs_of(spec)
    rng = Random(spec.seed)
    cohort, errors = Cohort(inputs, rng), inputs.disease.errors.tolist()
    visits: list[Visit] = []
    patients = []
    for patient_id in range(inputs.n_patients):
        follow_up = FollowUp(patient_id, inputs, cohort.person(), errors, rng)
        follow_up.run()
        visits += follow_up.visits
        patients.append(follow_up.summary())
    return visits, patients


class FollowUp:
    """One patient from the first visit to the end of the run or of life."""

    def __init__(
        self, patient_id: int, inputs: Inputs, person: Person, errors: list[float], rng: Random
    ) -> None:
        self.patient_id, self.person, self.days = patient_id, person, inputs.days
        self.eye = Eye(inputs.disease, inputs.people, errors, rng, person.letters, person.age_years)
        self.clinic = Clinic(inputs, rng)
        self.appointments = Appointments(inputs.attendance, rng)
        self.visits: list[Visit] = []
        self.stopped_day = -1
        self.last_week = min(math.ceil(person.death_day / 7), inputs.weeks)

    def run(self) -> None:
        """Go from visit to visit, and live on."""
        day: float = 0
        planned = 0
        while day < self.person.care_end:
            self.eye.live_until(int(day) // 7)
            day, planned = self.visit(int(day), planned)
        self.live_on()

    def visit(self, day: int, planned: int) -> tuple[float, int]:
        """One visit: the day of the next one, infinite for none, and for which it is planned."""
        stage = self.clinic.stage
        letters = self.eye.measure() if day > 0 else self.person.letters
        fluid = self.eye.scan()
        inject, weeks = self.clinic.decide(letters, active=fluid)
        if inject:
            self.eye.inject()
            self.stopped_day = -1
        elif self.clinic.is_stable:
            self.stopped_day = day
        delay = day - planned
        self.visits.append(
            Visit(self.patient_id, day, letters, fluid, inject, stage, 7 * weeks, delay)
        )
        if weeks == 0:
            return math.inf, 0
        planned = day + 7 * weeks
        return self.appointments.day_kept(planned), planned

    def live_on(self) -> None:
        """Live to the end of the run, with its last assessment, or of life."""
        self.eye.live_until(self.last_week)
        if self.person.death_day >= self.days:
            self.eye.assessed.append(self.eye.measure())

    def summary(self) -> Patient:
        """The patient's row."""
        person, last = self.person, self.visits[-1]
        end_day, end_reason = person.care_end, person.end_reason
        if self.clinic.is_futile:
            end_day, end_reason = last.day, DISCHARGED_FUTILE
        elif self.stopped_day >= 0 and (last.interval_days == 0 or end_reason == ON_TREATMENT):
            end_day, end_reason = self.stopped_day, DISCHARGED_STABLE
        return Patient(
            self.patient_id,
            person.age_years,
            person.sex,
            person.letters,
            len(self.visits),
            sum(visit.injected for visit in self.visits),
            int(end_day),
            end_reason,
            int(person.death_day) if person.death_day < self.days else -1,
            self.eye.assessed,
        )
