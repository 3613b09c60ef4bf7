"""The dashboard as a visitor uses it: the product's own server, headless Chromium, real runs."""

from __future__ import annotations

import re
import time
import urllib.error
import urllib.request
import uuid

import pytest

from ape_core.analysis.validation_store import ValidationStore
from ape_core.analysis.wording import WORDING
from ape_core.runs import open_run
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
from support.workers import suspend_at, until
from widgets.server.settings import SECONDS_UNTIL_GONE

pytest.importorskip("playwright.sync_api")
pytestmark = IN_BROWSER

TWO_PINGS_SECONDS = 25


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The dashboard on a free port, with a store of its own and parts that are soon done."""
    with served(tmp_path_factory.mktemp("pages"), APE_CHUNK_SIZE="100") as server:
        yield server


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def first_page(browser, server):
    """The page of the first visit, where several tests do what a visitor does on one page."""
    page = open_page(browser, server.address)
    yield page
    page.close(run_before_unload=True)


@pytest.fixture(scope="module")
def dark_page(browser, server):
    """A page by a link to a run that is not there; notes when its connection came and went."""
    page = open_page(browser, "about:blank")
    page.sockets, page.closed, page.since = [], [], time.monotonic()

    def watch(socket):
        page.sockets.append(socket)
        socket.on("close", lambda _: page.closed.append(socket))

    page.on("websocket", watch)
    page.goto(f"{server.address}?run=deadbeef0123&theme=dark", wait_until="commit")
    wait_for_charts(page)
    yield page
    page.close(run_before_unload=True)


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


def test_a_first_visit_shows_a_result_without_being_asked(first_page):
    page = first_page
    wait_for_charts(page)
    wait_for_end(page)
    assert "3,000 simulated patients" in page.locator(".ape-title").inner_text()
    assert re.search(r"\?run=[0-9a-f]{12}$", page.url)
    assert page.locator("h1").inner_text() == "APE"
    # What the page says was there before it was drawn.
    assert page.evaluate("performance.getEntriesByName('ape-first-view').length") == 1
    check_drawing(page)


def drawn_line(page, other_than=""):
    """Wait until the charts of the run of 20,000 show another mean acuity; return its path.

    Scales and lines reach the browser one after the other, so the path must stand still a second.
    """
    shown = page.wait_for_function(
        """other => {
            const card = document.querySelector(".ape-card:not(.ape-waiting)");
            const path = [...card?.querySelectorAll("svg path.line") ?? []].at(-1);
            const mine = document.querySelector(".ape-title").innerText.includes("20,000");
            const drawn = mine && path?.getAttribute("d");
            const now = performance.now();
            if (!drawn || window.apeSeen?.drawn !== drawn) window.apeSeen = {drawn, since: now};
            const stands = now - window.apeSeen.since > 1000;
            return drawn && drawn !== other && stands ? drawn : "";
        }""",
        arg=other_than,
        polling=50,
    )
    return shown.json_value()


def test_charts_grow_while_a_run_of_20_000_goes_on_and_survive_a_reload(first_page, server):
    page = first_page
    wait_for_charts(page)
    before, first = page.url, mean_line(page)
    ask(page, "20k", "11")
    page.wait_for_function("before => location.href !== before", arg=before)
    address = page.url
    run = open_run(address[-12:], server.store)
    worker = suspend_at(run, 0)
    try:
        few, early = run.progress().patients_committed, drawn_line(page, first)
        worker.resume()
        worker = suspend_at(run, few)
        more, grown = run.progress().patients_committed, drawn_line(page, early)
        assert few < more < 20_000
        assert page.locator(".ape-progress [role=progressbar]").is_visible()
        page.reload(wait_until="commit")
        page.trouble.clear()  # the page that is left may complain that its kernel is gone
        wait_for_charts(page)
        assert drawn_line(page) == grown
    finally:
        worker.resume()
    wait_for_end(page)
    assert page.url == address
    assert "20,000 simulated patients" in page.locator(".ape-title").inner_text()
    assert drawn_line(page, grown) != early
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
    assert re.search(rf"from what was published\s+{validation.goodness:.2f} SE\b", tiles)
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


def test_a_link_to_a_missing_run_is_explained(dark_page):
    alert = dark_page.locator(".ape-notice[role=alert]").inner_text()
    assert "names run deadbeef0123" in alert


def test_what_cannot_be_asked_is_said_beside_the_button(dark_page):
    page = dark_page
    page.get_by_role("textbox", name="Patients").fill("many")
    page.get_by_text("Patients: 'many' is not a whole number").wait_for()
    assert page.get_by_role("button", name="Start").is_disabled()
    background = page.evaluate("getComputedStyle(document.querySelector('.ape')).backgroundColor")
    assert max(map(int, re.findall(r"\d+", background)[:3])) < 60
    assert page.trouble == []


def test_a_field_that_is_left_shows_what_was_understood(dark_page):
    page = dark_page
    field = page.get_by_role("textbox", name="Patients")
    field.fill("20k")
    page.get_by_role("textbox", name="Seed").focus()
    page.wait_for_function("document.querySelector('.ape-pair input').value === '20,000'")
    assert page.trouble == []


def test_a_protocol_is_edited_saved_and_its_run_answers_for_it(dark_page, server):
    page = dark_page
    page.get_by_role("button", name="Edit the protocol").click()
    page.get_by_role("textbox", name="Longest interval").fill("20")
    changed = page.locator(".ape-changes div", has_text="Longest interval")
    changed.nth(1).wait_for()  # below the fields, and above Save
    for place in changed.all():
        assert re.search(r"16 weeks\s+\N{RIGHTWARDS ARROW}\s+20 weeks", place.inner_text())
    page.get_by_role("textbox", name="Save as").fill("Up to 20 weeks")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("ape run up-to-20-weeks").wait_for()
    ask(page, "200", "3")
    page.locator(".ape-title h2", has_text="Up to 20 weeks").wait_for()
    wait_for_end(page)
    run = open_run("latest", server.store)
    assert f"run={run.run_id[:12]}" in page.url
    assert run.spec.protocol.phases[0].max_interval_weeks == 20
    assert run.spec.protocol.parent == "aflibercept-2mg-treat-and-extend"
    assert "20 weeks instead of 16 weeks" in page.locator(".ape-changed").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert page.trouble == []


def test_a_page_keeps_its_connection(dark_page):
    page = dark_page
    lived = time.monotonic() - page.since
    page.wait_for_timeout(1_000 * max(0.0, TWO_PINGS_SECONDS - lived))
    assert page.sockets
    assert page.closed == []
    assert "not medical advice" in page.locator(".ape-main .ape-caveat").inner_text()


def test_a_page_whose_kernel_is_gone_says_so(dark_page, server):
    page = dark_page
    wait_for_beat(page)
    own = kernel_of(page, server)
    own.suspend()
    try:
        page.locator("#ape-lost").wait_for()
        assert "run=" in page.locator("#ape-lost a").get_attribute("href")
    finally:
        own.resume()
    page.locator("#ape-lost").wait_for(state="hidden")


def test_the_kernel_of_a_page_ends_with_the_page(dark_page, server):
    own = kernel_of(dark_page, server)
    dark_page.goto("about:blank")
    until(lambda: own not in server.kernels(), SECONDS_UNTIL_GONE)  # sooner than one left alone
    assert own not in server.kernels()


def kernel_of(page, server):
    """Process of the kernel of a page, which its last connection names."""
    kernel = re.search(r"api/kernels/([0-9a-f-]{36})", page.sockets[-1].url)[1]
    [own] = [each for each in server.kernels() if any(kernel in word for word in each.cmdline())]
    return own


def test_only_what_is_a_page_is_served(server):
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{server.address}voila/files/dashboard.ipynb")
    assert refused.value.code in (403, 404)
    refused.value.close()


def test_a_page_of_an_earlier_server_is_refused_without_a_traceback(server):
    gone = f"{server.address}api/kernels/{uuid.uuid4()}/channels?session_id=1"
    log = server.store.parent / "server.log"
    before = len(log.read_text())
    asked = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(urllib.request.Request(gone, headers=asked))
    assert refused.value.code == 404
    refused.value.close()
    asked_for = gone.removeprefix(server.address)
    until(lambda: asked_for in log.read_text()[before:])  # written a moment later
    assert "write_error" not in log.read_text()[before:]
