"""Damage of every class is named and repaired: the short version of `make chaos`."""

from __future__ import annotations

import pytest

from ape_core.runs.handle import Run
from benchmarks.chaos import flips


def test_every_class_of_damage_is_named_and_repaired():
    found = flips.rows(short=True)
    assert [row for row in found if row["outcome"] != "held"] == []
    assert sum(row["n"] for row in found if row["check"].startswith("damaged")) >= 900


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    return flips.Scene(tmp_path_factory.mktemp("flips"))


def test_damage_that_is_not_named_would_be_noticed(scene, monkeypatch):
    monkeypatch.setattr(Run, "verify", lambda _: [])
    tally = scene.damage_all(flips._TARGETS[0], 2, 1_000)
    assert len(tally.broken) == tally.n
    assert "was not named" in tally.broken[0]


def test_damage_that_is_not_repaired_would_be_noticed(scene, monkeypatch):
    monkeypatch.setattr(flips, "complete", lambda *_, **__: [])
    tally = scene.damage_all(flips._TARGETS[3], 2, 1)
    assert len(tally.broken) == tally.n
    assert "not sound" in tally.broken[0]
