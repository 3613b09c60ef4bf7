"""Take the pictures of every page that docs/ and README.md show: `make pictures`.

Each page is opened in headless Chromium, on a server and a store of its own: as it comes up for a
first visitor while its run is still going on, then complete on a desk, in the dark theme, and on a
phone. Whoever changes a page takes its pictures anew, and looks at them.
"""

from __future__ import annotations

import argparse
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
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ape_core.runs import open_run
from ape_core.storage.store import Store
from widgets.navigation import PAGES

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, ViewportSize

FOLDER: Final = Path(__file__).parent / "images"
DESK: Final[ViewportSize] = {"width": 1440, "height": 900}
PHONE: Final[ViewportSize] = {"width": 390, "height": 844}
PATIENCE_MS: Final = 180_000
SLOW: Final = {"APE_CHUNK_SIZE": "20"}
"""Makes the first run of a page take long enough to have its picture taken."""

_FLAGS: Final = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
_BEATS: Final = "document.querySelector('.ape-pulse [data-tick]')?.dataset.tick > {ticks}"
_LOOK_MS: Final = 2_000
_LOOKS: Final = 4
"""A page on which so many looks in a row find the same words is complete."""


@contextmanager
def served(**settings: str) -> Iterator[str]:
    """Serve the pages with a store of their own; gives the address."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    address = f"http://localhost:{port}/"
    # A study begins its next run while this one ends: it finds no folder then, and ends as well.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as store:
        environment = {**os.environ, "APE_STORE": store, **settings}
        command = [sys.executable, "-m", "widgets.server", "--no-browser", f"--port={port}"]
        process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        try:
            _wait_for(address)
            yield address
        finally:
            process.terminate()
            process.wait()
            _end_runs(store)


def _end_runs(store: str) -> None:
    """End what still runs, before its folder goes."""
    for folder in Store(store).list():
        run = open_run(folder.run_id, store)
        run.cancel()
        run.wait()


def _wait_for(address: str) -> None:
    """Wait until the server answers anything at all."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{address}api/kernels/x", timeout=5).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)


def open_page(browser: Browser, address: str, size: ViewportSize) -> Page:
    """Open a page and wait until its kernel answers."""
    page = browser.new_page(viewport=size, has_touch=size is PHONE)
    page.set_default_timeout(PATIENCE_MS)
    page.emulate_media(reduced_motion="reduce")
    page.goto(address, wait_until="commit")
    page.wait_for_function(_BEATS.format(ticks=0))
    page.wait_for_selector("#ape-skeleton", state="detached")
    return page


def wait_until_still(page: Page) -> None:
    """Wait until the words of the answer do not change any more."""
    seen: list[str] = []
    while len(seen) < _LOOKS or len(set(seen[-_LOOKS:])) > 1:
        page.wait_for_timeout(_LOOK_MS)
        seen.append(page.inner_text(".ape-main"))


def ask_for_all(page: Page) -> None:
    """Press every button that simulates something beside what is shown, the last one first."""
    buttons = page.get_by_role("button", name="Simulate", exact=True)
    for place in reversed(range(buttons.count())):
        buttons.nth(place).click()
        wait_until_still(page)
    page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")


def take(page: Page, name: str) -> None:
    """Save what the window shows."""
    page.screenshot(path=FOLDER / f"{name}.png")
    print(name, flush=True)


def in_progress(browser: Browser, name: str) -> None:
    """Take the picture of what a first visitor sees while the first run goes on."""
    with served(**SLOW) as address:
        page = open_page(browser, f"{address}voila/render/{name}.ipynb?light=0", DESK)
        page.wait_for_function(_BEATS.format(ticks=1))
        take(page, f"{name}-running")
        page.close(run_before_unload=True)


def complete(browser: Browser, address: str, name: str) -> None:
    """Take the pictures of a page whose runs are complete."""
    views = (("", "light=0", DESK), ("-dark", "light=0&theme=dark", DESK), ("-phone", "", PHONE))
    for ending, query, size in views:
        page = open_page(browser, f"{address}voila/render/{name}.ipynb?{query}", size)
        wait_until_still(page)
        ask_for_all(page)
        take(page, f"{name}{ending}")
        page.close(run_before_unload=True)


def main() -> None:
    """Take the pictures of the pages that are named, or of all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="*", default=list(PAGES), metavar="PAGE")
    chosen = parser.parse_args().pages
    from playwright.sync_api import sync_playwright

    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=shutil.which("chromium"), args=_FLAGS)
        for name in chosen:
            in_progress(browser, name)
        with served() as address:
            for name in chosen:
                complete(browser, address, name)
        browser.close()


if __name__ == "__main__":
    main()
