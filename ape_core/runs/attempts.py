"""What is recorded of each attempt at a run: versions, machine, times, work done."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ape_core import __version__
from ape_core.clocks import utc_now, utc_text
from ape_core.runs.memory import MB, peak_memory_bytes
from ape_core.spec.run_spec import MODEL_VERSION
from ape_core.storage.checkpoint import Checkpoint
from ape_core.storage.run_folder import RunFolder

if TYPE_CHECKING:
    from ape_core.runs.executors import Executor

MOST_ATTEMPTS: Final = 50
"""Attempts kept in the record, the latest."""

_LIBRARIES: Final = ("numba", "numpy", "pyarrow")


class Pace:
    """How many visits were simulated once every thread had finished a chunk, in what time.

    What comes before, mostly the loading of compiled code, says nothing of a longer run.

    Parameters
    ----------
    n_threads
        Threads that simulate.
    clock
        Monotonic seconds.
    """

    def __init__(self, n_threads: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.visits = 0
        self._n_first = n_threads
        self._clock = clock
        self._begin = self._end = 0.0

    @property
    def seconds(self) -> float:
        """Time that these visits took."""
        return self._end - self._begin

    def add(self, visits: int) -> None:
        """Note a chunk that is finished."""
        self._end = self._clock()
        if self._n_first > 0:
            self._n_first -= 1
            self._begin = self._end
        else:
            self.visits += visits


class Attempt:
    """One attempt at a run, from its start until it is recorded.

    Durations come from the monotonic clock, which nobody sets; instants are UTC.

    Parameters
    ----------
    before
        What was committed when it began.
    executor
        Who simulates.
    """

    def __init__(self, before: Checkpoint, executor: Executor) -> None:
        self._before = before
        self._executor = executor
        self._started_at = utc_text(utc_now())
        self._started = time.monotonic()

    def record(
        self,
        folder: RunFolder,
        after: Checkpoint,
        outcome: str,
        pace: Pace,
        repaired: Sequence[str] = (),
    ) -> None:
        """Add this attempt to the provenance of its run.

        Parameters
        ----------
        folder
            The run.
        after
            What is committed now.
        outcome
            How it ended: "complete", "stopped" or "failed".
        pace
            How fast it simulated.
        repaired
            Files that were damaged before and are made good.
        """
        provenance = folder.provenance()
        attempt = {
            "started": self._started_at,
            "ended": utc_text(utc_now()),
            "outcome": outcome,
            "seconds": time.monotonic() - self._started,
            "patients": after.patients_done - self._before.patients_done,
            "visits": after.n_visits - self._before.n_visits,
            "bytes": after.n_bytes - self._before.n_bytes,
            "threads": self._executor.n_threads,
            "executor": self._executor.name,
            "paced_visits": pace.visits,
            "paced_seconds": pace.seconds,
            "repaired": list(repaired),
            "peak_memory_mb": peak_memory_bytes() / MB,
            **_machine(),
        }
        attempts = [*provenance.get("attempts", []), attempt][-MOST_ATTEMPTS:]
        folder.write_provenance(
            {
                **provenance,
                "created": provenance.get("created", self._started_at),
                "model_version": MODEL_VERSION,
                "seconds": provenance.get("seconds", 0.0) + attempt["seconds"],
                "attempts": attempts,
            }
        )


def _machine() -> dict[str, Any]:
    """Versions of what computed, and where."""
    return {
        "ape": __version__,
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in _LIBRARIES},
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cores": os.cpu_count(),
        "command": Path(sys.argv[0]).name,
    }
