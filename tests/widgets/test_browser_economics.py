"""The page of economics in Chromium: what it renders is what Python gives, before and after."""

from __future__ import annotations

import pytest

import ape_core as ape
from ape_core.analysis.economics_words import pounds, qalys_text
from ape_core.runs.starting import run
from support.pages import IN_BROWSER, chromium, open_page, served
from support.runs import small_spec

pytest.importorskip("playwright.sync_api")
pytestmark = IN_BROWSER

NAMES = ("no-treatment", "faricimab-6mg")


def test_rendered_figures_are_python_s_and_a_price_draws_them_anew(tmp_path):
    base = small_spec(200, 2)
    specs = [base.replace(protocol=ape.load_protocol(name)) for name in NAMES]
    summaries = [run(spec, tmp_path / "store", progress=False).summary for spec in specs]
    shipped = ape.load_economics()
    dearer = shipped.with_price("care/scan", 1_000)
    before, after = (
        [ape.health_economics(summary, prices) for summary in summaries]
        for prices in (shipped, dearer)
    )
    query = f"voila/render/economics.ipynb?runs={','.join(spec.run_id for spec in specs)}"
    with served(tmp_path) as server, chromium() as browser:
        page = open_page(browser, server.address + query)
        page.wait_for_selector("svg.ape-economics-drawing")
        page.wait_for_function("document.querySelector('.ape-pulse [data-tick]')?.dataset.tick > 0")
        tiles = page.locator(".ape-verdicts > div")
        for place, item in enumerate(before):
            said = tiles.nth(place).inner_text()
            assert pounds(item.cost) in said
            assert qalys_text(item.qalys_per_patient) in said
        field = page.get_by_role("textbox", name="OCT scan")
        field.fill("1000")
        field.press("Enter")
        page.get_by_text(pounds(after[1].cost)).first.wait_for()
        for place, item in enumerate(after):
            assert pounds(item.cost) in tiles.nth(place).inner_text()
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
        assert page.trouble == []
        page.close()
    assert len(list((tmp_path / "store" / "runs").iterdir())) == len(NAMES)
