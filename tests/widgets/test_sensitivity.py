"""The page of sensitivity without a browser: every figure that it shows is the one Python gives."""

from __future__ import annotations

import re
from html import unescape

import numpy as np
import pytest

from ape_core.analysis.drawn_runs import DrawnRuns
from ape_core.analysis.point_runs import SeriesProgress
from ape_core.analysis.sweep import Sweep, points_of
from ape_core.analysis.swept_outcomes import SWEPT, effect_text, outcome_text
from ape_core.analysis.tornado import INFLUENTIAL, Tornado, tornado_points
from ape_core.errors import InvalidSpecError
from ape_core.runs.slots import Ticket
from support.patience import PATIENCE
from support.runs import small_spec
from widgets.sensitivity.page import SensitivityPage
from widgets.sensitivity.progress import progress_markup
from widgets.sensitivity.response import response_ends
from widgets.sensitivity.session import DRAWS, RESPONSE, TORNADO, SensitivitySession

INTERVAL = "protocol.phases.0.max_interval_weeks"


def plain(markup):
    """Words of markup."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", markup))).strip()


FEW = INFLUENTIAL[:3]


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Less than the page begins with, so that it is soon done."""
    monkeypatch.setattr("widgets.sensitivity.session.INFLUENTIAL", FEW)
    monkeypatch.setattr("widgets.sensitivity.session.FIRST_DRAWS", "4")
    monkeypatch.setattr("widgets.sensitivity.session.FIRST_VALUES", "3")


@pytest.fixture(scope="module")
def base():
    return small_spec(200, 2)


@pytest.fixture(scope="module")
def kept(tmp_path_factory, base):
    """A store in which everything that the page asks for is complete."""
    folder = tmp_path_factory.mktemp("sensitivity") / "store"
    Tornado(base, tornado_points(base, list(FEW)), folder).complete()
    Sweep(base, points_of(base, {INTERVAL: [8, 16, 24]}), folder).complete()
    DrawnRuns(base, 4, 1, folder).complete()
    return folder


@pytest.fixture
def page(kept, base):
    """The page as somebody sees it who comes back to a question."""
    page = SensitivityPage(base.run_id[:12], kept, light=False)
    yield page
    page.close()


@pytest.mark.parametrize(("outcome", "year"), [("letters_change", 2), ("cost", 1)])
def test_the_tornado_is_that_of_python(page, base, kept, outcome, year):
    page.session.outcome, page.session.wanted_year = outcome, year
    page.refresh()
    found = Tornado(base, tornado_points(base, list(FEW)), kept)
    found.read()
    markup = page._tornado.card._foot.value
    rows = re.findall(r"<li aria-label=\"(.*?)\">(.*?)</li>", markup, re.DOTALL)
    bars = found.bars(outcome, year)
    assert len(rows) == len(bars) == len(FEW)
    for (label, row), bar in zip(rows, bars, strict=True):
        assert unescape(label).startswith(f"{bar.place.title}: at ")
        for item in (bar.low, bar.high):
            assert effect_text(outcome, item.value) in plain(row)
            ends = [effect_text(outcome, end) for end in (item.low, item.high)]
            assert f"(95% interval {ends[0]} to {ends[1]})" in unescape(label)
        assert bar.place.parameter.source in unescape(row)
    places = [float(x) for x in re.findall(r'<[ius][^>]*style="left:(-?[\d.]+)%', markup)]
    assert all(-0.01 <= at <= 100.01 for at in places), "the scale holds every interval"
    estimate = found.base_estimate(outcome, year)
    assert outcome_text(outcome, estimate.value) in plain(page._title._base.value)
    assert page._tornado.view.numbers() == found.table(outcome, year)


def test_the_response_is_that_of_python(page, base, kept):
    found = Sweep(base, points_of(base, {INTERVAL: [8, 16, 24]}), kept)
    found.read()
    points = found.response(INTERVAL)
    assert len(points) == 3
    np.testing.assert_array_equal(page._response._line.x, [8, 16, 24])
    values = [point.estimate.value for point in points]
    np.testing.assert_array_equal(page._response._line.y, np.float32(values))
    bounds = np.float32([response_ends(point) for point in points]).T
    np.testing.assert_array_equal(page._response._band.y, bounds)
    np.testing.assert_array_equal(page._response._own.x, [16])
    said = plain(page._response.card._foot.value)
    assert f"24 weeks {outcome_text('letters_change', values[2], 2)}" in said
    assert page._response.view.numbers() == found.table()


def test_the_draws_are_those_of_python(page, base, kept):
    found = DrawnRuns(base, 4, 1, kept)
    found.read()
    over = found.distribution()
    said = plain(page._draws.card._foot.value)
    assert f"Mean of 4 draws {outcome_text('letters_change', over.mean)}" in said
    assert f"{100 * over.parameter_share:.0f}% of the variance" in said
    assert f"SD {over.spread.parameters:.2f} letters" in said
    assert f"SD {over.spread.patients:.2f}" in said
    assert page._draws._bars.y.sum() == 4, "every draw is counted"
    assert page._draws._mean.x[0] == np.float32(over.mean)
    own = page.session.base_estimate
    assert f"Base case {outcome_text('letters_change', own.value)}" in said
    assert page._draws.view.numbers() == found.table()


def test_every_outcome_and_year_can_be_shown(page):
    for outcome in SWEPT:
        page._title._outcome.value = outcome
        page._title._year.value = 1
        assert page.session.notice is None
        assert (page.session.outcome, page.session.year) == (outcome, 1)
        assert SWEPT[outcome].title in plain(page._tornado.card._head.value)


def test_what_cannot_be_varied_is_said(page):
    session = page.session
    page._response._texts["low"].value = "much"
    page._response._start.click()
    assert "'much' is not a number" in session.notice.message
    page._response._texts["low"].value = "30"
    page._response._start.click()
    assert "30 to 24 is no range" in session.notice.message
    page._draws._n.value = "1"
    page._draws._start.click()
    assert "Draws: 1 is too small" in session.notice.message
    session.edit("patients", "1m")
    assert "are too many" in session.problem
    assert session.wrong_field == "patients"
    page._response._path.value = "model.fluid_threshold"
    assert session.response["low"] == "0.015", "its plausible range is offered"
    with pytest.raises(InvalidSpecError, match="too many"):
        session.start()


def test_runs_arrive_are_stopped_and_go_on(tmp_path, until):
    """Nothing is simulated while a ticket stands before them in the queue."""
    first = Ticket.take(tmp_path, "f" * 64)
    session = SensitivitySession(tmp_path)
    session.question |= {"patients": "100", "years": "1"}
    session.arrive()
    assert session.state(TORNADO).status == "running"
    assert session.tornado.bars()[0].low is None
    until(lambda: session.state(TORNADO).queue_place == 2, session.refresh)
    assert "waiting in the queue, 1 run before" in progress_markup(session.state(TORNADO))
    session.stop(TORNADO)
    until(lambda: session.state(TORNADO).status == "interrupted", session.refresh)
    first.close()
    session.go_on(TORNADO)
    until(lambda: session.state(TORNADO).status == "complete", session.refresh)
    assert all(bar.is_complete for bar in session.tornado.bars())
    assert session.state(RESPONSE) is None
    assert session.state(DRAWS) is None
    session.close()


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (SeriesProgress("running", 17, 24), "17 of 24 runs"),
        (SeriesProgress("stopping", 3, 24), "3 of 24 runs, stopping"),
        (SeriesProgress("interrupted", 3, 24), "Stopped after 3 of 24 runs"),
        (SeriesProgress("failed", 0, 24, None, "No room.", "Make some."), "No room. Make some."),
    ],
)
def test_every_state_has_its_words(state, said):
    markup = progress_markup(state, stopped=True)
    assert said in plain(markup)
    assert f'aria-valuenow="{state.n_done}"' in markup


def test_closing_leaves_nothing_behind(kept, base, count_widgets):
    before = count_widgets()
    page = SensitivityPage(base.run_id, kept, light=True)
    assert count_widgets() > before
    page.refresh()
    page.close()
    assert count_widgets() == before


def test_a_link_to_a_run_that_is_gone_is_reported(kept):
    session = SensitivitySession(kept)
    session.first_question = {**session.first_question, "patients": "100", "years": "1"}
    session.question |= {"patients": "100", "years": "1"}
    session.arrive("0123456789ab")
    assert "0123456789ab" in session.notice.message
    session.stop(TORNADO)
    session.studies[TORNADO].wait(PATIENCE)
    session.close()
