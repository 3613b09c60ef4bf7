"""The page of sensitivity without a browser: every figure that it shows is the one Python gives."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import numpy as np
import pytest

from ape_core.analysis.drawn_runs import DrawnRuns
from ape_core.analysis.economics_certainty import SLOTS_RAN_SHORT
from ape_core.analysis.edges import drawn_apart_in_words, edges_of, one_sided_in_words
from ape_core.analysis.point_figures import PointFigures, estimate_of
from ape_core.analysis.point_runs import SeriesProgress
from ape_core.analysis.sweep import Sweep, points_of
from ape_core.analysis.swept_outcomes import SWEPT, effect_text, outcome_text
from ape_core.analysis.tornado import INFLUENTIAL, Tornado, tornado_points
from ape_core.errors import InvalidSpecError
from ape_core.runs.slots import Ticket
from ape_core.runs.starting import open_run, run
from ape_core.spec.economics_yaml import load_economics
from ape_core.storage.asked_studies import AskedStudies
from support.runs import small_spec
from widgets.sensitivity.page import SensitivityPage
from widgets.sensitivity.response import response_ends
from widgets.sensitivity.session import DRAWS, RESPONSE, TORNADO, SensitivitySession
from widgets.study_progress import progress_markup

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


def test_a_link_to_a_run_that_is_gone_is_reported(kept, base):
    session = SensitivitySession(kept)
    session.first_question = {**session.first_question, "patients": "100", "years": "1"}
    session.question |= {"patients": "100", "years": "1"}
    session.arrive("0123456789ab")
    assert "0123456789ab" in session.notice.message
    assert session.base == base, "not one of a sweep, or of a draw"
    assert session.why.startswith("The base case is the newest run")
    assert session.state(TORNADO).status == "complete"
    session.close()


def test_opening_simulates_nothing_and_shows_again_what_was_asked(tmp_path, base, monkeypatch):
    """Of 6 draws, 3 are there; a page that is opened again asks for neither more nor fewer."""
    started = []
    monkeypatch.setattr(
        "ape_core.runs.series.Series.start", lambda series: started.append(len(series.specs))
    )
    run(base, tmp_path, progress=False)
    page = SensitivityPage("", tmp_path, light=False)
    session = page.session
    assert started == []
    assert session.base == base
    own = estimate_of(PointFigures.of(open_run(base.run_id, tmp_path).summary(), base,
                                      load_economics()), "letters_change", 2)  # fmt: skip
    assert session.base_estimate == own, "the base case has its figure before anything is varied"
    assert "ape-hidden" not in page._tornado._asking._dom_classes
    assert "Press Simulate" in plain(page._tornado._empty.value)
    page._draws._n.value = "6"
    page._draws._start.click()
    page._tornado._start.click()
    assert started == [6, 1 + 2 * len(FEW)]
    assert "ape-hidden" in page._tornado._asking._dom_classes
    for spec in DrawnRuns(base, 3, 1, tmp_path).specs:
        run(spec, tmp_path, progress=False)
    page.close()
    again = SensitivitySession(tmp_path)
    again.arrive()
    assert again.why.startswith("This is the base case that was last varied")
    assert (again.n_draws, again.state(DRAWS).n_done) == ("6", 3)
    assert len(started) == 2, "it was never begun here: it waits"
    monkeypatch.setattr("ape_core.runs.series.Series.was_begun", True)
    again.arrive()
    assert len(started) == 4, "its process was lost: both go on"
    monkeypatch.setattr("ape_core.runs.series.Series.was_begun", False)
    AskedStudies(tmp_path)._path(base.run_id).write_text("{")
    again.n_draws = "40"
    again.arrive(base.run_id)
    assert (again.n_draws, again.state(DRAWS).status) == ("3", "complete"), "as many as are there"
    again.close()


def test_a_base_case_at_the_end_of_its_range_is_said_beside_what_it_biases(page, base, kept):
    edges = {edge.place.path: edge for edge in edges_of(base)}
    slow = edges["model.slow_loss_letters_per_year"]
    assert slow.is_lowest
    assert slow.said == ("Slow loss in every eye (0 ETDRS letters per year, lowest)")
    assert not edges["model.aflibercept-2mg/half_life_days"].is_lowest
    assert "model.fluid_threshold" not in edges
    said = plain(page._tornado.card._foot.value)
    assert one_sided_in_words([slow]) in said
    assert "base case 0: about the lowest plausible value" in said
    over = page.session.drawn.distribution()
    values = np.array([1.0, 1.1, 0.9, 1.0])
    lower = replace(over, values=values, mean=1.0)
    why = drawn_apart_in_words(lower, 3.1, [slow])
    assert why.startswith("The mean of the draws lies 2.10 letters below the base case.")
    assert why.endswith(f"one side only: {slow.said}.")
    assert drawn_apart_in_words(lower, 1.02, [slow]) == "", "no more than chance"
    base_value = page.session.base_estimate.value
    assert drawn_apart_in_words(over, base_value, edges_of(base)) in plain(
        page._draws.card._foot.value
    )


def test_the_numbers_that_matter_most_are_named_in_a_sentence(page, base, kept):
    bars = page.session.tornado.bars()
    ends = sorted((bars[0].low.value, bars[0].high.value))
    moved = " to ".join(effect_text("letters_change", end) for end in ends)
    said = plain(page._title._base.value)
    assert f"What matters most: {bars[0].place.title} ({moved} letters), then " in said
    assert bars[1].place.title in said


def test_where_slots_ran_short_no_interval_of_costs_is_drawn_but_the_reason_said(tmp_path):
    short = small_spec(200, 1).replace(patients_per_clinic=50, slots_per_day=1, open_days=5)
    Tornado(short, tornado_points(short, list(FEW)), tmp_path).complete()
    Sweep(short, points_of(short, {INTERVAL: [8, 16, 24]}), tmp_path).complete()
    DrawnRuns(short, 4, 1, tmp_path).complete()
    page = SensitivityPage(short.run_id[:12], tmp_path, light=False)
    assert page.session.base == short
    cards = {
        "tornado": lambda: page._tornado.card._head.value,
        "response": lambda: page._response.card._head.value,
        "draws": lambda: page._draws.card._foot.value,
    }
    for outcome, is_known in (("cost", False), ("qalys", False), ("injections", True)):
        page.session.outcome = outcome
        page.refresh()
        for name, said in cards.items():
            assert (SLOTS_RAN_SHORT not in plain(said())) == is_known, (outcome, name)
        base = page._title._base.value
        assert ("95% interval" in base) == ("slipped" not in base) == is_known
        bars = page._tornado.card._foot.value
        assert ("95% interval" in bars) == ("<s class" in bars) == is_known
        low, high = page._response._band.y
        assert bool((low < high).any()) == is_known
    page.close()
