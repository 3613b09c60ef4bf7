"""Increments, Fieller's interval and full incremental analysis, by closed forms and known cases."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ape_core.analysis.economics_words import (
    icer_interval_words,
    increment_words,
    pounds,
    pounds_interval,
    qalys_text,
    signed_pounds,
    step_words,
)
from ape_core.analysis.frontier import incremental_analysis
from ape_core.analysis.increments import Increment
from ape_core.analysis.student import t_quantile

T49 = t_quantile(0.975, 49)


def increment(cost, qalys, se_cost=0.0, se_qalys=0.0, correlation=0.0, degrees=49):
    covariance = correlation * se_cost * se_qalys
    return Increment(cost, qalys, se_cost**2, se_qalys**2, covariance, degrees)


def test_net_benefit_is_worth_less_cost_with_the_error_of_both():
    found = increment(1_000, 0.05, 200, 0.01, 0.25).net_benefit(30_000)
    assert found.value == pytest.approx(500)
    assert found.se == pytest.approx(math.sqrt(300**2 + 200**2 - 2 * 0.25 * 300 * 200))
    assert found.high - found.value == pytest.approx(T49 * found.se)
    assert found.value - found.low == pytest.approx(T49 * found.se)
    assert pytest.approx(2.0096, abs=1e-4) == T49


@pytest.mark.parametrize(
    ("cost", "qalys", "verdict", "icer"),
    [
        (1_000, 0.05, "costs more", 20_000),
        (-1_000, -0.05, "saves", 20_000),
        (-1_000, 0.05, "dominates", None),
        (0, 0.05, "dominates", None),
        (-1_000, 0, "dominates", None),
        (1_000, -0.05, "dominated", None),
        (1_000, 0, "dominated", None),
        (0, -0.05, "dominated", None),
        (0, 0, "same", None),
    ],
)
def test_a_place_on_the_plane_has_a_verdict(cost, qalys, verdict, icer):
    found = increment(cost, qalys)
    assert found.verdict == verdict
    assert found.icer == (None if icer is None else pytest.approx(icer))


def test_an_interval_without_error_is_the_ratio_itself():
    found = increment(1_000, 0.05).icer_interval
    assert found.kind == "between"
    assert (found.low, found.high) == (pytest.approx(20_000), pytest.approx(20_000))
    assert increment(0, 0).icer_interval.kind == "none"


@pytest.mark.parametrize("correlation", [-0.6, 0.0, 0.7])
def test_the_ends_of_fieller_s_interval_are_where_net_benefit_is_just_not_certain(correlation):
    """At each end as the worth of a QALY the interval of net benefit just touches 0."""
    found = increment(1_000, 0.05, 200, 0.005, correlation)
    interval = found.icer_interval
    assert interval.kind == "between"
    assert interval.low < found.icer < interval.high
    for end in (interval.low, interval.high):
        benefit = found.net_benefit(end)
        assert abs(benefit.value) == pytest.approx(T49 * benefit.se, rel=1e-9)
    assert interval.holds(found.icer)
    assert not interval.holds(interval.high * 1.01)


def test_fieller_s_interval_without_correlation_is_the_one_of_textbooks():
    """With g = (t se / mean)² of the divisor: (r ± t/y √(v11 (1 - g) + r² v22)) / (1 - g)."""
    cost, qalys, se_cost, se_qalys = 1_000, 0.05, 200, 0.005
    ratio, g = cost / qalys, (T49 * se_qalys / qalys) ** 2
    half = T49 / qalys * math.sqrt(se_cost**2 * (1 - g) + ratio**2 * se_qalys**2)
    found = increment(cost, qalys, se_cost, se_qalys).icer_interval
    assert found.low == pytest.approx((ratio - half) / (1 - g))
    assert found.high == pytest.approx((ratio + half) / (1 - g))


def test_an_interval_has_no_end_where_there_may_be_no_qalys():
    found = increment(1_000, 0.005, 100, 0.005)
    interval = found.icer_interval
    assert interval.kind == "outside"
    assert interval.low < 0 < interval.high < found.icer
    assert interval.holds(1e9)
    assert not interval.holds(0)
    assert "without an upper end" in icer_interval_words(found)
    assert "cannot be ruled out" in icer_interval_words(found)


def test_every_ratio_is_possible_where_both_differences_may_be_none():
    found = increment(100, 0.005, 100, 0.005)
    assert found.icer_interval.kind == "any"
    assert found.icer_interval.holds(-1e9)
    assert "any value" in icer_interval_words(found)


def test_nothing_is_certain_of_a_single_group():
    found = increment(100, 0.005, degrees=0)
    benefit = found.net_benefit(20_000)
    assert (benefit.value, benefit.low, benefit.high) == (0, -math.inf, math.inf)
    assert found.icer_interval.kind == "any"


def test_fieller_s_interval_covers_as_often_as_it_should():
    """1,000 samples of 50 pairs: 95% of intervals hold the ratio, within 4 standard errors.

    A right method fails once in 16,000. Half as wide intervals, the control, hold it in 67%.
    """
    random = np.random.default_rng(3)
    covered = narrow = 0
    for _ in range(1_000):
        noise = random.standard_normal((2, 50))
        costs = 1_000 + 2_000 * noise[0]
        qalys = 0.05 + 0.06 * (0.5 * noise[0] + math.sqrt(0.75) * noise[1])
        cov = np.cov(costs, qalys) / 50
        mean = (costs.mean(), qalys.mean())
        found = Increment(*mean, cov[0, 0], cov[1, 1], cov[0, 1], 49)
        half = Increment(*mean, cov[0, 0] / 4, cov[1, 1] / 4, cov[0, 1] / 4, 49)
        covered += found.icer_interval.holds(20_000)
        narrow += half.icer_interval.holds(20_000)
    assert abs(covered - 950) < 4 * math.sqrt(1_000 * 0.95 * 0.05)
    assert narrow < 950 - 4 * math.sqrt(1_000 * 0.95 * 0.05)


def verdicts(*points):
    steps = incremental_analysis([cost for cost, _ in points], [gain for _, gain in points])
    return [(step.place, step.verdict, step.icer and round(step.icer)) for step in steps]


def test_a_textbook_case_with_dominance_and_extended_dominance():
    """Six programmes: one dearer and worse, one out by a mix; ICERs rise along those that stay."""
    points = [(0, 0), (20_000, 0.5), (30_000, 1.5), (40_000, 1.2), (60_000, 2.0), (90_000, 2.2)]
    assert verdicts(*points) == [
        (0, "least costly", None),
        (1, "extendedly dominated", None),  # 40,000 per QALY, and then 10,000
        (2, "worth its cost from", 20_000),
        (3, "dominated", None),
        (4, "worth its cost from", 60_000),
        (5, "worth its cost from", 150_000),
    ]


def test_leaving_one_out_can_put_the_one_before_it_out():
    points = [(0, 0), (10, 1), (25, 2), (44, 3), (45, 4)]
    assert [v for _, v, _ in verdicts(*points)] == [
        "least costly", "worth its cost from", "extendedly dominated", "extendedly dominated",
        "worth its cost from",
    ]  # fmt: skip
    assert verdicts(*points)[-1][2] == round(35 / 3)


def test_the_order_in_which_protocols_are_given_changes_nothing():
    points = [(0, 0), (20_000, 0.5), (30_000, 1.5), (40_000, 1.2), (60_000, 2.0)]
    order = [3, 0, 4, 2, 1]
    shuffled = verdicts(*(points[place] for place in order))
    assert [(order[place], *rest) for place, *rest in shuffled] == verdicts(*points)


def test_every_one_on_the_frontier_is_best_at_some_worth_and_no_other_is():
    random = np.random.default_rng(5)
    for _ in range(50):
        costs, gains = random.uniform(0, 100, 6), random.uniform(0, 1, 6)
        steps = incremental_analysis(costs.tolist(), gains.tolist())
        kept = {s.place for s in steps if "dominated" not in s.verdict}
        worth = np.linspace(0, 2_000, 20_001)[:, None]
        best = set(np.argmax(worth * gains - costs, axis=1).tolist())
        assert best <= kept
        icers = [s.icer for s in steps if s.icer is not None]
        assert icers == sorted(icers)


def test_equals_are_called_equal_and_the_dearer_of_two_as_good_is_dominated():
    steps = incremental_analysis([10, 10, 12], [1, 1, 1])
    names = ("A", "B", "C")
    assert [step_words(step, names) for step in steps] == [
        "least costly", "the same as A", "dominated by A",
    ]  # fmt: skip
    mix = incremental_analysis([0, 20, 30], [0, 0.5, 1.5])[1]
    assert step_words(mix, names) == (
        "extendedly dominated: a mix of A and C gains as much for less"
    )


DEARER = (
    "A costs £1,234 more and gains 0.0500 QALYs more per patient than B: £24,688 per QALY gained "
    "(95% interval £23,656 to £25,800)."
)
BETTER = "A dominates B: it costs £1,234 less and gains 0.200 QALYs more per patient."
WORSE = (
    "A is dominated by B: it costs £1,234 more and gains 0.200 QALYs fewer per patient. "
    "With these patients the difference in QALYs may be chance."
)
UNSURE = (
    "A costs £321 less and gains 0.00001 QALYs fewer per patient than B. With these patients the "
    "difference in QALYs may be chance."
)
LARGE = (
    "A costs £3,552 more and gains 0.0013 QALYs more per patient than B: £2,730,000 per QALY "
    "gained (95% interval £2,730,000 to £2,730,000)."
)
FEWER = "A is dominated by B: it costs £1,664 more and gains 0.001 QALYs fewer per patient."
SAVING = (
    "A costs £1,000 less and gains 0.0500 QALYs fewer per patient than B: £20,000 saved per QALY "
    "lost (95% interval £20,000 to £20,000)."
)


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (increment(1_234.4, 0.05, 10, 0.001), DEARER),
        (increment(-1_234.4, 0.2, 10, 0.001), BETTER),
        (increment(1_234.4, -0.2, 10, 1), WORSE),
        (increment(-1_000, -0.05), SAVING),
        (increment(-321, -0.00001, 10, 0.001), UNSURE),
        (increment(3_552, 0.0013), LARGE),
        (increment(1_664, -0.00099, 10, 0.0001), FEWER),
        (increment(0, 0), "A and B cost and gain the same."),
    ],
)
def test_increments_are_told_in_words(found, sentence):
    assert increment_words(found, "A", "B") == sentence


def test_amounts_read_as_a_paper_prints_them():
    assert [pounds(x) for x in (0, 5.6, 7, 1_234.5, -1_234.6, -0.001, 0.004)] == [
        "£0", "£5.60", "£7", "£1,234", "\N{MINUS SIGN}£1,235", "£0.00", "£0.00",
    ]  # fmt: skip
    assert [signed_pounds(x) for x in (0, 5.6, -1_234.6)] == [
        "£0", "+£5.60", "\N{MINUS SIGN}£1,235",
    ]  # fmt: skip
    assert [qalys_text(x) for x in (2.60649, 0.05, -0.0000123, -0.2, 0, -1e-12, 0.00071)] == [
        "2.606", "0.0500", "\N{MINUS SIGN}0.000012", "\N{MINUS SIGN}0.200", "0.0000", "0.0000",
        "0.00071",
    ]  # fmt: skip


def test_what_is_not_known_of_the_patients_is_said_and_no_ratio_is_given():
    unknown = Increment(-321, 0.0123, 0, 0, 0, 0)
    assert increment_words(unknown, "A", "B") == (
        "A dominates B: it costs £321 less and gains 0.0123 QALYs more per patient. How much of "
        "that is chance is not known."
    )
    dearer = increment_words(Increment(321, 0.0123, 0, 0, 0, 0), "A", "B")
    assert "per QALY" not in dearer
    assert pounds_interval(unknown.cost_difference) == "not known"
