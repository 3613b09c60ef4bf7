"""The dashboard as a visitor uses it: the product's own server, headless Chromium, real runs."""

from __future__ import annotations

import re
import urllib.error
import urllib.request

import pytest

from ape_core.analysis.validation_store import ValidationStore
from ape_core.analysis.wording import WORDING
from support.pages import (
    IN_BROWSER,
    PHONE,
    ask,
    chromium,
    open_page,
    served,
    wait_for_beat,
    wait_for_charts,
    wait_for_end,
)
from support.workers import until
from widgets.server.settings import SECONDS_UNTIL_GONE

pytest.importorskip("playwright.sync_api")
pytestmark = IN_BROWSER

SMALL_CHUNKS = {"APE_CHUNK_SIZE": "20"}
"""Makes a run of 20,000 take long enough to be watched."""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The dashboard on a free port, with a store of its own."""
    with served(tmp_path_factory.mktemp("pages"), **SMALL_CHUNKS) as server:
        yield server


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def visit(browser, server):
    """Open a page of the server."""
    opened = []

    def visit(query="", **options):
        opened.append(open_page(browser, server.address + query, **options))
        return opened[-1]

    yield visit
    for page in opened:
        page.close(run_before_unload=True)


def mean_line(page):
    """Path of the mean acuity."""
    return page.locator(".ape-card").first.locator("svg path.line").last.get_attribute("d")


def check_drawing(page, least=100):
    """All paths and bars are numbers, nothing is wider than the window, no error was met."""
    shapes = page.eval_on_selector_all(
        ".ape-card svg :is(path.line, path.area, rect.bar)",
        "all => all.map(e => [e.getAttribute('d'), e.getAttribute('height')].join(' '))",
    )
    assert len(shapes) > least
    assert not [shape for shape in shapes if re.search(r"NaN|undefined|Infinity", shape)]
    assert len(mean_line(page)) > 500
    width = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert width <= 0
    assert page.trouble == []


def test_a_first_visit_shows_a_result_without_being_asked(visit):
    page = visit()
    wait_for_charts(page)
    wait_for_end(page)
    assert "3,000 simulated patients" in page.locator(".ape-title").inner_text()
    assert re.search(r"\?run=[0-9a-f]{12}$", page.url)
    assert page.locator("h1").inner_text() == "APE"
    check_drawing(page)


def drawn_patients(page, more_than):
    """Wait until the charts of an unfinished run of 20,000 show more patients; return how many."""
    shown = page.wait_for_function(
        """least => {
            const words = document.querySelectorAll(".ape-card p")[1].innerText;
            const found = /of all ([0-9,]+)/.exec(words);
            const patients = found ? Number(found[1].replace(",", "")) : 0;
            const title = document.querySelector(".ape-title").innerText;
            const mine = title.includes("20,000") && !document.querySelector(".ape-waiting");
            return mine && patients > least ? patients : 0;
        }""",
        arg=more_than,
        polling=50,
    )
    return shown.json_value()


def test_charts_grow_while_a_run_of_20_000_goes_on_and_survive_a_reload(visit):
    page = visit()
    wait_for_charts(page)
    ask(page, "20k", "11")
    few = drawn_patients(page, 0)
    early = mean_line(page)
    more = drawn_patients(page, few)
    assert few < more < 20_000
    assert mean_line(page) != early
    assert page.locator(".ape-progress [role=progressbar]").is_visible()
    address = page.url
    page.reload(wait_until="commit")
    page.trouble.clear()  # the page that is left may complain that its kernel is gone
    wait_for_charts(page)
    wait_for_end(page)
    assert page.url == address
    assert "20,000 simulated patients" in page.locator(".ape-title").inner_text()
    assert drawn_patients(page, more) == 20_000
    check_drawing(page)


def test_the_page_of_validation_shows_the_figures_of_python_and_links_back(visit, server):
    kept = ValidationStore(server.store)
    kept.start()  # the page joins it; of its own it would take small chunks
    page = visit("voila/render/validation.ipynb")
    page.wait_for_selector(".ape-multiples svg polyline.is-simulated")
    page.wait_for_selector("#ape-skeleton", state="detached")
    check_validation(page, kept.validation())
    check_list(page, kept.validation())
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert page.trouble == []
    assert page.get_by_role("link", name="Explore").get_attribute("href") == "dashboard.ipynb"


def check_validation(page, validation):
    """Goodness of fit, criteria and marks are those of the Python interface."""
    tiles = page.locator(".ape-tiles").inner_text()
    assert re.search(rf"Root mean square z\s+{validation.goodness:.2f}\b", tiles)
    criteria = validation.criteria
    holds = page.locator(".ape-criterion.is-met .ape-state")
    assert holds.count() == sum(each.met for each in criteria)
    assert page.locator(".ape-criterion").count() == len(criteria)
    assert page.locator(".ape-glance-track b").count() == len(validation.rows)


def check_list(page, validation):
    """The list can be searched, and a target unfolds to its source, all by the keyboard."""
    page.get_by_label("Outcome").select_option("All outcomes")
    page.get_by_role("textbox", name="Search").fill("pier sham")
    rows = [row for row in validation.rows if row.arm == "PIER sham"]
    page.wait_for_function(
        f"document.querySelectorAll('.ape-target').length === {len(rows)}", polling=50
    )
    worst = max(rows, key=lambda row: abs(row.z))
    first = page.locator(".ape-target summary").first
    shown = first.inner_text()
    assert WORDING[worst.outcome].value(worst.simulated) in shown
    assert WORDING[worst.outcome].value(worst.observed) in shown
    first.focus()
    page.keyboard.press("Enter")
    source = page.locator(".ape-target[open] .ape-source").inner_text()
    assert worst.source.citation in source


def test_a_phone_gets_the_light_page_in_one_column_that_fits(visit):
    page = visit(viewport=PHONE)
    wait_for_charts(page)
    assert "light=1" in page.url
    check_drawing(page, least=10)
    assert page.locator(".ape-card svg rect.bar").count() < 20
    cards = page.eval_on_selector_all(
        ".ape-card", "all => all.map(e => e.getBoundingClientRect().left)"
    )
    assert len(set(cards)) == 1
    assert not page.get_by_role("textbox", name="Patients").is_visible()
    page.get_by_role("button", name="Ask a question").click()
    page.get_by_role("textbox", name="Patients").wait_for()
    page.get_by_role("link", name="Show the full page").click()
    wait_for_charts(page)
    assert "light=0" in page.url
    check_drawing(page)


def test_what_cannot_be_asked_is_said_beside_the_button(visit):
    page = visit("?theme=dark")
    wait_for_charts(page)
    page.get_by_role("textbox", name="Patients").fill("many")
    page.get_by_text("Patients: 'many' is not a whole number").wait_for()
    assert page.get_by_role("button", name="Start").is_disabled()
    background = page.evaluate("getComputedStyle(document.querySelector('.ape')).backgroundColor")
    assert max(map(int, re.findall(r"\d+", background)[:3])) < 60
    assert page.trouble == []


def test_a_field_that_is_left_shows_what_was_understood(visit):
    page = visit()
    wait_for_charts(page)
    field = page.get_by_role("textbox", name="Patients")
    field.fill("20k")
    page.get_by_role("textbox", name="Seed").focus()
    page.wait_for_function("document.querySelector('.ape-pair input').value === '20,000'")
    assert page.trouble == []


def test_a_page_keeps_its_connection(visit):
    page = visit()
    wait_for_charts(page)
    sockets, closed = [], []

    def watch(socket):
        sockets.append(socket)
        socket.on("close", lambda _: closed.append(socket))

    page.on("websocket", watch)
    page.reload(wait_until="commit")
    wait_for_charts(page)
    page.wait_for_timeout(25_000)  # long enough for two pings
    assert sockets
    assert closed == []
    assert "not medical advice" in page.locator(".ape-main .ape-caveat").inner_text()


def test_a_link_to_a_missing_run_is_explained(visit):
    page = visit("?run=deadbeef0123")
    wait_for_charts(page)
    alert = page.locator(".ape-notice[role=alert]").inner_text()
    assert "names run deadbeef0123" in alert


def test_a_page_whose_kernel_is_gone_says_so(visit, server):
    page = visit()
    wait_for_charts(page)
    wait_for_beat(page)
    newest = server.kernels()[-1]
    newest.suspend()
    try:
        page.locator("#ape-lost").wait_for()
        assert "run=" in page.locator("#ape-lost a").get_attribute("href")
    finally:
        newest.resume()
    page.locator("#ape-lost").wait_for(state="hidden")


def test_the_kernel_of_a_page_ends_with_the_page(visit, server):
    page = visit()
    wait_for_charts(page)
    own = server.kernels()[-1]
    page.goto("about:blank")
    until(lambda: own not in server.kernels(), SECONDS_UNTIL_GONE)  # sooner than one left alone
    assert not own.is_running()


def test_only_what_is_a_page_is_served(server):
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{server.address}voila/files/dashboard.ipynb")
    assert refused.value.code in (403, 404)
    refused.value.close()
