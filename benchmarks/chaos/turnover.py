"""A server that serves pages one after another holds no more than after the first of them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

from ape_core.runs.handle import Run
from ape_core.storage.store import Store
from benchmarks.chaos.common import Row, row, workplace
from benchmarks.chaos.departures import BINDER, VISITOR, VOILA, Kind, Server, closed, serving

PAGES: Final = 40
SHORT_PAGES: Final = 4
MEMORY_MB: Final = 6.0
"""Growth of the resident memory that the allocator alone accounts for."""

FILES: Final = 3
"""Sockets that happen to be open at the moment of counting."""

PATIENCE: Final = 30.0


def visit(server: Server, *, is_killed: bool) -> None:
    """Open a page and connect to its kernel; then kill the kernel, or close the page."""
    visitor = subprocess.Popen(
        [sys.executable, "-c", VISITOR, server.address, server.kind.page, "yes"],
        stdout=subprocess.PIPE,
    )
    assert visitor.stdout is not None
    kernel = visitor.stdout.readline().decode().strip()
    try:
        if is_killed:
            for child in psutil.Process(server.process.pid).children():
                child.kill()
        else:
            status, _ = server.ask(f"voila/api/shutdown/{kernel}", b"")
            assert status == 204, status
        deadline = time.monotonic() + PATIENCE
        while server.has(kernel) and time.monotonic() < deadline:
            time.sleep(0.1)
    finally:
        visitor.kill()
        visitor.communicate()


def held(server: Server) -> dict[str, float]:
    """What the server holds."""
    process = psutil.Process(server.process.pid)
    return {
        "memory": round(process.memory_info().rss / 2**20, 1),
        "files": process.num_fds(),
        "threads": process.num_threads(),
        "kernels": len(process.children()),
    }


def open_files(server: Server) -> Counter[str]:
    """What the server has open: names of files, and of sockets what they are."""
    process = psutil.Process(server.process.pid)
    names: Counter[str] = Counter()
    for path in Path(f"/proc/{process.pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            names[path.readlink().name.partition("[")[0]] += 1
    for line in process.net_connections():
        names[f"connection {line.status} at {':'.join(map(str, line.laddr))}"] += 1
    return names


def _is_flat(early: dict[str, float], late: dict[str, float]) -> bool:
    """Whether the server holds no more than it did."""
    allowed = {"memory": MEMORY_MB, "files": FILES, "threads": 0, "kernels": 0}
    return all(late[name] - early[name] <= most for name, most in allowed.items())


def _settled(server: Server, early: dict[str, float]) -> dict[str, float]:
    """What the server holds when it has let go of the last page, or has had time enough to."""
    deadline = time.monotonic() + PATIENCE
    while not _is_flat(early, late := held(server)) and time.monotonic() < deadline:
        time.sleep(0.5)
    return late


def _row(kind: Kind, n: int) -> Row:
    """Serve pages with one kind of server."""
    with workplace() as folder:
        with serving(kind, folder) as server:
            closed(server)  # the first page brings the cookie with which pages are closed
            early, before = held(server), open_files(server)
            for i in range(n):
                visit(server, is_killed=i % 4 == 3)
                if i == n // 4:
                    early, before = held(server), open_files(server)
            late = _settled(server, early)
            new = open_files(server) - before
        for run in Store(folder / "store").list():
            Run(run).wait(120)
    flat = _is_flat(early, late)
    told = ", ".join(f"{name} {early[name]:g} -> {late[name]:g}" for name in late)
    detail = f"{kind.name}: {told} (memory in MB; every fourth kernel was killed)"
    if late["files"] > early["files"]:
        detail += f"; new: {', '.join(f'{count} {name}' for name, count in new.items())}"
    return row("pages served one after another", n, detail, "held" if flat else "failed")


def rows(*, short: bool = False) -> list[Row]:
    """Serve pages in both ways; return what the servers held."""
    n = SHORT_PAGES if short else PAGES
    return [_row(kind, n) for kind in ((VOILA,) if short else (VOILA, BINDER))]


if __name__ == "__main__":
    print(json.dumps(rows(short="--short" in sys.argv)))
