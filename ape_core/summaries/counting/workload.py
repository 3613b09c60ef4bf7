"""Counting the work of the clinic: visits and injections of all eyes by calendar day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ape_core.summaries.counting.bins import histogram, histogram_2d
from ape_core.summaries.definitions import Counts, axis_length

if TYPE_CHECKING:
    from ape_core.simulation.chunk import Chunk


def count_workload(chunk: Chunk) -> dict[str, Counts]:
    """First and follow-up visits, and injections, by calendar day of the run."""
    day = chunk.visits["calendar_day"]
    n_days = max(axis_length("day", chunk.years), int(day.max(initial=-1)) + 1)
    by_injection = histogram_2d(day, chunk.visits["injected"], (n_days, 2))
    first = histogram(day[_first_visits(chunk)], n_days)
    follow_up = by_injection.sum(axis=1) - first
    return {
        "visits_per_day": np.stack([first, follow_up], axis=1),
        "injections_per_day": by_injection[:, 1].copy(),
    }


def _first_visits(chunk: Chunk) -> np.ndarray:
    """Rows of the first visit of each eye that has one."""
    n_visits = chunk.patients["n_visits"].astype(np.int64)
    starts = np.cumsum(n_visits) - n_visits
    return starts[n_visits > 0]
