"""The table of `make chaos`."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.chaos import __main__ as driver
from benchmarks.chaos.common import row
from benchmarks.chaos.nursery import ROOT


def test_parts_are_found_by_what_they_have():
    assert {"faults", "flips", "kills"} <= set(driver.parts())
    assert {"common", "nursery", "syscalls", "watching", "__main__"}.isdisjoint(driver.parts())


def test_the_table():
    shown = driver.table([row("one", 1_000, "word " * 60), row("two", 2, "short", "failed")])
    head, first, *_, last = shown.splitlines()
    assert head.split() == ["check", "n", "outcome", "detail"]
    assert first.startswith("one   1,000  held      word")
    assert last.split() == ["two", "2", "failed", "short"]
    assert max(map(len, shown.splitlines())) < 130


def test_a_part_that_fails_does_not_stop_the_others(monkeypatch):
    def fails(*, short):
        raise OSError("no disk at all")

    monkeypatch.setattr("benchmarks.chaos.kills.rows", fails)
    [line] = driver.rows_of("kills", short=True)
    assert line["outcome"] == "failed"
    assert "no disk at all" in line["detail"]


def test_only_what_there_is_can_be_asked_for():
    asked = subprocess.run(
        [sys.executable, "-B", "-m", "benchmarks.chaos", "--only", "nothing"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 2
    assert "kills" in asked.stderr
