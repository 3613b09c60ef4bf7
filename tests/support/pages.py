"""The product's own server and pages in headless Chromium, for tests that drive them."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from support.patience import PATIENCE

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}

IN_BROWSER = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@dataclass(frozen=True)
class Served:
    """A server that is running."""

    address: str
    process: subprocess.Popen[bytes]
    store: Path

    def kernels(self) -> list[psutil.Process]:
        """Processes of the kernels, the newest last."""
        kernels = []
        for child in psutil.Process(self.process.pid).children():
            with suppress(psutil.NoSuchProcess):  # it ended just now
                if child.status() != psutil.STATUS_ZOMBIE:
                    kernels.append((child.create_time(), child.pid, child))
        return [kernel for *_, kernel in sorted(kernels)]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(folder: Path, *, port: int | None = None, command: list[str] | None = None, **settings):
    """Serve the pages with a store in a folder; the server is ended with the block.

    Parameters
    ----------
    folder
        Where the store and the messages of the server go.
    port
        Port to listen on; a free one unless given.
    command
        What starts the server, with {port} for the port; the product's own unless given.
    settings
        Environment variables.
    """
    port = port or free_port()
    own = [sys.executable, "-m", "widgets.server", "--no-browser", "--port={port}"]
    words = [word.format(port=port) for word in command or own]
    log, store = folder / "server.log", folder / "store"
    environment = {**os.environ, "APE_STORE": str(store), **settings}
    with log.open("a") as stream:
        process = subprocess.Popen(words, env=environment, stdout=stream, stderr=subprocess.STDOUT)
    address = f"http://localhost:{port}/"
    try:
        _wait_for(address, process, log)
        yield Served(address, process, store)
    finally:
        process.terminate()
        try:
            process.wait(timeout=PATIENCE)
        finally:
            process.kill()
            process.wait()


def _wait_for(address, process, log):
    """Wait until the server answers; any answer will do."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{address}api/kernels/x", timeout=PATIENCE).close()
        except urllib.error.HTTPError as answer:
            answer.close()
            return
        except OSError:
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"the server did not start:\n{log.read_text()}")


@contextmanager
def chromium():
    """Run a browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        browser.visitors = {}
        try:
            yield browser
        finally:
            browser.close()


def open_page(browser, address, viewport=DESKTOP):
    """Go to an address as one whose screen APE has not seen before.

    What the page complains of, and what it asks of other servers, is in its `trouble`. Pages of
    one size are tabs of one visitor, whose browser keeps the scripts; nothing moves in them.
    """
    page = (_visitor(browser, viewport) if viewport else browser).new_page()
    page.set_default_timeout(1000 * PATIENCE)
    page.trouble = []
    page.on("console", lambda m: page.trouble.append(m.text) if _is_trouble(m) else None)
    page.on("pageerror", lambda error: page.trouble.append(str(error)))
    page.on("request", lambda r: page.trouble.append(r.url) if _is_foreign(r.url) else None)
    page.goto(address, wait_until="commit")
    return page


def _visitor(browser, viewport):
    """Who has a screen of that size: made once, and forgotten by APE before each page."""
    key = tuple(viewport.items())
    if key not in browser.visitors:
        browser.visitors[key] = browser.new_context(
            viewport=viewport, has_touch=viewport is PHONE, reduced_motion="reduce"
        )
    browser.visitors[key].clear_cookies(name="ape-light")
    return browser.visitors[key]


def _is_trouble(message):
    """Whether a page complains; one that is being left may count once more, and cannot say so."""
    return message.type == "error" and "Could not send widget sync message" not in message.text


def _is_foreign(url):
    return not url.startswith(("http://localhost:", "data:", "blob:"))


def wait_for_charts(page):
    """Wait until a run is drawn."""
    page.wait_for_selector(".ape-card:not(.ape-waiting) svg path.line")
    page.wait_for_selector("#ape-skeleton", state="detached")


def wait_for_beat(page):
    """Wait until the page has begun to count."""
    page.wait_for_function("document.querySelector('.ape-pulse [data-tick]')?.dataset.tick > 0")


def wait_for_end(page):
    """Wait until the run that is shown is complete."""
    page.wait_for_selector(".ape-chip.is-complete")


def ask(page, patients, seed):
    """Start a run."""
    page.get_by_role("textbox", name="Patients").fill(patients)
    page.get_by_role("textbox", name="Seed").fill(seed)
    page.get_by_role("button", name="Start").click()
