"""How far a run is: what a worker writes while it works, and what everybody else reads."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ape_core.runs.memory import MB, peak_memory_bytes, process_memory_bytes
from ape_core.runs.story import boot_id
from ape_core.terms import run_state

WRITE_SECONDS: Final = 0.5
"""A worker says how far it is about this often."""

RATE_SECONDS: Final = 5.0
"""The rate is that of the last seconds, not of the whole run."""


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Attributes
    ----------
    run_id
        The run.
    status
        "complete", "running", "queued", "interrupted" or "failed".
    phase
        What the worker is doing, in plain words; empty when there is no worker.
    patients_done, patients_committed, n_patients
        Patients simulated and written, those of them that nothing can take back, and all.
    per_second
        Patients per second, over the last seconds; None when nothing is known yet.
    seconds_left
        Seconds until the end at that rate; None when nothing is known yet.
    memory_mb
        Resident memory of the worker, in megabytes; None when there is no worker.
    queue_place
        Runs that start before this one plus one, while it is queued; otherwise None.
    ahead
        Ids of the runs that simulate now and of those that will before this one, in the order in
        which they asked, while it is queued.
    error, hint
        Why the last attempt failed or was interrupted, and what to do about it; empty when it
        was not.
    cancelled
        Whether it was interrupted because somebody cancelled it.
    story
        What happened to it, in one sentence, when it stopped before its end; otherwise empty.
    """

    run_id: str
    status: str
    phase: str
    patients_done: int
    patients_committed: int
    n_patients: int
    per_second: float | None = None
    seconds_left: float | None = None
    memory_mb: float | None = None
    queue_place: int | None = None
    ahead: tuple[str, ...] = ()
    error: str = ""
    hint: str = ""
    cancelled: bool = False
    story: str = ""

    @property
    def state(self) -> str:
        """The status for people, who also want to know whether it was cancelled."""
        return run_state(self.status, cancelled=self.cancelled)

    @property
    def share(self) -> float:
        """Part of the patients that is done, 0 to 1."""
        return self.patients_done / self.n_patients if self.n_patients else 0.0


class Rate:
    """Patients per second over a sliding window of the monotonic clock."""

    def __init__(self, window_seconds: float = RATE_SECONDS) -> None:
        self._window = window_seconds
        self._samples: deque[tuple[float, int]] = deque()

    def add(self, seconds: float, patients_done: int) -> None:
        """Note how many patients were done at a time."""
        self._samples.append((seconds, patients_done))
        while len(self._samples) > 2 and seconds - self._samples[1][0] >= self._window:
            self._samples.popleft()

    def per_second(self) -> float | None:
        """Patients per second; None until some are done."""
        if len(self._samples) < 2:
            return None
        (start, done_before), (end, done) = self._samples[0], self._samples[-1]
        return (done - done_before) / (end - start) if done > done_before and end > start else None


class ProgressReporter:
    """Says about twice a second how far this process is with a run.

    Parameters
    ----------
    write
        Takes a mapping and replaces the run's progress file with it.
    clock
        Monotonic seconds.

    Attributes
    ----------
    is_halted
        Whether nothing goes on for now, so that nobody knows how long it will take.
    """

    def __init__(
        self,
        write: Callable[[dict[str, object]], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.phase = "starting"
        self.n_patients = 0
        self.patients_done = 0
        self.patients_committed = 0
        self.is_halted = False
        self._write = write
        self._clock = clock
        self._rate = Rate()
        self._due = -float("inf")

    def enter(self, phase: str) -> None:
        """Begin another phase and say so at once."""
        if phase != self.phase:
            self.phase = phase
            self.report(now=True)

    def start_from(self, patients: int) -> None:
        """Count from patients that an earlier attempt had committed."""
        self.patients_done = self.patients_committed = patients
        self._rate.add(self._clock(), patients)

    def add(self, patients: int) -> None:
        """Note patients that are simulated and written."""
        self.patients_done += patients
        self._rate.add(self._clock(), self.patients_done)

    def report(self, *, now: bool = False) -> bool:
        """Write the progress if it is due; return whether it was."""
        seconds = self._clock()
        if seconds < self._due and not now:
            return False
        self._due = seconds + WRITE_SECONDS
        self._write(self._state())
        return True

    def progress(self, run_id: str) -> Progress:
        """What this process, which is running it, knows of the run."""
        per_second = self._per_second()
        return Progress(
            run_id=run_id,
            status="running",
            phase=self.phase,
            patients_done=self.patients_done,
            patients_committed=self.patients_committed,
            n_patients=self.n_patients,
            per_second=per_second,
            seconds_left=self._seconds_left(per_second),
            memory_mb=process_memory_bytes() / MB,
        )

    def _per_second(self) -> float | None:
        """The present rate, if there is one."""
        return None if self.is_halted else self._rate.per_second()

    def _seconds_left(self, per_second: float | None) -> float | None:
        """Seconds until the end at a rate."""
        return (self.n_patients - self.patients_done) / per_second if per_second else None

    def _state(self) -> dict[str, object]:
        """What the progress file says."""
        per_second = self._per_second()
        return {
            "phase": self.phase,
            "patients_done": self.patients_done,
            "patients_committed": self.patients_committed,
            "n_patients": self.n_patients,
            "per_second": per_second,
            "seconds_left": self._seconds_left(per_second),
            "memory_mb": process_memory_bytes() / MB,
            "peak_memory_mb": peak_memory_bytes() / MB,
            "pid": os.getpid(),
            "boot_id": boot_id(),
        }
