"""A process in which the simulator is loaded, and that forks a worker in a millisecond when told.

A worker of its own takes two seconds to load what it needs, and two hundred kills as many minutes.
A fork of a process that has loaded it all is as much a process as any other: it takes the lock of
the run, waits for a slot, simulates, commits and is killed by the system at whatever it is doing.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

ROOT = Path(__file__).resolve().parents[2]


class Nursery:
    """Starts workers for a program that watches, kills or hinders them."""

    def __init__(self, prefix: Sequence[str] = ()) -> None:
        self._process = subprocess.Popen(
            [*prefix, sys.executable, "-B", "-m", "benchmarks.chaos.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "ARROW_DEFAULT_MEMORY_POOL": "system", "OMP_NUM_THREADS": "1"},
        )
        if self._answer() != "ready":
            raise RuntimeError("the nursery did not start")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the nursery and whatever it started."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def start(
        self,
        folder: Path,
        log: Path,
        *,
        threads: int = 1,
        check: bool = False,
        calls: str = "",
        supervisor: Path | None = None,
    ) -> int:
        """Start a worker on a run; return its process number.

        Parameters
        ----------
        folder
            The run.
        log
            File that is given the outcome as one JSON object when the worker ends by itself.
        threads
            Threads that simulate.
        check
            Whether to check every file first, as resuming does.
        calls
            System calls, separated by commas, that a supervisor decides about.
        supervisor
            Socket at which that supervisor listens.
        """
        order = {
            "folder": str(folder),
            "log": str(log),
            "threads": threads,
            "check": check,
            "calls": calls,
            "supervisor": str(supervisor or ""),
        }
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._answer())

    def _answer(self) -> str:
        """What the nursery says next."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


def main() -> None:
    """Load everything, then fork a worker for each line of standard input."""
    _load()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever ends is forgotten by the system
    children: list[int] = []
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _work(order)
        children.append(pid)
        print(pid, flush=True)
    for pid in children:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _load() -> None:
    """Import and compile all that a worker needs."""
    import ape_core.runs.completing
    import ape_core.runs.execution
    import ape_core.runs.repairing
    import ape_core.runs.runner  # noqa: F401
    from ape_core.simulation.simulate import simulate
    from ape_core.storage.arrow import PartFile  # noqa: F401
    from ape_core.summaries.summary import Summary
    from benchmarks.chaos.common import question

    Summary.of_chunk(simulate(question(10), 0, 10))


def _work(order: dict[str, Any]) -> NoReturn:
    """Be a worker: bring a run to its end, or be ended."""
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    os.dup2(log, 1)
    os.dup2(log, 2)
    try:
        if order["supervisor"]:
            _submit_to(order["supervisor"], order["calls"].split(","))
        outcome = _complete(order)
    except BaseException:  # noqa: BLE001  this process ends here, and says how
        outcome = {"outcome": "fault", "error": traceback.format_exc(), "hint": ""}
    os.write(1, json.dumps(outcome).encode())
    os._exit(0)


def _submit_to(path: str, calls: Sequence[str]) -> None:
    """Let a supervisor decide about system calls of this process from now on."""
    from benchmarks.chaos.syscalls import supervised

    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        socket.send_fds(connection, [b"x"], [supervised(calls)])
        connection.recv(1)


def _complete(order: dict[str, Any]) -> dict[str, Any]:
    """Bring a run to its end and say how that went."""
    from ape_core.errors import ApeError
    from ape_core.runs.completing import complete
    from ape_core.runs.handle import Run
    from ape_core.storage.run_folder import RunFolder

    run = Run(RunFolder(Path(order["folder"])))
    try:
        problems = complete(run, order["threads"], check=order["check"])
    except ApeError as error:
        return {
            "outcome": type(error).__name__,
            "error": error.message,
            "hint": error.hint,
            "notes": getattr(error, "__notes__", []),
        }
    return {"outcome": "complete", "repaired": [problem.file for problem in problems]}


if __name__ == "__main__":
    main()
