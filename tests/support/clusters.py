"""A Dask scheduler with workers, as a process of its own that can be killed."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_PROGRAM = """
import sys
from distributed import LocalCluster
with LocalCluster(n_workers=1, threads_per_worker=2, processes=False, host="127.0.0.1",
                  scheduler_port=int(sys.argv[1]), dashboard_address="127.0.0.1:0", memory_limit=0):
    print("ready", flush=True)
    sys.stdin.read()
"""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def cluster_at(port: int) -> Iterator[subprocess.Popen[str]]:
    """A scheduler at a port, with a worker of two threads; killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()
