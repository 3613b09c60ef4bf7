from __future__ import annotations

import json
import re
from itertools import pairwise

import numpy as np
import pytest
from ipywidgets import Widget

from ape_core.summaries import (
    Summary,
    activity_per_week,
    acuity_over_time,
    change_bands,
    driving_vision,
    dry_at_last_scan,
    injection_intervals,
    injections_per_year,
    interval_bands,
    letters_change,
    status_flow,
    status_over_time,
    treatment_around,
)
from support.chunks import fabricate
from widgets.bqplots import Bars, Figure, Label, Lines, Scatter
from widgets.charts.acuity import AcuityChart, _every_other
from widgets.charts.axes import round_ticks, year_ticks
from widgets.charts.bands import gains_chart, planned_chart
from widgets.charts.change import ChangeChart
from widgets.charts.ends import EndLabel, end_labels
from widgets.charts.flow import GAP, HEIGHT, FlowChart, columns_of, drawing
from widgets.charts.injections import InjectionsChart
from widgets.charts.intervals import IntervalsChart
from widgets.charts.retention import STATUS_COLOURS, RetentionChart
from widgets.charts.shares import driving_chart, dry_chart
from widgets.charts.terms import TERMS, explained, glossary
from widgets.charts.visits import VisitsChart
from widgets.closing import close_all
from widgets.headline import HeadlinePanel

CHARTS = [
    AcuityChart,
    ChangeChart,
    InjectionsChart,
    IntervalsChart,
    RetentionChart,
    gains_chart,
    planned_chart,
    driving_chart,
    dry_chart,
    VisitsChart,
    FlowChart,
]


@pytest.fixture(params=CHARTS, ids=lambda chart: chart.__name__)
def chart(request):
    chart = request.param()
    yield chart
    close_all(chart.view)


def parts(widget):
    """Every widget below a box."""
    for child in getattr(widget, "children", ()):
        yield child
        yield from parts(child)


def marks_of(chart):
    return [mark for part in parts(chart.view) if isinstance(part, Figure) for mark in part.marks]


def mark_of(chart, kind, index=0):
    return [mark for mark in marks_of(chart) if isinstance(mark, kind)][index]


def words_of(chart):
    markup = " ".join(part.value for part in parts(chart.view) if hasattr(part, "placeholder"))
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", markup))


@pytest.fixture
def sent(monkeypatch):
    """Bytes of each message that widgets send."""
    sizes = []

    def send(_self, msg, buffers=None):
        sizes.append(len(json.dumps(msg, default=str)) + sum(len(b) for b in buffers or ()))

    monkeypatch.setattr(Widget, "_send", send)
    return sizes


def test_a_chart_waits_until_there_is_something_to_draw(chart, summary):
    chart.draw(None)
    assert "ape-waiting" in chart.view._dom_classes
    chart.draw(summary)
    assert "ape-waiting" not in chart.view._dom_classes


def test_a_chart_is_updated_in_place(chart, summary, larger_summary, count_widgets):
    chart.draw(summary)
    marks, before = marks_of(chart), count_widgets()
    chart.draw(larger_summary)
    chart.draw(None)
    chart.draw(summary)
    assert marks_of(chart) == marks
    assert count_widgets() == before


def test_everything_drawn_is_a_number_in_four_bytes(chart, summary):
    chart.draw(summary)
    for mark in marks_of(chart):
        for values in (mark.x, mark.y):
            assert values.dtype == np.float32
            assert np.isfinite(values).all()


def test_an_empty_summary_can_be_drawn(chart):
    chart.draw(Summary.empty(1))
    assert all(np.isfinite(mark.y).all() for mark in marks_of(chart))


def test_bytes_sent_do_not_depend_on_the_number_of_patients(chart, summary, larger_summary, sent):
    """What a run of 10,000 patients sends is what one of 1,000,000 sends."""
    few = {name: array * 2 for name, array in larger_summary.arrays.items()}
    many = {name: array * 250 for name, array in larger_summary.arrays.items()}
    sizes = []
    for arrays in (few, many):
        chart.draw(summary)
        sent.clear()
        chart.draw(Summary(summary.years, arrays))
        sizes.append(sum(sent))
    assert 0 < min(sizes) <= max(sizes) < 20_000
    assert abs(sizes[0] - sizes[1]) < 100  # digits of the numbers in words


def test_every_chart_is_told_in_words_too(chart, summary):
    """Beside the drawing, or for those who cannot see it, are the figures at its end."""
    chart.draw(summary)
    head, foot = chart.card._head.value, chart.card._foot.value
    told = re.search(r'<p class="ape-unseen">(.*?)</p>', head)
    assert re.search(r"\d", told[1] if told else foot)


def test_every_chart_gives_its_numbers(chart, summary):
    assert chart.view.numbers is None
    chart.draw(summary)
    table = chart.view.numbers()
    assert len(table.rows) > 2
    assert all(column.name for column in table.columns)


def test_acuity_shows_the_figures_of_the_summary(summary):
    chart, view = AcuityChart(), acuity_over_time(summary)
    chart.draw(summary)
    wide, narrow, mean = marks_of(chart)
    np.testing.assert_allclose(mean.y, view.mean, rtol=1e-6)
    np.testing.assert_allclose(mean.x[[0, 13, -1]], [0, 1, 3])
    np.testing.assert_array_equal(wide.y, [view.p10, view.p90])
    np.testing.assert_array_equal(narrow.y, [view.p25, view.p75])
    assert f"{view.mean[-1]:.1f} mean" in words_of(chart)
    assert " ".join(f"{n:,}" for n in view.n[::13]) in words_of(chart)
    close_all(chart.view)


def test_the_acuity_axis_ends_at_85_or_says_that_it_does_not(summary):
    chart = AcuityChart()
    chart.draw(summary)
    exceeds = acuity_over_time(summary).p90.max() > 85
    assert exceeds  # fabricated acuities are spread over the whole scale
    assert mark_of(chart, Lines).scales["y"].max == 100
    assert "The axis runs to 100" in words_of(chart)
    low = {name: array.copy() for name, array in summary.arrays.items()}
    low["assessed_letters"][:, 50] += low["assessed_letters"][:, 51:].sum(axis=1)
    low["assessed_letters"][:, 51:] = 0
    chart.draw(Summary(summary.years, low))
    assert mark_of(chart, Lines).scales["y"].max == 85
    assert "The axis runs" not in words_of(chart)
    close_all(chart.view)


def test_change_colours_what_trials_count(summary):
    chart = ChangeChart()
    chart.draw(summary)
    bars, view = mark_of(chart, Bars), letters_change(summary, 3)
    colours = dict(zip(bars.x.astype(int).tolist(), bars.colors, strict=True))
    assert {colours[c] for c in (-60, -15)} == {"var(--ape-lost-letters)"}
    assert {colours[c] for c in (-14, 0, 14)} == {"var(--ape-unchanged)"}
    assert {colours[c] for c in (15, 60)} == {"var(--ape-gained)"}
    drawn = view.n_eyes[100 - 60 : 100 + 61] / view.n
    np.testing.assert_allclose(bars.y, drawn, rtol=1e-6)
    for share in (view.pct_loss_ge15, view.pct_gain_ge15):
        assert f"{share:.1f}%" in words_of(chart)
    lost, gained = (
        100 * far.sum() / view.n
        for far in (view.n_eyes[view.letters < -60], view.n_eyes[view.letters > 60])
    )
    beyond = f"Beyond 60 letters: {lost:.1f}% lost, {gained:.1f}% gained."
    assert lost != gained
    assert beyond in words_of(chart)
    close_all(chart.view)


def test_a_chosen_year_stays_chosen_while_the_run_grows(summary, larger_summary):
    chart = ChangeChart()
    chart.draw(summary)
    assert chart.card.year.value == 3
    chart.card.year.value = 1
    chart.draw(larger_summary)
    view = letters_change(larger_summary, 1)
    np.testing.assert_allclose(mark_of(chart, Bars).y.sum(), view.n_eyes[40:161].sum() / view.n)
    assert chart.card.year.value == 1
    close_all(chart.view)


def test_injections_carry_their_values(summary):
    chart, view = InjectionsChart(), injections_per_year(summary)
    chart.draw(summary)
    np.testing.assert_allclose(mark_of(chart, Bars).y, [*view.mean, 0], rtol=1e-6)
    np.testing.assert_allclose(mark_of(chart, Scatter).y, view.mean_visits, rtol=1e-6)
    assert list(mark_of(chart, Label).text) == [f"{mean:.1f}" for mean in view.mean]
    assert f"{view.n_eyes[0]:,} eyes in year 1" in words_of(chart)
    close_all(chart.view)


def test_a_single_year_has_a_neighbour_that_gives_its_bar_a_width():
    chart, one_year = InjectionsChart(), Summary.of_chunk(fabricate(200, years=1))
    chart.draw(one_year)
    bars = mark_of(chart, Bars)
    assert list(bars.x) == [1, 2]
    assert bars.y[0] > 0 == bars.y[1]
    assert bars.scales["x"].max - bars.scales["x"].min == pytest.approx(3.2)
    close_all(chart.view)


@pytest.mark.parametrize(("years", "pixels"), [(5, 12), (7, 11), (10, 9), (11, 0)])
def test_values_are_no_wider_than_their_bars(years, pixels):
    chart = InjectionsChart()
    chart.draw(Summary.of_chunk(fabricate(200, years=years)))
    label = mark_of(chart, Label)
    assert label.default_size == (pixels or 9)
    assert any(label.text) == (pixels > 0)
    close_all(chart.view)


def test_a_narrow_page_keeps_the_first_and_the_last_number_of_eyes():
    for last in range(1, 9):
        kept = _every_other(last + 1)
        assert kept[0] == 0
        assert kept[-1] == last
        assert last == 1 or min(b - a for a, b in pairwise(kept)) > 1


def test_intervals_state_their_shares(summary):
    chart, view = IntervalsChart(), injection_intervals(summary, 3)
    chart.draw(summary)
    np.testing.assert_allclose(mark_of(chart, Bars).y, view.counts[1:27] / view.n, rtol=1e-6)
    for share in (view.pct_ge8, view.pct_ge12, view.pct_ge16):
        assert f"{share:.1f}%" in words_of(chart)
    close_all(chart.view)


def test_retention_always_sums_to_all_patients(summary):
    chart, view = RetentionChart(), status_over_time(summary)
    chart.draw(summary)
    areas = mark_of(chart, Lines).y
    np.testing.assert_allclose(areas[0], 1, rtol=1e-6)  # the highest area reaches the top
    np.testing.assert_allclose(
        np.diff(areas[::-1], axis=0, prepend=0), view.percent / 100, atol=1e-6
    )
    on_treatment = view.percent[view.statuses.index("on treatment"), -1]
    assert f"{on_treatment:.1f}% on treatment" in words_of(chart)
    assert "stopped as futile" in words_of(chart)
    close_all(chart.view)


@pytest.mark.parametrize(
    ("make", "view"), [(gains_chart, change_bands), (planned_chart, interval_bands)]
)
def test_bands_are_those_of_the_view_and_reach_the_top(summary, make, view):
    chart, bands = make(), view(summary)
    chart.draw(summary)
    areas = mark_of(chart, Lines).y
    np.testing.assert_allclose(areas[0], 1, rtol=1e-6)
    shares = np.diff(areas[::-1], axis=0, prepend=0)
    np.testing.assert_allclose(shares, bands.percent / 100, atol=1e-6)
    for share, band in zip(bands.percent[:, -1], bands.bands, strict=True):
        assert f"{share:.1f}% {band}" in words_of(chart)
        assert share < 0.5 or f"{share:.1f}%" in chart.card._ends.value
    close_all(chart.view)


def test_shares_over_time_are_those_of_the_view(summary):
    last = dry_at_last_scan(summary)
    for make, percent in (
        (driving_chart, driving_vision(summary).percent),
        (dry_chart, last.pct_dry),
    ):
        chart = make()
        chart.draw(summary)
        np.testing.assert_allclose(mark_of(chart, Lines).y, percent / 100, rtol=1e-6)
        for share, when in ((percent[0], "at the first visit"), (percent[-1], "at year 3")):
            assert f"{share:.1f}% {when}" in words_of(chart)
        close_all(chart.view)


def test_visits_are_drawn_on_either_time(summary):
    chart, since, week = VisitsChart(), treatment_around(summary), activity_per_week(summary)
    chart.draw(summary)
    visits, injections = marks_of(chart)
    np.testing.assert_allclose(visits.y * 4, since.visits[:-1], rtol=1e-5)  # of 400 patients
    np.testing.assert_allclose(injections.y * 4, since.injections[:-1], rtol=1e-5)
    assert f"{since.visits.sum():,} visits" in words_of(chart)
    chart.clock.value = "calendar"
    chart.draw(summary)
    np.testing.assert_array_equal(visits.y, week.visits)
    np.testing.assert_array_equal(injections.y, week.injections)
    assert visits.y.sum() == summary.n_visits
    assert f"{summary.n_injections:,} injections of all eyes" in words_of(chart)
    assert chart.view.numbers().name == "Visits and injections by calendar week"
    close_all(chart.view)


def test_a_share_of_no_eyes_is_not_drawn(summary):
    arrays = {name: array.copy() for name, array in summary.arrays.items()}
    arrays["last_scans"][30:] = 0
    chart = dry_chart()
    chart.draw(Summary(summary.years, arrays))
    assert mark_of(chart, Lines).x[-1] == np.float32(29 * 4 / 52)
    assert "no eyes at year 3" in words_of(chart)
    close_all(chart.view)


@pytest.mark.parametrize("make", [ChangeChart, IntervalsChart])
def test_figures_of_nobody_are_none(make):
    chart = make()
    chart.draw(Summary.empty(1))
    assert "%" not in chart.card._foot.value
    assert chart.card._foot.value.count("\N{EN DASH}") == 3
    close_all(chart.view)


def heights(path):
    """Heights of the rectangles of a path."""
    return [float(height) for height in re.findall(r"h[\d.]+v-([\d.]+)h", path)]


def test_the_flow_conserves_patients_in_every_column_and_band(summary):
    flow = status_flow(summary)
    markup = drawing(flow)
    paths = re.findall(
        r'<path fill="var\(--ape-([a-z-]+)\)"( fill-opacity[^ ]*)? d="(.*?)"', markup
    )
    posts = {name: heights(path) for name, opacity, path in paths if not opacity}
    columns = columns_of(flow)
    assert (columns.sum(axis=1) == summary.n_patients).all()
    assert sum(map(sum, posts.values())) == pytest.approx(4 * HEIGHT, abs=1)
    for status, name in enumerate(STATUS_COLOURS):
        used = columns[:, status][columns[:, status] > 0]
        drawn = posts.get(name, [])
        assert drawn == pytest.approx(HEIGHT * used / summary.n_patients, abs=0.06)
    ribbons = " ".join(path for _, opacity, path in paths if opacity)
    bands = re.findall(r"M[\d.]+ -?\d+C(?:[\d.]+ -?\d+ ){2}[\d.]+ (-?\d+)V(-?\d+)", ribbons)
    sizes = [int(start) - int(end) for start, end in bands]
    assert len(sizes) == np.count_nonzero(flow.counts)
    assert sum(sizes) == pytest.approx(3 * HEIGHT, abs=len(sizes))
    assert all(-(HEIGHT + 6 * GAP) <= int(end) <= 0 for _, end in bands)


def test_the_flow_says_who_moved(summary):
    chart, flow = FlowChart(), status_flow(summary)
    chart.draw(summary)
    left = flow.counts[:, :2, 2:].sum()
    assert f"{left:,} left care" in words_of(chart)
    assert f"{flow.counts[:, 0, 1].sum():,} paused treatment" in words_of(chart)
    assert f"{flow.counts[:, 1, 0].sum():,} resumed it" in words_of(chart)
    last = 100 * columns_of(flow)[-1, 0] / summary.n_patients
    assert f"{last:.1f}% on treatment" in words_of(chart)
    close_all(chart.view)


def test_terms_are_explained_where_they_stand_and_all_together():
    markup = explained("ETDRS letters <b> of living eyes; ETDRS letters again")
    assert markup.count("<abbr") == 2
    assert "&lt;b&gt; of" in markup
    assert all(term.lower() in glossary().lower() for term in TERMS)


def test_headline_is_that_of_the_summary(summary):
    panel, view = HeadlinePanel(), letters_change(summary, 3)
    panel.draw(None)
    assert "\N{EN DASH}" in panel.view.value
    panel.draw(summary)
    assert f"{view.pct_bcva_ge70:.1f}%" in panel.view.value
    assert f"{abs(view.mean):.1f}" in panel.view.value
    close_all(panel.view)


def test_end_labels_do_not_overlap():
    labels = [EndLabel(height, "1%", f"label {height}") for height in (0.99, 0.5, 0.51, 1.0, 0.505)]
    shares = re.findall(r"\* (-?[0-9.]+)\)", end_labels(labels))
    heights = sorted(1 - float(share) for share in shares)
    assert min(high - low for low, high in pairwise(heights)) >= 0.1
    assert heights[-1] <= 1


@pytest.mark.parametrize(
    ("high", "ticks"),
    [(7.3, [0, 2, 4, 6, 8]), (0.031, [0, 0.01, 0.02, 0.03, 0.04]), (1, [0, 0.5, 1])],
)
def test_ticks_are_round_and_reach_beyond_the_data(high, ticks):
    assert round_ticks(high, 4 if high > 1 or high < 0.1 else 2) == pytest.approx(ticks)


def test_ticks_are_yearly():
    assert year_ticks(5) == [0, 1, 2, 3, 4, 5]
    assert year_ticks(40)[:3] == [0, 5, 10]
