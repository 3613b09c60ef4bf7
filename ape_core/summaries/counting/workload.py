"""Counting the work of the clinic: visits and injections of all eyes by calendar day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ape_core.summaries.definitions import Counts, axis_length

if TYPE_CHECKING:
    from ape_core.simulation.chunk import Chunk


def count_workload(chunk: Chunk) -> dict[str, Counts]:
    """First and follow-up visits, and injections, by calendar day of the run."""
    day = chunk.visits["calendar_day"]
    n_days = max(axis_length("day", chunk.years), int(day.max(initial=-1)) + 1)
    first = day[_first_visits(chunk)]
    given = day[chunk.visits["injected"]]
    visits = np.empty((n_days, 2), np.int64)
    visits[:, 0] = np.bincount(first, minlength=n_days)
    visits[:, 1] = np.bincount(day, minlength=n_days) - visits[:, 0]
    return {
        "visits_per_day": visits,
        "injections_per_day": np.bincount(given, minlength=n_days),
    }


def _first_visits(chunk: Chunk) -> np.ndarray:
    """Rows of the first visit of each eye that has one."""
    n_visits = chunk.patients["n_visits"].astype(np.int64)
    starts = np.cumsum(n_visits) - n_visits
    return starts[n_visits > 0]
