"""`ape sweep`: values, a tornado and draws, in words and as data."""

from __future__ import annotations

from ape_core.analysis.sweep import Sweep, points_of
from ape_core.runs.starting import open_run

TREX = "aflibercept-2mg-treat-and-extend"
SMALL = ("--patients", "100", "--years", "1", "--quiet")
INTERVAL = "protocol.phases.0.max_interval_weeks"


def test_the_answer_is_that_of_python(ape, store_path):
    said = ape("sweep", TREX, "--vary", f"{INTERVAL}=8,12", *SMALL, "--json")
    assert said.status == 0
    base = open_run(said.json["run_id"]).spec
    found = Sweep(base, points_of(base, {INTERVAL: [8, 12]}), store_path)
    assert found.status == "complete"
    assert said.json["base"]["value"] == found.base_estimate().value
    for point, item in zip(found.points, said.json["points"], strict=True):
        assert (item["run_id"], item["value"]) == (point.spec.run_id, point.value)
        assert item["difference"]["value"] == found.difference(point).value
    words = ape("sweep", TREX, "--vary", f"{INTERVAL}=8", "--outcome", "injections", *SMALL)
    assert "Longest interval" in words.out
    assert "paired by patient" in words.out


def test_draws(ape):
    said = ape("sweep", TREX, "--draws", "2", *SMALL, "--json")
    assert said.status == 0
    assert (said.json["n_draws"], len(said.json["draws"])) == (2, 2)
    assert said.json["sd_patients"] > 0
    assert "of the variance comes from the parameters" in ape(
        "sweep", TREX, "--draws", "2", *SMALL
    ).out  # fmt: skip


def test_what_cannot_be_varied(ape):
    assert "Nothing is varied" in ape("sweep", TREX).err
    assert "More than one way" in ape("sweep", TREX, "--tornado", "--draws", "3").err
    assert "must be a path and its values" in ape("sweep", TREX, "--vary", "model.x").err
    wrong = ape("sweep", TREX, "--vary", "model.x=1")
    assert (wrong.status, "there are: " in wrong.err) == (2, True)
    assert "outcome is 'x'" in ape("sweep", TREX, "--tornado", "--outcome", "x").err
