"""Counting patients: totals, age, sex and acuity at the first visit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ape_core.schema import SEXES
from ape_core.summaries.counting.bins import histogram_2d
from ape_core.summaries.definitions import MAX_AGE, N_LETTERS, Counts

if TYPE_CHECKING:
    from ape_core.simulation.chunk import Chunk


def count_patients(chunk: Chunk) -> dict[str, Counts]:
    """Totals, age by sex, and letters at the first visit of each eye."""
    patients = chunk.patients
    rows = np.flatnonzero(patients["eye"] == 0)
    age = np.minimum(patients["age_years"][rows], MAX_AGE)
    n_injections = int(np.count_nonzero(chunk.visits["injected"]))
    totals = (len(rows), chunk.n_eyes, chunk.n_visits, n_injections)
    return {
        "totals": np.array(totals, dtype=np.int64),
        "age_sex": histogram_2d(patients["sex"][rows], age, (len(SEXES), MAX_AGE + 1)),
        "baseline_letters": histogram_2d(
            patients["eye"], patients["baseline_letters"], (2, N_LETTERS)
        ),
    }
