"""Counting by compiled loops against NumPy on tables of eyes by weeks, and index by index."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ape_core.schema import END_REASONS, PHASES
from ape_core.simulation.simulate import simulate
from ape_core.spec.capacity import Capacity
from ape_core.spec.cohort import Cohort, Recruitment
from ape_core.spec.run_spec import RunSpec
from ape_core.summaries import Summary
from ape_core.summaries.definitions import GROUPS
from ape_core.summaries.tally import Tally
from tests.summaries.counted_by_index import sums_of

MONITORING = PHASES.index("monitoring")


@pytest.fixture(scope="module")
def simulated(stopping_often):
    """A chunk of either kind: eyes seen at once, or clinics in which some are never seen."""

    def made(first, stop, *, slots):
        cohort = Cohort(n_patients=400, two_eyes=True, recruitment=Recruitment("uniform", days=90))
        capacity = Capacity(100, 2, open_days=2) if slots else None
        protocol = stopping_often("aflibercept-2mg-treat-and-extend")
        return simulate(RunSpec(protocol, cohort, years=3, seed=7, capacity=capacity), first, stop)

    return made


@settings(max_examples=12, deadline=None)
@given(data=st.data(), slots=st.booleans())
def test_the_loops_count_what_numpy_counts(simulated, data, slots):
    first = data.draw(st.integers(0, 300))
    chunk = simulated(first, data.draw(st.integers(first + 1, first + 100)), slots=slots)
    summary = Summary.of_chunk(chunk)
    for name, counts in plain_counts(chunk).items():
        np.testing.assert_array_equal(summary[name], counts, err_msg=name)


@settings(max_examples=12, deadline=None)
@given(data=st.data(), slots=st.booleans())
def test_any_cut_in_any_order_counts_the_same(simulated, data, slots):
    """Also where a part has no patient with two eyes, or none who was seen."""
    chunk = simulated(100, 180, slots=slots)
    cuts = data.draw(st.sets(st.integers(101, 179), max_size=8))
    edges = [100, *sorted(cuts), 180]
    tally = Tally(chunk.years)
    for part in data.draw(st.permutations(range(len(edges) - 1))):
        tally.add(chunk.cut(edges[part], edges[part + 1]))
    assert Summary(chunk.years, tally.arrays) == Summary.of_chunk(chunk)


def test_some_eyes_of_the_clinics_are_never_seen(simulated):
    n_visits = simulated(0, 400, slots=True).patients["n_visits"]
    assert (n_visits == 0).any()
    assert (n_visits > 5).any()


def test_no_index_is_beyond_its_table():
    """The loops run by the interpreter, which raises, where compiled code would write elsewhere."""
    env = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.summaries.counted_by_index"],
        capture_output=True, text=True, env=env, cwd=Path(__file__).parents[2], check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["control"] == "IndexError"
    assert found["sums"] == sums_of(two_eyes=True)


def plain_counts(chunk):
    """Measures by week, from tables of first eyes by weeks."""
    patients = {name: c[chunk.patients["eye"] == 0] for name, c in chunk.patients.items()}
    visits = {name: c[chunk.visits["eye"] == 0] for name, c in chunk.visits.items()}
    assessed = chunk.assessments[chunk.patients["eye"] == 0].astype(int)
    day = 28 * np.arange(assessed.shape[1])
    n_visits = patients["n_visits"].astype(int)
    begin = np.cumsum(n_visits) - n_visits
    after = np.stack(
        [_by(visits["day"][b : b + n], day) for b, n in zip(begin, n_visits, strict=True)]
    )
    seen, last = after > 0, np.maximum(begin[:, None] + after - 1, 0)
    status = _status(patients, visits, day, begin, after)
    inside, baseline = status < 2, patients["baseline_letters"].astype(int)[:, None]
    letters = np.where(seen, visits["letters"].astype(int)[last], baseline)
    weeks = np.where(seen, np.minimum((visits["interval_days"][last] + 3) // 7, 60), 0)
    given = np.stack(
        [
            np.concatenate([[0], np.cumsum(visits["injected"][b : b + n])])[
                np.searchsorted(visits["day"][b : b + n], day)
            ]
            for b, n in zip(begin, n_visits, strict=True)
        ]
    )
    until = np.maximum(inside.sum(axis=1) - 1, 0)
    carried = np.where(inside, assessed, assessed[np.arange(len(assessed)), until][:, None])
    return {
        "status": _histogram(status, status >= 0, 7),
        "in_care_letters": _histogram(letters, inside, 101),
        "in_care_change": _histogram(letters - baseline + 100, inside, 201),
        "planned_intervals": _histogram(weeks, status == 0, 61),
        "last_scans": _histogram(visits["fluid"][last], inside & seen, 2),
        "assessed_letters": _histogram(assessed, assessed >= 0, 101),
        "carried_letters": _histogram(carried, carried >= 0, 101),
        "cumulative_injections": _powers(given, inside),
        "injections_of_all": _powers(given, inside | True),
        "group_patients": np.bincount(patients["patient_id"] % GROUPS, minlength=GROUPS),
    }


def _by(days, day):
    """How many visits were made by each day, that day included."""
    return np.searchsorted(days, day, side="right")


def _status(patients, visits, day, begin, after):
    """Status of first eyes, `[n_eyes, n_points]`: their reasons to leave come after the first two.

    An eye that is stopped and not seen again until the end is monitored after the next visit in the
    phase of monitoring, and after its last one unless that resumed treatment.
    """
    reason, n_visits = patients["end_reason"].astype(int), patients["n_visits"].astype(int)
    died = reason == END_REASONS.index("died")
    # One more row, for what stands beyond the last visit of all.
    phase = np.append(visits["phase"], 0)
    last = np.maximum(begin + n_visits - 1, 0)
    paused = (reason == 1) & (n_visits > 0) & (visits["interval_days"][last] > 0)
    end = np.where((reason == 0) | paused, day[-1] + 1, patients["end_day"])[:, None]
    gone = np.where(died[:, None], end <= day, end < day)
    more = after < n_visits[:, None]
    stays = paused | ((phase[last] == MONITORING) & ~visits["injected"][last])
    watched = np.where(more, phase[begin[:, None] + after] == MONITORING, stays[:, None])
    watched &= (after > 0) & (phase[begin] != MONITORING)[:, None]
    return np.where(gone, reason[:, None] + 1, watched.astype(int))


def _histogram(codes, counted, n_codes):
    """Of each column of a table, where it is to be counted."""
    columns = zip(codes.T, counted.T, strict=True)
    return np.stack([np.bincount(c[k], minlength=n_codes) for c, k in columns])


def _powers(numbers, counted):
    """Sums of each column of a table to the power of 0, 1 and 2."""
    return np.stack([(numbers**power * counted).sum(axis=0) for power in range(3)], axis=1)
