"""What a page says before its programs run: the same words and figures, and nothing hidden."""

from __future__ import annotations

import re

import pytest
from ipywidgets import Button, Checkbox, Dropdown, Text, Textarea, ToggleButtons

from widgets.closing import close_all
from widgets.dashboard import Dashboard
from widgets.first_view import first_view
from widgets.html import box, classed, html


@pytest.fixture
def view():
    """Draw widgets in a box, which is closed afterwards."""
    drawn = []

    def draw(*widgets):
        drawn.append(box(*widgets, classes="ape"))
        return first_view(drawn[-1])

    yield draw
    for each in drawn:
        close_all(each)


def test_title_and_figures_of_a_run_are_in_it(first_answer):
    page = Dashboard(store=first_answer)
    try:
        markup = first_view(page.view)
        title, tiles = page._title.view.value, page._headline.view.value
        assert "simulated patients" in title
        assert title in markup
        assert re.search(r"\+\d|\N{MINUS SIGN}\d|-\d", tiles)
        assert tiles in markup
        assert "Visual acuity" in markup
        assert markup.count("<div") == markup.count("</div>")
    finally:
        page.close()


def test_every_kind_of_field_shows_what_it_holds(view):
    markup = view(
        Text(description="Patients", value="20,000"),
        Textarea(description="Note", value="for the poster"),
        Dropdown(description="Population", options=[("Trial", 1), ("Routine", 2)], value=2),
        ToggleButtons(options=[("At a glance", 0), ("Acuity", 1)], value=1),
        Checkbox(description="Both eyes", value=True),
        Button(description="Start", disabled=True),
    )
    assert 'value="20,000"' in markup
    assert ">for the poster</textarea>" in markup
    assert '<select tabindex="-1"><option>Routine</option>' in markup
    assert 'mod-active">Acuity' in markup
    assert 'mod-active">At a glance' not in markup
    assert 'type="checkbox" checked' in markup
    assert re.search(r'<button class="[^"]*widget-button"[^>]* disabled>Start', markup)


def test_what_is_hidden_or_long_is_left_out_and_text_cannot_become_markup(view):
    markup = view(
        html("ape-hidden", value="<p>secret</p>"),
        box(html(value="inner"), classes="ape-hidden"),
        html(value="<td></td>" * 10_000),
        classed(Text(value='"><script>'), "ape-field"),
    )
    assert "secret" not in markup
    assert "inner" not in markup
    assert "<td>" not in markup
    assert "<script>" not in markup
    assert "&lt;script&gt;" in markup
