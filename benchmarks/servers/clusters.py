"""A Dask scheduler with workers, as processes of their own that can be killed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from benchmarks.servers.ports import free_port, listens

_PROGRAM: Final = """
import sys
from distributed import LocalCluster
with LocalCluster(n_workers=1, threads_per_worker=2, processes=False, host="127.0.0.1",
                  scheduler_port=int(sys.argv[1]), dashboard_address="127.0.0.1:0", memory_limit=0):
    print("ready", flush=True)
    sys.stdin.read()
"""


@contextmanager
def cluster_at(
    port: int, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """A scheduler at a port, with a worker of two threads, in one process; killed at the end.

    Parameters
    ----------
    port
        Of this machine.
    environment
        All that it has; as this process unless given.
    """
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    )
    with process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


class Cluster:
    """A scheduler and workers of one thread, started as one does by hand, killed at the end.

    Parameters
    ----------
    folder
        For what they write themselves.
    n_workers
        How many are started at first.
    settings
        Environment variables that all of them have besides.

    Attributes
    ----------
    address
        Of the scheduler, also after it has been started again.
    workers
        Those that have been started and not been killed.
    """

    def __init__(
        self, folder: Path, n_workers: int, settings: Mapping[str, str] | None = None
    ) -> None:
        self._port = free_port()
        self.address = f"tcp://127.0.0.1:{self._port}"
        self.workers: list[subprocess.Popen[bytes]] = []
        self._folder = folder
        self._n_workers = n_workers
        self._environment = {**os.environ, **(settings or {})}

    def __enter__(self) -> Self:
        """Start all of them."""
        self._scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", str(self._port))
        listens(self._port)
        for _ in range(self._n_workers):
            self.start_worker()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Kill all of them."""
        for process in (*self.workers, self._scheduler):
            with suppress(ProcessLookupError):
                process.kill()
            process.wait()
        self.workers.clear()

    def start_worker(self) -> None:
        """Start one more worker."""
        words = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--memory-limit", "0")
        scratch = ("--local-directory", str(self._folder))
        self.workers.append(self._start("worker", self.address, *words, *scratch))

    def replace_worker(self, at: int) -> None:
        """Kill a worker and start another one."""
        worker = self.workers.pop(at)
        worker.kill()
        worker.wait()
        self.start_worker()

    def restart(self) -> None:
        """Kill the scheduler, with which its workers end, and start all again."""
        self.__exit__(None, None, None)
        self.__enter__()

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        """Start one process."""
        return subprocess.Popen(
            [sys.executable, "-m", "dask", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=self._environment,
            cwd=self._folder,
        )
