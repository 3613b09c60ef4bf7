"""In which order patients are found: by number, by what they gained, by nearness, by lot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from ape_core.errors import InvalidInputError
from ape_core.limits import MAX_SEED
from ape_core.results.criteria import Rows, letters_gained
from ape_core.schema import NOT_ASSESSED
from ape_core.spec.checks import choice, whole

ORDERS: Final = ("number", "best", "worst", "typical", "random")

_MIX: Final = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_STEP: Final = np.uint64(0x9E3779B97F4A7C15)
_SHIFTS: Final = (np.uint64(30), np.uint64(27), np.uint64(31))


@dataclass(frozen=True, slots=True)
class Middle:
    """The middle of all patients of a run, and the standard deviation around it.

    Attributes
    ----------
    age_years, age_years_sd
        Median age at the first visit.
    baseline_letters, baseline_letters_sd
        Median acuity measured at the first visit of the first eye.
    letters, letters_sd
        Median acuity assessed at the end of each study year, as long as half of the patients live.
    n_injections, n_injections_sd
        Mean number of injections into the first eye.
    """

    age_years: float
    age_years_sd: float
    baseline_letters: float
    baseline_letters_sd: float
    letters: tuple[float, ...]
    letters_sd: tuple[float, ...]
    n_injections: float
    n_injections_sd: float


@dataclass(frozen=True, slots=True)
class Ordering:
    """An order, as a value of each patient: the least comes first, and of equals the lower number.

    Attributes
    ----------
    name
        One of `ORDERS`.
    columns
        Columns of the patients table that it needs.
    keys
        The values of some patients; NaN for one who cannot be found in this order.
    """

    name: str
    columns: frozenset[str]
    keys: Callable[[Rows], np.ndarray]


def ordering(name: str, seed: int, middle: Callable[[], Middle]) -> Ordering:
    """Return the order of that name.

    Parameters
    ----------
    name
        One of `ORDERS`.
    seed
        For "random": the same seed finds the same patients.
    middle
        Gives the middle of the run, for "typical".

    Raises
    ------
    InvalidInputError
        When there is no such order, or the seed is none.
    """
    choice("order", name, ORDERS)
    number = whole("seed", seed, 0, MAX_SEED)
    letters = frozenset(("baseline_letters", "last_letters"))
    if name == "best":
        return Ordering(name, letters, lambda rows: -letters_gained(rows))
    if name == "worst":
        return Ordering(name, letters, letters_gained)
    if name == "random":
        return Ordering(name, frozenset(), lambda rows: lots(rows["patient_id"], number))
    if name == "typical":
        known = middle()
        columns = ("age_years", "baseline_letters", "n_injections", "assessed_letters")
        return Ordering(name, frozenset(columns), lambda rows: _distances(rows, known))
    return Ordering(name, frozenset(), lambda rows: rows["patient_id"])


def lots(patient_ids: np.ndarray, seed: int) -> np.ndarray:
    """A lot for each patient, as if drawn: it depends on the seed and the number alone."""
    with np.errstate(over="ignore"):
        start = _mixed(np.array([seed], np.uint64) + _STEP)
        return _mixed(start + (patient_ids.astype(np.uint64) + np.uint64(1)) * _STEP)


def _mixed(values: np.ndarray) -> np.ndarray:
    """Bits of whole numbers, mixed so that neighbours have nothing in common (SplitMix64)."""
    for shift, factor in zip(_SHIFTS, _MIX, strict=False):
        values = (values ^ (values >> shift)) * factor
    mixed: np.ndarray = values ^ (values >> _SHIFTS[-1])
    return mixed


def _distances(rows: Rows, middle: Middle) -> np.ndarray:
    """How far patients are from the middle: squared differences in standard deviations, added."""
    n_years = len(middle.letters)
    letters = rows["assessed_letters"][:, 1 : n_years + 1]
    columns = [
        (rows["age_years"], middle.age_years, middle.age_years_sd),
        (rows["baseline_letters"], middle.baseline_letters, middle.baseline_letters_sd),
        (rows["n_injections"], middle.n_injections, middle.n_injections_sd),
        *zip(letters.T, middle.letters, middle.letters_sd, strict=True),
    ]
    total = np.zeros(len(letters))
    for values, centre, spread in columns:
        total += ((values - centre) / (spread or 1.0)) ** 2
    total[(letters == NOT_ASSESSED).any(axis=1)] = np.nan
    return total


def no_middle(results: object) -> InvalidInputError:
    """Return the error for results whose summary is not there."""
    return InvalidInputError(
        f"What is typical is not known of these results ({results!r}): they have no summary.",
        "Open the run with ape.open_run(run_id).",
    )
