"""Probability of death within a year, by age and sex."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ape_core.errors import InvalidSpecError
from ape_core.spec.shipped import DATA

LIFE_TABLE_FILE: Final = DATA / "life_table_ons_uk_2021_2023.csv"


@dataclass(frozen=True, slots=True, eq=False)
class LifeTable:
    """ONS National Life Tables, United Kingdom, 2021-2023.

    Parameters
    ----------
    ages
        int64 [51], 50 to 100 years. After age 100 the probability at 100 holds.
    qx_female, qx_male
        float64 [51], probability of death before the next birthday.
    """

    ages: NDArray[np.int64]
    qx_female: NDArray[np.float64]
    qx_male: NDArray[np.float64]


@lru_cache
def load_life_table() -> LifeTable:
    """Load the life table that ships with APE; its arrays are read-only."""
    with LIFE_TABLE_FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    ages = np.array([int(row["age"]) for row in rows], dtype=np.int64)
    female = np.array([float(row["qx_female"]) for row in rows])
    male = np.array([float(row["qx_male"]) for row in rows])
    if not np.array_equal(ages, np.arange(50, 101)):
        raise InvalidSpecError(f"{LIFE_TABLE_FILE.name} must hold ages 50 to 100, one row each.")
    for column in (ages, female, male):
        column.setflags(write=False)
    return LifeTable(ages, female, male)
