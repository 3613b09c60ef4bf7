"""The page of sensitivity as a browser shows it: nothing is begun unasked, figures are Python's."""

from __future__ import annotations

import pytest

from ape_core.analysis.drawn_runs import DrawnRuns
from ape_core.analysis.edges import edges_of
from ape_core.analysis.swept_outcomes import effect_text, outcome_text
from ape_core.analysis.tornado import INFLUENTIAL, Tornado, tornado_points
from support.pages import IN_BROWSER, chromium, open_page, served
from support.runs import small_spec

pytest.importorskip("playwright.sync_api")
pytestmark = IN_BROWSER


def test_what_was_asked_before_is_shown_again_with_the_figures_of_python(tmp_path):
    base = small_spec(150, 1)
    with served(tmp_path) as server, chromium() as browser:
        bars = Tornado(base, tornado_points(base, list(INFLUENTIAL)), server.store)
        bars.complete()
        drawn = DrawnRuns(base, 3, 1, server.store)
        drawn.complete()
        page = open_page(browser, f"{server.address}voila/render/sensitivity.ipynb")
        page.wait_for_selector(".ape-tornado li")
        page.wait_for_function("document.title === 'Sensitivity - APE'")
        assert "The base case is the newest run" in page.locator(".ape-why").inner_text()
        rows = page.locator(".ape-tornado ol > li")
        shown = [rows.nth(i).inner_text() for i in range(rows.count())]
        for row, bar in zip(shown, bars.bars(), strict=True):
            assert row.startswith(bar.place.title)
            for item in (bar.low, bar.high):
                assert effect_text("letters_change", item.value) in row
        own = outcome_text("letters_change", bars.base_estimate().value)
        assert page.locator(".ape-base-case").inner_text().startswith(own)
        slow = next(edge for edge in edges_of(base) if "slow_loss" in edge.place.path)
        assert slow.said in page.locator(".ape-tornado .ape-one-sided").inner_text()
        card = page.locator(".ape-as-all-of-it-at-once")
        assert card.get_by_label("Draws").input_value() == "3", "as many as are there"
        mean = outcome_text("letters_change", drawn.distribution().mean)
        assert f"Mean of 3 draws {mean}" in " ".join(card.inner_text().split())
        assert card.locator(".ape-study").is_hidden()
        assert page.trouble == []
        page.close(run_before_unload=True)
