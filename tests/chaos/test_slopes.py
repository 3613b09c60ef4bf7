"""A leak is told from what grows once."""

from __future__ import annotations

import pytest

from benchmarks.chaos.hygiene import Check, grown, held
from benchmarks.chaos.slopes import growth, steady_growth


@pytest.mark.parametrize(
    "values", [(5, 5, 5, 5), (5, 7, 7, 7), (5, 5, 7, 7), (5, 5, 9, 5), (5, 5, 5, 9), (9, 7, 5, 5)]
)
def test_what_grows_once_is_no_leak(values):
    assert steady_growth(values) <= 0


@pytest.mark.parametrize("values", [(0, 1, 2, 3), (0, 1, 1, 3), (4, 5, 9, 10)])
def test_what_grows_in_every_part_is(values):
    assert steady_growth(values) == 3


def test_growth_is_told_of_each_count_by_itself():
    samples = {step: {"files": 3.0, "objects": 7.0 * step} for step in (8, 10, 12, 14)}
    assert growth(samples) == {"files": 0.0, "objects": 42.0}


def test_a_step_that_leaves_one_object_behind_is_found(tmp_path):
    leaks = Check("leaks", 100, "kept = []", "kept.append([])")
    clean = Check("leaks not", 100, "kept = []", "kept = [[]]")
    assert grown(leaks, held(leaks, tmp_path)) == ["objects"]
    assert grown(clean, held(clean, tmp_path)) == []
