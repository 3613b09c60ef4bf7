"""Counting what wanting slots did to visits, by calendar day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ape_core.summaries.counting.totals import grow
from ape_core.summaries.definitions import MAX_SLIP_DAYS, SLIPS

if TYPE_CHECKING:
    from ape_core.simulation.chunk import Chunk
    from ape_core.summaries.counting.totals import Arrays


def count_slips(chunk: Chunk, arrays: Arrays) -> None:
    """Add visits that slipped, and eyes that waited, to the counts, where slots are limited."""
    from ape_core.summaries.counting.slip_loop import add_slips

    waits, calendar_day = chunk.waits, chunk.visits["calendar_day"]
    if waits is None:
        return
    last = max(calendar_day.max(initial=-1), waits.waited_to.max(initial=-1))
    days = np.zeros((int(last) + 1, len(SLIPS)), np.int64)
    grow(arrays, "visits_by_slip", MAX_SLIP_DAYS + 1)
    columns = (calendar_day, waits.slip_days, waits.waited_from, waits.waited_to)
    add_slips(*map(np.ascontiguousarray, columns), days, arrays["visits_by_slip"])
    # The last day on which a visit was made that slipped, or one was given up.
    n_days = int(np.flatnonzero(days[:, 0] + days[:, 3]).max(initial=-1)) + 1
    grow(arrays, "slips_per_day", n_days)
    arrays["slips_per_day"][:n_days] += days[:n_days]
