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

import nbformat
import papermill
import pytest
from papermill.exceptions import PapermillExecutionError

from widgets.navigation import links
from widgets.validation.courses import courses_markup, letters_limits
from widgets.validation.forest import forest_markup
from widgets.validation.goodness import goodness_markup
from widgets.validation.misses import MOST_LISTED, misses_markup
from widgets.validation.page import ValidationPage
from widgets.validation.parameters import groups, parameters_markup
from widgets.validation.records_panel import records_markup
from widgets.validation.session import ValidationSession
from widgets.validation.spreads import spreads_markup
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
    assert f"Root mean square z {settled.validation.goodness:.2f}" in shown
    assert "\N{EN DASH}" in goodness_markup(None)


def test_the_forest_holds_every_target_once(settled):
    markup = forest_markup(settled.validation)
    rows = re.findall(r"ape-forest-row is-(?:near|far)", markup)
    assert len(rows) == len(settled.validation.rows)
    assert markup.count(" open>") == 1
    places = [float(place) for place in re.findall(r"left:(-?[\d.]+)%", markup)]
    assert all(0 <= place <= 100 for place in places)


def test_a_miss_is_said_in_words(settled):
    worst = settled.validation.largest(1)[0]
    side = "above" if worst.difference > 0 else "below"
    assert side in missed(worst)
    assert f"at week {worst.week}" in missed(worst)
    listed = misses_markup(settled.validation)
    assert listed.count("<li") == MOST_LISTED
    assert listed.index(worst.arm) == min(listed.index(r.arm) for r in [worst])


def test_courses_show_every_observed_point(settled):
    markup = courses_markup(settled.validation)
    points = sum(len(course.points) for course in settled.validation.courses)
    assert markup.count("<circle") == points
    assert markup.count("is-simulated") == len(settled.validation.courses)
    low, high = letters_limits(settled.validation)
    assert all(low <= p.value <= high for c in settled.validation.courses for p in c.points)
    assert "NaN" not in markup


def test_distributions_show_records_beside_the_simulation(settled):
    with_records = spreads_markup(settled.validation, settled.records)
    without = spreads_markup(settled.validation, None)
    assert "40 eyes of the records" in plain(with_records)
    assert "+6.0 in 40 eyes" in plain(with_records)
    assert "<rect" in with_records
    assert "<rect" not in without
    assert "Bars appear when records are given" in without


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


@pytest.mark.parametrize("markup", [forest_markup, misses_markup, courses_markup, goodness_markup])
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
    assert "VIEW" in page._forest.view.value
    assert "40 eyes" in page._spreads.view.value
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
    assert not [data for data in found if "application/vnd.jupyter.widget-view+json" in data]


@pytest.mark.filterwarnings("ignore")  # of papermill's own dependencies
def test_what_cannot_be_asked_stops_with_a_sentence(folder):
    with pytest.raises(PapermillExecutionError, match="There is no parameter 'record'"):
        execute(folder, record="x.csv")
