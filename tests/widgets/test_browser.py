"""The dashboard as a visitor uses it: the product's own server, headless Chromium, real runs."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import psutil
import pytest

from ape_core.analysis.validation_store import ValidationStore
from ape_core.analysis.wording import WORDING

playwright = pytest.importorskip("playwright.sync_api")

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
PATIENCE_MS = 60_000
SMALL_CHUNKS = {"APE_CHUNK_SIZE": "20"}
"""Makes a run of 20,000 take long enough to be watched."""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The dashboard on a free port, with a store of its own; its process, too."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    store = tmp_path_factory.mktemp("store")
    command = [sys.executable, "-m", "widgets.server", "--no-browser", "--port", str(port)]
    log = tmp_path_factory.mktemp("log") / "server.log"
    with log.open("w") as stream:
        process = subprocess.Popen(
            [*command, "--store", str(store)],
            env={**os.environ, **SMALL_CHUNKS},
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
    address = f"http://localhost:{port}/"
    _wait_for(address, process, log)
    yield address, process, store
    process.terminate()
    process.wait(timeout=20)


def _wait_for(address, process, log):
    """Wait until the server answers; any answer will do."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{address}api/kernels/x", timeout=5).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"the server did not start:\n{log.read_text()}")


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser, server):
    """Open a page; at the end, check that it met no error and asked nothing of the network."""
    address, _, _ = server
    opened = []

    def open_page(query="", viewport=DESKTOP):
        page = browser.new_page(viewport=viewport, has_touch=viewport is PHONE)
        page.set_default_timeout(PATIENCE_MS)
        page.trouble = []
        page.on("console", lambda m: page.trouble.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: page.trouble.append(str(error)))
        page.on("request", lambda r: page.trouble.append(r.url) if _is_foreign(r.url) else None)
        page.goto(address + query, wait_until="commit")
        opened.append(page)
        return page

    yield open_page
    for page in opened:
        page.close(run_before_unload=True)


def _is_foreign(url):
    return not url.startswith(("http://localhost:", "data:", "blob:"))


def wait_for_charts(page):
    page.wait_for_selector(".ape-card:not(.ape-waiting) svg path.line")
    page.wait_for_selector("#ape-skeleton", state="detached")


def wait_for_end(page):
    page.wait_for_selector(".ape-chip.is-complete")


def ask(page, patients, seed):
    page.get_by_role("textbox", name="Patients").fill(patients)
    page.get_by_role("textbox", name="Seed").fill(seed)
    page.get_by_role("button", name="Start").click()


def mean_line(page):
    """Path of the mean acuity."""
    return page.locator(".ape-card").first.locator("svg path.line").last.get_attribute("d")


def check_drawing(page):
    """All paths and bars are numbers, nothing is wider than the window, no error was met."""
    shapes = page.eval_on_selector_all(
        ".ape-card svg :is(path.line, path.area, rect.bar)",
        "all => all.map(e => [e.getAttribute('d'), e.getAttribute('height')].join(' '))",
    )
    assert len(shapes) > 100
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
    _, _, store = server
    kept = ValidationStore(store)
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


def test_a_phone_shows_one_column_that_fits(visit):
    page = visit(viewport=PHONE)
    wait_for_charts(page)
    check_drawing(page)
    cards = page.eval_on_selector_all(
        ".ape-card", "all => all.map(e => e.getBoundingClientRect().left)"
    )
    assert len(set(cards)) == 1
    assert not page.get_by_role("textbox", name="Patients").is_visible()
    page.get_by_role("button", name="Ask a question").click()
    page.get_by_role("textbox", name="Patients").wait_for()


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
    page.wait_for_function("document.querySelector('.ape-pulse [data-tick]').dataset.tick > 0")
    _, process, _ = server
    kernels = psutil.Process(process.pid).children()
    newest = max(kernels, key=lambda kernel: kernel.create_time())
    newest.suspend()
    page.locator("#ape-lost").wait_for(timeout=20_000)
    assert "run=" in page.locator("#ape-lost a").get_attribute("href")
    newest.resume()
    page.locator("#ape-lost").wait_for(state="hidden", timeout=20_000)


def test_the_kernel_of_a_page_ends_with_the_page(visit, server):
    _, process, _ = server
    page = visit()
    wait_for_charts(page)
    before = len(psutil.Process(process.pid).children())
    page.goto("about:blank")
    deadline = time.monotonic() + 20
    while len(psutil.Process(process.pid).children()) >= before:
        assert time.monotonic() < deadline, "the kernel is still there"
        time.sleep(0.2)


def test_only_what_is_a_page_is_served(server):
    address, _, _ = server
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{address}voila/files/dashboard.ipynb", timeout=10)
    assert refused.value.code in (403, 404)
    refused.value.close()
