"""The page of comparison as a first visitor meets it: it answers by itself, as Python does."""

from __future__ import annotations

import pytest

from ape_core.analysis.compare import Comparison
from ape_core.analysis.comparison_words import compared_with_chance, decimals_of
from ape_core.runs import list_runs
from support.pages import IN_BROWSER, chromium, open_page, served
from widgets.several.session import FIRST_PROTOCOLS

pytest.importorskip("playwright.sync_api")
pytestmark = IN_BROWSER


def test_the_first_comparison_is_made_by_itself_and_shows_the_figures_of_python(tmp_path):
    with served(tmp_path) as server, chromium() as browser:
        page = open_page(browser, f"{server.address}voila/render/compare.ipynb")
        page.wait_for_selector("table.ape-outcomes tbody tr")
        page.wait_for_selector(".ape-several-progress.ape-hidden", state="attached")
        runs = {run.spec.protocol.name: run for run in list_runs(server.store)}
        comparison = Comparison([runs[name] for name in FIRST_PROTOCOLS])
        assert comparison.status == "complete"
        page.wait_for_function("document.title === 'Compare - APE'")
        rows = page.locator("table.ape-outcomes tbody tr")
        shown = [rows.nth(i).locator("th, td").all_inner_texts() for i in range(rows.count())]
        assert [[" ".join(cell.split()) for cell in row] for row in shown] == [
            [title, a, f"{b} {less_b}", f"{c} {less_c}"]
            for title, a, b, c, less_b, less_c in comparison.table().rows
        ]
        assert "This is an example on few patients" in page.locator(".ape-why").inner_text()
        headline = " ".join(page.locator(".ape-verdicts").inner_text().split())
        for outcome in ("letters_change", "injections", "visits"):
            found = [item for item in comparison.differences() if item.outcome == outcome]
            for item in found:
                words, interval = compared_with_chance(item, decimals_of(found))
                assert f"{words} {interval}" in headline
        lines = page.locator(".ape-as-acuity-over-time svg path.line")
        assert lines.count() >= len(FIRST_PROTOCOLS)
        page.get_by_label("Compared with").select_option("B")
        page.wait_for_selector("text=than with B, after 5 years")
        assert "runs=" in page.url
        assert page.trouble == []
        page.close(run_before_unload=True)
