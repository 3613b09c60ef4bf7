"""The page of comparison as a first visitor meets it: it answers by itself, as Python does."""

from __future__ import annotations

import pytest

from ape_core.analysis.compare import Comparison
from ape_core.analysis.comparison_words import compared_parts
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
        assert shown == [list(row) for row in comparison.table().rows]
        headline = " ".join(page.locator(".ape-verdicts").inner_text().split())
        for item in comparison.differences():
            if item.outcome in ("letters_change", "injections"):
                words, interval = compared_parts(item)
                assert f"{words} (95% interval {interval}" in headline
        lines = page.locator(".ape-as-acuity-over-time svg path.line")
        assert lines.count() >= len(FIRST_PROTOCOLS)
        page.get_by_label("Compared with").select_option("B")
        page.wait_for_selector("text=than with B, after 5 years")
        assert "runs=" in page.url
        assert page.trouble == []
        page.close(run_before_unload=True)
