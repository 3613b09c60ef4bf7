from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import nbformat
import papermill
import pytest
from papermill.exceptions import PapermillExecutionError

from ape_core.cli import main
from ape_core.errors import InvalidInputError
from ape_core.runs import open_run
from ape_core.spec.protocol_yaml import load_protocol
from ape_core.storage.store import Store
from support.runs import small_spec
from widgets.report_file import make_report
from widgets.report_parts import outcome_table, question_words, repeat_words
from widgets.reported import Reported
from widgets.static_charts import draw_all

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "run.ipynb"

pytestmark = pytest.mark.filterwarnings("ignore")  # of papermill's own dependencies


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("report")


@pytest.fixture(scope="module")
def execute(folder):
    def run(**parameters):
        out = folder / "out.ipynb"
        asked = {"n_patients": 400, "years": 2, "store": str(folder / "store"), **parameters}
        papermill.execute_notebook(str(NOTEBOOK), str(out), asked, progress_bar=False)
        return nbformat.read(out, as_version=4)

    return run


@pytest.fixture(scope="module")
def first(execute):
    return execute()


def outputs(notebook, kind):
    return [
        output.data[kind]
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if kind in output.get("data", {})
    ]


def test_a_report_states_question_outcomes_and_how_to_repeat_it(first, folder):
    words = re.sub(r"<[^>]+>", " ", " ".join(outputs(first, "text/html")))
    assert "400 simulated patients" in words
    assert "was simulated in" in words
    assert "ape run aflibercept-2mg-treat-and-extend --patients 400 --years 2 --seed 1" in words
    run = open_run("latest", folder / "store")
    assert run.run_id in words
    assert run.status == "complete"


def test_a_report_shows_its_charts_as_images(first):
    assert len(outputs(first, "image/png")) == 9
    assert not outputs(first, "application/vnd.jupyter.widget-view+json")


def test_executing_again_reuses_the_run(first, execute):
    again = " ".join(outputs(execute(), "text/html"))
    assert " and is reused" in again
    table = [html for html in outputs(first, "text/html") if "<table>" in html]
    assert table[0] in again


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_patient": 500}, "There is no parameter 'n_patient'.*Did you mean 'n_patients'"),
        ({"n_patients": -5}, "n_patients is -5, but must be a whole number"),
        ({"protocol": "ranibizumab"}, "There is no protocol 'ranibizumab'"),
        ({"years": "five"}, "years is 'five', but must be"),
    ],
)
def test_what_cannot_be_asked_stops_with_a_sentence(execute, parameters, message):
    with pytest.raises(PapermillExecutionError, match=message) as caught:
        execute(**parameters)
    assert 'File "' not in str(caught.value)


def test_the_table_holds_the_figures_of_the_summary(summary):
    by_year = summary.statistics()["by_year"]
    table = outcome_table(summary)
    assert "".join(f"<td>{year['pct_gain_ge15']:.1f}%</td>" for year in by_year) in table
    assert "".join(f"<td>{year['injections_mean']:.1f}</td>" for year in by_year) in table


def test_charts_are_drawn_for_every_length_of_run(summary):
    images = draw_all(summary)
    assert all(png.startswith(b"\x89PNG") and len(png) > 5_000 for png in images.values())


def test_a_run_that_is_there_becomes_one_file_that_needs_nothing_else(first, folder, monkeypatch):
    run, out = open_run("latest", folder / "store"), folder / "report.html"
    monkeypatch.setenv("APE_STORE", str(folder / "store"))
    assert main(["report", run.run_id[:8], "--out", str(out)]) == 0
    page = out.read_text(encoding="utf-8")
    assert outcome_table(run.summary()) in page
    assert page.count('src="data:image/png;base64,') == 9
    assert re.search(r"was simulated on \d{4}-\d\d-\d\d at \d\d:\d\d:", page)
    assert run.run_id in page
    assert "model version" in page
    assert f"<title>{run.spec.protocol.title}, run {run.run_id[:12]}</title>" in page
    assert not re.search(r"<script|<link|<iframe|(src|href)=\"(?!data:)", page)


def test_only_a_complete_run_is_reported(folder):
    store = Store(folder / "incomplete")
    run = store.create(small_spec(100, 1), 100)
    with pytest.raises(InvalidInputError, match="is interrupted; a report is made of a complete"):
        make_report(Reported((run.run_id,)), str(store.path), folder / "none.html")
    assert not (folder / "none.html").exists()


def test_an_own_protocol_is_reported_with_its_drug_and_what_was_changed(folder):
    parent = load_protocol("ranibizumab-0.5mg-prn")
    phases = tuple(replace(phase, max_gap_weeks=12) for phase in parent.phases)
    about = {"name": "my-prn-12", "title": "My PRN 12", "parent": parent.name}
    own = replace(parent, **about, phases=phases, sources=())
    spec = small_spec(50, years=1).replace(protocol=own)
    words = question_words(spec, folder / "store")
    assert "Drug: Ranibizumab 0.5 mg." in words
    assert f"Changed from {parent.title}:" in words
    assert "Longest gap: 12 weeks instead of none." in words
    assert "Sources of the protocol" not in repeat_words(spec, "store")
    assert "Sources of the protocol" in repeat_words(spec.replace(protocol=parent), "store")
    gone = spec.replace(protocol=replace(own, parent="not-here"))
    assert "Made from not-here, which is not in this store." in question_words(gone, folder)
