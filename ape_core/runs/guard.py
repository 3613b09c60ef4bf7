"""Keeps a worker within the memory that is left, long before the system would kill anything."""

from __future__ import annotations

import ctypes
import gc
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from ape_core.errors import MemoryShortError
from ape_core.limits import SLICE_PATIENTS, THRIFTY_SLICE_PATIENTS
from ape_core.runs.memory import free_memory_mb, pause_mark_mb, tight_mark_mb

LOOK_SECONDS: Final = 0.5
"""The memory is looked at this often: a chunk takes about as long."""

RELEASE_SECONDS: Final = 5.0
"""What is not needed is given back at most this often."""

PATIENCE_SECONDS: Final = 30.0
"""A worker that pauses for longer stops, and so gives back all that it holds."""

JUNIOR_PATIENCE_SECONDS: Final = 5.0
"""The same while a run that asked earlier simulates too: the later one gives way."""

STOP_PART: Final = 0.5
"""A paused worker stops at once when less than this part of the memory to pause at is left."""


class Guard:
    """Says how much a worker may do at a time, from the memory that is left.

    Where it is tight, one thread goes on, in smaller slices, and what is not needed is given back.
    Where it is short, the worker pauses until there is more. If that does not come in time, the
    worker is to stop at a commit. None of this changes a row.

    Parameters
    ----------
    n_threads
        Threads that simulate where there is memory enough.
    gives_way
        Whether a run that asked earlier simulates too.
    free_mb
        Measures the memory that is left; the machine's and the container's unless given.
    clock
        Monotonic seconds.

    Attributes
    ----------
    n_tasks
        Chunks that may be in work at a time; 0 while it pauses.
    exhausted
        Whether the worker is to stop.
    """

    def __init__(
        self,
        n_threads: int,
        gives_way: Callable[[], bool] = lambda: False,
        free_mb: Callable[[], float] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.n_tasks = n_threads
        self.exhausted = False
        self._n_threads = n_threads
        self._gives_way = gives_way
        self._free_mb = free_mb or free_memory_mb
        self._clock = clock
        self._tight_mb, self._pause_mb = tight_mark_mb(), pause_mark_mb()
        self._left_mb = float("inf")
        self._is_tight = False
        self._look_due = self._release_due = -float("inf")
        self._paused_since: float | None = None

    @property
    def paused(self) -> bool:
        """Whether nothing more is to be begun until there is more memory."""
        return self._paused_since is not None

    @property
    def words(self) -> str:
        """What the worker is doing about the memory, as its phase; empty when nothing."""
        if self.paused:
            return f"paused: only {self._left_mb:,.0f} MB of memory are left"
        return "simulating on one thread, as memory is short" if self._is_tight else ""

    def slice_patients(self) -> int:
        """Patients whose rows a thread may hold at a time."""
        return THRIFTY_SLICE_PATIENTS if self._is_tight else SLICE_PATIENTS

    def look(self) -> None:
        """Look at the memory, if it is time to, and decide."""
        now = self._clock()
        if now < self._look_due:
            return
        self._look_due = now + LOOK_SECONDS
        self._left_mb = self._free_mb()
        if self._left_mb < self._tight_mb and now >= self._release_due:
            self._release_due = now + RELEASE_SECONDS
            give_back()
            self._left_mb = self._free_mb()
        self._decide(now)

    def error(self, run_id: str) -> MemoryShortError:
        """Error of a run that was stopped because memory did not suffice."""
        return MemoryShortError(
            f"The run was stopped because only {self._left_mb:,.0f} MB of memory are left. What "
            "was done is kept.",
            "Close pages or notebooks that are not needed, or let other runs end; then "
            f"`ape resume {run_id[:12]}` goes on from there.",
        )

    def _decide(self, now: float) -> None:
        """Set what may be done with the memory that is left."""
        if self._left_mb < self._pause_mb or (self.paused and self._left_mb < self._tight_mb):
            self._pause(now)
            return
        self._paused_since = None
        # Back to all threads only with some to spare, or it would go to and fro.
        enough = self._tight_mb * (1.25 if self._is_tight else 1.0)
        self._is_tight = self._left_mb < enough
        self.n_tasks = 1 if self._is_tight else self._n_threads

    def _pause(self, now: float) -> None:
        """Begin nothing more; stop when this has lasted too long or hardly anything is left."""
        if self._paused_since is None:
            self._paused_since = now
        self._is_tight, self.n_tasks = True, 0
        patience = JUNIOR_PATIENCE_SECONDS if self._gives_way() else PATIENCE_SECONDS
        nothing_left = self._left_mb < STOP_PART * self._pause_mb
        paused_before = now - self._paused_since >= LOOK_SECONDS
        if now - self._paused_since >= patience or (nothing_left and paused_before):
            self.exhausted = True


def give_back() -> None:
    """Give memory that is not in use back to the system."""
    gc.collect()
    if "pyarrow" in sys.modules:
        from ape_core.storage.arrow import release_unused

        release_unused()
    with suppress(OSError, AttributeError):  # a C library other than glibc has no such function
        ctypes.CDLL(None).malloc_trim(0)
