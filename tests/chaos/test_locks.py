"""A lock removed by hand lets a second worker in: the short version of `make chaos`."""

from __future__ import annotations

from benchmarks.chaos import locks


def test_two_workers_on_one_run_do_no_harm():
    found = locks.rows(short=True)
    assert [row for row in found if row["outcome"] != "held"] == []
