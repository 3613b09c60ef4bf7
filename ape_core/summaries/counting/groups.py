"""Counting what costs and quality of life need, by year and by group of patients."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ape_core.schema import DAYS_PER_YEAR, DRUGS, NOT_ASSESSED, PERIODS_PER_YEAR
from ape_core.summaries.counting.bins import Ints, histogram, histogram_2d
from ape_core.summaries.definitions import CARE, GROUPS, N_LETTERS, Counts, n_weeks

if TYPE_CHECKING:
    from ape_core.simulation.chunk import Chunk
    from ape_core.summaries.counting.care import Events
    from ape_core.summaries.counting.sight import Letters, Sight


def count_groups(chunk: Chunk, events: Events, sight: Sight) -> dict[str, Counts]:
    """Drugs given, and by group the patients, their care, their time lived and their letters."""
    patients = np.ones((1, chunk.stop - chunk.first), np.int64)
    first_rows = np.flatnonzero(chunk.patients["eye"] == 0)
    return {
        "injections_by_drug": _by_drug(chunk.visits["drug"]),
        "group_patients": _by_group(patients, chunk.first)[0],
        "group_care": _care(chunk, events, first_rows),
        "group_life": _life(chunk, sight, first_rows),
        **_letters(chunk, sight),
    }


def _by_drug(drug: Ints) -> Counts:
    """Injections by drug; a visit without one has the drug "none", the first of all."""
    counts = histogram(drug, len(DRUGS))
    counts[0] = 0
    return counts


def _by_group(numbers: Ints, first: int) -> Counts:
    """Sum over the patients of each group, `[..., n_patients]` to `[..., GROUPS]`.

    The patients are those from `first` on.
    """
    from ape_core.summaries.counting.loops import add_groups

    total = np.zeros((len(numbers), GROUPS), np.int64)
    add_groups(numbers, first % GROUPS, total)
    return total


def _care(chunk: Chunk, events: Events, first_rows: Ints) -> Counts:
    """Add up visits and injections, `[GROUPS, years, n_care]`."""
    second_visits, second_injections = _second_eyes(chunk)
    counts = np.empty((GROUPS, chunk.years, len(CARE)), np.int64)
    visits = _by_group(events.visits, chunk.first).T
    counts[:, :, 0] = _by_group(_first_visits(chunk, events, first_rows), chunk.first).T
    counts[:, :, 1] = visits - counts[:, :, 0]
    counts[:, :, 2] = second_visits
    counts[:, :, 3] = _by_group(events.injections, chunk.first).T + second_injections
    return counts


def _first_visits(chunk: Chunk, events: Events, first_rows: Ints) -> Ints:
    """First visits of first eyes in each year, `[years, n_eyes]`."""
    first = np.zeros(events.visits.shape, np.int64)
    first[0] = chunk.patients["n_visits"].take(first_rows) > 0
    if chunk.waits is not None:
        seen = events.visits.cumsum(axis=0) > 0
        first[0] = seen[0]
        first[1:] = seen[1:] & ~seen[:-1]
    return first


def _second_eyes(chunk: Chunk) -> tuple[Counts, Counts]:
    """Visits of second eyes and injections into them, each `[GROUPS, years]`."""
    rows = np.flatnonzero(chunk.visits["eye"])
    group = chunk.visits["patient_id"].take(rows) % GROUPS
    place = group * (chunk.years + 1) + chunk.visits["day"].take(rows) // DAYS_PER_YEAR
    shape = (GROUPS * (chunk.years + 1), 2)
    counts = histogram_2d(place, chunk.visits["injected"].take(rows), shape)
    by_year = counts.reshape(GROUPS, -1, 2)[:, :-1]
    return by_year.sum(axis=2), by_year[:, :, 1]


def _life(chunk: Chunk, sight: Sight, first_rows: Ints) -> Counts:
    """Add up time lived, and the same times the age then, `[GROUPS, years, n_life]`."""
    n_points = n_weeks(chunk.years)
    points = (sight.first != NOT_ASSESSED).sum(axis=1)
    group = (np.arange(len(first_rows)) + chunk.first) % GROUPS
    age = chunk.patients["age_years"].take(first_rows).astype(np.int64)
    lived = _at_least(histogram_2d(group, points, (GROUPS, n_points + 1)))
    codes = group * (n_points + 1) + points
    ages = np.bincount(codes, weights=age, minlength=GROUPS * (n_points + 1))
    aged = _at_least(ages.astype(np.int64).reshape(GROUPS, n_points + 1))
    aged = PERIODS_PER_YEAR * aged + np.arange(n_points) * lived
    return np.stack([_spans(lived), _spans(aged)], axis=2)


def _at_least(by_points: Counts) -> Counts:
    """At each point those who are alive at it, from those who are alive at so many points."""
    counts: Counts = by_points[:, ::-1].cumsum(axis=1)[:, -2::-1]
    return counts


def _spans(at_points: Counts) -> Counts:
    """From each 4-weekly point to years, `[n, points]` to `[n, years]`: half a period each side."""
    starts = at_points[:, :-1].reshape(len(at_points), -1, PERIODS_PER_YEAR).sum(axis=2)
    ends = at_points[:, 1:].reshape(len(at_points), -1, PERIODS_PER_YEAR).sum(axis=2)
    spans: Counts = starts + ends
    return spans


def _letters(chunk: Chunk, sight: Sight) -> dict[str, Counts]:
    """Time lived by letters: of the one eye with disease, or of the better and the worse of two."""
    alone = _histogram(sight.first, (np.arange(len(sight.first)) + chunk.first) % GROUPS)
    better = worse = np.zeros((0, chunk.years, N_LETTERS), np.int64)
    if len(sight.patients):
        group = sight.patients % GROUPS
        fellow = _histogram(sight.fellow, group)
        better = _histogram(sight.better, group)
        worse = _histogram(sight.second, group) + fellow - better
        alone -= fellow
    return {
        "group_letters": alone,
        "group_better_letters": better,
        "group_worse_letters": worse,
    }


def _histogram(letters: Letters, group: Ints) -> Counts:
    """Time lived by group, year and letters, `[GROUPS, years, N_LETTERS]`.

    A point at the end of a year counts half in it and half in the next; all others count whole.
    """
    from ape_core.summaries.counting.loops import add_spans

    counts = np.zeros((GROUPS, letters.shape[1] // PERIODS_PER_YEAR, N_LETTERS), np.int64)
    add_spans(letters, group, counts)
    return counts
