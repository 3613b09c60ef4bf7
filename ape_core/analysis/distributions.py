"""Distributions of routine care: as simulated, and beside them what was observed.

What was observed comes from a file of records where there is one, in narrow bins; else from the
published percentages, in the classes in which they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from ape_core.analysis.published import Published, load_published
from ape_core.analysis.record_outcomes import INTERVAL_CLASSES
from ape_core.analysis.records import Records
from ape_core.analysis.validation import Compared, Routine
from ape_core.schema import MAX_LETTERS, WEEKS_PER_YEAR

LETTERS_PER_BIN: Final = 5
MOST_SHOWN_INJECTIONS: Final = 13
FARTHEST_CHANGE: Final = 50

_MOST_WEEKS: Final = 105

_Bins = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Distribution:
    """Percentages of eyes by class.

    Attributes
    ----------
    name
        "baseline", "letters", "change", "injections", "injections-2" or "intervals".
    classes
        First and last value of each class, both in it; the first class and the last hold what is
        beyond them too.
    even
        Whether the classes are narrow bins of equal width, to be drawn on a scale.
    simulated
        `[n_classes]` percentages.
    observed
        `[n_classes]` percentages; None where nothing was observed.
    n_observed
        Eyes that were observed; 0 for none, or where their number is not known.
    simulated_mean, observed_mean
        Of all values, before they were put into classes; None where they are not known.
    from_records
        Whether what was observed comes from a file of records, not from publications.
    """

    name: str
    classes: _Bins
    even: bool
    simulated: tuple[float, ...]
    observed: tuple[float, ...] | None
    n_observed: int
    simulated_mean: float | None
    observed_mean: float | None
    from_records: bool

    @property
    def starts(self) -> tuple[int, ...]:
        """First value of each class."""
        return tuple(first for first, _ in self.classes)

    @property
    def width(self) -> int:
        """Values in a class, where classes are even."""
        return self.classes[0][1] - self.classes[0][0] + 1


def _even(low: int, stop: int, width: int) -> _Bins:
    """Bins of equal width."""
    return tuple((first, first + width - 1) for first in range(low, stop, width))


_INJECTIONS: Final = _even(0, MOST_SHOWN_INJECTIONS + 1, 1)
_BINS: Final[Mapping[str, _Bins]] = MappingProxyType(
    {
        "baseline": _even(0, MAX_LETTERS, LETTERS_PER_BIN),
        "letters": _even(0, MAX_LETTERS, LETTERS_PER_BIN),
        "change": _even(-FARTHEST_CHANGE, FARTHEST_CHANGE + 1, LETTERS_PER_BIN),
        "injections": _INJECTIONS,
        "injections-2": _INJECTIONS,
    }
)


def distributions(routine: Routine, records: Records | None) -> tuple[Distribution, ...]:
    """Lay simulated routine care beside records, or beside what was published without them."""
    seen = _seen(records) if records is not None else {}
    known = load_published()
    shown = {
        "baseline": (routine.baseline_letters, 0),
        "letters": (routine.letters_at_year_1, 0),
        "change": (routine.change_at_year_1, -MAX_LETTERS),
        "injections": (routine.injections_in_year_1, 0),
        "injections-2": (routine.injections_in_year_2, 0),
    }
    return tuple(
        _beside_records(name, values, lowest, seen[name])
        if sum(seen.get(name, ()))
        else _beside_published(name, values, lowest, known[name])
        for name, (values, lowest) in shown.items()
    )


def usual_intervals(rows: Sequence[Compared]) -> Distribution | None:
    """Eyes by their median interval between injections in year 2, None where it is no target.

    The first class, -1, holds eyes without an injection in the year; the others are weeks.
    """
    outcomes = {"pct_no_injection_in_year": (-1, -1)}
    for name, (first, stop) in INTERVAL_CLASSES.items():
        outcomes[f"pct_eye_median_interval_{name}"] = (first, (stop or _MOST_WEEKS) - 1)
    by_outcome = {row.outcome: row for row in rows if row.outcome in outcomes}
    if set(by_outcome) != set(outcomes):
        return None
    found = [by_outcome[name] for name in outcomes]
    return Distribution(
        "intervals", tuple(outcomes.values()), False, tuple(row.simulated for row in found),
        tuple(row.observed for row in found), 0, None, None, False,
    )  # fmt: skip


def _beside_records(
    name: str, simulated: Sequence[float], lowest: int, seen: Sequence[int]
) -> Distribution:
    """One distribution in narrow bins, with what the records say."""
    n, bins = sum(seen), _BINS[name]
    percent = [100 * value / n for value in seen]
    return Distribution(
        name, bins, True, _put(simulated, lowest, bins), _put(percent, lowest, bins), n,
        _mean(simulated, lowest), _mean(percent, lowest), True,
    )  # fmt: skip


def _beside_published(
    name: str, simulated: Sequence[float], lowest: int, known: Published
) -> Distribution:
    """One distribution in the classes that were published."""
    single = all(first == last for first, last in known.classes[:-1])
    return Distribution(
        name, known.classes, single, _put(simulated, lowest, known.classes), known.percent,
        known.n, _mean(simulated, lowest), known.mean, False,
    )  # fmt: skip


def _put(values: Sequence[float], lowest: int, classes: _Bins) -> tuple[float, ...]:
    """Sum values, the first of which belongs to the number `lowest`, into classes."""
    sums = [0.0] * len(classes)
    for place, value in enumerate(values):
        number = lowest + place
        inside = (at for at, (_, last) in enumerate(classes) if number <= last)
        sums[next(inside, len(classes) - 1)] += float(value)
    return tuple(sums)


def _seen(records: Records) -> dict[str, list[int]]:
    """Counts of eyes in records, by the name of the distribution."""
    found = {
        "baseline": records.letters[0].tolist(),
        "injections": records.injections.tolist(),
        "injections-2": records.injections_in_year_2.tolist(),
    }
    if WEEKS_PER_YEAR in records.weeks:
        year = records.weeks.index(WEEKS_PER_YEAR)
        found["letters"] = records.letters[year].tolist()
        found["change"] = records.change[year].tolist()
    return found


def _mean(values: Sequence[float], lowest: int) -> float:
    """Mean of a distribution given by weights, the first of which is that of `lowest`."""
    total = sum(values) or 1.0
    return sum((place + lowest) * value for place, value in enumerate(values)) / total
