"""Everything that a chart or a table needs of a run, in arrays that do not grow with patients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ape_core.errors import CorruptRunError, InvalidInputError
from ape_core.limits import MAX_YEARS
from ape_core.summaries.definitions import (
    GROWING_AXES,
    MEASURES,
    SUMMARY_FORMAT,
    TOTALS,
    Counts,
    Measure,
    shape_of,
)
from ape_core.summaries.middle import middle
from ape_core.summaries.statistics import statistics
from ape_core.summaries.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ape_core.results.ordering import Middle
    from ape_core.simulation.chunk import Chunk

_ABOUT = "about"
"""Name of the array that carries the format and the years beside the measures."""


@dataclass(frozen=True, eq=False)
class Summary:
    """Exact, mergeable aggregates of some patients of a run.

    All numbers are whole, so that summaries of any parts, merged in any order and grouping,
    equal the summary of the whole. The size depends on the years and on how long recruitment
    lasts, never on the number of patients: 1.2 MB for 5 years, 10 MB for 40, and two fifths more
    where patients have disease in both eyes. What each array counts is in `definitions`.

    Parameters
    ----------
    years
        Length of the run.
    arrays
        One int64 array per measure of `definitions.MEASURES`.
    """

    years: int
    arrays: Mapping[str, Counts]

    @classmethod
    def empty(cls, years: int) -> Summary:
        """Summary of no patients, the neutral element of `merge`."""
        if not 1 <= years <= MAX_YEARS:
            raise InvalidInputError(
                f"A summary of {years} years cannot be: a run has 1 to {MAX_YEARS} years.",
                "Ask for the years of the run.",
            )
        return cls(years, {m.name: np.zeros(shape_of(m, years), np.int64) for m in MEASURES})

    @classmethod
    def of_chunk(cls, chunk: Chunk) -> Summary:
        """Summary of the patients of a chunk."""
        return cls.of_chunks(chunk.years, [chunk])

    @classmethod
    def of_chunks(cls, years: int, chunks: Iterable[Chunk]) -> Summary:
        """Summary of the patients of several chunks, of which one is held at a time."""
        tally = Tally(years)
        for chunk in chunks:
            tally.add(chunk)
            del chunk
        return cls(years, tally.arrays)

    @classmethod
    def merged(cls, years: int, summaries: Iterable[Summary]) -> Summary:
        """Summary of all patients of several summaries; of none when there are none."""
        whole = cls.empty(years)
        for summary in summaries:
            whole = whole.merge(summary)
        return whole

    def merge(self, other: Summary) -> Summary:
        """Summary of the patients of both; neither is changed.

        Raises
        ------
        InvalidInputError
            When the two are of runs of different length.
        """
        if self.years != other.years:
            raise InvalidInputError(
                f"Summaries of {self.years} and {other.years} years cannot be merged.",
                "Merge summaries of one run only.",
            )
        return Summary(self.years, {m.name: _added(self[m.name], other[m.name]) for m in MEASURES})

    def to_arrays(self) -> dict[str, Counts]:
        """Give the arrays by name, for `numpy.savez`."""
        return {_ABOUT: np.array([SUMMARY_FORMAT, self.years], np.int64), **self.arrays}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Summary:
        """Summary from what `to_arrays` gave.

        Raises
        ------
        CorruptRunError
            When an array is missing, or is not of the type and shape that belong to it.
        """
        years = _years_of(arrays)
        return cls(years, {m.name: _checked(m, years, arrays) for m in MEASURES})

    def __getitem__(self, name: str) -> Counts:
        return self.arrays[name]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Summary):
            return NotImplemented
        same = (np.array_equal(self[m.name], other[m.name]) for m in MEASURES)
        return self.years == other.years and all(same)

    __hash__ = None  # type: ignore[assignment]

    @property
    def n_patients(self) -> int:
        """Patients."""
        return self._total("patients")

    @property
    def n_eyes(self) -> int:
        """Eyes with disease: first eyes and second eyes."""
        return self._total("eyes")

    @property
    def n_visits(self) -> int:
        """Visits of all eyes."""
        return self._total("visits")

    @property
    def n_injections(self) -> int:
        """Injections into all eyes."""
        return self._total("injections")

    @property
    def n_bytes(self) -> int:
        """Size of the arrays."""
        return sum(array.nbytes for array in self.arrays.values())

    def statistics(self) -> dict[str, Any]:
        """Sum up in plain numbers, see `statistics.statistics`."""
        return statistics(self)

    def middle(self) -> Middle:
        """Sum up what is typical of all patients, see `Middle`."""
        return middle(self)

    def _total(self, name: str) -> int:
        """One of the totals."""
        return int(self["totals"][TOTALS.index(name)])


def _added(one: Counts, other: Counts) -> Counts:
    """Sum of two arrays; the shorter is taken to go on with zeros."""
    longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
    total = longer.copy()
    total[: len(shorter)] += shorter
    return total


def _years_of(arrays: Mapping[str, np.ndarray]) -> int:
    """Years of stored arrays, after checking that they are of this format."""
    about = arrays.get(_ABOUT)
    if about is None or about.shape != (2,) or int(about[0]) != SUMMARY_FORMAT:
        raise _corrupt(f"it is not of format {SUMMARY_FORMAT}")
    years = int(about[1])
    if not 1 <= years <= MAX_YEARS:
        raise _corrupt(f"it says {years} years, not 1 to {MAX_YEARS}")
    return years


def _checked(measure: Measure, years: int, arrays: Mapping[str, np.ndarray]) -> Counts:
    """Take the stored array of a measure, after checking its type and shape."""
    if measure.name not in arrays:
        raise _corrupt(f"{measure.name} is missing")
    array = arrays[measure.name]
    expected = shape_of(measure, years)
    grows = measure.axes[0] in GROWING_AXES
    fits = array.shape[1:] == expected[1:] and array.ndim == len(expected)
    if array.dtype != np.int64 or not fits:
        raise _corrupt(f"{measure.name} is {array.dtype} {array.shape}, not int64 {expected}")
    if array.shape[0] < expected[0] or (array.shape[0] > expected[0] and not grows):
        raise _corrupt(f"{measure.name} has {array.shape[0]} rows, not {expected[0]}")
    return array


def _corrupt(reason: str) -> CorruptRunError:
    """Error for stored arrays that are not a summary."""
    return CorruptRunError(
        f"The summary cannot be read: {reason}.",
        "Run `ape verify` on the run; a summary can be computed afresh from the question.",
    )
