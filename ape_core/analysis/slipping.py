"""What waiting for a slot does to acuity: the same patients with the limit and without it.

Only what happens while the service is whole is counted (see `service_window`): an eye counts after
so many years of follow-up if these years were over before the window closes. What a run simulates
later is the end of the simulation and not of a service: nobody new comes, and who came last is
seen by a clinic that empties. In which year of the service a patient came is kept apart, since who
comes to a full clinic waits from the first day on.

Each eye is compared with itself, and its luck is the same in both runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ape_core.errors import InvalidInputError
from ape_core.schema import DAYS_PER_YEAR, NOT_ASSESSED
from ape_core.spec.service_calendar import service_window
from ape_core.summaries.definitions import Counts, Floats
from ape_core.summaries.table import Table

if TYPE_CHECKING:
    from ape_core.results.base import SimulationResults
    from ape_core.runs.handle import Run

LEAST_EYES: Final = 20
"""Of fewer eyes no mean is shown."""

_Z95: Final = 1.959963984540054
_COLUMNS: Final = ("eye", "first_day", "assessed_letters")
_SUMS: Final = ("n_eyes", "limited", "unlimited", "squares")


@dataclass(frozen=True, slots=True, eq=False)
class SlippingEffect:
    """Acuity of the same eyes with limited slots and without a limit, while the service is whole.

    Rows are years of the service in which patients came, columns years since their first visit.

    Attributes
    ----------
    came
        `[n_rows]`: year of the service, from 1; 0 stands for those who came before it opened.
    n_eyes
        `[n_rows, n_years + 1]`: living first eyes that were followed for so long in the service.
    limited, unlimited
        The same shape: their assessed letters added up, seen by a clinic or not.
    squares
        The same shape: squares of the difference of each eye, added up.
    """

    came: Counts
    n_eyes: Counts
    limited: Counts
    unlimited: Counts
    squares: Counts

    @property
    def whole(self) -> SlippingEffect:
        """The same of all years in which patients came, as a single row."""
        added = {name: getattr(self, name).sum(axis=0)[None] for name in _SUMS}
        return SlippingEffect(np.array([ALL_YEARS]), **added)

    @property
    def is_told(self) -> Any:
        """The same shape: whether there are enough eyes for a mean."""
        return self.n_eyes >= LEAST_EYES

    @property
    def mean_limited(self) -> Floats:
        """The same shape: mean letters with limited slots; nan of too few eyes."""
        return self._per_eye(self.limited)

    @property
    def mean_unlimited(self) -> Floats:
        """The same shape: mean letters without a limit; nan of too few eyes."""
        return self._per_eye(self.unlimited)

    @property
    def cost(self) -> Floats:
        """The same shape: letters that the limit cost, below 0 where it did; nan of too few."""
        return self._per_eye(self.limited - self.unlimited)

    @property
    def half_width(self) -> Floats:
        """The same shape: half of the 95% interval of `cost`, over the luck of patients."""
        variance = self._per_eye(self.squares) - self.cost**2
        eyes = np.maximum(self.n_eyes - 1, 1)
        half: Floats = _Z95 * np.sqrt(np.maximum(variance, 0) / eyes)
        return half

    def _per_eye(self, total: Counts) -> Floats:
        """Total divided by the eyes, where there are enough."""
        return np.where(self.is_told, total / np.maximum(self.n_eyes, 1), np.nan)

    def to_json(self) -> dict[str, Any]:
        """Give the counts as plain data."""
        return {name: getattr(self, name).tolist() for name in ("came", *_SUMS)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SlippingEffect:
        """Take the counts from plain data."""
        return cls(**{name: np.array(data[name], np.int64) for name in ("came", *_SUMS)})


ALL_YEARS: Final = -1
"""Stands in `came` for all who came."""


def came_in(year: int) -> str:
    """When patients came, in words."""
    return {ALL_YEARS: "any year", 0: "before it opened"}.get(year, f"year {year}")


def slipping_effect(limited: Run, unlimited: Run) -> SlippingEffect:
    """Compare a run with limited slots with that of the same patients without a limit.

    Raises
    ------
    InvalidInputError
        The runs are not those, or one is not complete.
    """
    spec = limited.spec
    if spec.capacity is None or spec.replace(capacity=None).run_id != unlimited.run_id:
        raise InvalidInputError(
            f"Run {unlimited.run_id[:12]} is not of the same patients as {limited.run_id[:12]} "
            "without a limit on slots.",
            "Give a run with limited slots, and the run of its question with no capacity.",
        )
    opening, n_days = service_window(spec)
    n_rows = -(-n_days // DAYS_PER_YEAR) + 1
    sums = np.zeros((len(_SUMS), n_rows, spec.years + 1), np.int64)
    after = DAYS_PER_YEAR * np.arange(spec.years + 1)
    for first_day, ours, free in _pairs(limited.results(), unlimited.results()):
        lives = ours != NOT_ASSESSED
        if (lives != (free != NOT_ASSESSED)).any():
            raise InvalidInputError(
                "The runs do not have the same living patients, and cannot be compared.",
                "Simulate both with the same version of the model.",
            )
        counts = lives & (first_day[:, None] + after <= opening + n_days)
        came = np.where(first_day < opening, 0, (first_day - opening) // DAYS_PER_YEAR + 1)
        values_of = (np.ones_like(ours), ours, free, (ours - free) ** 2)
        for place, values in enumerate(values_of):
            added = np.where(counts, values, 0)
            np.add.at(sums[place], np.minimum(came, n_rows - 1), added)
    return SlippingEffect(np.arange(n_rows), *sums)


def slipping_effect_table(effect: SlippingEffect) -> Table:
    """Acuity with and without the limit: of all who came, and by the year in which they came."""
    parts = (effect.whole, effect)
    places = [(part, *place) for part in parts for place in np.argwhere(part.is_told)]
    letters = "ETDRS letters"

    def each(name: str) -> list[Any]:
        return [getattr(part, name)[row, year] for part, row, year in places]

    return Table.of(
        "Acuity with limited slots and without a limit",
        ("Came in", "", [came_in(int(part.came[row])) for part, row, _ in places]),
        ("Time since the first visit", "years", [int(year) for *_, year in places]),
        ("Living first eyes", "", each("n_eyes")),
        ("Mean with limited slots", letters, each("mean_limited")),
        ("Mean without a limit", letters, each("mean_unlimited")),
        ("Difference", letters, each("cost")),
        ("Half of its 95% interval", letters, each("half_width")),
    )


_Block = tuple[Counts, Counts]
"""Days of first visits, and letters by eye and year."""


def _pairs(
    ours: SimulationResults, free: SimulationResults
) -> Iterator[tuple[Counts, Counts, Counts]]:
    """First eyes of both runs, a block at a time: days of first visits, letters of each run."""
    left, right = _first_eyes(ours), _first_eyes(free)
    one, other = next(left, None), next(right, None)
    while one is not None and other is not None:
        n = min(len(one[0]), len(other[0]))
        yield one[0][:n], one[1][:n], other[1][:n]
        one = _rest(one, n) or next(left, None)
        other = _rest(other, n) or next(right, None)


def _rest(block: _Block, n: int) -> _Block | None:
    """What is left of a block after so many eyes; None when that is nothing."""
    return (block[0][n:], block[1][n:]) if n < len(block[0]) else None


def _first_eyes(results: SimulationResults) -> Iterator[_Block]:
    """First eyes of all patients, in order."""
    for rows in results.iterate_eyes(_COLUMNS):
        first = rows["eye"] == 0
        letters = rows["assessed_letters"][first].astype(np.int64)
        yield rows["first_day"][first].astype(np.int64), letters
