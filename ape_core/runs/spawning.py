"""Starts a worker that outlives whoever asked for it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import ape_core
from ape_core.errors import RunFailedError
from ape_core.runs.engine import THREADS, Engine
from ape_core.runs.threads import THRIFTY_ENVIRONMENT
from ape_core.storage.locks import FileLock
from ape_core.storage.os_errors import os_errors
from ape_core.storage.run_folder import CANCEL_FILE, RunFolder

LOG_FILE: Final = "worker.log"
TIER_LOG_FILE: Final = "tier.log"


def start_worker(
    folder: RunFolder,
    lock: FileLock,
    n_threads: int,
    memory_mb: float,
    *,
    check: bool,
    engine: Engine = THREADS,
) -> None:
    """Start a worker on a run and hand it the lock of the run.

    The process started here starts the worker and ends at once, so that the worker belongs to
    nobody: it survives the end of a notebook's kernel and never becomes its zombie.

    Parameters
    ----------
    folder
        The run.
    lock
        Its lock, held by this process; the worker holds it too from its first moment on.
    n_threads
        Threads that simulate.
    memory_mb
        Memory that the worker will need.
    check
        Whether to check every file first.
    engine
        What simulates.

    Raises
    ------
    RunFailedError
        When no process can be started.
    """
    words = [
        *("--threads", str(n_threads), "--memory-mb", f"{memory_mb:.0f}"),
        *("--cancel-file", str(folder.path / CANCEL_FILE)),
        *(["--check"] if check else []),
        *("--executor", engine.executor),
        *(["--scheduler", engine.scheduler] if engine.scheduler else []),
    ]
    _start("ape_core.runs.worker", words, folder, lock, LOG_FILE)


def start_tier_worker(folder: RunFolder, lock: FileLock, tier: str) -> None:
    """Start a process that brings a run into a tier, and hand it the lock of the run.

    Raises
    ------
    RunFailedError
        When no process can be started.
    """
    _start("ape_core.runs.tier_worker", ["--tier", tier], folder, lock, TIER_LOG_FILE)


def _start(
    module: str, words: Sequence[str], folder: RunFolder, lock: FileLock, log_name: str
) -> None:
    """Start a module as a process that belongs to nobody and holds the lock of a run."""
    words = [str(folder.path), *words]
    start_detached(
        module, words, lock, folder.path / log_name, f"The worker of run {folder.run_id[:12]}"
    )


def start_detached(
    module: str, words: Sequence[str], lock: FileLock, log_path: Path, what: str
) -> None:
    """Start a module as a process that belongs to nobody, and hand it a lock.

    Parameters
    ----------
    module
        What to run: its `main` forks, so that the process started here ends at once.
    words
        Its arguments; `--lock` is added.
    lock
        Held by this process; the new one holds it too from its first moment on.
    log_path
        File of what the process says.
    what
        What is started, as the beginning of a sentence.

    Raises
    ------
    RunFailedError
        When no process can be started.
    """
    command = [sys.executable, "-P", "-m", module, *words, "--lock", str(lock.fileno())]
    with os_errors("write", log_path), log_path.open("wb") as log:
        starter = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=detached_environment(),
            pass_fds=(lock.fileno(),),
            start_new_session=True,
            check=False,
        )
    if starter.returncode:
        raise RunFailedError(
            f"{what} could not be started (status {starter.returncode}).",
            f"What it said is in {log_path}.",
        )


def detached_environment() -> dict[str, str]:
    """Environment of a detached process: without the notebook, and with this very package."""
    environment = {**os.environ, **THRIFTY_ENVIRONMENT}
    # With it, libraries of Jupyter end the process when the kernel that asked for it ends.
    environment.pop("JPY_PARENT_PID", None)
    source = str(Path(ape_core.__file__).parents[1])
    if Path(source).name not in {"site-packages", "dist-packages"}:
        paths = [source, *environment.get("PYTHONPATH", "").split(os.pathsep)]
        environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    return environment
