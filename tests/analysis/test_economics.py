"""Comparisons of costs and QALYs on the same patients, and what their uncertainty comes from."""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest

from ape_core.analysis.drawn_costs import drawn_costs
from ape_core.analysis.economics import N_POINTS, THRESHOLDS, cost_effectiveness
from ape_core.analysis.economics_certainty import (
    FIRST_DRAWN,
    INPUTS,
    PATIENTS,
    best_of_draws_words,
)
from ape_core.analysis.economics_sources import best_words, first_draws
from ape_core.analysis.economics_tables import (
    acceptability_table,
    costs_table,
    incremental_table,
    net_benefit_table,
    plane_table,
    qalys_table,
    reference_table,
    years_table,
)
from ape_core.analysis.economics_words import eye_words
from ape_core.analysis.input_draws import draw_inputs
from ape_core.analysis.resampling import resample
from ape_core.analysis.uncertainty import probabilistic, uncertain_inputs
from ape_core.errors import InvalidInputError, InvalidSpecError
from ape_core.schema import DRUGS
from ape_core.simulation.simulate import simulate
from ape_core.spec.cohort import Cohort
from ape_core.spec.economics_yaml import load_economics, parse_economics
from ape_core.spec.parameter import Distribution, Parameter
from ape_core.spec.protocol_yaml import load_protocol
from ape_core.spec.run_spec import RunSpec
from ape_core.summaries import Summary, health_economics

SHIPPED = load_economics()
EXTEND, FIXED, NONE = (
    "aflibercept-2mg-treat-and-extend",
    "aflibercept-2mg-fixed-8-weekly",
    "no-treatment",
)
YEARS, N = 2, 600
SIGHT = "care/sight_loss_year"


def chunk_of(protocol, seed=1, n=N, *, two_eyes=False):
    spec = RunSpec(load_protocol(protocol), Cohort(n, two_eyes=two_eyes), YEARS, seed)
    return simulate(spec, 0, n)


def summary_of(protocol, seed=1, n=N, *, two_eyes=False):
    return Summary.of_chunk(chunk_of(protocol, seed, n, two_eyes=two_eyes))


@pytest.fixture(scope="module")
def summaries():
    return {name: summary_of(name) for name in (EXTEND, FIXED, NONE)}


def compare(summaries, economics=SHIPPED, utility=None, **options):
    priced = {name: health_economics(s, economics, utility) for name, s in summaries.items()}
    return cost_effectiveness(priced, **options)


@pytest.fixture(scope="module")
def compared(summaries):
    return compare(summaries, reference=NONE)


def pounds_of(protocol):
    """What a run costs, discounted, from its rows: a sheet with a line for each visit."""
    price, total = SHIPPED.pence, 0.0
    visits = chunk_of(protocol).visits
    for eye, day, injected, drug in zip(
        *(visits[name].tolist() for name in ("eye", "day", "injected", "drug")), strict=True
    ):
        pence = price("care/scan")
        pence += price("care/first_visit" if (eye, day) == (0, 0) else "care/follow_up_visit")
        if injected:
            pence += price(f"drugs/{DRUGS[drug]}") + price("care/injection_procedure")
        total += pence / 100 / 1.035 ** (day // 364)
    return total


def test_increments_are_the_difference_of_two_sheets_to_the_penny(compared):
    expected = pounds_of(EXTEND) - pounds_of(NONE)
    assert compared.increment(0).cost * N == pytest.approx(expected, abs=0.005)
    assert compared.increment(2).cost == 0
    against = compared.increment(0, 1)
    assert against.cost * N == pytest.approx(pounds_of(EXTEND) - pounds_of(FIXED), abs=0.005)
    assert against.qalys == pytest.approx(compared.qalys[0] - compared.qalys[1], abs=1e-12)


def test_years_add_up_to_the_whole(compared):
    first, whole = compared.by_year(0)
    assert whole == compared.increment(0)
    item, none = compared.priced[0], compared.priced[2]
    in_first = (item.cost_by_year[0].sum() - none.cost_by_year[0].sum()) * item.cost_weights[0]
    assert first.cost == pytest.approx(in_first)
    assert first.cost < whole.cost


def test_pairing_makes_intervals_narrower(compared):
    paired = compared.increment(0, 1).qalys_difference.se
    apart = math.hypot(*(item.qalys_se for item in compared.priced[:2]))
    assert paired < 0.8 * apart


def covered(differences, truth):
    """How many 95% intervals of net benefit hold the truth, and how many half as wide."""
    holds = [abs(d.value - truth) <= d.high - d.value for d in differences]
    narrow = [abs(d.value - truth) <= (d.high - d.value) / 2 for d in differences]
    return sum(holds), sum(narrow)


def test_intervals_of_net_benefit_cover_as_often_as_they_should():
    """200 seeds of 100 patients against 20,000 others.

    A right method covers 179 to 199 times (binomial of 200 at 95%: outside once in 1,500). Half as
    wide intervals, the negative control, cover about 134 times.
    """
    at = 20_000

    def benefit(seed, n):
        pair = {name: summary_of(name, seed, n) for name in (EXTEND, FIXED)}
        return compare(pair, threshold=at).increment(1).net_benefit(at)

    truth = benefit(10_000, 20_000)
    found = [benefit(seed, 100) for seed in range(1, 201)]
    assert truth.se < found[0].se / 10
    holds, narrow = covered(found, truth.value)
    assert 179 <= holds <= 199
    assert narrow < 160


def test_acceptability_is_that_of_the_normal_distribution_where_two_are_compared(summaries):
    pair = compare({name: summaries[name] for name in (EXTEND, FIXED)})
    shares = pair.acceptability()
    np.testing.assert_allclose(shares.sum(axis=0), 1)
    for place in (0, 20, 100):
        found = pair.increment(1).net_benefit(float(THRESHOLDS[place]))
        assert shares[1, place] == pytest.approx(NormalDist().cdf(found.value / found.se), abs=0.05)


def test_where_a_qaly_is_worth_nothing_the_cheapest_is_best(summaries, compared):
    assert compared.acceptability_at(0).tolist() == [0, 0, 1]
    assert compared.best(0) == 2
    assert compared.best(1e7) == int(np.argmax(compared.qalys))
    free = compare(summaries, reference=NONE, threshold=0)
    assert FIRST_DRAWN == INPUTS
    assert best_words(free, first_draws(free)) == (
        "Where a QALY is worth £0, no-treatment has the highest net benefit with everything as it "
        "stands, and in all 1,000 draws. This leaves out what is not known of the disease."
    )
    assert best_of_draws_words(free, "ABC", (0.4, 0, 0.6), 2_000, PATIENTS).endswith(
        "and in 60% of 2,000 draws. This leaves out what is not known of the disease, of prices "
        "and of utilities."
    )


def test_equal_protocols_share_their_draws(summaries):
    twin = compare({"one": summaries[EXTEND], "other": summaries[EXTEND]})
    assert twin.acceptability_at(20_000).tolist() == [0.5, 0.5]
    assert twin.increment(1).verdict == "same"


def test_points_of_the_plane_are_the_same_each_time_and_spread_as_the_means_do(summaries, compared):
    costs, qalys = compared.plane()
    again = compare(summaries, reference=NONE).plane()
    np.testing.assert_array_equal(costs, again[0])
    np.testing.assert_array_equal(qalys, again[1])
    assert costs.shape == qalys.shape == (3, N_POINTS)
    assert not costs[2].any()
    found = compared.increment(0)
    drawn = np.cov(costs[0], qalys[0])
    # A bootstrap of 50 groups is narrower by one in fifty; 1,000 points tell it within 15%.
    assert drawn[0, 0] == pytest.approx(found.cost_variance * 49 / 50, rel=0.15)
    assert drawn[1, 1] == pytest.approx(found.qalys_variance * 49 / 50, rel=0.15)
    assert costs[0].mean() == pytest.approx(found.cost, abs=4 * found.cost_difference.se / 30)


def test_what_cannot_be_compared_is_refused_in_words(summaries):
    one = {EXTEND: health_economics(summaries[EXTEND], SHIPPED)}
    with pytest.raises(InvalidInputError, match="1 protocols are given, but 2 to 6"):
        cost_effectiveness(one)
    more = one | {FIXED: health_economics(summary_of(FIXED, n=50), SHIPPED)}
    with pytest.raises(InvalidInputError, match="fixed-8-weekly has 50 patients, .* 600"):
        cost_effectiveness(more)
    dearer = SHIPPED.with_price("care/scan", 5)
    mixed = one | {FIXED: health_economics(summaries[FIXED], dearer)}
    with pytest.raises(InvalidInputError, match="other prices or utilities"):
        cost_effectiveness(mixed)
    both = one | {FIXED: health_economics(summaries[FIXED], SHIPPED)}
    with pytest.raises(InvalidSpecError, match="reference is 'x'"):
        cost_effectiveness(both, "x")


def uncertain_set():
    """The shipped set with more of its numbers drawn, and all of them in use."""
    changed = SHIPPED.with_values(
        {
            "assumptions/worse_eye_weight": 0.2,
            "assumptions/second_eye_visit_share": 0.5,
            "assumptions/injection_disutility": 0.0002,
            "care/sight_loss_year": 5_000,
        }
    )
    drawn = {
        name: replace(changed.assumptions[name], distribution=Distribution("uniform"))
        for name in ("worse_eye_weight", "fellow_eye_letters", "discount_qalys_percent")
    }
    return replace(changed, assumptions={**changed.assumptions, **drawn})


@pytest.mark.parametrize("two_eyes", [False, True])
@pytest.mark.parametrize("utility", SHIPPED.utilities)
def test_each_draw_costs_what_a_set_of_its_values_does(two_eyes, utility):
    summary, economics = summary_of(EXTEND, n=60, two_eyes=two_eyes), uncertain_set()
    draws = draw_inputs(economics, utility, 6)
    costs, qalys = drawn_costs(summary, "aflibercept-2mg", draws)
    assert len(set(costs.tolist())) == len(set(qalys.tolist())) == 6
    for at in range(6):
        values = {f"assumptions/{name}": float(v[at]) for name, v in draws.assumptions.items()}
        one = economics.with_values(values)
        for name in one.prices():
            one = one.with_price(name, float(draws.pence[name][at]) / 100)
        one = one.with_values(utility_values(one, utility, draws, at))
        priced = health_economics(summary, one, utility)
        # The cost of lost sight is in whole pence for each group there, and is not here.
        assert costs[at] == pytest.approx(priced.cost, abs=0.02)
        assert qalys[at] == pytest.approx(priced.qalys_per_patient, abs=1e-9)


def utility_values(economics, name, draws, at):
    """Numbers of a mapping that give the utilities of one draw."""
    own = f"utilities/{name}/"
    if economics.utility(name).kind == "bands":
        bands = economics.utility(name).bands().items()
        return {own + key: float(draws.utility[at, letters]) for letters, key in bands}
    slope = (draws.utility[at, 85] - draws.utility[at, 35]) * -1
    return {
        f"{own}intercept": float(draws.utility[at, 85]),
        f"{own}per_logmar": float(slope),
        f"{own}per_year_of_age": float(draws.per_year_of_age[at]),
    }


def test_draws_say_what_was_drawn_and_hold_the_rest():
    draws = draw_inputs(SHIPPED, "brown-2000", 50)
    assert draws.varied[:3] == (
        "care/first_visit", "care/follow_up_visit", "care/injection_procedure",
    )  # fmt: skip
    assert len(draws.varied) == 8
    assert (draws.pence["care/scan"] == SHIPPED.pence("care/scan")).all()
    assert (np.diff(draws.utility, axis=1) >= 0).all()
    own = SHIPPED.with_price("care/first_visit", 200)
    assert "care/first_visit" not in draw_inputs(own, None, 50).varied
    again = draw_inputs(own, "brown-2000", 50)
    np.testing.assert_array_equal(again.utility, draws.utility)


def test_a_utility_that_could_not_be_is_refused():
    numbers = dict(SHIPPED.utility("brown-2000").numbers)
    wide = Parameter("from_78", 0.89, 0.5, 1.5, distribution=Distribution("normal", 0.4))
    utility = replace(SHIPPED.utility("brown-2000"), numbers={**numbers, "from_78": wide})
    economics = replace(SHIPPED, utilities={"brown-2000": utility})
    with pytest.raises(InvalidSpecError, match="must lie from 0 to 1"):
        draw_inputs(economics, None, 50)


def test_what_comes_from_patients_shrinks_with_them_and_what_comes_from_prices_does_not():
    few, many = (
        uncertain_inputs(compare({name: summary_of(name, 3, n) for name in (EXTEND, NONE)}), 300)
        for n in (600, 9_600)
    )
    for spread in (few.cost_spread(1), few.qalys_spread(1), few.net_benefit_spread(1, 20_000)):
        assert spread.both == math.hypot(spread.patients, spread.parameters)
    ratio = few.net_benefit_spread(1, 20_000).patients / many.net_benefit_spread(1, 20_000).patients
    assert 2.7 < ratio < 6  # 4 is expected; each is known within a tenth
    kept = few.qalys_spread(1).parameters / many.qalys_spread(1).parameters
    assert 0.75 < kept < 1.33


def test_patients_and_prices_together_spread_as_both_do(compared):
    found = uncertain_inputs(compared)
    costs, qalys = found.plane()
    for place in (0, 1):
        spread = found.net_benefit_spread(place, 30_000)
        drawn = (30_000 * qalys[place] - costs[place]).std()
        assert drawn == pytest.approx(spread.both, rel=0.12)
        increment = compared.increment(place)
        assert spread.patients == pytest.approx(increment.net_benefit(30_000).se, rel=1e-9)
    np.testing.assert_allclose(found.acceptability().sum(axis=0), 1)


def test_without_distributions_only_patients_are_uncertain(summaries):
    fixed = parse_economics(without_distributions(), "fixed")
    found = uncertain_inputs(compare(summaries, fixed, reference=NONE))
    assert found.varied == ()
    assert found.cost_spread(0).parameters == pytest.approx(0, abs=1e-9)
    points = compare(summaries, fixed, reference=NONE).plane()
    np.testing.assert_allclose(found.plane()[0], points[0], atol=1e-6)


def without_distributions():
    """Plain data of the shipped set, in which nothing is drawn."""
    import yaml

    from ape_core.spec.economics_yaml import economics_to_yaml

    def strip(data):
        if isinstance(data, dict):
            return {key: strip(item) for key, item in data.items() if key != "distribution"}
        return data

    return strip(yaml.safe_load(economics_to_yaml(SHIPPED)))


def made_up(template, random, shift, patients_luck, own_luck):
    """A comparison whose costs are put together from known parts."""
    members = template.priced[0].group_patients
    priced = []
    for place, item in enumerate(template.priced):
        luck = patients_luck + own_luck * random.standard_normal(len(members))
        pounds = members * (10_000 + place * (1_000 + shift + luck))
        pence = np.zeros_like(item.group_pence)
        pence[:, 0] = np.rint(100 * pounds)
        priced.append(replace(item, group_pence=pence, pence=pence.sum(axis=0)[:, None]))
    return replace(template, priced=tuple(priced))


def test_the_spread_of_draws_is_split_into_patients_and_parameters(compared):
    """200 draws: parameters move the difference by SD 50, patients all of them by SD 400/√50 a
    group, and the luck of each draw by SD 500/√50 = 71, which is not to be put down to parameters.
    """
    random = np.random.default_rng(8)
    luck = 400 * random.standard_normal(50)
    template = replace(compared, priced=compared.priced[:2], names=("a", "b"), reference=0)
    draws = [
        made_up(template, random, 50 * random.standard_normal(), luck, 500) for _ in range(200)
    ]
    found = probabilistic(draws)
    spread = found.cost_spread(1)
    assert spread.parameters == pytest.approx(50, rel=0.3)
    assert spread.patients == pytest.approx(luck.std(ddof=1) / math.sqrt(50), rel=0.1)
    naive = np.std([draw.increment(1).cost for draw in draws], ddof=1)
    assert naive > 80  # the control: not to take the luck of each draw away
    assert found.n_draws == 200
    assert found.plane()[0][1].mean() == pytest.approx(1_000 + luck.mean(), abs=30)
    assert found.acceptability(np.array([0.0]))[0, 0] == 1


def test_draws_of_other_protocols_are_refused(compared):
    with pytest.raises(InvalidInputError, match="number of draws is 1"):
        probabilistic([compared])
    other = replace(compared, reference=0)
    with pytest.raises(InvalidInputError, match="Draw 2 is of other protocols"):
        probabilistic([compared, other])


def test_tables_hold_what_the_comparison_says(summaries, compared):
    full = incremental_table(compared)
    assert [column.heading for column in full.columns][:3] == [
        "Protocol", "Cost (GBP per patient)", "QALYs (per patient)",
    ]  # fmt: skip
    assert [row[0] for row in full.rows] == [compared.names[step.place] for step in compared.steps]
    assert [row[6] for row in full.rows if row[6] != ""] == [
        step.icer for step in compared.steps if step.icer is not None
    ]
    beside = reference_table(compared)
    assert [row[1] for row in beside.rows] == [compared.increment(p).cost for p in (0, 1)]
    gains = net_benefit_table(compared, [20_000, 30_000])
    assert len(gains.rows) == 6
    assert gains.rows[0][2] == compared.increment(0).net_benefit(20_000).value
    priced = dict(zip(compared.names, compared.priced, strict=True))
    by_year = costs_table(priced)
    assert by_year.columns[6].name == "Sight loss (not counted)"
    with_sight = health_economics(summaries[EXTEND], SHIPPED.with_price(SIGHT, 100))
    assert costs_table({EXTEND: with_sight}).columns[6].name == "Sight loss"
    assert sum(row[7] for row in by_year.rows[:YEARS]) == pytest.approx(
        compared.priced[0].undiscounted_cost
    )
    lived = qalys_table(priced)
    assert sum(row[2] * row[4] for row in lived.rows[:YEARS]) == pytest.approx(compared.qalys[0])
    assert years_table(compared).rows[1][2] == compared.increment(0).cost
    assert len(plane_table(compared, *compared.plane()).rows) == 2 * N_POINTS
    shares = acceptability_table(compared, compared.acceptability())
    assert [sum(row[1:]) for row in shares.rows] == pytest.approx([100] * len(THRESHOLDS))


def test_groups_without_patients_are_not_drawn():
    weights = resample(np.array([2, 0, 3, 0, 1]), 100)
    assert not weights[:, [1, 3]].any()
    assert (weights.sum(axis=1) == 3).all()


def test_what_is_assumed_of_the_other_eye_is_said(compared):
    assert "62.8 letters (SD 14.7)" in eye_words(compared.priced[0])
    two = health_economics(summary_of(EXTEND, n=100, two_eyes=True), SHIPPED)
    assert eye_words(two) == "Both eyes are simulated, and QALYs follow the better-seeing one."
