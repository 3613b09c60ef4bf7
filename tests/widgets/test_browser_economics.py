"""The page of economics in Chromium: what it renders is what Python gives, before and after."""

from __future__ import annotations

import pytest

import ape_core as ape
from ape_core.analysis.economic_draws import EconomicDraws, Pricing
from ape_core.analysis.economics_words import pounds, qalys_text
from ape_core.runs.starting import run
from support.pages import DESKTOP, IN_BROWSER, PHONE, chromium, open_page, served
from support.patience import PATIENCE
from support.runs import small_spec

pytest.importorskip("playwright.sync_api")
pytestmark = IN_BROWSER

PATIENCE_MS = 1_000 * PATIENCE
NAMES = ("no-treatment", "faricimab-6mg")


_LEFT_BELOW = """() => {
  const card = document.querySelector(".ape-as-cost-per-patient");
  const below = what => what.getBoundingClientRect().bottom;
  return below(card) - below(card.querySelector(".ape-cost-table"));
}"""
"""Pixels that are blank below the costs by category."""


def test_rendered_figures_are_python_s_at_other_prices_and_drawn_models_too(tmp_path):
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
        assert page.evaluate(_LEFT_BELOW) < 30
        field = page.get_by_role("textbox", name="OCT scan")
        field.fill("1000")
        field.press("Enter")
        page.get_by_text(pounds(after[1].cost)).first.wait_for()
        for place, item in enumerate(after):
            assert pounds(item.cost) in tiles.nth(place).inner_text()
        page.get_by_role("textbox", name="Draws", exact=True).fill("2")
        page.get_by_role("button", name="Draw the disease").click()
        page.get_by_text("2 of 2 draws of the disease are complete").wait_for(timeout=PATIENCE_MS)
        drawn = EconomicDraws({s.protocol.title: s for s in specs}, 2, store=tmp_path / "store")
        assert drawn.status == "complete"
        sd = drawn.uncertainty(Pricing(dearer)).net_benefit_spread(1, 20_000).parameters
        said = page.locator(".ape-sources").inner_text()
        assert pounds(sd) in said.split("Numbers of the disease")[1]
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
        assert page.trouble == []
        page.close()
    assert len(list((tmp_path / "store" / "runs").iterdir())) == len(NAMES) + 2 * len(NAMES)


@pytest.mark.parametrize("window", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_a_card_that_is_presented_fills_the_window_and_no_more(tmp_path, window):
    base = small_spec(200, 2)
    specs = [base.replace(protocol=ape.load_protocol(name)) for name in NAMES]
    for spec in specs:
        run(spec, tmp_path / "store", progress=False)
    runs = ",".join(spec.run_id for spec in specs)
    query = f"voila/render/economics.ipynb?runs={runs}&present=1&light=0"
    with served(tmp_path) as server, chromium() as browser:
        page = open_page(browser, server.address + query, window)
        card = page.locator(".ape-presented")
        card.wait_for()
        for heading in ("Cost per patient", "Cost-effectiveness plane"):
            card.locator("h3").get_by_text(heading, exact=True).wait_for()
            assert page.evaluate(_ROOM) == []
            names = card.locator(".ape-compare-names")
            assert [specs[at].protocol.title in names.inner_text() for at in (0, 1)] == [True] * 2
            foot = names.bounding_box()
            assert 0.9 * window["height"] < foot["y"] + foot["height"] <= window["height"]
            assert card.locator("h3").bounding_box()["width"] > 0.6 * window["width"]
            page.keyboard.press("ArrowRight")
        assert page.trouble == []
        page.close()


_ROOM = """(() => {
  const card = document.querySelector(".ape-presented");
  const foot = card.querySelector(".ape-compare-names");
  const end = foot.getBoundingClientRect().top + 1;
  return [...card.querySelectorAll("svg.ape-economics-drawing, .ape-cost-rows, .ape-cost-table")]
    .map((part) => part.getBoundingClientRect())
    .filter((box) => box.bottom > end || box.right > innerWidth || box.left < 0)
    .map((box) => JSON.stringify([box, end, innerWidth]));
})()"""
"""Drawings and tables that reach below the window or the names of the protocols, or beside it."""
