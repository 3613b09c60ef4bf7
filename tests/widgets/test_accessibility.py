"""Every page is open to all: axe-core finds nothing serious, in both themes and both sizes."""

from __future__ import annotations

import pytest

from support.pages import DESKTOP, IN_BROWSER, PHONE, chromium, open_page, served, wait_for_beat
from widgets.navigation import PAGES

pytest.importorskip("playwright.sync_api")
pytest.importorskip("axe_playwright_python")
pytestmark = IN_BROWSER

GRAVE = {"serious", "critical"}
SETTLE_MS = 300
"""For the charts to follow the size of the window."""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with served(tmp_path_factory.mktemp("open-to-all")) as server:
        yield server


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


def grave(page):
    """What axe-core finds: rule, how bad, and where."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [
        (rule["id"], rule["help"], node["html"][:200], node["failureSummary"][:300])
        for rule in found
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ]


def too_wide(page):
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


@pytest.mark.parametrize("name", PAGES)
def test_nothing_serious_is_in_the_way_of_anybody(browser, server, name):
    page = open_page(browser, f"{server.address}voila/render/{name}.ipynb?light=0")
    page.emulate_media(reduced_motion="reduce")  # what fades has its full contrast at once
    try:
        wait_for_beat(page)
        page.wait_for_selector("#ape-skeleton", state="detached")
        for theme in ("light", "dark"):
            page.evaluate("theme => document.body.dataset.apeTheme = theme", theme)
            for size in (DESKTOP, PHONE):
                page.set_viewport_size(size)
                page.wait_for_timeout(SETTLE_MS)
                assert grave(page) == [], f"{name}, {theme}, {size}"
                assert too_wide(page) <= 0, f"{name}, {theme}, {size}"
        assert page.trouble == []
    finally:
        page.close(run_before_unload=True)


def test_what_is_wrong_would_be_found(browser):
    page = browser.new_page()
    page.set_content(
        '<html lang="en"><title>x</title><main><h1>x</h1><button></button>'
        '<p style="color:#aaa;background:#fff">faint</p></main></html>'
    )
    assert {rule for rule, *_ in grave(page)} == {"button-name", "color-contrast"}
    page.close()
