"""Counting what wanting slots did to visits, by calendar day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ape_core.summaries.counting.bins import histogram, sums
from ape_core.summaries.definitions import MAX_SLIP_DAYS, SLIPS, Counts

if TYPE_CHECKING:
    from ape_core.simulation.chunk import Chunk
    from ape_core.summaries.counting.bins import Ints


def count_slips(chunk: Chunk) -> dict[str, Counts]:
    """Visits that slipped, and eyes that waited; nothing where slots were not limited."""
    waits = chunk.waits
    if waits is None:
        return {
            "slips_per_day": np.zeros((0, len(SLIPS)), np.int64),
            "visits_by_slip": np.zeros(0, np.int64),
        }
    slipped = np.flatnonzero(waits.slip_days)
    slip = waits.slip_days.take(slipped).astype(np.int64)
    made = chunk.visits["calendar_day"].take(slipped).astype(np.int64)
    in_vain = np.flatnonzero(waits.waited_from < waits.waited_to)
    given_up = waits.waited_to.take(in_vain).astype(np.int64)
    start = np.concatenate([made - slip, waits.waited_from.take(in_vain)])
    stop = np.concatenate([made, given_up])
    n_days = int(stop.max(initial=-1)) + 1
    columns = (
        histogram(made, n_days),
        sums(made, slip, n_days),
        _waiting(start, stop, n_days),
        histogram(given_up, n_days),
    )
    capped = np.minimum(waits.slip_days, MAX_SLIP_DAYS)
    return {
        "slips_per_day": np.stack(columns, axis=1),
        "visits_by_slip": histogram(capped, MAX_SLIP_DAYS + 1),
    }


def _waiting(start: Ints, stop: Ints, n_days: int) -> Counts:
    """How many wait on each day: from `start` up to, but not including, `stop`."""
    changes = histogram(start, n_days) - histogram(stop, n_days)
    waiting: Counts = changes.cumsum()
    return waiting
