"""The report of `make bench`: nothing that was measured is lost, and targets are judged."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from benchmarks.bench import __main__ as driver
from benchmarks.bench import answers, baselines, pages, runs
from benchmarks.bench.common import Bench
from benchmarks.bench.report import Figure, Report, at_least, at_most, median_of

WIDGETS = Path(__file__).parents[2] / "widgets"


@pytest.fixture
def report(tmp_path):
    report = Report(tmp_path / "bench", "APE")
    report.begin("runs")
    return report


def test_every_figure_is_on_disk_as_soon_as_it_is_known(report):
    report.add(median_of("visits | a second", [3e6, 1e6, 2e6], "visits/s"))
    shown = (report.folder / "bench.md").read_text()
    assert "| visits / a second | 2,000,000 | visits/s | 1,000,000 - 3,000,000 (3) |" in shown
    assert "**runs** (going on)" in shown
    [section] = json.loads((report.folder / "bench.json").read_text())["sections"]
    assert section["figures"][0]["measured"] == [3e6, 1e6, 2e6]
    assert section["seconds"] is None


def test_targets_are_judged(report):
    report.add(Figure("small", 3.9, "MB", at_most(4)))
    report.add(Figure("large", 4.1, "MB", at_most(4)))
    report.add(Figure("slow", 99, "times", at_least(100)))
    shown = report.markdown()
    assert re.search(r"small \| 3.9 \| MB \|  \| at most 4 \| held", shown)
    assert re.search(r"large \| 4.1 \| MB \|  \| at most 4 \| \*\*missed", shown)
    assert re.search(r"slow \| 99 \| times \|  \| at least 100 \| \*\*missed", shown)
    held = [figure["held"] for figure in report.content()["sections"][0]["figures"]]
    assert held == [True, False, False]


def test_a_section_that_fails_keeps_its_figures_and_lets_the_others_be_measured(
    monkeypatch, tmp_path, capsys
):
    def fails(bench):
        yield Figure("first", 1.0, "s")
        raise OSError("no disk | at all")

    monkeypatch.setattr(runs, "figures", fails)
    monkeypatch.setattr(baselines, "figures", lambda bench: iter([Figure("second", 2.0, "s")]))
    asked = ["--quick", "--only", "runs", "--only", "baselines", "--to", str(tmp_path / "to")]
    assert driver.main(asked) == 1
    shown = (tmp_path / "to" / "bench.md").read_text()
    assert re.search(
        r"first \| 1 .*FAILED: OSError: no disk / at all.*second \| 2 ", shown, re.DOTALL
    )
    assert "no disk" in capsys.readouterr().err


def test_reading_is_measured_by_the_real_thing(tmp_path):
    report = Report(tmp_path / "to", "APE")
    bench = Bench(tmp_path, quick=True)
    driver.measure(report, "reads", bench)
    [section] = report.sections
    assert section.error == ""
    assert all(figure.value > 0 for figure in section.figures)
    assert {"ms", "s", "visits/s"} == {figure.unit for figure in section.figures}
    assert [path.name for path in tmp_path.glob("store-*")] == ["store-1"]


@pytest.mark.parametrize("script", [pages.WATCH, answers.WATCH])
def test_what_is_looked_for_in_a_page_is_something_that_pages_have(script):
    sources = [path for path in WIDGETS.rglob("*") if path.suffix in {".py", ".j2", ".js"}]
    texts = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    names = set(re.findall(r"ape-[a-z-]+", script))
    assert len(names) >= 3
    assert [name for name in names if name not in texts] == []
