"""The model in NumPy, all patients at once: a loop over weeks of operations on arrays."""

from __future__ import annotations

import numpy as np

from ape_core.schema import DAYS_PER_WEEK, NOT_ASSESSED, WEEKS_PER_PERIOD
from ape_core.simulation.eyes import DISCHARGED_FUTILE, DISCHARGED_STABLE, ON_TREATMENT
from ape_core.simulation.parameters import IntArray
from ape_core.spec.run_spec import RunSpec
from benchmarks.baselines.inputs import Inputs, Patient, Visit, inputs_of
from benchmarks.baselines.numpy_clinics import Clinics
from benchmarks.baselines.numpy_eyes import Eyes
from benchmarks.baselines.numpy_people import NEVER_DAY, Appointments, draw_persons

Columns = dict[str, np.ndarray]


def simulate(spec: RunSpec) -> tuple[Columns, Columns]:
    """Simulate all patients of a question; visits come week by week."""
    inputs = inputs_of(spec)
    everybody = Everybody(inputs, np.random.default_rng(spec.seed))
    for week in range(inputs.weeks):
        everybody.live_through(week)
    return everybody.visits(), everybody.patients()


class Everybody:
    """All patients, in one week after another."""

    def __init__(self, inputs: Inputs, rng: np.random.Generator) -> None:
        self.inputs, n = inputs, inputs.n_patients
        self.persons = draw_persons(inputs, rng)
        persons = self.persons
        self.eyes = Eyes(inputs.disease, inputs.people, rng, persons.letters, persons.age_years)
        self.clinics = Clinics(inputs, rng)
        self.appointments = Appointments(inputs.attendance, n, rng)
        self.day, self.planned = np.zeros(n, dtype=int), np.zeros(n, dtype=int)
        self.n_visits, self.n_injections = np.zeros(n, dtype=int), np.zeros(n, dtype=int)
        self.last_day, self.last_interval = np.zeros(n, dtype=int), np.zeros(n, dtype=int)
        n_periods = inputs.weeks // WEEKS_PER_PERIOD + 1
        self.assessed = np.full((n, n_periods), NOT_ASSESSED, dtype=np.int8)
        self.assessed[:, 0] = persons.letters
        self.rows: list[tuple[np.ndarray, ...]] = []

    def live_through(self, week: int) -> None:
        """Assess, see who comes, and let the week pass."""
        if week % WEEKS_PER_PERIOD == 0 and week > 0:
            self.assess(week)
        coming = (self.day // DAYS_PER_WEEK == week) & (self.day < self.persons.care_end)
        if coming.any():
            self.visit(np.flatnonzero(coming))
        self.eyes.pass_a_week(week)
        if week + 1 == self.inputs.weeks:
            self.assess(week + 1)

    def assess(self, week: int) -> None:
        """The assessment of those who are alive."""
        alive = np.flatnonzero(self.persons.death_day > week * DAYS_PER_WEEK)
        self.assessed[alive, week // WEEKS_PER_PERIOD] = self.eyes.measure(alive)

    def visit(self, seen: IntArray) -> None:
        """Visits of one week, of patients of whom each comes once."""
        day, stage = self.day[seen], self.clinics.stage[seen]
        letters = self.eyes.measure(seen)
        letters = np.where(day > 0, letters, self.persons.letters[seen])
        fluid = self.eyes.scan(seen)
        inject, weeks = self.clinics.decide(seen, day, letters, fluid)
        self.eyes.inject(seen[inject])
        interval = DAYS_PER_WEEK * weeks
        delay = day - self.planned[seen]
        self.rows.append((seen, day, letters, fluid, inject, stage, interval, delay))
        self.n_visits[seen] += 1
        self.n_injections[seen] += inject
        self.last_day[seen], self.last_interval[seen] = day, interval
        self.planned[seen] = day + interval
        kept = self.appointments.days_kept(seen, self.planned[seen])
        self.day[seen] = np.where(weeks > 0, kept, NEVER_DAY)

    def visits(self) -> Columns:
        """Columns of the visits."""
        columns = zip(*self.rows, strict=True)
        return dict(zip(Visit._fields, map(np.concatenate, columns), strict=True))

    def patients(self) -> Columns:
        """Columns of the patients."""
        persons, clinics, days = self.persons, self.clinics, self.inputs.days
        on_treatment = persons.end_reason == ON_TREATMENT
        stable = (clinics.stopped_day >= 0) & ((self.last_interval == 0) | on_treatment)
        cases = [clinics.is_futile, stable]
        columns = (
            np.arange(self.inputs.n_patients),
            persons.age_years,
            persons.sex,
            persons.letters,
            self.n_visits,
            self.n_injections,
            np.select(cases, [self.last_day, clinics.stopped_day], persons.care_end),
            np.select(cases, [DISCHARGED_FUTILE, DISCHARGED_STABLE], persons.end_reason),
            np.where(persons.death_day < days, persons.death_day, -1),
            self.assessed,
        )
        return dict(zip(Patient._fields, columns, strict=True))
