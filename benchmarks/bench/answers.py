"""From pressing Start on the page to the first changed chart, and to the end of the run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from benchmarks.bench.browser import chromium, opened, served, visitor
from benchmarks.bench.common import YEARS, Bench, median
from benchmarks.bench.pages import prepare
from benchmarks.bench.report import Figure, at_most, median_of
from benchmarks.bench.runs_from_shell import Measured

if TYPE_CHECKING:
    from playwright.sync_api import Page

MOST_SECONDS_TO_CHANGE = 1.5

WATCH = """
wanted => {
    const line = () => {
        const card = document.querySelector(".ape-card");
        if (!card || card.classList.contains("ape-waiting")) return "";
        return [...card.querySelectorAll("svg path.line")].at(-1)?.getAttribute("d") ?? "";
    };
    const title = () => document.querySelector(".ape-title")?.innerText ?? "";
    const button = [...document.querySelectorAll("button")].find(
        each => each.innerText.trim() === "Start");
    const before = line(), seen = window.apeSeen = {};
    let pressed;
    button.addEventListener("click", () => {
        pressed = performance.now();
        const watch = setInterval(() => {
            const now = (performance.now() - pressed) / 1000;
            if (!title().includes(wanted)) return;
            if (!("titled" in seen)) seen.titled = now;
            const drawn = line();
            if (!("changed" in seen) && drawn && drawn !== before) seen.changed = now;
            if ("changed" in seen && document.querySelector(".ape-chip.is-complete")) {
                seen.finished = now;
                clearInterval(watch);
            }
        }, 20);
    }, {capture: true, once: true});
}
"""


def figures(bench: Bench) -> Iterator[Figure]:
    """Ask on a warm server, again and again with other seeds."""
    n_patients = bench.few(100_000, 1_000)
    with served(bench.folder / "answers") as server, chromium() as browser:
        context = visitor(browser)
        prepare(context, server, "dashboard")
        moments = []
        for k in range(bench.times(3)):
            with opened(context, server.page("dashboard")) as page:
                moments.append(_ask(page, n_patients, seed=100 + k))
        context.close()
    what = f"{n_patients:,} patients x {YEARS} years in the page: from Start to "
    changed = [each["changed"] for each in moments]
    finished = [each["finished"] for each in moments]
    yield median_of(f"{what}the first changed chart", changed, "s", at_most(MOST_SECONDS_TO_CHANGE))
    yield median_of(f"{what}the finished run", finished, "s")
    shell: list[Measured] = [bench.run(n_patients, 2) for _ in range(bench.times(3))]
    alone = median([run.seconds for run in shell])
    yield Figure("the same run from the shell, start included", alone, "s")
    yield Figure("in the page / from the shell", median(finished) / alone, "times")


def _ask(page: Page, n_patients: int, seed: int) -> dict[str, float]:
    """Ask a question on the page: seconds from pressing Start to each moment."""
    page.wait_for_selector(".ape-card:not(.ape-waiting) svg path.line")
    page.wait_for_selector("#ape-skeleton", state="detached")
    page.wait_for_function("document.querySelector('.ape-pulse [data-tick]')?.dataset.tick > 0")
    page.get_by_role("textbox", name="Patients").fill(f"{n_patients}")
    page.get_by_role("textbox", name="Seed").fill(f"{seed}")
    page.get_by_role("textbox", name="Seed").press("Tab")
    page.wait_for_timeout(2_000)  # what the fields say has been understood long before
    page.evaluate(WATCH, f"{n_patients:,}")
    page.get_by_role("button", name="Start", exact=True).click()
    seen = page.wait_for_function("window.apeSeen.finished && JSON.stringify(window.apeSeen)")
    moments: dict[str, float] = json.loads(seen.json_value())
    return moments
