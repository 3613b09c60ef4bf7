"""What records of routine care show beyond a summary: baseline against outcome, breaks, intervals.

Counted of first eyes, in whole numbers, so that the counts of any parts add up to those of the
whole. The rules are those by which the published aggregates of the Moorfields records come out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from ape_core.schema import DAYS_PER_PERIOD, DAYS_PER_WEEK, DAYS_PER_YEAR
from ape_core.summaries.counting.bins import histogram, histogram_2d, sums
from ape_core.summaries.counting.care import Care, days_in_care, follow
from ape_core.summaries.counting.cut import pieces
from ape_core.summaries.definitions import MAX_INTERVAL_WEEKS, PAIR_SUMS, Counts, n_weeks

if TYPE_CHECKING:
    from ape_core.simulation.chunk import Chunk

BREAK_DAYS: Final = 180
"""Shortest time without an injection that counts as a break from treatment."""

_N_INTERVALS: Final = MAX_INTERVAL_WEEKS + 1


@dataclass(frozen=True, eq=False)
class FollowUp:
    """Counts of first eyes.

    Attributes
    ----------
    pairs
        `[n_points, 6]`: of eyes in care at each 4-weekly point, the sums of `PAIR_SUMS` of letters
        at baseline and letters last measured.
    breaks
        `[2, n_points]`: eyes by the 4-week period in which their first break from injections
        begins, and eyes without one by the period of their last visit.
    median_intervals
        `[years, 61]`: eyes in care through a year that had injections in it, by the median of the
        intervals that end in it, in whole weeks completed; the last bin holds longer ones.
    """

    pairs: Counts
    breaks: Counts
    median_intervals: Counts

    @classmethod
    def empty(cls, years: int) -> FollowUp:
        """Of no patients."""
        points = n_weeks(years)
        return cls(
            np.zeros((points, len(PAIR_SUMS)), np.int64),
            np.zeros((2, points), np.int64),
            np.zeros((years, _N_INTERVALS), np.int64),
        )

    @classmethod
    def of_chunk(cls, chunk: Chunk) -> FollowUp:
        """Of the patients of a chunk."""
        return reduce(cls.merge, (_counted(follow(piece)) for piece in pieces(chunk)))

    def merge(self, other: FollowUp) -> FollowUp:
        """Of the patients of both."""
        return FollowUp(
            self.pairs + other.pairs,
            self.breaks + other.breaks,
            self.median_intervals + other.median_intervals,
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FollowUp):
            return NotImplemented
        return all(
            np.array_equal(mine, theirs)
            for mine, theirs in (
                (self.pairs, other.pairs),
                (self.breaks, other.breaks),
                (self.median_intervals, other.median_intervals),
            )
        )

    __hash__ = None  # type: ignore[assignment]

    def sums_at(self, point: int) -> Mapping[str, int]:
        """Give the sums of a 4-weekly point by the names of `PAIR_SUMS`."""
        return dict(zip(PAIR_SUMS, self.pairs[point].tolist(), strict=True))

    def first_break(self, point: int) -> tuple[float, float, int]:
        """Kaplan-Meier estimate of the first break beginning before a 4-weekly point.

        Returns
        -------
        (percentage of eyes, its standard error by Greenwood's formula, eyes at the start)
        """
        begun, ended = self.breaks[:, :point]
        gone = np.concatenate([[0], np.cumsum(begun + ended)])[:-1]
        n_eyes = int(self.breaks.sum())
        at_risk = np.maximum(n_eyes - gone, 1)
        left = np.prod(1.0 - begun / at_risk)
        greenwood = np.sum(begun / (at_risk * np.maximum(at_risk - begun, 1)))
        return float(100 * (1 - left)), float(100 * left * np.sqrt(greenwood)), n_eyes


def _counted(care: Care) -> FollowUp:
    """Counts of the eyes of a piece of a chunk."""
    injections = np.flatnonzero(care.visits["injected"])
    return FollowUp(_pairs(care), _breaks(care, injections), _medians(care, injections))


def _pairs(care: Care) -> Counts:
    """Sums over the eyes in care at each point: a visit holds until the next, or care ends."""
    before = care.patients["baseline_letters"].astype(np.int64).take(care.eye)
    after = care.visits["letters"].astype(np.int64)
    terms = (np.ones_like(after), before, after, before**2, after**2, before * after)
    n_codes = care.n_points + 1
    columns = [sums(care.start, term, n_codes) - sums(care.stop, term, n_codes) for term in terms]
    counts: Counts = np.stack(columns, axis=1)[: care.n_points].cumsum(axis=0)
    return counts


def _breaks(care: Care, injections: NDArray[np.intp]) -> Counts:
    """Eyes by the period of their first break, or of their last visit.

    The time from an injection to the next one, or to the last visit after it, is a break if long.
    """
    last_visit = np.cumsum(care.patients["n_visits"].astype(np.int64)) - 1
    eye, day = care.eye[injections], care.visits["day"][injections].astype(np.int64)
    last_day = care.visits["day"][last_visit].astype(np.int64)
    until = last_day[eye]
    same = eye[1:] == eye[:-1]
    until[:-1][same] = day[1:][same]
    long = np.flatnonzero(until - day >= BREAK_DAYS)
    broken, first = np.unique(eye[long], return_index=True)
    kept = np.ones(care.n_eyes, bool)
    kept[broken] = False
    n_points = care.n_points
    return np.stack(
        [
            histogram(day[long[first]] // DAYS_PER_PERIOD, n_points),
            histogram(last_day[kept] // DAYS_PER_PERIOD, n_points),
        ]
    )


def _medians(care: Care, injections: NDArray[np.intp]) -> Counts:
    """Eyes by the median interval that ends in each year, of eyes in care through it."""
    eye, day = care.eye[injections], care.visits["day"][injections].astype(np.int64)
    same = np.flatnonzero(eye[1:] == eye[:-1])
    eye, day, gap = eye[1:][same], day[1:][same], (day[1:] - day[:-1])[same]
    year = day // DAYS_PER_YEAR
    through = days_in_care(care) == DAYS_PER_YEAR
    used = through[year, eye]
    eye, year, gap = eye[used], year[used], gap[used]
    order = np.lexsort((gap, eye, year))
    group = (year * np.int64(care.n_eyes) + eye)[order]
    _, first, count = np.unique(group, return_index=True, return_counts=True)
    sorted_gap = gap[order]
    twice = sorted_gap[first + (count - 1) // 2] + sorted_gap[first + count // 2]
    weeks = np.minimum(twice // (2 * DAYS_PER_WEEK), MAX_INTERVAL_WEEKS)
    return histogram_2d(year[order][first], weeks, (care.years, _N_INTERVALS))
