"""Every page in headless Chromium: from the address to what can be read, seen and used."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.bench.browser import (
    PATIENCE_SECONDS,
    Server,
    chromium,
    opened,
    served,
    visitor,
)
from benchmarks.bench.common import Bench, tell
from benchmarks.bench.report import Figure, at_most, median_of
from widgets.navigation import PAGES

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

MOST_KERNEL_MB = 150.0
MOST_SECONDS_TO_CONTENT = 3.0
"""On a warm server; see docs/benchmarks.md."""

PARTS = {
    "first content": "content",
    "charts drawn": "drawn",
    "usable": "usable",
}
"""What the report calls each moment, and its name in `WATCH`."""

WATCH = """
(() => {
    const seen = window.apeSeen = {}, since = () => performance.now() / 1000;
    const note = (name, holds) => { if (!(name in seen) && holds) seen[name] = since(); };
    const visible = each => each.getClientRects().length > 0;
    const all = what => [...document.querySelectorAll(what)].filter(visible);
    const watch = setInterval(() => {
        const first = performance.getEntriesByName("ape-first-view")[0];
        if (first && !("content" in seen)) seen.content = first.startTime / 1000;
        const uncovered = document.readyState !== "loading" &&
            !document.querySelector("#ape-skeleton");
        const main = document.querySelector(".ape-main");
        note("content", uncovered && main && /\\d/.test(main.innerText));
        const shapes = ".ape-main svg :is(path.line, rect.bar, polyline, circle, line, rect, path)";
        note("drawn", uncovered && all(shapes).length > 5 &&
            all(".ape-main .ape-card.ape-waiting").length <= AT_REST);
        const ticks = document.querySelector(".ape-pulse [data-tick]")?.dataset.tick;
        note("answers", ticks > 0);
        if ("drawn" in seen && "answers" in seen) {
            seen.usable = Math.max(seen.drawn, seen.answers);
            clearInterval(watch);
        }
    }, 20);
})();
"""
"""Notes the seconds since the navigation began at which something was first so.

AT_REST stands for the number of charts that wait for the visitor to ask for them.
"""

_LOOKS = 5
_LOOK_MS = 1_000


def figures(bench: Bench) -> Iterator[Figure]:
    """Open every page, on a server that has served and on one that has just started."""
    store = bench.folder / "pages"
    names = list(PAGES)[: bench.few(len(PAGES), 2)]
    failed: list[str] = []
    waiting: dict[str, int] = {}
    with chromium() as browser:
        with served(store) as server:
            context = visitor(browser)
            for name in names:
                yield from _unless_it_fails(
                    _warm(bench, context, server, name, waiting), name, failed
                )
            context.close()
        for name in waiting:
            cold = _cold(bench, browser, store, name, waiting)
            yield from _unless_it_fails(cold, name, failed)
    if failed:
        raise RuntimeError("; ".join(failed))


def _unless_it_fails(found: Iterator[Figure], name: str, failed: list[str]) -> Iterator[Figure]:
    """Figures of one page; what goes wrong is noted, so that the others are still measured."""
    try:
        yield from found
    except Exception as problem:  # noqa: BLE001  whatever it is, it is told at the end
        reason = (str(problem) or type(problem).__name__).splitlines()[0]
        failed.append(f"{PAGES[name]}: {reason}")
        tell(failed[-1])


def prepare(context: BrowserContext, server: Server, name: str) -> int:
    """Let a page answer its first question, and the browser load its programs.

    Returns
    -------
    Charts that wait when the page has come to rest: they are asked for by hand.
    """
    n_waiting = 0
    for what in ("first", "second"):
        tell(f"{PAGES[name]}, {what} visit")
        with opened(context, server.page(name)) as page:
            page.wait_for_function("document.querySelector('.ape-pulse [data-tick]')")
            _wait_until_still(page)
            n_waiting = page.locator(".ape-main .ape-card.ape-waiting").count()
    return n_waiting


def _wait_until_still(page: Page) -> None:
    """Wait until the words of the answer do not change any more."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    looks: list[str] = []
    while len(looks) < _LOOKS or len(set(looks[-_LOOKS:])) > 1:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{page.url} does not come to rest")
        page.wait_for_timeout(_LOOK_MS)
        looks.append(page.inner_text(".ape-main"))


def _warm(
    bench: Bench, context: BrowserContext, server: Server, name: str, waiting: dict[str, int]
) -> Iterator[Figure]:
    """A page on a server that has served, for a visitor who has been here."""
    waiting[name] = prepare(context, server, name)
    moments, memory = [], []
    for _ in range(bench.times(3)):
        found, mb = timed(context, server, name, waiting[name])
        moments.append(found)
        memory.append(mb)
    title = PAGES[name]
    for part, key in PARTS.items():
        target = at_most(MOST_SECONDS_TO_CONTENT) if key == "content" else None
        what = f"{title}, warm server: {part}"
        yield median_of(what, [each[key] for each in moments], "s", target)
    for kind, target in (("rss", at_most(MOST_KERNEL_MB)), ("pss", None)):
        what = f"{title}: kernel memory ({kind.upper()})"
        yield median_of(what, [each[kind] for each in memory], "MB", target)


def _cold(
    bench: Bench, browser: Browser, store: Path, name: str, waiting: dict[str, int]
) -> Iterator[Figure]:
    """A page on a server that has just started, for a visitor whose browser has seen nothing."""
    moments, starts = [], []
    for _ in range(bench.times(2)):
        with served(store) as server:
            starts.append(server.seconds)
            context = visitor(browser)
            moments.append(timed(context, server, name, waiting[name])[0])
            context.close()
    for part, key in PARTS.items():
        what = f"{PAGES[name]}, cold server and browser: {part}"
        yield median_of(what, [each[key] for each in moments], "s")
    yield median_of(f"{PAGES[name]}, before that: the server's own start", starts, "s")


def timed(
    context: BrowserContext, server: Server, name: str, n_waiting: int
) -> tuple[dict[str, float], dict[str, float]]:
    """Open a page: seconds until each moment, and megabytes of its kernel when it is still."""
    before = {kernel.pid for kernel in server.kernels()}
    page = context.new_page()
    try:
        page.add_init_script(WATCH.replace("AT_REST", str(n_waiting)))
        page.goto(server.page(name), wait_until="commit")
        seen = page.wait_for_function("window.apeSeen?.usable && JSON.stringify(window.apeSeen)")
        moments: dict[str, float] = json.loads(seen.json_value())
        _wait_until_still(page)
        [kernel] = [each for each in server.kernels() if each.pid not in before][-1:]
        memory = kernel.memory_full_info()
        return moments, {"rss": memory.rss / 1e6, "pss": memory.pss / 1e6}
    finally:
        page.close(run_before_unload=True)
