"""Costs and QALYs of a summary at many drawn prices and utilities at once.

The same sums as `summaries.economics`, for all draws together: a test holds the two equal. With
weights of groups, patients are drawn along with prices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ape_core.schema import PERIODS_PER_YEAR
from ape_core.summaries.definitions import CARE, LIFE, N_LETTERS, SPANS_PER_YEAR, Counts, Floats

if TYPE_CHECKING:
    from ape_core.analysis.input_draws import InputDraws
    from ape_core.summaries.summary import Summary

_LETTERS = np.arange(N_LETTERS)


def drawn_costs(
    summary: Summary, drug: str, draws: InputDraws, weights: Floats | None = None
) -> tuple[Floats, Floats]:
    """Pounds and QALYs per patient, discounted, in each draw.

    Parameters
    ----------
    summary
        Of a run.
    drug
        That was injected, as of `drug_of`.
    draws
        Prices, assumptions and utilities.
    weights
        `[n_draws, n_groups]`: how often each group of patients counts; each once unless given.

    Returns
    -------
    tuple
        Both `[n_draws]`.
    """
    groups = summary["group_patients"]
    drawn = np.ones((1, len(groups))) if weights is None else weights
    patients = np.maximum(drawn @ groups, 1)
    costs = _costs(summary, drug, draws, drawn) / 100
    return costs / patients, _qalys(summary, draws, drawn) / patients


def fellow_letters_drawn(draws: InputDraws) -> Floats:
    """Probability of each number of letters of an eye without the disease, `[n, 101]`."""
    mean = draws.assumptions["fellow_eye_letters"][:, None]
    sd = draws.assumptions["fellow_eye_sd_letters"][:, None]
    distances = ((_LETTERS - mean) / np.where(sd > 0, sd, 1.0)) ** 2
    weights = np.exp(-(distances - distances.min(axis=1, keepdims=True)) / 2)
    between = np.maximum(1 - np.abs(_LETTERS - mean), 0)
    shares: Floats = np.where(sd > 0, weights / weights.sum(axis=1, keepdims=True), between)
    return shares


def _costs(summary: Summary, drug: str, draws: InputDraws, drawn: Floats) -> Floats:
    """Pence, discounted, of the groups that are drawn."""
    care = _at(drawn, summary["group_care"])
    first, follow_up, second, injections = (care[:, :, place] for place in range(len(CARE)))

    def price(name: str) -> Floats:
        return draws.pence[f"care/{name}"][:, None]

    share = draws.assumptions["second_eye_visit_share"][:, None]
    dose = draws.pence[f"drugs/{drug}"][:, None] if f"drugs/{drug}" in draws.pence else 0.0
    by_year = (
        injections * (dose + price("injection_procedure"))
        + first * price("first_visit")
        + follow_up * price("follow_up_visit")
        + second * np.rint(share * price("follow_up_visit"))
        + (first + follow_up) * price("scan")
        + second * np.rint(share * price("scan"))
        + _sight_loss(summary, draws, drawn)
    )
    costs: Floats = (by_year * _left(draws, "discount_costs_percent", summary.years)).sum(axis=1)
    return costs


def _sight_loss(summary: Summary, draws: InputDraws, drawn: Floats) -> Floats:
    """Pence of lost sight in each year."""
    price = np.rint(draws.pence["care/sight_loss_year"] / SPANS_PER_YEAR)[:, None]
    if not price.any():
        return np.zeros((1, 1))
    lost = draws.assumptions["sight_loss_letters"][:, None] >= _LETTERS
    share = (fellow_letters_drawn(draws) * lost).sum(axis=1)[:, None]
    spans = share * (_at(drawn, summary["group_letters"]) * lost[:, None, :]).sum(axis=2)
    if len(summary["group_better_letters"]):
        both = _at(drawn, summary["group_better_letters"])
        spans = spans + (both * lost[:, None, :]).sum(axis=2)
    pence: Floats = spans * price
    return pence


def _qalys(summary: Summary, draws: InputDraws, drawn: Floats) -> Floats:
    """QALYs, discounted, of the groups that are drawn."""
    left = _left(draws, "discount_qalys_percent", summary.years)
    weight = draws.assumptions["worse_eye_weight"][:, None]

    def spans(name: str, worth: Floats) -> Floats:
        letters = (_at(drawn, summary[name]) * left[:, :, None]).sum(axis=1)
        total: Floats = (letters * worth).sum(axis=1)
        return total

    lived = spans("group_letters", _worth_of_one_eye(draws))
    if len(summary["group_better_letters"]):
        lived = lived + spans("group_better_letters", (1 - weight) * draws.utility)
        lived = lived + spans("group_worse_letters", weight * draws.utility)
    ages = _at(drawn, summary["group_life"][:, :, LIFE.index("spans times age")])
    lived = lived + (ages * left).sum(axis=1) / PERIODS_PER_YEAR * draws.per_year_of_age
    injections = _at(drawn, summary["group_care"][:, :, CARE.index("injections")])
    lost = (injections * left).sum(axis=1) * draws.assumptions["injection_disutility"]
    qalys: Floats = lived / SPANS_PER_YEAR - lost
    return qalys


def _worth_of_one_eye(draws: InputDraws) -> Floats:
    """Utility by letters of the one eye with disease, over all that the other may read."""
    weight = draws.assumptions["worse_eye_weight"][:, None]
    shares = fellow_letters_drawn(draws)
    below = shares.cumsum(axis=1)
    worth_below = (shares * draws.utility).cumsum(axis=1)
    worth_above = worth_below[:, -1:] - worth_below
    better = draws.utility * below + worth_above
    worse = draws.utility * (below[:, -1:] - below) + worth_below
    worth: Floats = (1 - weight) * better + weight * worse
    return worth


def _left(draws: InputDraws, name: str, years: int) -> Floats:
    """What discounting leaves in each year, `[n, years]`."""
    left: Floats = (1 + draws.assumptions[name][:, None] / 100) ** -np.arange(years, dtype=float)
    return left


def _at(drawn: Floats, counts: Counts) -> Floats:
    """Counts of the groups that are drawn, `[n_groups, ...]` to `[n_draws or 1, ...]`."""
    total: Floats = (drawn @ counts.reshape(len(counts), -1)).reshape(-1, *counts.shape[1:])
    return total
