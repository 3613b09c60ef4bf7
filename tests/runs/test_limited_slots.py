"""Runs with limited slots: killed and resumed, in any chunks and on any threads, the same rows."""

from __future__ import annotations

import numpy as np
import pytest

from ape_core.limits import CHUNK_SIZE, MAX_CLINIC_PATIENTS
from ape_core.runs.estimating import estimate
from ape_core.runs.sizes import chunk_size_of, slice_stop
from ape_core.runs.starting import ask, run, submit
from ape_core.simulation.simulate import simulate
from ape_core.spec.capacity import Capacity
from ape_core.spec.people import Recruitment
from ape_core.storage.digest import digest, digest_chunks
from ape_core.summaries import slip_lengths, slips_per_day, slips_per_week
from ape_core.summaries.summary import Summary
from support.runs import small_spec
from support.workers import is_simulating, kill_workers, until

SPEC = small_spec(2_500, years=3).replace(
    two_eyes=True,
    recruitment=Recruitment("rate", patients_per_week=30.0),
    capacity=Capacity(400, 8, 5),
)


@pytest.fixture(scope="module")
def whole():
    return simulate(SPEC, 0, SPEC.cohort.n_patients)


@pytest.mark.parametrize(("chunk_size", "workers"), [(None, 2), (700, 2), (150, 1)])
def test_chunks_and_threads_change_nothing(store, whole, chunk_size, workers):
    results = run(SPEC, store, workers, chunk_size, progress=False)
    answered = ask(SPEC, store)
    assert digest(answered.folder) == digest_chunks([whole])
    assert results.summary == Summary.of_chunk(whole)
    assert answered.verify() == []


def test_killed_and_resumed_is_the_same(store):
    """Parts much smaller than a clinic: it is killed within one, and slow enough to be caught."""
    spec = small_spec(24_000, years=2, seed=5).replace(capacity=Capacity(3_000, 60))
    found = submit(spec, store, workers=1, chunk_size=500)
    until(lambda: is_simulating(found) and found.progress().patients_committed > 0)
    kill_workers(found)
    assert found.status == "interrupted"
    assert 0 < found.summary().n_patients < 24_000
    found = submit(spec, store)
    assert found.wait(120) == "complete"
    assert found.verify() == []
    chunks = (simulate(spec, first, first + 6_000) for first in range(0, 24_000, 6_000))
    assert found.digest() == digest_chunks(chunks)


def test_views_count_what_slipped(whole):
    summary, slip = Summary.of_chunk(whole), whole.waits.slip_days
    days, weeks, lengths = slips_per_day(summary), slips_per_week(summary), slip_lengths(summary)
    for slips in (days, weeks):
        assert slips.visits.sum() == lengths.visits.sum() == whole.n_visits
        assert slips.slipped.sum() == np.count_nonzero(slip) > 1_000
        assert slips.slip_days.sum() == slip.sum()
        assert slips.given_up.sum() == (whole.waits.waited_from < whole.waits.waited_to).sum() > 10
    in_vain = whole.waits.waited_to - whole.waits.waited_from
    assert days.waiting.sum() == slip.sum() + in_vain.sum()
    assert weeks.waiting[10] == days.waiting[76]
    assert weeks.mean_slip_days @ weeks.visits == pytest.approx(slip.sum())
    assert lengths.share_over(7) == pytest.approx(np.mean(slip > 7))


def test_an_ordinary_run_has_no_slips():
    spec = SPEC.replace(capacity=None, n_patients=50)
    summary = Summary.of_chunk(simulate(spec, 0, 50))
    assert not slips_per_week(summary).slip_days.any()
    assert slips_per_week(summary).visits.sum() == summary.n_visits
    assert slip_lengths(summary).share_over(0) == 0


def test_parts_and_slices_are_whole_clinics():
    def sizes(per_clinic):
        spec = SPEC.replace(patients_per_clinic=per_clinic)
        return chunk_size_of(spec), slice_stop(spec, per_clinic, 10**6, 2_500) / per_clinic

    assert sizes(400) == (4_800, 7)
    assert sizes(3_000) == (3_000, 2)
    assert sizes(MAX_CLINIC_PATIENTS) == (MAX_CLINIC_PATIENTS, 2)
    assert chunk_size_of(SPEC.replace(capacity=None)) == CHUNK_SIZE
    assert chunk_size_of(SPEC, 123) == 123
    assert slice_stop(SPEC, 0, 100, 2_500) == 100
    assert slice_stop(SPEC.replace(capacity=None), 100, 10**6, 2_500) == 2_600


def test_memory_depends_on_the_clinic_and_not_on_the_patients(store):
    def needed(n_patients, per_clinic):
        spec = SPEC.replace(n_patients=n_patients, recruitment=Recruitment())
        return estimate(spec.replace(patients_per_clinic=per_clinic), store, workers=1).memory_mb

    assert needed(20_000, 10_000) == needed(1_000_000, 10_000) > needed(1_000_000, 400)
