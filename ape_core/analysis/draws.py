"""Draws of the uncertain parameters, from the distributions that ship with the model."""

from __future__ import annotations

import math
import zlib
from statistics import NormalDist
from typing import Final

import numpy as np

from ape_core.analysis.free import changed_model, model_parameters
from ape_core.limits import MAX_SEED
from ape_core.spec import checks
from ape_core.spec.model import DiseaseModel
from ape_core.spec.parameter import Parameter

MAX_DRAWS: Final = 10_000
_NEAREST: Final = 1e-12
"""How near to 0 and 1 a probability may come: an infinite quantile lies at both."""


def parameter_draws(model: DiseaseModel, n: int, seed: int) -> list[DiseaseModel]:
    """Draw models whose uncertain parameters vary as their distributions say, independently.

    A parameter with a distribution is drawn from it, cut to low..high; one without keeps its
    value. Each parameter has draws of its own: another one in the model changes none of them, and
    the first draws of a longer series are those of a shorter one.

    Parameters
    ----------
    model
        Around whose values parameters are drawn.
    n
        1 to 10,000 draws.
    seed
        Of the draws.

    Returns
    -------
    list of DiseaseModel
        To be used as `RunSpec(..., model=...)`.

    Raises
    ------
    InvalidSpecError
        The number or the seed is not allowed.
    """
    n_draws = checks.whole("The number of draws", n, 1, MAX_DRAWS)
    whole_seed = checks.whole("seed", seed, 0, MAX_SEED)
    uncertain = {
        name: item
        for name, item in model_parameters(model).items()
        if item.distribution is not None
    }
    drawn = {name: draw_values(name, item, n_draws, whole_seed) for name, item in uncertain.items()}
    return [
        changed_model(model, {name: values[i] for name, values in drawn.items()})
        for i in range(n_draws)
    ]


def quantile(parameter: Parameter, probability: float) -> float:
    """Value of an uncertain parameter that is not exceeded with a probability."""
    low, high, distribution = parameter.low, parameter.high, parameter.distribution
    if distribution is None or low == high:
        return parameter.value
    if distribution.kind == "uniform":
        return low + probability * (high - low)
    assert distribution.spread is not None
    if distribution.kind == "normal":
        value = _cut(NormalDist(parameter.value, distribution.spread), low, high, probability)
    else:
        around = NormalDist(math.log(parameter.value), distribution.spread)
        floor = math.log(low) if low > 0 else -math.inf
        value = math.exp(_cut(around, floor, math.log(high), probability))
    return min(max(value, low), high)


def spread(parameter: Parameter) -> float:
    """SD of an uncertain parameter, before it is cut; a quarter of its range if none is stated."""
    distribution, width = parameter.distribution, parameter.high - parameter.low
    if distribution is None:
        return width / 4
    if distribution.kind == "uniform":
        return width / math.sqrt(12)
    assert distribution.spread is not None
    if distribution.kind == "normal":
        return distribution.spread
    return parameter.value * distribution.spread


def draw_values(name: str, parameter: Parameter, n: int, seed: int) -> list[float]:
    """Values of one parameter; its name gives it draws of its own."""
    generator = np.random.default_rng([seed, zlib.crc32(name.encode())])
    return [quantile(parameter, u) for u in generator.random(n).tolist()]


def _cut(normal: NormalDist, low: float, high: float, probability: float) -> float:
    """Quantile of a normal distribution cut at low and high."""
    below, within = normal.cdf(low), normal.cdf(high) - normal.cdf(low)
    wanted = below + probability * within
    return normal.inv_cdf(min(max(wanted, _NEAREST), 1 - _NEAREST))
