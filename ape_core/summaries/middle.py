"""The middle of a run: what a typical patient would be like."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ape_core.schema import PERIODS_PER_YEAR
from ape_core.summaries.acuity import LETTERS
from ape_core.summaries.definitions import CUMULATIVE, MAX_AGE
from ape_core.summaries.moments import moments, moments_of_sums, quantile

if TYPE_CHECKING:
    from ape_core.results.ordering import Middle
    from ape_core.summaries.definitions import Counts
    from ape_core.summaries.summary import Summary

_AGES = np.arange(MAX_AGE + 1)


def middle(summary: Summary) -> Middle:
    """Give the middle of a run."""
    # Here, as a page that reads a summary needs nothing of what reads rows.
    from ape_core.results.ordering import Middle

    age = summary["age_sex"].sum(axis=0)
    baseline = summary["baseline_letters"][0]
    at_ends = summary["assessed_letters"][PERIODS_PER_YEAR::PERIODS_PER_YEAR]
    alive = 2 * at_ends.sum(axis=1) >= summary.n_patients
    n_years = len(alive) if alive.all() else int(alive.argmin())
    given = summary["injections_of_all"][-1]
    eyes, total, squared = (given[CUMULATIVE.index(name)] for name in CUMULATIVE)
    injections = moments_of_sums(eyes, total, squared)
    letters = [_letters(counts) for counts in at_ends[:n_years]]
    return Middle(
        float(quantile(age, _AGES, 50)),
        float(moments(age, _AGES).sd),
        *_letters(baseline),
        tuple(median for median, _ in letters),
        tuple(sd for _, sd in letters),
        float(injections.mean),
        float(injections.sd),
    )


def _letters(counts: Counts) -> tuple[float, float]:
    """Median and standard deviation of eyes counted by letters."""
    return float(quantile(counts, LETTERS, 50)), float(moments(counts, LETTERS).sd)
