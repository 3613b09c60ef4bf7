"""Where the uncertainty of net benefit comes from: patients, prices and utilities, the disease."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np

from ape_core.analysis.economics_certainty import (
    FIRST_DRAWN,
    best_of_draws_words,
    highest_words,
)
from ape_core.analysis.uncertainty import uncertain_inputs
from ape_core.summaries.table import Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ape_core.analysis.economics import CostEffectiveness
    from ape_core.analysis.uncertainty import Uncertainty

SOURCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "patients": "Luck of these patients",
        "inputs": "Prices and utilities",
        "disease": "Numbers of the disease",
    }
)
"""What an SD comes from. The first shrinks with more patients; the others are what nobody knows."""


def net_benefit_sds(
    compared: CostEffectiveness,
    of_inputs: Uncertainty,
    of_disease: Uncertainty | None,
    place: int,
) -> dict[str, float | None]:
    """SD of the net benefit of a protocol beside the reference, by `SOURCES`; None: not known."""
    worth = compared.threshold
    of_patients = compared.increment(place).net_benefit(worth).se
    return {
        "patients": of_patients if math.isfinite(of_patients) else None,
        "inputs": of_inputs.net_benefit_spread(place, worth).parameters,
        "disease": of_disease.net_benefit_spread(place, worth).parameters if of_disease else None,
    }


def best_shares(uncertain: Uncertainty, worth: float) -> list[float]:
    """Share of draws in which each protocol has the highest net benefit at a worth of a QALY."""
    shares: list[float] = uncertain.acceptability(np.array([worth]))[:, 0].tolist()
    return shares


def sources_table(
    compared: CostEffectiveness, of_inputs: Uncertainty, of_disease: Uncertainty | None
) -> Table:
    """One row for each protocol but the reference: its net benefit, and the SDs."""
    others = [place for place in range(len(compared.names)) if place != compared.reference]
    sds = [net_benefit_sds(compared, of_inputs, of_disease, place) for place in others]
    gains = [compared.increment(place).net_benefit(compared.threshold).value for place in others]
    columns = [
        (f"SD from: {title.lower()}", "GBP", ["" if sd[name] is None else sd[name] for sd in sds])
        for name, title in SOURCES.items()
    ]
    return Table.of(
        "Where the uncertainty comes from",
        ("Protocol", "", [compared.names[place] for place in others]),
        ("Worth of a QALY", "GBP", [compared.threshold] * len(others)),
        (f"Net benefit beside {compared.names[compared.reference]}", "GBP per patient", gains),
        *columns,
    )


def first_draws(compared: CostEffectiveness) -> Uncertainty | None:
    """Draws of `FIRST_DRAWN`; None where the luck of patients, which is among it, is not known."""
    return uncertain_inputs(compared) if compared.knows_patients else None


def best_words(
    compared: CostEffectiveness, uncertain: Uncertainty | None, names: Sequence[str] | None = None
) -> str:
    """Which protocol is best, and in how many of the first draws, where there are any."""
    called = names or compared.names
    if uncertain is None:
        return f"{highest_words(called[compared.best()], compared.threshold)}."
    shares = best_shares(uncertain, compared.threshold)
    return best_of_draws_words(compared, called, shares, uncertain.n_draws, FIRST_DRAWN)
