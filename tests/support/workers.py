"""Real workers in tests: found, killed and waited for."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from multiprocessing.synchronize import Event
from pathlib import Path

import psutil

from ape_core.runs.handle import Run
from ape_core.runs.starting import submit
from ape_core.spec.run_spec import RunSpec
from support.patience import PATIENCE


def until(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait for a condition, which must come true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def workers_of(run: Run) -> list[psutil.Process]:
    """Living processes that work on a run, or wait to."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        command = process.info["cmdline"] or []
        alive = process.info["status"] != psutil.STATUS_ZOMBIE
        if alive and "ape_core.runs.worker" in command and str(run.folder.path) in command:
            found.append(process)
    return found


def kill_workers(run: Run) -> None:
    """Kill the workers of a run as the system would, and wait until its lock is free."""
    for process in workers_of(run):
        os.kill(process.pid, signal.SIGKILL)
    until(lambda: not run.folder.is_locked())


def suspend_at(run: Run, more_than: int) -> psutil.Process:
    """Let a run stand still once it has committed more patients; return its worker."""
    until(lambda: run.progress().patients_committed > more_than)
    [worker] = workers_of(run)
    worker.suspend()
    return worker


def is_simulating(run: Run) -> bool:
    """Whether a worker has simulated its first chunk."""
    return run.progress().phase == "simulating"


def submit_when_told(store: Path, spec: RunSpec, start: Event) -> None:
    """Ask a question at the same instant as others; the main function of a process."""
    start.wait()
    submit(spec, store)
