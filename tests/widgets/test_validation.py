"""The page of validation without a browser, and the report that papermill writes.

The records here are fabricated; none is a patient's.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import nbformat
import papermill
import pytest
from papermill.exceptions import PapermillExecutionError

from ape_core.analysis.validation import LARGE_Z
from ape_core.analysis.wording import WORDING
from widgets.navigation import links
from widgets.validation.courses import courses_markup, with_limits
from widgets.validation.criteria import criteria_markup, criteria_table
from widgets.validation.forest import forest_markup
from widgets.validation.glance import glance_markup
from widgets.validation.goodness import goodness_markup
from widgets.validation.headings import CARDS, contents
from widgets.validation.misses import grouped, misses_markup
from widgets.validation.opening import open_validation, run_by_hand
from widgets.validation.page import ValidationPage
from widgets.validation.parameters import groups, parameters_markup
from widgets.validation.records_panel import records_markup
from widgets.validation.report import ValidationReport
from widgets.validation.session import ValidationSession
from widgets.validation.spreads import spreads_markup
from widgets.validation.targets import FIRST_SHOWN, TargetsPanel, Wanted
from widgets.validation.words import missed

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "validation.ipynb"
N_PATIENTS = 100


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("validation")


@pytest.fixture(scope="module")
def records_file(folder):
    """Fabricated visits of forty eyes, in the columns of APE."""
    head = "eye_id,day,letters,injected,drug,started_before_2013_10\n"
    rows = [
        f"{eye},{day},{40 + eye % 20 + (6 if day else 0)},true,aflibercept,false\n"
        for eye in range(40)
        for day in range(0, 400, 50)
    ]
    path = folder / "records.csv"
    path.write_text(head + "".join(rows))
    return path


@pytest.fixture(scope="module")
def settled(folder, records_file, until):
    session = ValidationSession(N_PATIENTS, str(records_file), folder / "store")
    session.arrive()
    until(lambda: session.is_settled, session.refresh)
    return session


def plain(markup):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", markup))


class Balanced(HTMLParser):
    """Counts the elements that are open."""

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_a_page_fills_when_the_other_process_is_done(settled):
    assert settled.state.status == "complete"
    assert settled.validation.n_patients == N_PATIENTS
    assert settled.records.n_eyes == 40
    assert settled.notice is None


def test_goodness_of_fit_is_one_number(settled):
    shown = plain(goodness_markup(settled.validation))
    goodness = f"{settled.validation.goodness:.2f}"
    assert f"Usual distance from what was published {goodness} SE root mean square z of" in shown
    assert f"lie {goodness} standard errors (SE) from the published ones." in shown
    assert "\N{EN DASH}" in goodness_markup(None)


def test_the_glance_holds_every_target_once(settled):
    markup = glance_markup(settled.validation)
    rows = settled.validation.rows
    assert markup.count("<b class=") == len(rows)
    assert markup.count("is-unfitted") == sum(not row.fitted for row in rows)
    places = [float(place) for place in re.findall(r"left:(-?[\d.]+)%", markup)]
    assert all(0 <= place <= 100 for place in places)
    far = sum(abs(row.z) >= LARGE_Z for row in rows)
    assert sum(int(n) for n in re.findall(r">(\d+) of \d+</span>", markup)) == far


def test_a_row_shows_both_figures_and_unfolds_to_its_source(settled):
    row = next(row for row in settled.validation.rows if row.source.note and row.source.identifier)
    markup = forest_markup([row])
    shown = unescape(plain(markup))
    assert row.arm in shown
    assert WORDING[row.outcome].value(row.simulated) in shown
    assert WORDING[row.outcome].value(row.observed) in shown
    assert row.source.citation in shown
    assert row.source.note in shown
    assert "https://doi.org/10." in markup
    assert "<summary" in markup  # which the keyboard reaches


def test_rows_of_one_outcome_are_in_its_unit_and_others_in_z(settled):
    changes = settled.validation.of_outcome("bcva_change_mean")
    assert ">letters<" in forest_markup(changes)
    mixed = forest_markup(settled.validation.rows)
    assert ">z</i>" in mixed
    places = [float(place) for place in re.findall(r"left:(-?[\d.]+)%", mixed)]
    assert all(0 <= place <= 100 for place in places)
    assert "No target is like that" in forest_markup([])


def test_targets_are_filtered_searched_and_ordered(settled):
    rows = settled.validation.rows
    assert len(Wanted().of(rows)) == len(rows)
    sizes = [abs(row.z) for row in Wanted().of(rows)]
    assert sizes == sorted(sizes, reverse=True)
    of_arm = Wanted(arm="CATT BEV PRN", outcome="pct_dry", order="arm").of(rows)
    assert {(row.arm, row.outcome) for row in of_arm} == {("CATT BEV PRN", "pct_dry")}
    assert [row.week for row in of_arm] == sorted(row.week for row in of_arm)
    unfitted = Wanted(fitted="no").of(rows)
    assert unfitted == sorted((row for row in rows if not row.fitted), key=lambda row: -abs(row.z))
    found = Wanted(words="martin DRY").of(rows)
    assert found
    assert all("Martin" in row.source.citation for row in found)
    assert Wanted(words="no such study").of(rows) == []


def test_the_list_begins_short_and_shows_all_when_asked(settled):
    panel = TargetsPanel(lambda handler: handler)
    panel.draw(settled.validation)

    def listed():
        return panel._list.value.count("<details")

    assert listed() == FIRST_SHOWN
    panel._more.click()
    assert listed() == len(settled.validation.of_outcome("bcva_change_mean"))
    panel._arm.value = "MARINA sham"
    assert listed() == 2
    assert "2 of all" in panel._said.value
    panel._outcome.value = ""
    panel._words.value = "zzz"
    assert "No target is like that" in panel._list.value
    panel.draw(settled.validation)  # a redraw keeps what was asked for
    assert panel._arm.value == "MARINA sham"


def test_criteria_are_those_of_the_python_interface(settled):
    found = settled.validation.criteria
    markup = criteria_markup(settled.validation)
    met = sum(each.met for each in found)
    assert f"{met} of {len(found)} hold." in markup
    assert f"{met} of {len(found)}" in plain(goodness_markup(settled.validation))
    for each in found:
        assert each.title in unescape(markup)
        assert each.asked in unescape(markup)
    assert markup.count("<tr class=") == sum(len(each.checks) for each in found)
    assert markup.count("<td>no</td>") == sum(len(e.checks) - e.n_met for e in found)
    report = unescape(plain(criteria_table(settled.validation)))
    assert all(each.farthest.said in report for each in found)


def test_misses_are_said_in_plain_words_the_worst_first(settled):
    far = [row for row in settled.validation.rows if abs(row.z) >= LARGE_Z]
    groups = grouped(far)
    assert sum(map(len, groups)) == len(far)
    worst = [abs(rows[0].z) for rows in groups]
    assert worst == sorted(worst, reverse=True)
    said = unescape(plain(misses_markup(settled.validation)))
    for rows in groups:
        side = "too high" if rows[0].simulated > rows[0].observed else "too low"
        assert f"{WORDING[rows[0].outcome].title}: {side}" in said
        assert all(row.arm in said for row in rows)
        assert len({(row.outcome, row.difference > 0) for row in rows}) == 1
    assert "_" not in said


def test_a_target_is_said_in_words(settled):
    worst = settled.validation.largest(1)[0]
    side = "above" if worst.difference > 0 else "below"
    assert side in missed(worst)
    assert f"at week {worst.week}" in missed(worst)


def test_courses_show_every_observed_point(settled):
    courses = settled.validation.courses
    markup = courses_markup(settled.validation)
    assert markup.count("<circle") == sum(len(course.points) for course in courses)
    assert markup.count("is-simulated") == len(courses)
    for course, (low, high) in with_limits(courses):
        assert all(low <= point.value <= high for point in course.points)
        assert all(low <= change <= high for change in course.change)
    assert "NaN" not in markup


def test_distributions_show_records_beside_the_simulation(settled):
    with_records = spreads_markup(settled.validation, settled.records)
    without = spreads_markup(settled.validation, None)
    assert "40 eyes of the records" in plain(with_records)
    assert "+6.0 in 40 eyes" in plain(with_records)
    published = re.findall(r"<figcaption>([^<]+) <small>[^<]*, published<", with_records)
    assert "Usual interval in year 2" in published
    assert "Acuity at the first visit" not in published
    assert "<rect" in with_records
    assert "eyes of the records" not in plain(without)


def test_distributions_show_what_was_published_without_records(settled):
    markup = spreads_markup(settled.validation, None)
    shown = unescape(plain(markup))
    assert markup.count("<figure>") == 6
    assert "55.3 in 2,339 eyes" in shown
    assert "doi:10.5061/dryad.nvx0k6dqg" in shown
    labels = unescape(" ".join(re.findall(r"aria-label=\"([^\"]*)\"", markup)))
    assert "30.9% observed" in labels  # seven injections in the first year
    high = sum(settled.validation.routine.letters_at_year_1[70:])
    assert f"{high:.1f}% simulated, 39.7% observed" in labels


def test_without_records_the_page_says_how_to_get_them(settled, records_file):
    how = plain(records_markup(None, "", ""))
    assert "MEH_AMD_survivaloutcomes_database.csv" in how
    assert "APE_RECORDS" in how
    assert "anon_id, time, va, injgiven" in how
    read = plain(records_markup(settled.records, str(records_file), ""))
    assert "40 eyes and 320 visits" in read
    assert "lacks" in plain(records_markup(None, "a.csv", "a.csv lacks <b>columns</b>."))


def test_every_parameter_is_listed_with_its_source(settled):
    shown = unescape(plain(parameters_markup()))
    for _, group in groups():
        assert all(" ".join(parameter.source.split()) in shown for _, parameter in group)


def test_links_lead_to_every_card(settled, monkeypatch):
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.13")
    page = ValidationPage(settled)
    cards = " ".join(card.value for card in walk(page.view))
    for card in CARDS:
        assert cards.count(f"id='ape-{card}'") == 1
        assert f'href="#ape-{card}"' in contents()
    assert "A research tool, not medical advice." in cards
    page.close()
    monkeypatch.delenv("SERVER_SOFTWARE")
    assert contents() == ""


def walk(widget):
    """Widgets of a page."""
    yield from [widget] if hasattr(widget, "value") and isinstance(widget.value, str) else []
    for child in getattr(widget, "children", ()):
        yield from walk(child)


def test_a_cell_that_is_run_by_hand_shows_the_page_and_others_the_report(folder, monkeypatch):
    parameters = {"n_patients": N_PATIENTS, "records": "", "store": str(folder / "store")}
    monkeypatch.setattr("widgets.validation.opening.run_by_hand", lambda: False)
    assert isinstance(open_validation(parameters), ValidationReport)
    monkeypatch.setattr("widgets.validation.opening.run_by_hand", lambda: True)
    page = open_validation(parameters)
    assert isinstance(page, ValidationPage)
    page.close()


@pytest.mark.parametrize(
    ("message", "by_hand"),
    [({"metadata": {"cellId": "a1"}}, True), ({"metadata": {}}, False), ({}, False)],
)
def test_a_front_end_is_known_by_the_cell_that_it_names(monkeypatch, message, by_hand):
    shell = SimpleNamespace(get_parent=lambda: message)
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    assert run_by_hand() == by_hand
    monkeypatch.setattr("IPython.get_ipython", lambda: None)
    assert not run_by_hand()


@pytest.mark.parametrize(
    "markup", [criteria_markup, misses_markup, courses_markup, goodness_markup]
)
def test_markup_is_whole(settled, markup):
    for validation in (settled.validation, None):
        parser = Balanced()
        parser.feed(re.sub(r"<[a-z]+[^>]*/>", "", markup(validation)))
        assert parser.open == []


def test_a_page_draws_everything_and_closes_without_a_trace(settled, folder, count_widgets):
    before = count_widgets()
    session = ValidationSession(N_PATIENTS, settled.records_path, folder / "store")
    page = ValidationPage(session)
    page.refresh()
    assert "ape-hidden" in page._progress.view._dom_classes
    assert "VIEW" in page._targets._list.value
    assert "40 eyes" in page._spreads.markup.value
    targets, courses, spreads = (
        panel.view.numbers() for panel in (page._targets, page._courses, page._spreads)
    )
    compared = [(row.arm, row.week, row.simulated) for row in session.validation.rows]
    assert [(row[0], row[1], row[5]) for row in targets.rows] == compared
    simulated = [change for course in session.validation.courses for change in course.change]
    assert [row[2] for row in courses.rows if row[2] != ""] == simulated
    seen = sum(len(course.points) for course in session.validation.courses)
    assert sum(row[3] != "" for row in courses.rows) == seen
    assert "baseline" in {row[0] for row in spreads.rows}
    page.close()
    assert count_widgets() == before


def test_a_page_shows_a_failure_and_lets_it_be_tried_again(folder, tmp_path):
    session = ValidationSession(N_PATIENTS, "", tmp_path)
    session._kept.folder.mkdir(parents=True)
    session._kept.keep_failure("The disk is full.", "Free some space.")
    page = ValidationPage(session)
    assert "The disk is full." in page._notices.view.value
    assert "ape-hidden" not in page._progress._again._dom_classes
    page.close()


def test_records_come_from_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("APE_RECORDS", str(tmp_path / "none.csv"))
    session = ValidationSession(N_PATIENTS, "", tmp_path)
    session.refresh()
    assert "There is no file of records at" in session.problem


def test_pages_are_linked_relative_to_where_they_are(monkeypatch):
    assert links("dashboard") == ""
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.13")
    monkeypatch.setenv("SCRIPT_NAME", "/")
    assert 'href="voila/render/validation.ipynb"' in links("dashboard")
    monkeypatch.setenv("SCRIPT_NAME", "/user/x/voila/render/notebooks/validation.ipynb")
    assert 'href="dashboard.ipynb"' in links("validation")
    assert 'href="validation.ipynb" aria-current="page"' in links("validation")
    monkeypatch.setenv("QUERY_STRING", "theme=dark&run=abcd")
    assert 'href="dashboard.ipynb?theme=dark"' in links("validation")
    monkeypatch.setenv("QUERY_STRING", 'theme="><script>')
    assert "script" not in links("validation")


CODE = """
import json, sys
import psutil
from ipykernel import kernelapp
from widgets.validation import open_validation

page = open_validation({"n_patients": 100, "records": "", "store": sys.argv[1]})
page.refresh()
heavy = {"numba", "pyarrow", "matplotlib", "scipy", "duckdb", "dask"} & set(sys.modules)
print(json.dumps({"heavy": sorted(heavy), "drawn": page.session.validation is not None,
                  "rss_mb": psutil.Process().memory_info().rss / 1e6}))
"""


def test_the_kernel_of_the_page_stays_small(settled, folder):
    environment = {**os.environ, "SERVER_SOFTWARE": "voila/0.5.13"}
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(folder / "store")],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    page = json.loads(done.stdout)
    assert page["drawn"]
    assert page["heavy"] == []
    assert page["rss_mb"] < 150


def execute(folder, **parameters):
    out = folder / "out.ipynb"
    asked = {"n_patients": N_PATIENTS, "store": str(folder / "store"), **parameters}
    papermill.execute_notebook(str(NOTEBOOK), str(out), asked, progress_bar=False)
    return nbformat.read(out, as_version=4)


@pytest.mark.filterwarnings("ignore")  # of papermill's own dependencies
def test_papermill_writes_a_report_that_reads_without_a_kernel(settled, folder, records_file):
    notebook = execute(folder, records=str(records_file))
    found = [o.data for cell in notebook.cells for o in cell.outputs if "data" in o]
    images = [data for data in found if "image/png" in data]
    said = plain(" ".join(data.get("text/html", "") for data in found))
    assert len(images) == 3
    assert f"{settled.validation.goodness:.2f}" in said
    assert "What the model gets wrong" in said
    assert "40 eyes and 320 visits" in said
    assert "log_ec50_mean" in said
    assert "What is asked of the model" in said
    assert "A research tool, not medical advice." in said
    sources = {row.source.citation for row in settled.validation.rows}
    assert all(source in unescape(said) for source in sources)
    assert not [data for data in found if "application/vnd.jupyter.widget-view+json" in data]


@pytest.mark.filterwarnings("ignore")  # of papermill's own dependencies
def test_what_cannot_be_asked_stops_with_a_sentence(folder):
    with pytest.raises(PapermillExecutionError, match="There is no parameter 'record'"):
        execute(folder, record="x.csv")
