"""Draws of uncertain prices and utilities, applied to summaries that stay as they are.

A number with a distribution is drawn from it, cut to its low..high; one without, as a list price
or a value of the user's, is held. Each number has draws of its own, which no other number changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from ape_core.analysis.draws import draw_values
from ape_core.errors import InvalidSpecError
from ape_core.schema import MAX_LETTERS
from ape_core.spec.economics import ASSUMPTIONS, Economics
from ape_core.spec.parameter import Parameter
from ape_core.spec.utilities import OLDEST, YOUNGEST, Utility
from ape_core.summaries.definitions import N_LETTERS, Floats

SEED: Final = 1
_LETTERS: Final = np.arange(N_LETTERS)


@dataclass(frozen=True, eq=False)
class InputDraws:
    """Prices, assumptions and utilities, drawn.

    Attributes
    ----------
    n
        Draws.
    pence
        By flat name of a price its draws, whole pence of the set's price year, `[n]`.
    assumptions
        By name, `[n]`.
    utility
        At each number of letters, for age 0: `[n, 101]`.
    per_year_of_age
        What each year of age adds, `[n]`.
    varied
        Flat names of the numbers that were drawn; all others are held.
    """

    n: int
    pence: Mapping[str, Floats]
    assumptions: Mapping[str, Floats]
    utility: Floats
    per_year_of_age: Floats
    varied: tuple[str, ...]


def draw_inputs(economics: Economics, utility: str | None, n: int, seed: int = SEED) -> InputDraws:
    """Draw the uncertain numbers of a set.

    Parameters
    ----------
    economics
        Prices and utilities.
    utility
        Name of the mapping from acuity to utility; the first if None.
    n
        Draws.
    seed
        Of the draws.

    Raises
    ------
    InvalidSpecError
        A utility could be drawn that is below 0 or above 1.
    """
    mapping = economics.utility(utility)
    name = next(iter(economics.utilities)) if utility is None else utility
    own = f"utilities/{name}/"
    used = {key: item for key, item in economics.numbers().items() if _is_used(key, own)}

    def drawn(key: str) -> Floats:
        return _draws(key, used[key], n, seed)

    pence = {
        key: np.rint(drawn(key) * economics.pence_per_pound(key)) for key in economics.prices()
    }
    assumptions = {
        key: np.clip(drawn(f"assumptions/{key}"), *limits) for key, limits in ASSUMPTIONS.items()
    }
    table, per_year = _utilities(mapping, lambda key: drawn(own + key), n)
    _check_range(name, table, per_year)
    varied = tuple(key for key, item in used.items() if item.distribution is not None)
    return InputDraws(n, pence, assumptions, table, per_year, varied)


def drawn_sets(
    economics: Economics, utility: str | None, n: int, seed: int = SEED
) -> tuple[Economics, ...]:
    """Give the set with the numbers of each draw in it, as of `draw_inputs`."""
    draw_inputs(economics, utility, n, seed)  # refuses what could not be
    name = next(iter(economics.utilities)) if utility is None else utility
    own = f"utilities/{name}/"
    values = {
        key: _draws(key, item, n, seed)
        for key, item in economics.numbers().items()
        if item.distribution is not None and _is_used(key, own)
    }
    mapping = economics.utility(utility)
    if mapping.kind == "bands":
        keys = list(mapping.bands().values())
        numbers = mapping.numbers
        bands = [_draws(own + key, numbers[key], n, seed) for key in keys]
        ordered = np.sort(np.stack(bands, axis=1), axis=1)
        values |= {own + key: ordered[:, place] for place, key in enumerate(keys)}
    return tuple(
        economics.with_values({key: float(drawn[at]) for key, drawn in values.items()})
        for at in range(n)
    )


@lru_cache(maxsize=256)
def _draws(name: str, number: Parameter, n: int, seed: int) -> Floats:
    """Draws of one number, or the number itself as often."""
    if number.distribution is None:
        return np.full(n, number.value)
    return np.array(draw_values(name, number, n, seed))


def _is_used(key: str, own: str) -> bool:
    """Whether a number is used: all but those of the other mappings."""
    return key.startswith(own) or not key.startswith("utilities/")


def _utilities(mapping: Utility, drawn: Callable[[str], Floats], n: int) -> tuple[Floats, Floats]:
    """Utilities by letters, and what each year of age adds.

    Bands are drawn one by one, as they were measured in different people, and then put in order:
    to see more is never worth less.
    """
    if mapping.kind == "linear":
        start, slope, per_year = (
            drawn(key) for key in ("intercept", "per_logmar", "per_year_of_age")
        )
        unit = np.array(mapping.logmar_by_letters())
        return start[:, None] + slope[:, None] * unit, per_year
    names = mapping.bands()
    values = np.sort(np.stack([drawn(key) for key in names.values()], axis=1), axis=1)
    band = np.searchsorted(list(names), _LETTERS, side="right") - 1
    return values[:, band], np.zeros(n)


def _check_range(name: str, table: Floats, per_year: Floats) -> None:
    """Refuse draws below 0 or above 1 for anybody who can be simulated."""
    ages = per_year[:, None] * np.array([YOUNGEST, OLDEST])
    lowest = float((table.min(axis=1) + ages.min(axis=1)).min())
    highest = float((table.max(axis=1) + ages.max(axis=1)).max())
    if lowest < 0 or highest > 1:
        raise InvalidSpecError(
            f"utilities/{name}: a utility of {lowest if lowest < 0 else highest:.3f} was drawn, "
            "but it must lie from 0 to 1.",
            f"Narrow the range of its numbers, which holds at 0 to {MAX_LETTERS} letters.",
        )
