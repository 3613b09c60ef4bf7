"""Several pages at once, and pages whose kernel or server dies under them."""

from __future__ import annotations

import os
import re
import signal
from urllib.parse import urlsplit

import pytest

from ape_core.runs import open_run
from support.pages import (
    IN_BROWSER,
    ask,
    chromium,
    open_page,
    served,
    wait_for_beat,
    wait_for_charts,
    wait_for_end,
)
from support.workers import suspend_at, until

pytest.importorskip("playwright.sync_api")
pytestmark = IN_BROWSER

LIGHT = "?light=1"
"""The page that is there soonest."""


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Holds the store of all tests here."""
    return tmp_path_factory.mktemp("recovery")


@pytest.fixture(scope="module")
def overrides(folder):
    """Modules that the kernels of the server find before all others; there are none at first."""
    (folder / "overrides").mkdir()
    return folder / "overrides"


@pytest.fixture(scope="module")
def server(folder, overrides):
    path = os.pathsep.join([str(overrides), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    with served(folder, APE_CHUNK_SIZE="100", PYTHONPATH=path) as server:
        yield server


@pytest.fixture(scope="module")
def page(browser, server):
    """The page that loses what is behind it."""
    page = open_page(browser, server.address + LIGHT)
    wait_for_charts(page)
    wait_for_beat(page)
    return page


def leave(page):
    """Close a page as its visitor does."""
    page.close(run_before_unload=True)


def run_of(page):
    """The run that the address names, as soon as it does."""
    page.wait_for_function("/run=[0-9a-f]{12}/.test(location.href)")
    return re.search(r"run=([0-9a-f]{12})", page.url)[1]


def shows(page, words):
    page.locator(".ape-main").get_by_text(words).first.wait_for()


def is_lost(page, words):
    page.locator("#ape-lost").get_by_text(words).wait_for()


def test_a_page_whose_programs_do_not_arrive_is_loaded_again_once(browser, server):
    page = browser.new_page()
    visits, refused = [], []

    def refuse(route):
        """Let no program of the widgets arrive at the first visit."""
        if len(visits) > 1:
            route.continue_()
        else:
            refused.append(route.request.url)
            route.abort()

    page.on("request", lambda it: visits.append(it.url) if it.is_navigation_request() else None)
    page.route(re.compile(r"/widgets-manager8/.*\.js"), refuse)
    page.goto(server.address + LIGHT, wait_until="commit")
    wait_for_beat(page)
    assert refused
    assert len(visits) == 2
    assert page.evaluate("sessionStorage.getItem('ape-started-again')") is None
    page.unroute_all()
    page.route(re.compile(r"/widgets-manager8/.*\.js"), lambda route: route.abort())
    page.reload(wait_until="commit")
    is_lost(page, "APE could not start this page")
    assert len(visits) == 4
    leave(page)


def test_two_tabs_show_and_steer_the_same_run_or_go_their_own_ways(browser, server):
    one = open_page(browser, server.address)
    wait_for_charts(one)
    before = run_of(one)
    ask(one, "200k", "11")
    one.wait_for_function("before => !location.href.includes(before)", arg=before)
    worker = suspend_at(open_run(run_of(one), server.store), 0)
    try:
        other = open_page(browser, one.url)
        shows(other, "200,000 simulated patients")
        other.get_by_role("button", name="Cancel").click()
    finally:
        worker.resume()
    one.get_by_role("button", name="Go on").wait_for()
    shows(one, "Cancelled")
    assert run_of(other) == run_of(one)
    first = run_of(one)
    ask(other, "1000", "12")
    shows(other, "1,000 simulated patients")
    wait_for_end(other)
    one.locator(".ape-runs").get_by_text(re.compile(r"\b1,000\b")).first.wait_for()
    assert run_of(one) == first != run_of(other)
    assert one.trouble == other.trouble == []
    leave(one)
    leave(other)


def test_a_page_whose_kernel_was_killed_says_so_and_a_reload_shows_its_run_again(page, server):
    run = run_of(page)
    until(lambda: len(server.kernels()) == 1)  # those of the pages before have ended
    server.kernels()[0].send_signal(signal.SIGKILL)
    is_lost(page, "The process behind this page has ended.")
    assert page.locator("#rendered_cells").get_attribute("inert") is not None
    come_back(page)
    assert run_of(page) == run
    assert len(server.kernels()) == 1


def test_a_page_that_cannot_start_says_so(browser, server, folder, overrides):
    broken = overrides / "bqplot.py"
    broken.write_text("raise RuntimeError('cannot be imported')")
    page = open_page(browser, server.address + LIGHT)
    is_lost(page, "APE could not start this page.")
    broken.unlink()
    assert "cannot be imported" in (folder / "server.log").read_text()
    leave(page)


def test_a_page_whose_server_was_killed_says_so_and_finds_the_next_one(page, server, folder):
    """The last test here: what comes after it would find no server."""
    wait_for_beat(page)
    address = page.url
    server.process.kill()
    is_lost(page, "APE cannot be reached.")
    with served(folder, port=urlsplit(server.address).port):
        is_lost(page, "The process behind this page has ended.")
        come_back(page)
        assert page.url == address
        leave(page)


def come_back(page):
    """Take the link that a lost page offers."""
    page.get_by_role("link", name="Reload and go on").click()
    page.wait_for_selector("#ape-lost", state="hidden")
    wait_for_charts(page)
