"""`ape score`: arms and targets of a user, those that ship, and files that cannot be."""

from __future__ import annotations

import json

import pytest

import ape_core

ARMS = """
- {id: one, protocol: no-treatment, cohort: {population: trial}, years: 1, n_patients: 80}
"""
TARGETS = "arm,week,outcome,value,se\none,52,bcva_change_mean,-10.4,0.9\none,52,pct_died,1,0.5\n"


@pytest.fixture
def files(tmp_path):
    arms, targets = tmp_path / "arms.yaml", tmp_path / "targets.csv"
    arms.write_text(ARMS, encoding="utf-8")
    targets.write_text(TARGETS, encoding="utf-8")
    return ("--arms", arms, "--targets", targets)


def test_score_as_data_is_that_of_python(ape, files):
    said = ape("score", *files, "--json")
    assert said.status == 0
    expected = ape_core.score(files[3], files[1]).to_dict()
    assert said.json == json.loads(json.dumps(expected))
    assert said.json["rows"][0]["observed"] == -10.4


def test_score_in_words(ape, files):
    said = ape("score", *files, "--patients", "50", "--seed", "3", "--workers", "1")
    assert said.status == 0
    assert "bcva_change_mean    -10.40  0.90" in said.out
    assert "over 1 mean change in acuity" in said.out
    assert max(map(len, said.out.splitlines())) <= 100


def test_nothing_is_stored(ape, files, store_path):
    ape("score", *files)
    assert not list(store_path.glob("runs/*"))


def test_the_shipped_calibration_is_the_default(ape):
    said = ape("score", "--patients", "30", "--json")
    assert said.status == 0
    assert len(said.json["rows"]) > 150
    assert said.json["rms_z"] > 0


def test_what_is_asked_of_the_shipped_model_is_judged_at_the_end_of_its_own_score_only(ape, files):
    asked = ("score", "--patients", "30")
    said, data = ape(*asked), ape(*asked, "--json").json
    criteria = data["criteria"]
    met = sum(criterion["met"] for criterion in criteria)
    assert f"{met} of {len(criteria)} hold." in said.out
    for criterion in criteria:
        state = "holds " if criterion["met"] else "missed"
        assert f"{state}  {criterion['title']}: {criterion['asked']}" in said.out
    assert "criteria" not in ape("score", *files, "--json").json


def test_files_that_cannot_be(ape, files, tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_text("arm,week,outcome,value\ntwo,52,pct_died,1\n", encoding="utf-8")
    said = ape("score", *files[:2], "--targets", bad, "--json")
    assert said.status == 2
    assert said.json["error"] == "Line 2: there is no arm 'two'; there are: one."
    said = ape("score", "--arms", tmp_path / "none.yaml")
    assert said.status == 2
    assert "There is no file" in said.err
    assert ape("score", *files, "--patients", "0").status == 2
    assert ape("score", *files, "--workers", "0").status == 2
