"""Merging, storing and size of summaries."""

from __future__ import annotations

import io
import itertools
import subprocess
import sys
from functools import cache, reduce

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ape_core.errors import CorruptRunError, InvalidInputError
from ape_core.summaries import Summary
from ape_core.summaries.definitions import MEASURES, SUMMARY_FORMAT

N_PATIENTS = 24


@pytest.fixture(scope="module")
def part(fabricate):
    """Summary of some patients, by id, of a cohort recruited over a year and a half."""

    @cache
    def summary(first, stop):
        rows = {"first": first, "of": N_PATIENTS}
        chunk = fabricate(stop - first, two_eyes=True, recruitment_days=500, **rows)
        return Summary.of_chunk(chunk)

    return summary


@st.composite
def partitions(draw):
    """Ranges that cover all patients, in any order."""
    cuts = draw(st.sets(st.integers(1, N_PATIENTS - 1), max_size=6))
    edges = [0, *sorted(cuts), N_PATIENTS]
    return draw(st.permutations(list(itertools.pairwise(edges))))


@given(ranges=partitions(), data=st.data())
def test_any_partition_in_any_order_and_grouping_equals_the_whole(part, ranges, data):
    summaries = [part(*patients) for patients in ranges]
    while len(summaries) > 1:
        i = data.draw(st.integers(0, len(summaries) - 2))
        summaries[i : i + 2] = [summaries[i].merge(summaries[i + 1])]
    assert summaries[0] == part(0, N_PATIENTS)


def test_merged_takes_any_number(part):
    parts = [part(0, 5), part(5, 20), part(20, N_PATIENTS)]
    assert Summary.merged(2, parts) == part(0, N_PATIENTS)
    assert Summary.merged(2, []) == Summary.empty(2)


def test_chunks_counted_one_after_another_equal_their_summaries_merged(fabricate):
    """Recruited later and later, so that what was counted before has to grow."""
    chunks = [fabricate(5, recruitment_days=days, seed=days) for days in (1, 900, 300)]
    merged = Summary.merged(2, map(Summary.of_chunk, chunks))
    assert Summary.of_chunks(2, iter(chunks)) == merged
    assert Summary.of_chunks(2, []) == Summary.empty(2)
    assert any(len(merged[m.name]) > len(Summary.empty(2)[m.name]) for m in MEASURES)


def test_the_empty_summary_changes_nothing(part):
    whole, empty = part(0, N_PATIENTS), Summary.empty(2)
    assert whole.merge(empty) == whole == empty.merge(whole)
    assert empty.n_patients == empty.n_eyes == empty.n_visits == empty.n_injections == 0


def test_merging_leaves_both_as_they_were(part):
    one, other = part(0, 5), part(5, 20)
    before = [{name: array.copy() for name, array in s.arrays.items()} for s in (one, other)]
    one.merge(other)
    for summary, arrays in zip((one, other), before, strict=True):
        assert summary == Summary(2, arrays)


def test_summaries_differ_when_a_patient_does(part):
    assert part(0, 5) != part(0, 6)
    assert part(0, 5) != part(1, 6)
    assert part(0, 5) != "a summary"


def test_runs_of_different_length_do_not_merge():
    with pytest.raises(InvalidInputError, match="2 and 3 years cannot be merged"):
        Summary.empty(2).merge(Summary.empty(3))


@pytest.mark.parametrize("years", [0, 41])
def test_a_summary_is_of_a_possible_run(years):
    with pytest.raises(InvalidInputError, match=f"{years} years cannot be"):
        Summary.empty(years)


@pytest.mark.parametrize("first", [0, 5])
def test_stored_arrays_give_the_same_summary(part, first):
    summary = part(first, 20)
    file = io.BytesIO()
    np.savez(file, **summary.to_arrays())
    file.seek(0)
    with np.load(file, allow_pickle=False) as stored:
        assert Summary.from_arrays(dict(stored)) == summary
        file.seek(0)
    with np.load(file, allow_pickle=False) as stored:
        assert Summary.from_arrays(stored) == summary


def test_arrays_that_are_not_a_summary_are_refused(part):
    arrays = part(0, 5).to_arrays()
    wrong = {
        f"not of format {SUMMARY_FORMAT}": {"about": np.array([SUMMARY_FORMAT + 1, 2])},
        "41 years": {"about": np.array([SUMMARY_FORMAT, 41])},
        "status is float64": {"status": arrays["status"].astype(float)},
        "alive has 26 rows, not 27": {"alive": arrays["alive"][:-1]},
        r"flow is int64 \(2, 7, 6\)": {"flow": arrays["flow"][..., :-1]},
        "visits_per_day has 7 rows, not 729": {"visits_per_day": arrays["visits_per_day"][:7]},
    }
    for message, change in wrong.items():
        with pytest.raises(CorruptRunError, match=message):
            Summary.from_arrays(arrays | change)
    del arrays["flow"]
    with pytest.raises(CorruptRunError, match="flow is missing"):
        Summary.from_arrays(arrays)
    with pytest.raises(CorruptRunError, match="not of format"):
        Summary.from_arrays({})


def test_the_size_does_not_depend_on_the_number_of_patients(fabricate):
    sizes = {n: Summary.of_chunk(fabricate(n, 5)).n_bytes for n in (1, 10, 300)}
    assert set(sizes.values()) == {Summary.empty(5).n_bytes}
    assert Summary.empty(5).n_bytes < 1_250_000
    assert Summary.empty(40).n_bytes < 9_900_000
    two_eyes = {n: Summary.of_chunk(fabricate(n, 5, two_eyes=True)).n_bytes for n in (10, 300)}
    assert len(set(two_eyes.values())) == 1
    assert two_eyes[10] < 1_800_000


def test_measures_are_named_once():
    names = [measure.name for measure in MEASURES]
    assert len(set(names)) == len(names)


def test_sums_of_the_largest_run_stay_whole(part):
    """Merging ten million patients' worth keeps int64, and exact means."""
    once = part(0, N_PATIENTS)
    doubled = reduce(lambda summary, _: summary.merge(summary), range(19), once)
    assert doubled.n_patients == N_PATIENTS * 2**19
    for name, array in doubled.arrays.items():
        np.testing.assert_array_equal(np.sign(array), np.sign(once[name]), err_msg=name)


def test_a_page_needs_only_numpy_to_read_a_summary():
    code = (
        "import sys; import ape_core.summaries;"
        "print([m for m in ('numba', 'pyarrow', 'pandas', 'yaml') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
