"""The parts of the story: made when opened, drawn while shown."""

from __future__ import annotations

import re

import numpy as np
import pytest
from ipywidgets import Box

from ape_core.simulation.simulate import simulate
from ape_core.spec.cohort import Cohort
from ape_core.spec.protocol_yaml import load_protocol
from ape_core.spec.run_spec import RunSpec
from ape_core.summaries import Summary, letters_change
from support.chunks import fabricate
from widgets.charts.flow import HEIGHT
from widgets.charts.story import PARTS, PLACES, Story
from widgets.closing import close_all


class Reporter:
    def __init__(self):
        self.said = []

    def report(self, message, hint):
        self.said.append(message)


@pytest.fixture(params=[False, True], ids=["full", "light"])
def story(request):
    story = Story(Reporter(), light=request.param)
    yield story
    assert story._reporter.said == []
    close_all(Box(story.view))


def names_in(story, part):
    return [name for name, place in PLACES.items() if part in place.parts]


def test_a_part_is_made_when_it_is_opened_and_only_once(story, summary, count_widgets):
    story.draw(summary, "a")
    assert list(story.charts) == names_in(story, 0)
    story.parts.value = 1
    assert set(story.charts) == {*names_in(story, 0), *names_in(story, 1)}
    for part in range(len(PARTS)):
        story.parts.value = part
    made, children = count_widgets(), story._grid.children
    assert set(story.charts) == set(PLACES)
    for part in range(len(PARTS)):
        story.parts.value = part
    assert (count_widgets(), story._grid.children) == (made, children)
    assert f"ape-show-{len(PARTS) - 1}" in story._grid._dom_classes
    assert "ape-show-0" not in story._grid._dom_classes


def test_only_what_is_shown_is_drawn(story, summary, larger_summary, monkeypatch):
    story.parts.value = 1
    drawn = []
    for name, chart in story.charts.items():
        monkeypatch.setattr(chart, "draw", lambda given, name=name: drawn.append((name, given)))
    story.draw(summary, "a")
    story.draw(summary, "a")
    assert drawn == [(name, summary) for name in names_in(story, 1)]
    drawn.clear()
    story.draw(larger_summary, "a")
    story.parts.value = 0
    shown = [name for name, _ in drawn]
    assert shown[: len(names_in(story, 1))] == names_in(story, 1)
    assert sorted(shown) == sorted({*names_in(story, 0), *names_in(story, 1)})
    assert {id(given) for _, given in drawn} == {id(larger_summary)}


def test_every_card_has_a_name_of_its_own_and_its_parts(story, summary):
    story.draw(summary, "a")
    for part in range(len(PARTS)):
        story.parts.value = part
    cards = [chart.view for chart in story.charts.values()]
    assert len({card.name for card in cards}) == len(cards)
    for name, chart in story.charts.items():
        classes = {f"ape-in-{part}" for part in PLACES[name].parts}
        assert classes <= set(chart.view._dom_classes)


def test_what_a_chart_is_to_show_can_be_chosen(summary):
    story = Story(Reporter())
    story.parts.value = 2
    story.draw(summary, "a")
    story.charts["visits"].clock.value = "calendar"
    assert f"{summary.n_visits:,} visits" in story.charts["visits"].card._foot.value
    before = story.charts["intervals"].card._foot.value
    story.charts["intervals"].card.year.value = 1
    assert story.charts["intervals"].card._foot.value != before
    close_all(Box(story.view))


def test_an_update_is_as_long_for_a_million_patients_as_for_ten_thousand(sent):
    """Of each part; doubling a summary again and again gives one of a larger run."""
    story = Story(Reporter())
    small = Summary.of_chunk(fabricate(1_250, years=5))
    ten_thousand, million = doubled(small, 3), doubled(small, 10)
    other = Summary.of_chunk(fabricate(1_000, years=5, seed=2))
    sizes = {}
    for part, name in enumerate(PARTS):
        story.parts.value = part
        for run in (ten_thousand, million):
            story.draw(other, "b")
            sent.clear()
            story.draw(run, "a")
            sizes[name, run.n_patients] = sum(sent)
    print(sizes)
    assert million.n_patients == 1_280_000
    for name in PARTS:
        few, many = sizes[name, ten_thousand.n_patients], sizes[name, million.n_patients]
        assert 0 < few < 25_000
        assert abs(few - many) < 200  # digits of the numbers in words
    close_all(Box(story.view))


@pytest.mark.parametrize(
    "protocol", ["aflibercept-2mg-treat-and-extend", "ranibizumab-0.5mg-prn", "no-treatment"]
)
def test_every_chart_conserves_patients_whatever_the_protocol(protocol):
    spec = RunSpec(load_protocol(protocol), Cohort(n_patients=90), years=3, seed=4)
    run, story = Summary.of_chunk(simulate(spec, 0, 90)), Story(Reporter())
    for part in range(len(PARTS)):
        story.parts.value = part
        story.draw(run, protocol)
    charts = story.charts
    for name in ("retention", "gains", "planned"):
        (areas,) = charts[name]._stack.figure.marks
        anybody = areas.y[0] > 0  # there is no interval once nobody is on treatment
        assert anybody.all() or name == "planned"
        np.testing.assert_allclose(areas.y[0][anybody], 1, rtol=1e-6)
        assert (np.diff(areas.y, axis=0) <= 1e-6).all()
    flow = charts["flow"]._drawing.value
    columns = [float(height) for height in re.findall(r"h[\d.]+v-([\d.]+)h", flow)]
    assert sum(columns) == pytest.approx(4 * HEIGHT, abs=2)
    charts["visits"].clock.value = "calendar"
    visits, injections = (mark.y.sum() for mark in figure_of(charts["visits"]).marks)
    assert (visits, injections) == (run.n_visits, run.n_injections)
    change = figure_of(charts["change"]).marks[0].y.sum()
    far = 1 - letters_change(run, 3).n_eyes[40:161].sum() / letters_change(run, 3).n
    assert change + far == pytest.approx(1, abs=1e-5)
    assert story._reporter.said == []
    close_all(Box(story.view))


def figure_of(chart):
    (plot,) = [child for child in chart.view.children if "ape-plot" in child._dom_classes]
    return plot.children[0]


def doubled(summary, times):
    for _ in range(times):
        summary = summary.merge(summary)
    return summary
