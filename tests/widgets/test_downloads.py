"""The numbers of a chart, asked for through the hidden field of the page."""

from __future__ import annotations

import base64
import re

import pytest
from ipywidgets import Box

from ape_core.summaries.tables import acuity_table
from widgets.charts.acuity import AcuityChart
from widgets.charts.change import ChangeChart
from widgets.charts.downloads import Downloads
from widgets.closing import close_all


class Reporter:
    def __init__(self):
        self.said = []

    def report(self, message, hint):
        self.said.append(message)


@pytest.fixture
def asked(summary):
    """Ask a page of two charts; gives the text of the answer."""
    acuity, change = AcuityChart(), ChangeChart()
    acuity.draw(summary)
    reporter = Reporter()
    page = Box([acuity.view, Box([change.view])])
    downloads = Downloads(lambda: page, reporter)

    def ask(words):
        downloads._question.value = ""
        downloads._question.value = words
        answer = downloads._answer.value
        link = re.search(r'data-token="7" href="data:text/csv;charset=utf-8;base64,(.*?)"', answer)
        return base64.b64decode(link[1]).decode() if link else answer

    ask.change, ask.reporter = change, reporter
    yield ask
    for part in (page, downloads.view):
        close_all(part)


def test_the_numbers_of_a_card_are_those_of_its_table(asked, summary):
    assert asked("visual-acuity 7") == acuity_table(summary).to_csv()
    assert asked("") == ""  # the page has it: nothing is kept


def test_a_chart_that_shows_nothing_has_no_numbers(asked, summary):
    assert "There are no numbers yet" in asked("change-in-letters 7")
    asked.change.draw(summary)
    assert asked("change-in-letters 7").startswith("Letters gained (ETDRS letters),")


@pytest.mark.parametrize("words", ["nothing 7", "visual-acuity", "../x 7", "<b> 7", "a" * 999])
def test_a_question_that_makes_no_sense_is_harmless(asked, words):
    answer = asked(words)
    assert answer in ("", '<span data-token="7">There are no numbers yet.</span>')
    assert asked.reporter.said == []


def test_a_fault_is_shown(asked):
    def fails():
        raise RuntimeError("broken")

    asked.change.view.numbers = fails
    asked("change-in-letters 7")
    assert "RuntimeError: broken" in asked.reporter.said[0]
