"""Distributions of routine care: as simulated, and beside them what records say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ape_core.analysis.records import Records
from ape_core.analysis.validation import Routine
from ape_core.schema import MAX_LETTERS, WEEKS_PER_YEAR

LETTERS_PER_BIN: Final = 5
MOST_SHOWN_INJECTIONS: Final = 14
FARTHEST_CHANGE: Final = 50


@dataclass(frozen=True, slots=True)
class Distribution:
    """Percentages of eyes in bins of equal width.

    Attributes
    ----------
    name
        "baseline", "letters", "change" or "injections".
    starts
        `[n_bins]`: lowest value of each bin; the first and the last hold what is beyond them too.
    width
        Of a bin.
    simulated
        `[n_bins]` percentages.
    observed
        `[n_bins]` percentages; None without records.
    n_observed
        Eyes of the records that count; 0 without records.
    simulated_mean, observed_mean
        Of all values, before they were put into bins.
    """

    name: str
    starts: tuple[int, ...]
    width: int
    simulated: tuple[float, ...]
    observed: tuple[float, ...] | None
    n_observed: int
    simulated_mean: float
    observed_mean: float | None


@dataclass(frozen=True, slots=True)
class _Bins:
    """From where to where a distribution is shown, in bins of which width."""

    low: int
    high: int
    width: int

    def put(self, values: Sequence[float], first: int) -> tuple[float, ...]:
        """Sum values, the first of which belongs to the number `first`, into the bins."""
        starts = self.starts
        sums = [0.0] * len(starts)
        for place, value in enumerate(values):
            nearest = (place + first - self.low) // self.width
            sums[min(max(nearest, 0), len(starts) - 1)] += float(value)
        return tuple(sums)

    @property
    def starts(self) -> tuple[int, ...]:
        """Lowest value of each bin."""
        return tuple(range(self.low, self.high, self.width))


_ACUITY: Final = _Bins(0, MAX_LETTERS, LETTERS_PER_BIN)
_CHANGE: Final = _Bins(-FARTHEST_CHANGE, FARTHEST_CHANGE + 1, LETTERS_PER_BIN)
_INJECTIONS: Final = _Bins(0, MOST_SHOWN_INJECTIONS + 1, 1)


def distributions(routine: Routine, records: Records | None) -> tuple[Distribution, ...]:
    """Lay the distributions of simulated routine care beside those of records, if there are any."""
    seen = _seen(records) if records is not None else {}
    shown = {
        "baseline": (_ACUITY, routine.baseline_letters, 0),
        "letters": (_ACUITY, routine.letters_at_year_1, 0),
        "change": (_CHANGE, routine.change_at_year_1, -MAX_LETTERS),
        "injections": (_INJECTIONS, routine.injections_in_year_1, 0),
    }
    return tuple(
        _beside(name, bins, first, values, seen.get(name, ()))
        for name, (bins, values, first) in shown.items()
    )


def _beside(
    name: str, bins: _Bins, first: int, simulated: Sequence[float], seen: Sequence[int]
) -> Distribution:
    """One distribution, with what was seen if any eye was."""
    n = sum(seen)
    percent = [100 * value / n for value in seen] if n else []
    return Distribution(
        name,
        bins.starts,
        bins.width,
        bins.put(simulated, first),
        bins.put(percent, first) if n else None,
        n,
        _mean(simulated, first),
        _mean(percent, first) if n else None,
    )


def _seen(records: Records) -> dict[str, list[int]]:
    """Counts of eyes in records, by the name of the distribution."""
    found = {
        "baseline": records.letters[0].tolist(),
        "injections": records.injections.tolist(),
    }
    if WEEKS_PER_YEAR in records.weeks:
        year = records.weeks.index(WEEKS_PER_YEAR)
        found["letters"] = records.letters[year].tolist()
        found["change"] = records.change[year].tolist()
    return found


def _mean(values: Sequence[float], first: int) -> float:
    """Mean of a distribution given by weights, the first of which is that of `first`."""
    total = sum(values) or 1.0
    return sum((place + first) * value for place, value in enumerate(values)) / total
