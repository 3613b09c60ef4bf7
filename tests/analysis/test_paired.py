"""Paired statistics from summaries, against patients laid side by side row by row."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from ape_core.analysis.compared_outcomes import OUTCOMES
from ape_core.analysis.paired import Paired
from ape_core.errors import InvalidInputError
from ape_core.runs.chunks import count_chunk
from ape_core.simulation.simulate import simulate
from ape_core.spec.capacity import Capacity
from ape_core.spec.cohort import Cohort
from ape_core.spec.protocol_yaml import load_protocol
from ape_core.spec.run_spec import RunSpec
from ape_core.summaries import Summary, acuity_over_time, injections_per_year, letters_change

PROTOCOLS = ("aflibercept-2mg-treat-and-extend", "ranibizumab-0.5mg-prn", "no-treatment")
YEARS = 3


def spec(name, n_patients, seed=1, years=YEARS):
    return RunSpec(load_protocol(name), Cohort(n_patients), years, seed)


def paired_of(n_patients, seed=1, years=YEARS, names=PROTOCOLS):
    counted = [count_chunk(spec(n, n_patients, seed, years))((0, n_patients)) for n in names]
    return Paired(counted, n_patients)


@pytest.fixture(scope="module")
def few():
    """Each patient is a block of its own."""
    return [simulate(spec(name, 300), 0, 300) for name in PROTOCOLS]


def patients_of(chunk, outcome, year):
    """Value of each patient, and whether it counts, from rows."""
    after = chunk.assessments[:, 13 * year].astype(int)
    gained, alive = after - chunk.patients["baseline_letters"], after >= 0
    early = 364 * (year - 1) if OUTCOMES[outcome].in_year else 0
    day = chunk.visits["day"]
    rows = (day < 364 * year) & (day >= early)
    if outcome.startswith("injections"):
        rows &= chunk.visits["injected"]
    events = np.bincount(chunk.visits["patient_id"][rows], minlength=chunk.stop)
    everyone = np.ones(chunk.stop, bool)
    return {
        "letters_change": (gained, alive),
        "letters": (after, alive),
        "pct_gain_ge15": (100.0 * (gained >= 15), alive),
        "pct_loss_ge15": (100.0 * (gained <= -15), alive),
        "pct_bcva_ge70": (100.0 * (after >= 70), alive),
        **dict.fromkeys(("injections", "visits"), (events, everyone)),
        **dict.fromkeys(("injections_in_year", "visits_in_year"), (events, everyone)),
    }[outcome]


@pytest.mark.parametrize("outcome", [name for name in OUTCOMES if name != "pct_in_care"])
@pytest.mark.parametrize("year", [1, YEARS])
def test_where_each_patient_is_a_block_the_statistics_are_those_of_the_patients(few, outcome, year):
    paired = Paired([Summary.of_chunk(chunk) for chunk in few], 300)
    one, counts = patients_of(few[0], outcome, year)
    other, counts_there = patients_of(few[1], outcome, year)
    assert (counts == counts_there).all(), "death does not depend on the protocol"
    n = counts.sum()
    mean = paired.mean(0, outcome, year)
    assert (mean.n, mean.value) == (n, pytest.approx(one[counts].mean()))
    if OUTCOMES[outcome].squares:
        assert mean.sd == pytest.approx(one[counts].std(ddof=1))
    apart = (one - other)[counts].astype(float)
    found = paired.difference(0, 1, outcome, year)
    assert found.value == pytest.approx(apart.mean())
    # A ratio of sums: those who do not count add nothing, and are as many of all as they are.
    correction = np.sqrt(300 * (n - 1) / (n * 299))
    assert found.se == pytest.approx(apart.std(ddof=1) / np.sqrt(n) * correction, rel=1e-9)
    both = one[counts].var(ddof=1) + other[counts].var(ddof=1)
    assert found.se_unpaired == pytest.approx(np.sqrt(both / n) * correction, rel=1e-9)
    reach = stats.t.ppf(0.975, 299) * found.se
    assert (found.low, found.high) == pytest.approx((found.value - reach, found.value + reach))


def test_blocks_of_many_patients_are_as_sure_as_the_patients():
    """4 patients in a block; the SE of 500 blocks has a spread of 3%, so 12% is 4 of it."""
    n = 2_000
    chunks = [simulate(spec(name, n), 0, n) for name in PROTOCOLS[:2]]
    paired = Paired([Summary.of_chunk(chunk) for chunk in chunks], n)
    for outcome in ("letters_change", "pct_bcva_ge70", "injections"):
        (one, counts), (other, _) = (patients_of(chunk, outcome, YEARS) for chunk in chunks)
        apart = (one - other)[counts].astype(float)
        found = paired.difference(0, 1, outcome, YEARS)
        assert found.value == pytest.approx(apart.mean())
        assert found.se == pytest.approx(apart.std() / np.sqrt(counts.sum()), rel=0.12)


def test_runs_in_progress_are_compared_over_the_patients_that_both_have():
    """One run has its first and third thousand, the other its first two: the first is in both."""
    n = 4_000
    parts = [
        [count_chunk(spec(p, n))((a, a + 1_000)) for a in range(0, n, 1_000)] for p in PROTOCOLS
    ]
    one, other = (
        Summary.merged(YEARS, [runs[i] for i in chosen])
        for runs, chosen in zip(parts, ((0, 2), (0, 1)), strict=False)
    )
    growing = Paired([one, other], n)
    # A course block has 80 patients: 12 of them are full.
    assert (growing.n_patients, growing.is_whole) == (960, False)
    both = [simulate(spec(p, n), 0, 960) for p in PROTOCOLS[:2]]
    for outcome in ("letters_change", "pct_loss_ge15", "injections", "visits_in_year"):
        (a, counts), (b, _) = (patients_of(chunk, outcome, 2) for chunk in both)
        assert growing.difference(0, 1, outcome, 2).value == pytest.approx((a - b)[counts].mean())
    course = growing.course(1)
    assert course.n_eyes[0] == 960
    assert course.letters_change[26] == pytest.approx(growing.mean(1, "letters_change", 2).value)
    assert course.injections[26] == pytest.approx(growing.mean(1, "injections", 2).value)
    apart = Paired([parts[0][1], parts[1][2]], n)
    assert apart.n_patients == 0


def test_whole_runs_have_the_figures_of_their_summaries():
    n = 1_234
    summary = count_chunk(spec(PROTOCOLS[0], n))((0, n))
    paired = Paired([summary, summary], n)
    assert paired.is_whole
    gained = letters_change(summary, 2)
    mean = paired.mean(0, "letters_change", 2)
    assert (mean.n, mean.value, mean.sd) == pytest.approx((gained.n, gained.mean, gained.sd))
    assert paired.mean(0, "letters", 2).sd == pytest.approx(gained.sd_letters)
    assert paired.mean(0, "pct_bcva_ge70", 2).value == pytest.approx(gained.pct_bcva_ge70)
    course, acuity = paired.course(0), acuity_over_time(summary)
    np.testing.assert_allclose(course.letters_change, acuity.mean - acuity.mean[0], atol=8)
    np.testing.assert_array_equal(course.n_eyes, acuity.n)
    given = injections_per_year(summary)
    assert len(given.years) == YEARS
    same = paired.difference(0, 1, "injections", 2)
    assert (same.value, same.se, same.variance_ratio) == (0, 0, 1)
    assert not same.is_clear


def test_where_slots_are_limited_clinics_take_the_place_of_patients():
    """12 clinics of 50 patients: a mean over patients, as certain as 12 clinics make it."""
    n, size = 600, 50
    capacity = Capacity(patients_per_clinic=size, slots_per_day=3, open_days=5)
    chunks = [simulate(spec(p, n, years=1).replace(capacity=capacity), 0, n) for p in PROTOCOLS[:2]]
    paired = Paired([Summary.of_chunk(chunk) for chunk in chunks], n, size)
    (one, _), (other, _) = (patients_of(chunk, "injections", 1) for chunk in chunks)
    apart = (one - other).reshape(-1, size).mean(axis=1)
    found = paired.difference(0, 1, "injections", 1)
    assert found.value == pytest.approx(apart.mean())
    assert found.se == pytest.approx(apart.std(ddof=1) / np.sqrt(12))
    assert found.high - found.value == pytest.approx(stats.t.ppf(0.975, 11) * found.se)


def test_what_cannot_be_asked_is_refused():
    paired = paired_of(50, names=PROTOCOLS[:2], years=1)
    with pytest.raises(InvalidInputError, match="outcome is 'sight', but must be one of"):
        paired.mean(0, "sight", 1)
    with pytest.raises(InvalidInputError, match="year is 2, but must be a whole number from 1"):
        paired.difference(0, 1, "letters", 2)


N_SEEDS = 100
LEAST, MOST = 89, 99
"""Of 100 intervals that cover with 95%, fewer than 89 or more than 99 do in 1% of cases."""


@pytest.fixture(scope="module")
def seeds():
    """Differences of runs of 2,000 patients with other seeds; their mean is taken for the truth.

    Of few patients under protocols that hardly differ, very few patients differ at all, and the
    intervals are too narrow: of 500 such patients they cover in 92%.
    """
    names = ("aflibercept-2mg-treat-and-extend", "ranibizumab-0.5mg-prn")
    return [paired_of(2_000, seed, 1, names) for seed in range(1, N_SEEDS + 1)]


def errors_of(seeds, outcome):
    """Each difference, and how far it is from the truth."""
    found = [paired.difference(1, 0, outcome, 1) for paired in seeds]
    true = np.mean([item.value for item in found])
    return [(item, abs(item.value - true)) for item in found]


@pytest.mark.parametrize("outcome", ["letters_change", "pct_loss_ge15", "injections"])
def test_95_percent_intervals_cover_the_truth_as_they_should(seeds, outcome):
    errors = errors_of(seeds, outcome)
    assert LEAST <= sum(e <= item.high - item.value for item, e in errors) <= MOST


def test_the_check_of_coverage_sees_intervals_that_are_wrong(seeds):
    """Half as wide they cover too seldom, and as wide as without pairing too often."""
    errors = errors_of(seeds, "letters_change")
    assert sum(e <= (item.high - item.value) / 2 for item, e in errors) < LEAST
    assert sum(e <= 1.96 * item.se_unpaired for item, e in errors) > MOST


def test_pairing_reduces_the_variance_at_20_000_patients():
    names = ("aflibercept-2mg-treat-and-extend", "aflibercept-2mg-fixed-8-weekly")
    found = paired_of(20_000, years=1, names=names).difference(1, 0, "letters_change", 1)
    assert found.variance_ratio > 10
    assert found.patients_without_pairing == pytest.approx(20_000 * found.variance_ratio, abs=1)
