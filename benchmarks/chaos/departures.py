"""The kernel of a page is gone soon after the page, however it left and whatever serves it.

Pages are played by small programs that ask for the page and connect to its kernel as a browser
does, so that they can be killed or frozen.
"""

from __future__ import annotations

import http.cookiejar
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from ape_core.runs.handle import Run
from ape_core.storage.store import Store
from benchmarks.chaos.common import Row, await_that, demand, row, tell, workplace

MOST_SECONDS: Final = 120.0
ROOT: Final = Path(__file__).parents[2]

VISITOR: Final = """
import asyncio, re, sys, urllib.request
from tornado.websocket import websocket_connect

address, page, connects = sys.argv[1:]
with urllib.request.urlopen(address + page, timeout=300) as answer:
    kernel = re.search(r'"kernelId": "([0-9a-f-]+)"', answer.read().decode())[1]

async def stay():
    if connects == "yes":
        place = address.replace("http", "ws", 1) + f"api/kernels/{kernel}/channels"
        connection = await websocket_connect(place)
    print(kernel, flush=True)
    while connects == "yes" and await connection.read_message() is not None:
        pass

asyncio.run(stay())
"""


@dataclass(frozen=True)
class Kind:
    """A way to serve the pages."""

    name: str
    command: list[str]
    page: str
    has_notebooks: bool = False


VOILA: Final = Kind(
    "ape dashboard", [sys.executable, "-m", "widgets.server", "--no-browser", "--port={port}"], ""
)
BINDER: Final = Kind(
    "jupyter server",
    [
        str(ROOT / "binder" / "start"),
        sys.executable,
        *("-m", "jupyter", "server", "--no-browser", "--allow-root", "--ServerApp.port={port}"),
        *(
            "--ServerApp.port_retries=0",
            "--IdentityProvider.token=",
            f"--ServerApp.root_dir={ROOT}",
        ),
    ],
    "voila/render/notebooks/dashboard.ipynb",
    has_notebooks=True,
)


class Server:
    """A server that is running, asked as a browser would."""

    def __init__(self, kind: Kind, address: str, process: subprocess.Popen[bytes]) -> None:
        self.kind, self.address, self.process = kind, address, process
        self._cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self._cookies)
        )

    def ask(self, path: str, data: bytes | None = None) -> tuple[int, str]:
        """Status and text of an answer; data is posted as a page posts it."""
        request = urllib.request.Request(self.address + path, data)
        token = {cookie.name: cookie.value for cookie in self._cookies}.get("_xsrf")
        if data is not None and token:
            request.add_header("X-XSRFToken", token)
        try:
            with self._opener.open(request, timeout=300) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, ""

    def has(self, kernel: str) -> bool:
        """Whether a kernel is there."""
        return self.ask(f"api/kernels/{kernel}")[0] == 200

    def n_kernels(self) -> int:
        """Processes of kernels."""
        return len(psutil.Process(self.process.pid).children())


@contextmanager
def serving(kind: Kind, folder: Path) -> Iterator[Server]:
    """Start a server; end it with the block."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [word.replace("{port}", str(port)) for word in kind.command],
        env={**os.environ, "APE_STORE": str(folder / "store")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    server = Server(kind, f"http://localhost:{port}/", process)
    try:
        await_that(lambda: _answers(server), "the server answers")
        yield server
    finally:
        process.terminate()
        process.wait()


def _answers(server: Server) -> bool:
    """Whether a server answers anything at all."""
    try:
        server.ask("api/kernels/none")
    except OSError:
        return False
    return True


def closed(server: Server) -> tuple[str, float]:
    """Open a page and close it as a browser does; return seconds until its kernel was gone."""
    _, text = server.ask(server.kind.page)
    demand('id="ape-skeleton"' in text, "the page is in APE's own template")
    demand("application/vnd.jupyter.widget-view+json" in text, "the page shows its widgets")
    demand("cdn.jsdelivr.net" not in text, "the page asks nothing of the network")
    found = re.search(r'"kernelId": "([0-9a-f-]+)"', text)
    assert found is not None
    began = time.monotonic()
    status, _ = server.ask(f"voila/api/shutdown/{found[1]}", b"")
    assert status == 204, status
    return "closed", _seconds_until_gone(server, {"closed": found[1]}, began)["closed"]


def vanished(server: Server) -> dict[str, float]:
    """Open pages that leave without a word; return seconds until each kernel was gone."""
    visitors = {
        how: subprocess.Popen(
            [sys.executable, "-c", VISITOR, server.address, server.kind.page, connects],
            stdout=subprocess.PIPE,
        )
        for how, connects in (("killed", "yes"), ("frozen", "yes"), ("never connected", "no"))
    }
    kernels = {}
    for how, visitor in visitors.items():
        assert visitor.stdout is not None
        kernels[how] = visitor.stdout.readline().decode().strip()
        assert kernels[how], how
    began = time.monotonic()
    visitors["killed"].kill()
    visitors["frozen"].send_signal(signal.SIGSTOP)
    try:
        return _seconds_until_gone(server, kernels, began)
    finally:
        for visitor in visitors.values():
            visitor.kill()
            visitor.communicate()


def _seconds_until_gone(server: Server, kernels: dict[str, str], began: float) -> dict[str, float]:
    """Seconds until each kernel was gone; infinite when it was not."""
    gone: dict[str, float] = {}
    while len(gone) < len(kernels) and time.monotonic() - began < 1.5 * MOST_SECONDS:
        for how, kernel in kernels.items():
            if how not in gone and not server.has(kernel):
                gone[how] = time.monotonic() - began
        time.sleep(0.2)
    return {how: gone.get(how, float("inf")) for how in kernels}


def _start_notebook(server: Server) -> str:
    """Start the kernel of a notebook."""
    status, text = server.ask("api/kernels", json.dumps({"name": "python3"}).encode())
    assert status == 201, status
    return str(json.loads(text)["id"])


def rows(*, short: bool = False) -> list[Row]:
    """Serve pages in both ways, let them leave; return how long their kernels stayed.

    The short version serves them as Binder does: the tests in a browser do as `ape dashboard` does.
    """
    found: list[Row] = []
    for kind in (BINDER,) if short else (VOILA, BINDER):
        with workplace() as folder:
            tell(f"pages of {kind.name}")
            with serving(kind, folder) as server:
                found += _rows_of(server, short=short)
            for run in Store(folder / "store").list():
                Run(run).wait(300)
    return found


def _rows_of(server: Server, *, short: bool) -> list[Row]:
    """Rows of one server."""
    how, seconds = closed(server)
    left = {how: seconds}
    notebook = _start_notebook(server) if server.kind.has_notebooks else ""
    if not short:
        left |= vanished(server)
    found = []
    for how, seconds in left.items():
        outcome = "held" if seconds < MOST_SECONDS else "failed"
        detail = f"{server.kind.name}: gone after {seconds:.1f} s, {MOST_SECONDS:.0f} s allowed"
        found.append(row(f"kernel of a page that was {how}", 1, detail, outcome))
    kept = int(bool(notebook) and server.has(notebook))
    right = server.n_kernels() == kept == int(server.kind.has_notebooks)
    detail = f"{server.kind.name}: {server.n_kernels()} processes, {kept} of a notebook"
    found.append(row("kernels left in the end", 1, detail, "held" if right else "failed"))
    return found
