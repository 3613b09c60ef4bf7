"""How many threads simulate, and settings of libraries that keep a worker small."""

from __future__ import annotations

import os
from typing import Final

from ape_core.errors import InvalidInputError
from ape_core.limits import MAX_WORKER_THREADS

THRIFTY_ENVIRONMENT: Final = {
    # A worker computes on its own threads; those of the libraries would only cost memory.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    # Peak memory of a worker at 100,000 patients x 5 years: 271 MB, with the default pool 304 MB.
    "ARROW_DEFAULT_MEMORY_POOL": "system",
}
"""Environment variables for a process that does nothing but simulate, set before it imports."""


def check_threads(n_threads: int | None) -> int:
    """Threads to use: as many as asked for, or one for each core that this process may use."""
    if n_threads is None:
        return min(len(os.sched_getaffinity(0)), MAX_WORKER_THREADS)
    if not 1 <= n_threads <= MAX_WORKER_THREADS:
        raise InvalidInputError(
            f"The number of workers is {n_threads:,}, but can be 1 to {MAX_WORKER_THREADS}.",
            "Leave it out for one per core.",
        )
    return n_threads
