"""Scars, haemorrhages and atrophy strike as often, as late and as hard as docs/model.md says.

Eyes are drawn and advanced one by one. Untreated eyes here have activity 1 in every week, so that
their cumulative activity is the number of weeks. Each check has an error rate of one in a million,
and beside it stands the same check against a slightly wrong expectation, which it must refuse.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from scipy import stats

from ape_core.simulation.ahead import draw_ahead, room_ahead
from ape_core.simulation.disease import advance, draw_traits, inject
from ape_core.simulation.draws import LOSS, stream_of, words
from ape_core.simulation.pack import pack
from ape_core.simulation.simulate import simulate
from ape_core.spec.cohort import Cohort
from ape_core.spec.model import load_model
from ape_core.spec.people import AgeYears
from ape_core.spec.protocol_yaml import load_protocol
from ape_core.spec.run_spec import RunSpec
from tests.simulation.test_statistics import (
    YEARLY,
    agrees,
    changed,
    p_of_count,
    p_of_mean,
    p_of_share,
    steady_model,
)

N_EYES = 4_000
STRUCTURE, ACTIVITY, SCAR_AT, N_BLEEDS = 1, 3, 4, 6
ATROPHY_WEEK = 6
PER_DECADE = 0.5
AGES = (55.0, 75.0, 95.0)
ONE_BY_ONE = {
    "scar": {"fibrosis_rate_per_fluid_week": 0.01, "fibrosis_loss_log_mean": 0.3},
    "haemorrhage": {"haemorrhage_rate_per_fluid_week": 0.02, "haemorrhage_loss_log_mean": 0.1},
    "atrophy": {"atrophy_rate_per_year": 0.05, "atrophy_loss_log_mean": 0.2},
}


def losing(*kinds, per_decade=PER_DECADE, **values):
    """Eyes that are equally active all the time and lose acuity in these ways only."""
    for kind in kinds:
        values = {**ONE_BY_ONE[kind], **values}
    return steady_model().replace(
        drive_log_sd=0.0,
        fluid_noise=0.0,
        presentation_fluid_share=1.0,
        residual_activity_median=0.0,
        burn_out_scale_years=1e8,
        lesion_log_hazard_per_decade=per_decade,
        **values,
    )


def age_factor(age, per_decade=PER_DECADE):
    return math.exp(per_decade * (age - 75) / 10)


class Eyes:
    """Eyes of one age, advanced together."""

    def __init__(self, model, age=75.0, n=N_EYES):
        kernel = pack(
            RunSpec(load_protocol("aflibercept-2mg-fixed-8-weekly"), Cohort(n), 1, 5, model)
        )
        self.disease, self.week = kernel.disease, 0
        self.streams = [tuple(map(np.uint64, stream_of(5, i, 0))) for i in range(n)]
        drawn = [draw_traits(self.disease, kernel.people, s, 60, 0.0, age) for s in self.streams]
        self.traits, self.states = [list(column) for column in zip(*drawn, strict=True)]
        self.structure_before = self.column(STRUCTURE)

    def column(self, place):
        return np.array([state[place] for state in self.states])

    def until(self, week):
        """Advance to the start of a week."""
        assessed = np.zeros(week // 4 + 2, np.int8)
        ahead = room_ahead(week)
        for i, stream in enumerate(self.streams):
            draw_ahead(self.disease, stream, self.week, week, ahead)
            self.states[i] = advance(
                self.disease, self.traits[i], stream, ahead, self.states[i], self.week, week,
                assessed, 0,
            )  # fmt: skip
        self.week = week
        return self

    def inject(self, every):
        for i in range(0, len(self.states), every):
            self.states[i] = inject(self.disease, self.states[i])

    @property
    def scarred(self):
        return np.isinf(self.column(SCAR_AT))

    @property
    def lost(self):
        """Logarithm of what was lost, 0 where nothing was."""
        return np.log(self.structure_before / self.column(STRUCTURE))


@cache
def scarring(age):
    """Whether each eye of an age has a scar after 40 and after 150 weeks."""
    eyes = Eyes(losing("scar"), age)
    return {weeks: eyes.until(weeks).scarred for weeks in (40, 150)}


@pytest.mark.parametrize("weeks", [40, 150])
@pytest.mark.parametrize("age", AGES)
def test_the_share_of_eyes_with_a_scar_follows_cumulative_activity_and_age(age, weeks):
    hazard = 0.01 * weeks * age_factor(age)
    scarred = scarring(age)[weeks]
    assert agrees(p_of_share(scarred, -math.expm1(-hazard)))
    assert not agrees(p_of_share(scarred, -math.expm1(-1.3 * hazard)))
    if age != 75:
        assert not agrees(p_of_share(scarred, -math.expm1(-0.01 * weeks)))


def test_scars_follow_the_activity_of_each_eye_treated_or_not():
    model = losing("scar").replace(drive_log_sd=0.6, fluid_noise=0.2)
    eyes = Eyes(model, 85.0)
    for week in range(4, 80, 4):
        eyes.inject(every=2)
        eyes.until(week)
    activity = eyes.column(ACTIVITY)
    assert activity[::2].mean() < 0.5 * activity[1::2].mean()
    hazard = 0.01 * age_factor(85) * activity
    for group in (slice(0, None, 2), slice(1, None, 2)):
        assert agrees(p_of_count(eyes.scarred[group], -np.expm1(-hazard[group])))
        assert not agrees(p_of_count(eyes.scarred[group], -np.expm1(-0.01 * 76)))


@pytest.mark.parametrize(("kind", "log_mean"), [("scar", 0.3), ("atrophy", 0.2)])
def test_a_scar_and_atrophy_strike_at_most_once_and_take_an_exponential_share(kind, log_mean):
    """After 400 years all have struck; what was lost is the one draw of the address."""
    once = {"scar": "fibrosis_rate_per_fluid_week", "atrophy": "atrophy_rate_per_year"}[kind]
    eyes = Eyes(losing(kind, **{once: 0.5}), n=1_000).until(60)
    early = eyes.lost
    assert 0 < np.count_nonzero(early) < 1_001
    lane = {"scar": 1, "atrophy": 3}[kind]
    drawn = [(int(words(stream, LOSS, 0)[lane]) + 0.5) / 2**32 for stream in eyes.streams]
    single = log_mean * -np.log(drawn)
    late = eyes.until(3_000).lost
    np.testing.assert_allclose(late, single, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(early[early > 0], single[early > 0], rtol=1e-9, atol=1e-12)
    assert agrees(stats.kstest(late / log_mean, "expon").pvalue)
    assert not agrees(stats.kstest(2 * late / log_mean, "expon").pvalue)


def onsets(age, per_decade=PER_DECADE, rate=0.05):
    """Weeks in which atrophy reaches the fovea."""
    model = losing("atrophy", per_decade=per_decade, atrophy_rate_per_year=rate)
    return np.array([traits[ATROPHY_WEEK] for traits in Eyes(model, age).traits])


def p_of_onsets(weeks, law):
    """p-value of weeks of onset under a law of the time in years: chi-squared over 20 classes."""
    edges = np.unique(np.round(52 * law.ppf(np.linspace(0, 1, 21)[1:-1])))
    counts = np.bincount(np.searchsorted(edges, weeks, side="right"), minlength=len(edges) + 1)
    chances = np.diff(law.cdf(edges / 52), prepend=0, append=1)
    return stats.chisquare(counts, chances * len(weeks)).pvalue


@pytest.mark.parametrize("age", [60.0, 90.0])
def test_atrophy_comes_by_the_law_of_gompertz(age):
    def law(age):
        growth = PER_DECADE / 10
        return stats.gompertz(0.05 * age_factor(age) / growth, scale=1 / growth)

    weeks = onsets(age)
    assert agrees(p_of_onsets(weeks, law(age)))
    assert not agrees(p_of_onsets(weeks, law(age + 3)))
    steady = stats.expon(scale=1 / (0.05 * age_factor(age)))
    assert not agrees(p_of_onsets(weeks, steady))


def test_atrophy_has_a_constant_hazard_where_age_does_not_count():
    law = stats.expon(scale=1 / 0.05)
    for age in (60.0, 90.0):
        assert agrees(p_of_onsets(onsets(age, per_decade=0.0), law))
    assert not agrees(p_of_onsets(onsets(90.0), law))


def test_atrophy_strikes_in_its_week_whatever_the_activity():
    eyes = Eyes(losing("atrophy", atrophy_rate_per_year=0.5), n=200)
    weeks = np.array([traits[ATROPHY_WEEK] for traits in eyes.traits])
    struck = np.array([eyes.until(week).lost > 0 for week in range(1, 80)]).T
    assert np.array_equal(struck, weeks[:, None] < np.arange(1, 80))
    other = Eyes(losing("atrophy", atrophy_rate_per_year=0.5).replace(drive_log_sd=3.0), n=200)
    assert [traits[ATROPHY_WEEK] for traits in other.traits] == weeks.tolist()
    assert other.until(80).column(ACTIVITY).std() > 1
    assert np.array_equal(other.lost > 0, weeks < 80)


@pytest.fixture(scope="module")
def bleeding():
    """Eyes after 200 weeks, and their haemorrhages of weeks 0 to 100 and of 100 to 200."""
    eyes = Eyes(losing("haemorrhage"))
    first = eyes.until(100).column(N_BLEEDS)
    return eyes, first, eyes.until(200).column(N_BLEEDS) - first


def p_of_poisson(counts, mean):
    """p-value of numbers of events, by chi-squared over 0, 1, 2, ... and the rest."""
    top = int(stats.poisson.isf(20 / len(counts), mean))
    found = np.bincount(np.minimum(counts, top), minlength=top + 1)
    chances = np.append(stats.poisson.pmf(np.arange(top), mean), stats.poisson.sf(top - 1, mean))
    return stats.chisquare(found, chances * len(counts)).pvalue


def test_haemorrhages_are_a_poisson_process_in_activity(bleeding):
    """As many as the rate says, as often in later activity as before, and independently."""
    _, first, then = bleeding
    for counts, mean in ((first, 2.0), (then, 2.0), (first + then, 4.0)):
        assert agrees(p_of_poisson(counts, mean))
        assert not agrees(p_of_poisson(counts, 1.2 * mean))
    assert not agrees(p_of_poisson(2 * (first + then), 8.0))
    assert agrees(stats.pearsonr(first, then).pvalue)
    assert not agrees(stats.pearsonr(first, first + then).pvalue)


def test_each_haemorrhage_takes_an_exponential_share_of_what_is_left(bleeding):
    eyes, first, then = bleeding
    n, lost = first + then, eyes.lost / 0.1
    bled = n > 0
    assert not lost[~bled].any()
    assert agrees(stats.kstest(stats.gamma(n[bled]).cdf(lost[bled]), "uniform").pvalue)
    assert not agrees(stats.kstest(stats.gamma(n[bled] + 1).cdf(lost[bled]), "uniform").pvalue)


def test_haemorrhages_do_not_depend_on_age():
    young, old = (Eyes(losing("haemorrhage"), age, 300).until(100) for age in (55.0, 95.0))
    assert np.array_equal(young.column(N_BLEEDS), old.column(N_BLEEDS))
    assert young.column(N_BLEEDS).any()


def test_at_rates_of_zero_nothing_is_ever_lost():
    eyes = Eyes(losing(), 95.0, 300).until(2_000)
    assert not eyes.lost.any()
    assert not eyes.column(N_BLEEDS).any()
    assert all(traits[ATROPHY_WEEK] > 10**9 for traits in eyes.traits)


def slope_on_age(per_decade):
    """Letters lost in five years for each year of age, in untreated eyes, and its error."""
    people = changed("trial", mortality_hazard_ratio=1e-9, age_years=AgeYears(75.0, 10.0, 50, 100))
    model = load_model().replace(lesion_log_hazard_per_decade=per_decade)
    chunk = simulate(RunSpec(YEARLY, Cohort(20_000, people), 5, 8, model), 0, 20_000)
    assessed = chunk.assessments[:, [0, -1]].astype(float)
    found = stats.linregress(chunk.patients["age_years"], assessed[:, 1] - assessed[:, 0])
    return found.slope, found.stderr


def test_older_eyes_lose_more_and_only_because_their_hazards_are_higher():
    slope, error = slope_on_age(0.6)
    assert slope < 0
    assert not agrees(2 * stats.norm.sf(abs(slope / error)))
    slope, error = slope_on_age(0.0)
    assert agrees(2 * stats.norm.sf(abs(slope / error)))


def test_each_eye_has_a_ceiling_of_its_own():
    """No eye can come to see more than its ceiling: dry eyes with much to gain reach it."""

    def best(mean, sd):
        model = losing().replace(
            letters_per_fluid_median=100.0,
            letters_per_fluid_log_sd=0.0,
            acuity_ceiling_letters=mean,
            acuity_ceiling_sd_letters=sd,
        )
        return Eyes(model).structure_before

    ceilings = best(85.0, 4.0)
    assert agrees(p_of_mean(ceilings, 85.0))
    assert agrees(p_of_mean((ceilings - 85.0) ** 2, 16.0))
    assert not agrees(p_of_mean((ceilings - 85.0) ** 2, 20.0))
    np.testing.assert_allclose(best(85.0, 0.0), 85.0)
