"""Draws of uncertain parameters follow the distributions that ship, within their ranges."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from ape_core.analysis.arms import load_arms
from ape_core.analysis.draws import parameter_draws, quantile, spread
from ape_core.analysis.free import (
    changed_arm,
    changed_model,
    fitted,
    free_parameters,
    model_parameters,
)
from ape_core.errors import InvalidSpecError
from ape_core.spec.cohort import Cohort
from ape_core.spec.model import load_model
from ape_core.spec.parameter import Distribution, Parameter
from ape_core.spec.protocol_yaml import load_protocol
from ape_core.spec.run_spec import RunSpec

N = 2_000


@pytest.fixture(scope="module")
def model():
    return load_model()


@pytest.fixture(scope="module")
def drawn(model):
    """Values of each parameter over the draws."""
    draws = [model_parameters(draw) for draw in parameter_draws(model, N, seed=5)]
    return {name: np.array([draw[name].value for draw in draws]) for name in draws[0]}


def test_every_draw_lies_in_its_range_and_certain_parameters_stay(model, drawn):
    for name, item in model_parameters(model).items():
        values = drawn[name]
        assert item.low <= values.min() <= values.max() <= item.high, name
        if item.distribution is None or item.low == item.high:
            assert (values == item.value).all(), name
        else:
            assert len(set(values.tolist())) == N, name


def test_draws_follow_their_distributions(model, drawn):
    """Kolmogorov-Smirnov of each parameter: one false alarm in 10,000 suites, by Bonferroni."""
    uncertain = {k: v for k, v in model_parameters(model).items() if v.distribution}
    assert len(uncertain) > 20
    for name, item in uncertain.items():
        assert stats.kstest(drawn[name], expected(item).cdf).pvalue > 1e-4 / len(uncertain), name
    wrong = expected(uncertain["log_ec50_mean"], spread=0.25)
    assert stats.kstest(drawn["log_ec50_mean"], wrong.cdf).pvalue < 1e-4


def expected(item, spread=None):
    """Distribution of a parameter as SciPy has it."""
    kind, low, high = item.distribution.kind, item.low, item.high
    spread = item.distribution.spread if spread is None else spread
    if kind == "uniform":
        return stats.uniform(low, high - low)
    if kind == "normal":
        a, b = (low - item.value) / spread, (high - item.value) / spread
        return stats.truncnorm(a, b, item.value, spread)
    middle = math.log(item.value)
    a, b = ((math.log(x) - middle) / spread for x in (low, high))
    around = stats.truncnorm(a, b, middle, spread)
    return type("Log", (), {"cdf": staticmethod(lambda x: around.cdf(np.log(x)))})


def test_parameters_are_drawn_independently(drawn):
    """|r| of 2,000 independent pairs exceeds 0.1 less than once in 100,000 pairs."""
    names = ("log_ec50_mean", "fluid_threshold", "turnover_per_week", "ranibizumab-0.5mg/dose")
    r = np.corrcoef([drawn[name] for name in names])
    assert abs(r - np.eye(len(names))).max() < 0.1


def test_the_first_draws_do_not_depend_on_how_many_follow(model):
    few, many = parameter_draws(model, 3, seed=5), parameter_draws(model, 6, seed=5)
    assert many[:3] == few
    assert len({draw.value("log_ec50_mean") for draw in many}) == 6
    assert parameter_draws(model, 3, seed=6) != few


def test_a_parameter_keeps_its_draws_when_another_becomes_certain(model):
    item = model.parameters["burn_out_shape"]
    certain = Parameter.exactly(item.name, item.value)
    other = type(model)({**model.parameters, item.name: certain}, model.drugs)
    a, b = parameter_draws(model, 2, seed=5)[1], parameter_draws(other, 2, seed=5)[1]
    assert a.value("log_ec50_mean") == b.value("log_ec50_mean")
    assert b.value("burn_out_shape") == item.value


def test_each_draw_is_another_question_that_can_be_run(model):
    protocol, cohort = load_protocol("aflibercept-2mg-view"), Cohort(10)
    draws = parameter_draws(model, 4, seed=1)
    specs = {RunSpec(protocol, cohort, 1, 1, model=draw).run_id for draw in draws}
    assert len(specs) == 4


@pytest.mark.parametrize(("n", "seed", "match"), [(0, 1, "draws is 0"), (3, -1, "seed is -1")])
def test_draws_that_cannot_be(model, n, seed, match):
    with pytest.raises(InvalidSpecError, match=match):
        parameter_draws(model, n, seed)


def test_quantiles_at_the_ends_and_spreads():
    normal = Parameter("x", 5, 0, 8, distribution=Distribution("normal", 2))
    lognormal = Parameter("x", 2, 0, 4, distribution=Distribution("lognormal", 0.3))
    uniform = Parameter("x", 2, 0, 12, distribution=Distribution("uniform"))
    for item in (normal, lognormal, uniform):
        assert item.low <= quantile(item, 0.0) < quantile(item, 0.5) < quantile(item, 1.0)
        assert quantile(item, 1.0) == pytest.approx(item.high, abs=1e-3)
    assert [spread(item) for item in (normal, lognormal, uniform)] == pytest.approx(
        [2, 0.6, math.sqrt(12)]
    )
    assert spread(Parameter("x", 2, 0, 12)) == 3
    assert quantile(Parameter("x", 2, 0, 12), 0.9) == 2


def test_values_are_changed_by_flat_names(model):
    changed = changed_model(model, {"log_ec50_mean": -6.0, "ranibizumab-0.5mg/dose": 0.5})
    assert changed.value("log_ec50_mean") == -6.0
    assert changed.drug("ranibizumab-0.5mg").dose.value == 0.5
    assert changed.drug("aflibercept-2mg") == model.drug("aflibercept-2mg")
    assert changed_model(model, {}) == model


def test_values_of_populations_are_changed_in_their_arms(model, arms_file):
    treated, clinic = load_arms(arms_file)
    values = {
        "trial/attendance.missed_share": 0.5,
        "uk-routine-care/recoverable_share": 0.6,
        "uk-routine-care/leaving.lost_per_year": 0.2,
    }
    assert changed_arm(treated, values).cohort.people().attendance.missed_share == 0.5
    assert changed_arm(treated, values).cohort.people().baseline_letters.mean == 55
    assert changed_arm(clinic, values).cohort.people().recoverable_share == 0.6
    assert changed_arm(clinic, values).cohort.people().leaving.lost_per_year == 0.2
    assert changed_arm(clinic, {"log_ec50_mean": -6.0}) is clinic
    assert set(values) <= set(free_parameters(model, [treated, clinic]))
    assert not any("clinic" in name for name in free_parameters(model, [treated]))


def test_what_was_fitted_is_known_by_its_source(model):
    names = fitted(free_parameters(model, load_arms()))
    assert {"log_ec50_mean", "faricimab-6mg/dose", "uk-routine-care/recoverable_share"} <= set(
        names
    )
    assert "aflibercept-2mg/half_life_days" not in names
    assert "haemorrhage_rate_per_fluid_week" not in names
