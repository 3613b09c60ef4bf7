"""The report of a comparison: one file, whose figures are those of Python."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest

import ape_core as ape
from ape_core.analysis.compare import Comparison
from ape_core.analysis.comparison_words import compared_with_chance, decimals_of, patients_text
from ape_core.analysis.economics_words import increment_words, pounds, qalys_text
from ape_core.cli import main
from ape_core.errors import InvalidInputError, InvalidSpecError
from ape_core.runs.starting import open_run, run
from ape_core.storage.store import Store
from support.runs import small_spec
from widgets.compare import open_comparison
from widgets.compare.page import ComparePage
from widgets.compare.report import ComparisonReport
from widgets.compare.report_words import outcomes_markup, pairing_markup, repeat_markup
from widgets.kept_report import KeptReport, ReportState
from widgets.report_commands import commands
from widgets.report_file import make_report
from widgets.reported import Reported

NAMES = ("aflibercept-2mg-treat-and-extend", "ranibizumab-0.5mg-prn", "no-treatment")
YEARS = 2


def plain(markup):
    """Words of markup."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", markup))).strip()


def asked(store, **parameters):
    usual = {"population": "uk-routine-care", "n_patients": 300, "years": 1, "seed": 1, "runs": []}
    usual |= {"protocols": list(NAMES[:2]), "reference": 0, "prices": "", "store": str(store)}
    return usual | parameters


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compare-report") / "store"
    for name in NAMES:
        run(
            small_spec(400, YEARS).replace(protocol=ape.load_protocol(name)), folder, progress=False
        )
    return folder


@pytest.fixture(scope="module")
def runs(kept):
    base = small_spec(400, YEARS)
    specs = [base.replace(protocol=ape.load_protocol(name)) for name in NAMES]
    return [open_run(spec.run_id, kept) for spec in specs]


@pytest.fixture(scope="module")
def file(kept, runs, tmp_path_factory):
    """Made by the command, whose process a page of Voilà might have started."""
    out = tmp_path_factory.mktemp("made") / "comparison.html"
    ids = [item.run_id[:12] for item in runs]
    words = ["report", *ids, "--reference", ids[1], "--set", "uk-list-prices", "--out", str(out)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("APE_STORE", str(kept))
        patch.setenv("SERVER_SOFTWARE", "voila/0.5")
        assert main(words) == 0
    return out.read_text(encoding="utf-8")


def test_the_file_needs_nothing_else(file):
    assert file.count('src="data:image/png;base64,') == 4
    assert not re.search(r"<script|<link|<iframe|(src|href)=\"(?!data:)|url\(|@import", file)
    assert "<title>Cost and QALYs of 3 protocols on the same patients: " in file


def test_its_figures_are_those_of_python(file, runs):
    words, comparison = plain(file), Comparison(runs)
    for outcome in ("letters_change", "injections", "visits"):
        found = [item for item in comparison.differences(1) if item.outcome == outcome]
        for item in found:
            said, interval = compared_with_chance(item, decimals_of(found))
            assert f"{said} {interval}" in words
    for year in (1, 2):
        section = words.split(f"At the end of year {year}")[1]
        for row in comparison.table(1, year).rows:
            assert " ".join(str(cell) for cell in row) in section
    for item in comparison.differences(1):
        if item.outcome == "pct_bcva_ge70":
            letters = f"{'ABC'[item.run]} less B"
            assert re.search(f"70 letters or better {letters} \\S+ "
                             f"{patients_text(item.patients_without_pairing)} ", words)  # fmt: skip


def test_it_says_the_question_the_model_and_how_to_repeat_it(file, runs):
    words = plain(file)
    assert "3 protocols on the same 400 patients" in words
    assert f"model version {runs[0].spec.model_version}" in words
    for item in runs:
        assert f"Run {item.run_id} ." in words
        assert all(rule in words for rule in item.spec.protocol.summary_sentences())
        assert all(source in words for source in item.spec.protocol.sources)
    command = f"ape compare {' '.join(NAMES)} --patients 400 --years 2 --seed"
    assert command in words
    short = " ".join(item.run_id[:12] for item in runs)
    assert f"ape report {short} --reference {runs[1].run_id[:12]} --set uk-list-prices" in words
    assert "Intervals state the chance of the draw" in words
    assert "does not predict what happens to one person" in words


def test_its_costs_are_those_of_python(file, runs):
    words = plain(file)
    prices = ape.load_economics("uk-list-prices")
    titles = Comparison(runs).titles
    priced = {
        title: ape.health_economics(item.summary(), prices)
        for title, item in zip(titles, runs, strict=True)
    }
    for title, item in priced.items():
        row = f"{title} {pounds(item.cost)} {qalys_text(item.qalys_per_patient)} "
        assert row + pounds(item.cost_by_category[0]) in words
    compared = ape.cost_effectiveness(priced, titles[1])
    assert increment_words(compared.increment(2), titles[2], titles[1]) in words


def test_without_prices_there_is_no_section_of_costs(runs):
    report = ComparisonReport(Comparison(runs))
    assert len(report.ending()) == 2
    assert "Costs" not in " ".join(report.ending())


def test_a_notebook_simulates_what_is_not_there_once(tmp_path):
    report = open_comparison(asked(tmp_path))
    assert isinstance(report, ComparisonReport)
    assert [item.status for item in report.comparison.runs] == ["complete"] * 2
    changed = (tmp_path / "runs").stat().st_mtime_ns
    again = open_comparison(asked(tmp_path))
    assert (tmp_path / "runs").stat().st_mtime_ns == changed
    assert outcomes_markup(again.comparison, 0) == outcomes_markup(report.comparison, 0)
    assert pairing_markup(again.comparison, 0) == pairing_markup(report.comparison, 0)


def test_by_hand_and_in_voila_the_page_is_shown(kept, runs, monkeypatch):
    monkeypatch.setattr("widgets.compare.opening.run_by_hand", lambda: True)
    page = open_comparison(asked(kept, runs=[item.run_id for item in runs]))
    assert isinstance(page, ComparePage)
    assert page.session.run_ids == tuple(item.run_id for item in runs)
    page.close()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"runs": "3f9a12"}, "runs is '3f9a12', but must be a list"),
        ({"runs": [7]}, "run is 7, but must be the id of a run"),
        ({"protocols": list(NAMES[:1])}, "1 run was given, but 2 to 6 can be compared"),
        ({"protocols": [NAMES[0], "nobody"]}, "There is no protocol 'nobody'"),
        ({"patients": 5}, "There is no parameter 'patients'"),
    ],
)
def test_what_cannot_be_compared_is_said(tmp_path, parameters, message):
    with pytest.raises((InvalidInputError, InvalidSpecError), match=message):
        open_comparison(asked(tmp_path, **parameters))


def test_runs_that_are_not_complete_and_prices_that_are_not_there(kept, runs, tmp_path, capsys):
    store = Store(tmp_path / "incomplete")
    ids = tuple(
        store.create(small_spec(100, 1).replace(protocol=ape.load_protocol(name)), 100).run_id
        for name in NAMES[:2]
    )
    with pytest.raises(InvalidInputError, match="is interrupted; a report is made of a complete"):
        make_report(Reported(ids), str(store.path), tmp_path / "none.html")
    two = tuple(item.run_id for item in runs[:2])
    with pytest.raises(InvalidSpecError, match="There is no economics 'none'"):
        make_report(Reported(two, prices="none"), str(kept), tmp_path / "none.html")
    assert not (tmp_path / "none.html").exists()
    words = ["report", two[0], two[1], "--reference", runs[2].run_id, "--store", str(kept)]
    assert main(words) == 2
    assert "is not among the runs of the report" in capsys.readouterr().err


def test_the_page_asks_for_the_report_of_what_it_compares(kept, runs, monkeypatch):
    started = []

    class Made:
        """A report that is there at once."""

        def __init__(self, store, what):
            self.asked = (store, what)

        def start(self):
            started.append(self.asked)

        def state(self):
            return ReportState("complete")

        def content(self):
            return b"a page"

    monkeypatch.setattr("widgets.report_panel.KeptReport", Made)
    ids = tuple(item.run_id for item in runs[:2])
    page = ComparePage(ids, kept, light=False)
    panel = page._report
    assert not panel._button.disabled
    page.session.reference = 1
    panel._button.click()
    assert started == [(kept, Reported(ids, 1))]
    page.refresh()
    assert f"ape-comparison-{ids[0][:6]}-{ids[1][:6]}.html" in panel._outcome.value
    page.session.reference = 0
    page.refresh()
    assert panel._outcome.value == ""
    page.close()


def test_reports_of_a_comparison_are_kept_by_their_runs_and_reference(kept):
    one, other = (KeptReport(kept, Reported(("0a" * 32, "1b" * 32), at)) for at in (0, 1))
    assert one.path != other.path
    assert one.path.name == "0a0a0a0a0a0a-1b1b1b1b1b1b-ref0.html"
    assert one.state() == ReportState("absent")


def test_what_no_option_can_say_is_carried_by_files(runs):
    own = small_spec(400, YEARS)
    own = own.replace(protocol=replace(own.protocol, name="of-mine"))
    earlier = own.replace(model_version="0")
    said = commands([own, earlier])
    assert f"ape export {own.run_id[:12]} {own.run_id[:12]}.ape.zip\n" in said
    assert f"ape import {own.run_id[:12]}.ape.zip && ape resume {own.run_id[:12]}" in said
    assert f"{earlier.run_id[:12]}.ape.zip --with-data" in said
    assert f"ape resume {earlier.run_id[:12]}" not in said
    assert "--reference" not in repeat_markup(Comparison(runs), 0, "store", "")
