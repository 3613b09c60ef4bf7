"""`ape compare`: protocols and runs of the store, in words and as data."""

from __future__ import annotations

import pytest

from ape_core.analysis.compare import Comparison
from ape_core.runs.starting import open_run

TREX, PRN = "aflibercept-2mg-treat-and-extend", "ranibizumab-0.5mg-prn"
SMALL = ("--patients", "300", "--years", "2", "--seed", "3", "--quiet")


@pytest.fixture
def said(ape):
    return ape("compare", TREX, PRN, *SMALL, "--json")


def test_the_answer_is_that_of_python(said):
    assert said.status == 0
    runs = [open_run(run["run_id"]) for run in said.json["runs"]]
    comparison = Comparison(runs)
    assert [run.spec.protocol.name for run in runs] == [TREX, PRN]
    first, expected = said.json["differences"][0], comparison.differences()[0]
    assert (first["value"], first["low"], first["high"]) == (
        expected.value, expected.low, expected.high
    )  # fmt: skip
    assert first["variance_ratio"] == expected.variance_ratio
    assert said.json["means"][-1]["value"] == comparison.means()[-1].value
    assert said.json["means"][-1]["run"] == 1
    assert (said.json["year"], said.json["n_patients"]) == (2, 300)


def test_runs_name_the_patients_of_protocols(said, ape):
    run = said.json["runs"][1]["run_id"]
    again = ape("compare", run[:10], TREX, "--reference", TREX, "--quiet", "--json")
    assert [item["run_id"] for item in again.json["runs"]] == [
        run,
        said.json["runs"][0]["run_id"],
    ]
    assert again.json["reference"] == 1
    assert again.json["differences"][0]["value"] == said.json["differences"][0]["value"]


def test_in_words(ape):
    answer = ape("compare", TREX, PRN, *SMALL, "--year", "1")
    assert answer.status == 0
    lines = answer.out.splitlines()
    assert lines[0].startswith("A  ")
    assert "300 patients, the same ones in each run; at year 1:" in answer.out
    assert any(line.startswith("Change in acuity ") for line in lines)
    assert "B against A, change in acuity: " in answer.out
    assert "as certain without pairing with" in answer.out


def test_what_cannot_be_compared(said, ape):
    run = said.json["runs"][0]["run_id"]
    assert "1 run was given" in ape("compare", TREX).err
    both = ape("compare", run, PRN, "--patients", "50")
    assert (both.status, "says who the patients are" in both.err) == (2, True)
    assert "is not among what is compared" in ape("compare", TREX, PRN, "--reference", "x").err
    assert "There is no run" in ape("compare", "abcdef", PRN).err
    assert "year is 9" in ape("compare", TREX, PRN, *SMALL, "--year", "9").err
