"""Draws follow the distributions that they are said to follow.

Each check has an error rate of one in a million: that often a correct simulation would fail it,
were the seed drawn anew. The seeds are fixed, so a check that passes does so for ever. Beside each
stands the same check against a slightly wrong expectation, which it must refuse.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from scipy import stats

from ape_core.simulation.ahead import deviate
from ape_core.simulation.simulate import simulate
from ape_core.spec.cohort import Cohort
from ape_core.spec.life_table import load_life_table
from ape_core.spec.model import load_model
from ape_core.spec.people import Attendance, BaselineLetters, Leaving, Recruitment
from ape_core.spec.phases import FixedPhase, NoTreatmentPhase
from ape_core.spec.population import Population, load_population
from ape_core.spec.protocol import Protocol
from ape_core.spec.run_spec import RunSpec
from tests.reference.people import quantiles_distribution

ERROR_RATE = 1e-6
N_PATIENTS = 40_000
YEARS = 5
YEARLY = Protocol("yearly", "Yearly", "none", None, (NoTreatmentPhase(None, 52),))
PUNCTUAL = Attendance(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def changed(population, **values):
    """A shipped population with some of its numbers changed."""
    base = load_population(population)
    fields = {name: getattr(base, name) for name in base.__dataclass_fields__}
    return Population(**{**fields, **values})


@cache
def untreated(population, mortality=1.0, lost=0.0, years=YEARS):
    """Patients seen once a year, of whom some die and some are lost."""
    people = changed(
        population,
        mortality_hazard_ratio=mortality,
        leaving=Leaving(lost, 0.0),
        attendance=PUNCTUAL,
    )
    return simulate(RunSpec(YEARLY, Cohort(N_PATIENTS, people), years, 17), 0, N_PATIENTS)


def p_of_mean(values, expected):
    """p-value of a mean, by the normal approximation."""
    error = values.std() / math.sqrt(len(values))
    return 2 * stats.norm.sf(abs(values.mean() - expected) / error)


def p_of_share(happened, expected):
    return stats.binomtest(int(np.sum(happened)), len(happened), expected).pvalue


def agrees(p):
    return p > ERROR_RATE


@pytest.mark.parametrize("population", ["trial", "uk-routine-care"])
def test_baseline_acuity_has_the_moments_of_the_population(population):
    stated = load_population(population).baseline_letters
    mean, sd = getattr(stated, "mean", None), getattr(stated, "sd", None)
    if not isinstance(stated, BaselineLetters):
        distribution = quantiles_distribution(stated)
        mean = sum(x * p for x, p in distribution.items())
        sd = math.sqrt(sum((x - mean) ** 2 * p for x, p in distribution.items()))
    letters = untreated(population).patients["baseline_letters"].astype(float)
    assert agrees(p_of_mean(letters, mean))
    assert agrees(p_of_mean((letters - mean) ** 2, sd**2))
    assert not agrees(p_of_mean(letters, mean + 0.5))
    assert not agrees(p_of_mean((letters - mean) ** 2, (sd + 0.5) ** 2))


@pytest.mark.parametrize("population", ["trial", "uk-routine-care"])
def test_age_and_sex_are_those_of_the_population(population):
    stated, drawn = load_population(population), untreated(population).patients
    ages = drawn["age_years"].astype(float)
    assert agrees(p_of_mean(ages, stated.age_years.mean))
    assert agrees(p_of_mean((ages - stated.age_years.mean) ** 2, stated.age_years.sd**2))
    assert not agrees(p_of_mean(ages, stated.age_years.mean + 0.4))
    female = drawn["sex"] == 0
    assert agrees(p_of_share(female, stated.female_share))
    assert not agrees(p_of_share(female, stated.female_share + 0.02))


def chance_of_death(ages, sexes, hazard_ratio, days):
    """From the life table: each patient half way between birthdays, a year of 365.25 days."""
    table, years = load_life_table(), days / 365.25
    chances = {}
    for age, sex in set(zip(ages.tolist(), sexes.tolist(), strict=True)):
        qx = dict(zip(table.ages.tolist(), (table.qx_female, table.qx_male)[sex], strict=True))
        hazard, lived, step = 0.0, 0.0, 0.5
        while lived < years:
            step = min(step, years - lived)
            at = min(math.floor(age + 0.5 + lived + 1e-9), 100)
            hazard -= math.log1p(-qx[at]) * hazard_ratio * step
            lived, step = lived + step, 1.0
        chances[age, sex] = -math.expm1(-hazard)
    return np.array([chances[key] for key in zip(ages.tolist(), sexes.tolist(), strict=True)])


def p_of_count(happened, chances):
    """p-value of a number of events, each with a chance of its own."""
    error = math.sqrt(float(np.sum(chances * (1 - chances))))
    return 2 * stats.norm.sf(abs(float(np.sum(happened) - np.sum(chances))) / error)


@pytest.mark.parametrize("years", [1, 5])
@pytest.mark.parametrize("ratio", [1.0, 1.15])
def test_survival_follows_the_life_table(ratio, years):
    patients = untreated("uk-routine-care", mortality=ratio).patients
    ages, sexes = patients["age_years"], patients["sex"]
    died = (patients["death_day"] >= 0) & (patients["death_day"] < 364 * years)
    assert agrees(p_of_count(died, chance_of_death(ages, sexes, ratio, 364 * years)))
    assert not agrees(p_of_count(died, chance_of_death(ages, sexes, 1.2 * ratio, 364 * years)))
    all_men = np.ones_like(sexes)
    assert not agrees(p_of_count(died, chance_of_death(ages, all_men, ratio, 364 * years)))


def test_loss_to_follow_up_has_a_constant_rate():
    patients = untreated("trial", mortality=1e-9, lost=0.08).patients
    lost = patients["end_reason"] == 3
    # A loss on day d or later has come with probability exp(-rate (d - 1)).
    chance = -math.expm1(-0.08 * (364 * YEARS - 1) / 364)
    assert agrees(p_of_share(lost, chance))
    assert not agrees(p_of_share(lost, 1.1 * chance))
    days = patients["end_day"][lost] - 1 + stats.uniform.rvs(size=lost.sum(), random_state=1)
    within = stats.truncexpon(0.08 * (364 * YEARS - 1) / 364, scale=364 / 0.08)
    assert agrees(stats.kstest(days, within.cdf).pvalue)
    assert not agrees(stats.kstest(days, stats.uniform(0, 364 * YEARS).cdf).pvalue)


def test_first_visits_are_spread_evenly_or_come_at_a_steady_rate():
    def first_days(**recruitment):
        cohort = Cohort(5_000, "trial", recruitment=Recruitment(**recruitment))
        return simulate(RunSpec(YEARLY, cohort, 1, 3), 0, 5_000).patients["first_day"]

    days = first_days(kind="uniform", days=700)
    assert agrees(stats.chisquare(np.bincount(days, minlength=700)).pvalue)
    assert not agrees(stats.chisquare(np.bincount(days, minlength=740)).pvalue)
    weeks = np.bincount(first_days(kind="rate", patients_per_week=70.0) // 7)
    assert np.abs(weeks[:-1] - 70).max() <= 1


def test_visits_are_late_and_missed_as_often_as_stated():
    kept = Attendance(0.29, 8.5, 0.05, 4.0, 0.0, 0.0)
    people = changed(
        "trial", attendance=kept, leaving=Leaving(0.0, 0.0), mortality_hazard_ratio=1e-9
    )
    monthly = Protocol("m", "M", "aflibercept-2mg", None, (FixedPhase(None, 4),))
    visits = simulate(RunSpec(monthly, Cohort(4_000, people), 3, 5), 0, 4_000).visits
    planned = visits["day"] - visits["delay_days"]
    # Only visits that could be as late as they like: late ones fall beyond the end more often.
    delays = visits["delay_days"][(planned > 0) & (planned < 2 * 364)]
    on_time = (1 - kept.late_share) * (1 - kept.missed_share)
    assert agrees(p_of_share(delays == 0, on_time))
    assert not agrees(p_of_share(delays == 0, on_time + 0.01))
    # Late visits are 1 + floor(exponential) days late; the floor has a geometric distribution.
    late = delays[(delays > 0) & (delays < 28)]
    chances = np.exp(-np.arange(28) / kept.late_days_mean)
    share_by_day = -np.diff(chances) / (1 - chances[-1])
    counts = np.bincount(late - 1, minlength=27)
    assert agrees(stats.chisquare(counts, share_by_day * len(late)).pvalue)
    assert not agrees(stats.chisquare(counts[::-1], share_by_day * len(late)).pvalue)


def test_activity_noise_is_triangular_with_sd_1():
    words = np.random.default_rng(2).integers(0, 2**32, 200_000, dtype=np.uint64)
    deviates = np.array([deviate(word) for word in words])
    assert agrees(p_of_mean(deviates, 0.0))
    assert agrees(p_of_mean(deviates**2, 1.0))
    assert agrees(p_of_mean(deviates**4, 2.4))
    assert not agrees(p_of_mean(deviates**4, 3.0))
    root = math.sqrt(6)
    triangular = stats.triang(0.5, loc=-root, scale=2 * root)
    assert agrees(stats.kstest(deviates, triangular.cdf).pvalue)
    assert not agrees(stats.kstest(deviates, stats.norm.cdf).pvalue)


def steady_model():
    """Eyes whose acuity never changes."""
    return load_model().replace(
        letters_per_fluid_median=0.0,
        slow_loss_letters_per_year=0.0,
        fluid_loss_letters_per_week=0.0,
        fibrosis_rate_per_fluid_week=0.0,
        haemorrhage_rate_per_fluid_week=0.0,
        atrophy_rate_per_year=0.0,
    )


def test_acuity_is_measured_with_the_stated_error():
    """In eyes that do not change, assessments differ by their errors and by rounding only."""
    people = changed(
        "trial",
        acuity_noise_sd_letters=4.0,
        baseline_letters=BaselineLetters(55.0, 5.0, 40, 70),
        mortality_hazard_ratio=1e-9,
    )
    spec = RunSpec(YEARLY, Cohort(4_000, people), 2, 9, steady_model())
    letters = simulate(spec, 0, 4_000).assessments[:, 1:].astype(float)
    variances = letters.var(axis=1, ddof=1)
    assert agrees(p_of_mean(variances, 4.0**2 + 1 / 12))
    assert not agrees(p_of_mean(variances, 4.2**2))
    pulled = letters.mean() - 55.0
    assert abs(pulled) < 0.5


def test_measured_and_true_acuity_regress_to_the_mean():
    """The variance of what is measured later is that at baseline: the cohort neither gains spread
    nor loses it, while each high baseline is followed by a lower mean."""
    people = changed("trial", mortality_hazard_ratio=1e-9)
    spec = RunSpec(YEARLY, Cohort(20_000, people), 1, 9, steady_model())
    chunk = simulate(spec, 0, 20_000)
    first, later = (chunk.assessments[:, i].astype(float) for i in (0, 13))
    sd, error = people.baseline_letters.sd, people.acuity_noise_sd_letters
    slope = stats.linregress(first, later)
    expected = 1 - error**2 / sd**2
    z = (slope.slope - expected) / slope.stderr
    assert agrees(2 * stats.norm.sf(abs(z)))
    assert not agrees(2 * stats.norm.sf(abs((slope.slope - 1.0) / slope.stderr)))
    assert later.std() == pytest.approx(sd, rel=0.02)


@pytest.mark.parametrize(("threshold", "share"), [(1e-6, 0.9), (100.0, 1 - 0.8)])
def test_scans_are_read_with_the_stated_sensitivity_and_specificity(threshold, share):
    model = load_model().replace(
        fluid_threshold=threshold,
        reading_sensitivity=0.9,
        reading_specificity=0.8,
        burn_out_scale_years=1e8,
    )
    chunk = simulate(RunSpec(YEARLY, Cohort(20_000, "trial"), 2, 4, model), 0, 20_000)
    assert agrees(p_of_share(chunk.visits["fluid"], share))
    assert not agrees(p_of_share(chunk.visits["fluid"], share + 0.02))


def test_neighbouring_patients_and_eyes_share_no_luck():
    patients = untreated("uk-routine-care").patients
    letters = patients["baseline_letters"].astype(float)
    pairs = [(letters[:-1], letters[1:]), (letters, patients["age_years"].astype(float))]
    for one, other in pairs:
        r = np.corrcoef(one, other)[0, 1] * math.sqrt(len(one))
        assert agrees(2 * stats.norm.sf(abs(r)))
    assert not agrees(stats.pearsonr(letters, letters + patients["age_years"]).pvalue)
