"""All patients of a run in NumPy: who they are, when they come, and when care ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from ape_core.schema import DAYS_PER_CALENDAR_YEAR
from ape_core.simulation.eyes import DIED, LOST, ON_TREATMENT, TRANSFERRED
from ape_core.simulation.parameters import Attendance, FloatArray, IntArray, People
from benchmarks.baselines.inputs import Inputs

NEVER_DAY = 1 << 30


@dataclass
class Persons:
    """Patients at the first visit; days since then."""

    sex: IntArray
    age_years: IntArray
    letters: IntArray
    death_day: IntArray
    care_end: IntArray
    end_reason: IntArray


def draw_persons(inputs: Inputs, rng: Generator) -> Persons:
    """Draw all patients."""
    people, n = inputs.people, inputs.n_patients
    sex = (rng.random(n) >= people.female_share).astype(np.int64)
    age = people.age_low + np.searchsorted(people.age_cdf, rng.random(n))
    letters = np.searchsorted(people.baseline_cdf, rng.random(n))
    death = death_days(people, sex, age, rng)
    ends = np.array(
        [
            np.full(n, inputs.days),
            death,
            leaving_days(people.lost_per_day, n, rng),
            leaving_days(people.transferred_per_day, n, rng),
        ]
    )
    first = np.argmin(ends, axis=0)
    reasons = np.array([ON_TREATMENT, DIED, LOST, TRANSFERRED])
    return Persons(sex, age, letters, death, ends.min(axis=0), reasons[first])


def death_days(people: People, sex: IntArray, age: IntArray, rng: Generator) -> IntArray:
    """Days on which the hazard that has accumulated kills."""
    left = rng.standard_exponential(len(sex))
    years, span, dead = np.zeros(len(sex)), 0.5, np.zeros(len(sex), dtype=bool)
    last = people.death_hazard_per_year.shape[1] - 1
    while not dead.all():
        hazard = people.death_hazard_per_year[sex, age]
        dies = ~dead & ((left <= hazard * span) | (age == last))
        years = np.where(dies, years + left / hazard, np.where(dead, years, years + span))
        left -= hazard * span
        dead |= dies
        age, span = np.minimum(age + 1, last), 1.0
    return np.maximum(np.floor(years * DAYS_PER_CALENDAR_YEAR), 1).astype(np.int64)


def leaving_days(per_day: float, n: int, rng: Generator) -> IntArray:
    """Days of something that comes at a constant rate, if ever."""
    if not per_day:
        return np.full(n, NEVER_DAY)
    return np.floor(1 + rng.standard_exponential(n) / per_day).astype(np.int64)


class Appointments:
    """How patients keep appointments."""

    def __init__(self, attendance: Attendance, n: int, rng: Generator) -> None:
        self.attendance, self.rng = attendance, rng
        self.gone, self.back = self.breaks_after(np.zeros(n))

    def breaks_after(self, days: FloatArray) -> tuple[FloatArray, FloatArray]:
        """First day and day of return of the next breaks from care."""
        kept, n = self.attendance, len(days)
        if not kept.breaks_per_day:
            return np.full(n, np.inf), np.full(n, np.inf)
        gone = np.ceil(days + self.rng.standard_exponential(n) / kept.breaks_per_day)
        return gone, gone + np.ceil(self.rng.standard_exponential(n) * kept.break_days_mean)

    def days_kept(self, patients: IntArray, planned: IntArray) -> IntArray:
        """Days on which some patients come."""
        kept, rng, n = self.attendance, self.rng, len(patients)
        days = planned + int(kept.rebooked_days) * (rng.random(n) < kept.missed_share)
        late = 1 + np.floor(kept.late_days_mean * rng.standard_exponential(n))
        days = days + np.where(rng.random(n) < kept.late_share, late, 0)
        while (hit := np.flatnonzero(days >= self.gone[patients])).size:
            away = patients[hit]
            days[hit] = np.maximum(days[hit], self.back[away])
            self.gone[away], self.back[away] = self.breaks_after(self.back[away])
        return days.astype(np.int64)
