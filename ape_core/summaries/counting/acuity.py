"""Counting acuity: letters and letters gained, assessed in all living eyes and in care."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ape_core.schema import MAX_LETTERS, PERIODS_PER_YEAR
from ape_core.summaries.counting.bins import histogram_by_column, histogram_while
from ape_core.summaries.definitions import N_CHANGES, N_LETTERS, PAIR_SUMS, Counts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ape_core.summaries.counting.bins import Ints
    from ape_core.summaries.counting.care import Care
    from ape_core.summaries.counting.sight import Sight


def count_acuity(sight: Sight, care: Care) -> dict[str, Counts]:
    """Letters and changes by week."""
    assessed = sight.first
    baseline = care.patients["baseline_letters"]
    shown, gains = _assessed(assessed, baseline, care)
    letters = care.visits["letters"]
    gained = letters.astype(np.int16) - baseline.take(care.eye) + MAX_LETTERS
    shape = (care.n_points, N_LETTERS)
    return {
        "assessed_letters": shown[0] + shown[1],
        "second_eye_letters": histogram_by_column(sight.second, N_LETTERS, 0),
        "better_eye_letters": histogram_by_column(sight.better, N_LETTERS, 0),
        "in_care_letters": histogram_while(care.start, care.stop, letters, shape)
        + _unseen(care, baseline.take(care.unseen), N_LETTERS),
        "assessed_change": gains[0] + gains[1],
        "in_care_change": histogram_while(care.start, care.stop, gained, (care.n_points, N_CHANGES))
        + _unseen(care, np.full(len(care.unseen), MAX_LETTERS), N_CHANGES),
        "carried_letters": shown[0] + shown[2],
        "carried_change": gains[0] + gains[2],
        "pair_sums": _pair_sums(assessed, baseline, care.years),
    }


def _unseen(care: Care, codes: Ints, n_codes: int) -> Counts | int:
    """Eyes that wait for their first visit, with the acuity with which they came."""
    if not len(care.unseen):
        return 0
    start = np.zeros(len(care.unseen), np.int64)
    return histogram_while(start, care.unseen_until, codes, (care.n_points, n_codes))


def _assessed(
    assessed: NDArray[np.int8], baseline: NDArray[np.int8], care: Care
) -> tuple[Counts, Counts]:
    """Count letters and letters gained since the first visit, as `loops.add_assessed` does."""
    from ape_core.summaries.counting.loops import add_assessed

    letters = np.zeros((3, care.n_points, N_LETTERS), np.int64)
    changes = np.zeros((3, care.n_points, N_CHANGES), np.int64)
    add_assessed(assessed, baseline, care.left, letters, changes)
    return letters, changes


def _pair_sums(assessed: NDArray[np.int8], baseline: NDArray[np.int8], years: int) -> Counts:
    """Add up what the correlation of letters at baseline and at each year's end needs."""
    from ape_core.summaries.counting.loops import add_pair_sums

    counts = np.zeros((years, len(PAIR_SUMS)), np.int64)
    add_pair_sums(assessed[:, PERIODS_PER_YEAR::PERIODS_PER_YEAR], baseline, counts)
    return counts
