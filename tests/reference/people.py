"""Who the patients are, and when death, loss, transfer and the fellow eye come."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from ape_core.spec.life_table import LIFE_TABLE_FILE
from ape_core.spec.people import LettersQuantiles
from tests.reference.luck import Luck, exponential, uniform


@dataclass
class Person:
    """One patient; days since the first visit, infinite for what never comes."""

    sex: str
    age: int
    letters: int
    first_day: int
    death_day: float
    lost_day: float
    transferred_day: float
    fellow_onset_day: float


class Cohort:
    """The patients of a run."""

    def __init__(self, spec):
        self.spec = spec
        self.population = spec.cohort.people()
        self.letters = letters_distribution(self.population.baseline_letters)
        self.ages = moments_distribution(self.population.age_years)
        self.letters_steps = cumulative(self.letters)
        self.age_steps = cumulative(self.ages)
        self.hazards = {sex: hazards(sex, self.population) for sex in ("female", "male")}

    def luck(self, patient, eye):
        return Luck(self.spec.seed, patient, eye)

    def true_acuity(self):
        """Mean of true acuity, and how much of a measured difference is true."""
        mean = round(math.fsum(x * p for x, p in self.letters.items()), 12)
        variance = math.fsum((x - mean) ** 2 * p for x, p in self.letters.items())
        noise = self.population.acuity_noise_sd_letters
        return mean, round(max(1.0 - noise**2 / variance, 0.0), 12)

    def person(self, patient):
        luck = self.luck(patient, 0)
        u_sex, u_age, u_letters, u_death = luck.uniforms("person", 0)
        u_day, u_lost, u_transferred, u_fellow = luck.uniforms("person", 1)
        sex = "female" if u_sex < self.population.female_share else "male"
        age = first_to_reach(self.age_steps, u_age)
        return Person(
            sex=sex,
            age=age,
            letters=first_to_reach(self.letters_steps, u_letters),
            first_day=first_day(self.spec, patient, u_day),
            death_day=death_day(self.hazards[sex], age, exponential(u_death)),
            lost_day=leaving_day(self.population.leaving.lost_per_year, u_lost),
            transferred_day=leaving_day(
                self.population.leaving.transferred_per_year, u_transferred
            ),
            fellow_onset_day=self.fellow_onset_day(u_fellow),
        )

    def fellow_onset_day(self, u):
        rate = self.spec.model.value("fellow_eye_conversion_per_year") / 52
        if not self.spec.cohort.two_eyes or rate == 0:
            return math.inf
        return 28 * math.ceil(exponential(u) / rate / 4)

    def fellow_letters(self, patient):
        word = self.luck(patient, 1).words("person", 0)[0]
        drawn = first_to_reach(self.letters_steps, uniform(word))
        better = math.floor(self.spec.model.value("fellow_eye_better_letters") + 0.5)
        return min(max(drawn + better, 0), 100)


def letters_distribution(letters):
    if isinstance(letters, LettersQuantiles):
        return quantiles_distribution(letters)
    return moments_distribution(letters)


def quantiles_distribution(letters):
    """Straight lines between the quantiles; a whole number has what is within half a letter."""
    points = list(zip(letters.letters, letters.probabilities, strict=True))

    def below(x):
        if x < points[0][0]:
            return 0.0
        for (x0, p0), (x1, p1) in pairwise(points):
            if x0 <= x < x1:
                return p0 + (p1 - p0) * (x - x0) / (x1 - x0)
        return 1.0

    return {n: below(n + 0.5) - (below(n - 0.5) if n > 0 else 0.0) for n in range(101)}


def moments_distribution(wanted):
    """Weights exp(ax + bx^2) on whole numbers of a window that have the wanted mean and SD."""
    return _fit(wanted.mean, wanted.sd, wanted.low, wanted.high)


@lru_cache
def _fit(mean, sd, low, high):
    middle, half = (low + high) / 2, (high - low) / 2
    xs = [(n - middle) / half for n in range(low, high + 1)]
    m1 = (mean - middle) / half
    m2 = (sd / half) ** 2 + m1**2
    a, b = 0.0, 0.0
    for _ in range(200):
        p = _weights(xs, a, b)
        weighted = list(zip(p, xs, strict=True))
        e1, e2, e3, e4 = (math.fsum(q * x**k for q, x in weighted) for k in (1, 2, 3, 4))
        g1, g2 = m1 - e1, m2 - e2
        v11, v12, v22 = e2 - e1 * e1, e3 - e1 * e2, e4 - e2 * e2
        determinant = v11 * v22 - v12 * v12
        da, db = (v22 * g1 - v12 * g2) / determinant, (v11 * g2 - v12 * g1) / determinant
        step = _downhill(xs, a, b, da, db, m1, m2)
        a, b = a + step * da, b + step * db
        if abs(g1) + abs(g2) < 1e-14:
            break
    return dict(zip(range(low, high + 1), _weights(xs, a, b), strict=True))


def _log_sum(xs, a, b):
    largest = max(a * x + b * x * x for x in xs)
    return largest + math.log(math.fsum(math.exp(a * x + b * x * x - largest) for x in xs))


def _weights(xs, a, b):
    total = _log_sum(xs, a, b)
    return [math.exp(a * x + b * x * x - total) for x in xs]


def _downhill(xs, a, b, da, db, m1, m2):
    """Step that lowers the convex function whose minimum has the wanted moments."""

    def height(s):
        return _log_sum(xs, a + s * da, b + s * db) - (a + s * da) * m1 - (b + s * db) * m2

    step, start = 1.0, height(0.0)
    while height(step) > start + 1e-13 and step > 1e-6:
        step /= 2
    return step


def cumulative(distribution):
    """Pairs of a value and the probability up to it, rounded to 12 decimals."""
    total, steps = 0.0, []
    for value, probability in distribution.items():
        total += probability
        steps.append((value, round(total, 12)))
    return [*steps[:-1], (steps[-1][0], 1.0)]


def first_to_reach(steps, u):
    return next(value for value, reached in steps if reached >= u)


def hazards(sex, population):
    """Hazard of death per year at each age of the life table."""
    with LIFE_TABLE_FILE.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    ratio = population.mortality_hazard_ratio
    return {
        int(row["age"]): round(-math.log1p(-float(row[f"qx_{sex}"])) * ratio, 15) for row in rows
    }


def death_day(hazard_at, age, threshold):
    """Day on which the cumulative hazard reaches the threshold."""
    years, cumulated, span = 0.0, 0.0, 0.5
    while age < 100 and cumulated + hazard_at[age] * span < threshold:
        cumulated += hazard_at[age] * span
        years += span
        age, span = age + 1, 1.0
    years += (threshold - cumulated) / hazard_at[age]
    return max(math.floor(years * 365.25), 1)


def leaving_day(per_year, u):
    if per_year == 0:
        return math.inf
    return math.floor(1 + exponential(u) / (per_year / 364))


def first_day(spec, patient, u):
    recruitment = spec.cohort.recruitment
    if recruitment.kind == "at-once":
        return 0
    if recruitment.kind == "uniform":
        return math.floor(u * recruitment.days)
    place = place_in_stream(spec, patient, u)
    before = recruitment.caseload_patients or 0
    opening_day = 364 * (recruitment.caseload_years or 0)
    if place < before:
        return math.floor(place * opening_day / before)
    days = (place - before) / (recruitment.patients_per_week / 7)
    growth = math.log(1 + (recruitment.growth_percent_per_year or 0) / 100) / 364
    if growth:
        days = math.log(1 + growth * days) / growth
    return opening_day + math.floor(days)


def place_in_stream(spec, patient, u):
    if spec.capacity is None:
        return patient + u
    mates = clinic_of(spec, patient)
    return (patient - mates[0] + u) * (spec.cohort.n_patients / len(mates))


def clinic_of(spec, patient):
    """The patients of a patient's clinic."""
    size = spec.capacity.patients_per_clinic
    number = patient // size
    return range(number * size, min((number + 1) * size, spec.cohort.n_patients))
