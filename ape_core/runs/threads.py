"""How many threads simulate, and settings of libraries that keep a worker small."""

from __future__ import annotations

import atexit
import ctypes
import gc
import os
import sys
from contextlib import suppress
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

_HEAP: Final = {
    -8: 1,  # M_ARENA_MAX: one heap for all threads, so that one uses what another has freed
    -3: 4 << 20,  # M_MMAP_THRESHOLD: larger arrays come from the system and go back to it
    -1: 64 << 20,  # M_TRIM_THRESHOLD: so much may be free at the heap's end
}
"""Settings of glibc's `mallopt`, by their numbers in malloc.h."""


def be_thrifty() -> None:
    """Keep this process, which is all APE's, small while it works and quick to end.

    Before it ends Python looks for cycles among all objects, a hundred thousand of them where the
    simulator was loaded: a tenth of a second in which nothing is done.
    """
    for name, value in THRIFTY_ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    atexit.register(_end_quickly)


def _end_quickly() -> None:
    """Have Python look for no cycles, except where DuckDB would complain of what it left behind."""
    if "duckdb" not in sys.modules:
        gc.freeze()


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


def keep_freed_memory() -> None:
    """Let this process use again what it has freed, instead of giving it back chunk by chunk.

    Threads free what a chunk held and take as much for the next one; without this the system takes
    all of it back and clears it anew, which is a tenth of the time. What memory is short of is
    given back by the guard.
    """
    with suppress(OSError, AttributeError):  # a C library other than glibc has no such function
        change = ctypes.CDLL(None).mallopt
        for option, value in _HEAP.items():
            change(option, value)
