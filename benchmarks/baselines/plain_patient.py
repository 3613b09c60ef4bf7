"""Who a patient is, when the patient comes, and when care ends, in plain Python."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from ape_core.schema import DAYS_PER_CALENDAR_YEAR
from ape_core.simulation.eyes import DIED, LOST, ON_TREATMENT, TRANSFERRED
from ape_core.simulation.parameters import Attendance
from benchmarks.baselines.inputs import Inputs


@dataclass
class Person:
    """A patient at the first visit; days since then."""

    sex: int
    age_years: int
    letters: int
    death_day: float
    care_end: float
    end_reason: int


class Cohort:
    """Draws patients."""

    def __init__(self, inputs: Inputs, rng: Random) -> None:
        self.people, self.days, self.rng = inputs.people, inputs.days, rng
        self.ages = inputs.people.age_cdf.tolist()
        self.letters = inputs.people.baseline_cdf.tolist()
        self.hazards = inputs.people.death_hazard_per_year.tolist()

    def person(self) -> Person:
        """One patient."""
        random = self.rng.random
        sex = 0 if random() < self.people.female_share else 1
        age = self.people.age_low + bisect_left(self.ages, random())
        letters = bisect_left(self.letters, random())
        death = self.death_day(self.hazards[sex], age)
        care_end, _, reason = min(
            (self.days, 0, ON_TREATMENT),
            (death, 1, DIED),
            (self.leaving_day(self.people.lost_per_day), 2, LOST),
            (self.leaving_day(self.people.transferred_per_day), 3, TRANSFERRED),
        )
        return Person(sex, age, letters, death, care_end, reason)

    def death_day(self, hazards: list[float], age: int) -> int:
        """Day on which the hazard that has accumulated kills."""
        left, years, span = self.rng.expovariate(1.0), 0.0, 0.5
        last = len(hazards) - 1
        while age < last and left > hazards[age] * span:
            left -= hazards[age] * span
            years += span
            age, span = age + 1, 1.0
        years += left / hazards[age]
        return max(math.floor(years * DAYS_PER_CALENDAR_YEAR), 1)

    def leaving_day(self, per_day: float) -> float:
        """Day of something that comes at a constant rate, if ever."""
        return math.floor(1 + self.rng.expovariate(per_day)) if per_day else math.inf


class Appointments:
    """How a patient keeps appointments."""

    def __init__(self, attendance: Attendance, rng: Random) -> None:
        self.attendance, self.rng = attendance, rng
        self.breaks = self.draw_breaks()
        self.gone, self.back = next(self.breaks)

    def draw_breaks(self) -> Iterator[tuple[float, float]]:
        """Breaks from care, first day and day of return, one after another."""
        kept, back = self.attendance, 0.0
        while kept.breaks_per_day > 0:
            gone = math.ceil(back + self.rng.expovariate(kept.breaks_per_day))
            back = gone + math.ceil(self.rng.expovariate(1 / kept.break_days_mean))
            yield gone, back
        yield math.inf, math.inf

    def day_kept(self, planned: int) -> int:
        """Day on which the patient comes."""
        kept, rng, day = self.attendance, self.rng, planned
        if rng.random() < kept.missed_share:
            day += int(kept.rebooked_days)
        if rng.random() < kept.late_share:
            day += 1 + math.floor(rng.expovariate(1 / kept.late_days_mean))
        while day >= self.gone:
            day = max(day, int(self.back))
            self.gone, self.back = next(self.breaks)
        return day
