"""The product's own server, and pages in headless Chromium, as a visitor meets them."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psutil

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

PATIENCE_SECONDS: Final = 300.0
_FLAGS: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
]
_DESK: Final[ViewportSize] = {"width": 1440, "height": 900}


@dataclass(frozen=True)
class Server:
    """A server that answers, and the seconds that this took from its start."""

    address: str
    process: psutil.Process
    seconds: float

    def page(self, name: str) -> str:
        """Address of a page."""
        return f"{self.address}voila/render/{name}.ipynb?light=0"

    def kernels(self) -> list[psutil.Process]:
        """Processes of the kernels, the newest last."""
        found = []
        for child in self.process.children():
            with suppress(psutil.NoSuchProcess):  # it ended just now
                if child.status() != psutil.STATUS_ZOMBIE:
                    found.append((child.create_time(), child.pid, child))
        return [kernel for *_, kernel in sorted(found)]


@contextmanager
def served(store: Path) -> Iterator[Server]:
    """Serve the pages of a store on a free port; ends the runs that pages began as well."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    address = f"http://localhost:{port}/"
    command = [sys.executable, "-m", "widgets.server", "--no-browser", f"--port={port}"]
    environment = {**os.environ, "APE_STORE": str(store)}
    began = time.perf_counter()
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            _wait_for(address, process)
            seconds = time.perf_counter() - began
            yield Server(address, psutil.Process(process.pid), seconds)
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE_SECONDS)
            finally:
                process.kill()
                process.wait()
                _end_runs(store)


def _end_runs(store: Path) -> None:
    """End what still runs, before its folder goes."""
    from ape_core.runs.starting import list_runs

    for run in list_runs(store):
        run.cancel()
    for run in list_runs(store):
        run.wait(PATIENCE_SECONDS)


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until the server answers anything at all."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{address}api/kernels/x", timeout=5).close()
        except urllib.error.HTTPError as answer:
            answer.close()
            return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError("the server did not start")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run a browser."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium")
    if path is None:
        raise RuntimeError("there is no Chromium: apt-get install chromium")
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=path, args=_FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def visitor(browser: Browser) -> BrowserContext:
    """A visitor at a desk whose browser has seen nothing yet."""
    found = browser.new_context(viewport=_DESK, reduced_motion="reduce")
    found.set_default_timeout(1000 * PATIENCE_SECONDS)
    return found


@contextmanager
def opened(context: BrowserContext, address: str) -> Iterator[Page]:
    """Go to a page, which is closed as a visitor closes it."""
    page = context.new_page()
    try:
        page.goto(address, wait_until="commit")
        yield page
    finally:
        page.close(run_before_unload=True)
