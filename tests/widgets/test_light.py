"""The light page makes fewer widgets and sends less, and is chosen before there is a kernel."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pytest
from tornado.web import Finish, HTTPError

from widgets.charts.axes import few_points
from widgets.dashboard import Dashboard
from widgets.navigation import links, mode
from widgets.page import light_in_address
from widgets.pulse import LIGHT_TICK_MS, TICK_MS
from widgets.server import arrival

PHONE = {"User-Agent": "Mozilla/5.0 (Linux; Android 16) Chrome/156.0 Mobile"}


@pytest.fixture
def dashboard(answered_store):
    """Make a dashboard, light or full; it is closed at the end."""
    made = []

    def make(*, light):
        made.append(Dashboard(run_id="", store=answered_store, light=light))
        return made[-1]

    yield make
    for page in made:
        page.close()


def bytes_per_update(page, sent, summaries):
    """Bytes that drawing other summaries sends, on average."""
    page.draw()
    sent.clear()
    for summary in summaries:
        page.session.summary = summary
        page.draw()
    return sum(sent) / len(summaries)


def test_a_light_page_makes_half_the_widgets_and_sends_far_less(
    dashboard, sent, summary, larger_summary, count_widgets
):
    made, first, update = {}, {}, {}
    for light in (False, True):
        before = count_widgets()
        sent.clear()
        page = dashboard(light=light)
        made[light], first[light] = count_widgets() - before, sum(sent)
        update[light] = bytes_per_update(page, sent, [summary, larger_summary])
    print(f"full, light: widgets {made}, bytes at first {first}, bytes per update {update}")
    assert made[True] < made[False] / 2
    assert first[True] < first[False] / 2
    assert update[True] / LIGHT_TICK_MS < 0.4 * update[False] / TICK_MS


def test_a_light_page_asks_and_opens_like_the_full_one(dashboard, count_widgets):
    page = dashboard(light=True)
    before = count_widgets()
    page._toggle.value = True
    assert count_widgets() > before
    page._controls._years.value = "2"
    page._controls._start.click()
    assert page.session.shown.years == 2
    assert not page._toggle.value  # the form has done its work
    unfolded = count_widgets()
    page._toggle.value = True
    page.refresh()
    assert count_widgets() == unfolded
    page.session.cancel()


def test_a_light_page_says_in_figures_what_it_does_not_draw(dashboard):
    page = dashboard(light=True)
    change, intervals = (page._story.charts[name].card for name in ("change", "intervals"))
    assert re.search(r"[0-9.]+%</b>gained 15 or more", change._foot.value)
    assert "at year 5" in change._head.value
    assert re.search(r"[0-9.]+%</b>.*8 weeks", intervals._foot.value)


@pytest.mark.parametrize("years", [1, 2, 5, 40])
def test_few_points_hold_the_beginning_and_the_end_of_each_year(years):
    points = few_points(13 * years + 1)
    assert set(range(7)) | set(range(0, 13 * years + 1, 13)) <= set(points.tolist())
    assert len(points) <= 4 * years + 7
    assert np.all(np.diff(points) > 0)


class Visit:
    """A request of a browser, and what it is answered."""

    base_url = "/ape/"
    xsrf_token = b"token"

    def __init__(self, query="", cookie="", headers=PHONE):
        self.request = SimpleNamespace(query=query, headers=headers)
        self._cookie = cookie
        self.sent_to = None

    def get_query_argument(self, name, default):
        return dict(pair.split("=") for pair in self.request.query.split("&") if pair).get(
            name, default
        )

    def get_cookie(self, name, default):
        assert name == "ape-light"
        return self._cookie or default

    def redirect(self, url):
        self.sent_to = url


@pytest.fixture
def admitted(monkeypatch):
    """Visits that got as far as the gate."""
    visits = []
    monkeypatch.setattr(arrival, "admit", lambda visit, **_: visits.append(visit))
    return visits


@pytest.mark.parametrize(
    ("query", "cookie"), [("light=0", ""), ("light=1", ""), ("light=1&run=abcd", "0"), ("", "0")]
)
def test_a_visitor_whose_page_is_settled_goes_to_the_gate(admitted, query, cookie):
    visit = Visit(query, cookie)
    arrival.arrive(visit, notebook=None, cwd="")
    assert admitted == [visit]


def test_a_program_that_is_no_browser_gets_the_full_page(admitted):
    visit = Visit(headers={"User-Agent": "Python-urllib/3.11"})
    arrival.arrive(visit)
    arrival.arrive(Visit(headers={}))
    assert admitted[0] is visit


@pytest.mark.parametrize("query", ["", "run=abcd", "light=banana"])
def test_a_browser_that_comes_first_is_looked_at_and_gets_no_kernel(admitted, query):
    with pytest.raises(Finish) as answer:
        arrival.arrive(Visit(query))
    (page,) = answer.value.args
    assert 'path=${"/ape/"}; max-age=86400;' in page
    assert not re.search(r"https?://", page)
    assert admitted == []


def test_a_browser_that_was_found_to_be_small_is_sent_to_the_light_page(admitted):
    visit = Visit("run=abcd&theme=dark", cookie="1")
    with pytest.raises(Finish):
        arrival.arrive(visit)
    assert visit.sent_to == "?run=abcd&theme=dark&light=1"
    assert admitted == []


def test_the_gate_may_still_refuse(monkeypatch):
    def refuse(*_, **__):
        raise HTTPError(503)

    monkeypatch.setattr(arrival, "admit", refuse)
    with pytest.raises(HTTPError):
        arrival.arrive(Visit("light=1"))


def test_the_choice_is_shown_and_kept_by_links(monkeypatch):
    assert mode(light=True) == ""  # a notebook has no address
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.13")
    monkeypatch.setenv("QUERY_STRING", "light=1&theme=dark&run=abcd")
    assert light_in_address()
    assert 'data-light="0"' in mode(light=True)
    assert 'data-light="1"' in mode(light=False)
    assert "validation.ipynb?theme=dark&amp;light=1" in links("dashboard")
    monkeypatch.setenv("QUERY_STRING", "light=yes")
    assert not light_in_address()
    assert "light" not in links("dashboard")
