"""Bootstrap over groups of patients: the same draws for every price, so that curves move smoothly.

Groups hold the same patients in every run of a comparison, so that one draw of groups gives each
protocol the same patients and keeps their pairing.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np

from ape_core.summaries.definitions import Counts, Floats

N_RESAMPLES: Final = 2_000
SEED: Final = 1


@lru_cache(maxsize=8)
def draws_of_groups(n_groups: int, n: int, seed: int) -> Floats:
    """How often each group is drawn, `[n, n_groups]`; each row adds up to `n_groups`."""
    generator = np.random.default_rng([seed, n_groups])
    shares = np.full(n_groups, 1 / max(n_groups, 1))
    drawn: Floats = generator.multinomial(n_groups, shares, size=n).astype(np.float64)
    drawn.flags.writeable = False
    return drawn


def resample(group_patients: Counts, n: int = N_RESAMPLES, seed: int = SEED) -> Floats:
    """Weights of the groups in each draw, `[n, n_groups]`: groups without patients are not drawn.

    Parameters
    ----------
    group_patients
        `[n_groups]`.
    n
        Draws.
    seed
        Of the draws; the first draws of a longer series are those of a shorter one.
    """
    filled = np.flatnonzero(group_patients)
    weights = np.zeros((n, len(group_patients)))
    weights[:, filled] = draws_of_groups(len(filled), n, seed)
    return weights


def resampled_means(weights: Floats, totals: Floats, group_patients: Counts) -> Floats:
    """Means over patients in each draw.

    Parameters
    ----------
    weights
        As of `resample`.
    totals
        `[..., n_groups]`.
    group_patients
        `[n_groups]`.

    Returns
    -------
    `[..., n]`.
    """
    means: Floats = (totals @ weights.T) / np.maximum(weights @ group_patients, 1)
    return means
