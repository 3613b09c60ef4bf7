"""A chunk is a pure function of spec and range, and luck does not depend on the protocol."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ape_core.simulation.kernel import run_patients
from ape_core.simulation.simulate import simulate
from ape_core.spec.cohort import Cohort
from ape_core.spec.people import Recruitment
from ape_core.spec.protocol_yaml import list_protocols, load_protocol
from ape_core.spec.run_spec import RunSpec
from tests.simulation.strategies import specs

N_PATIENTS = 1200
PROTOCOLS = [info.name for info in list_protocols()]


def spec_of(name="aflibercept-2mg-treat-and-extend", seed=1, years=3):
    recruitment = Recruitment("rate", patients_per_week=40)
    cohort = Cohort(N_PATIENTS, two_eyes=True, recruitment=recruitment)
    return RunSpec(load_protocol(name), cohort, years, seed)


@pytest.fixture(scope="module")
def whole():
    return simulate(spec_of(), 0, N_PATIENTS)


def columns(chunk):
    """All that a chunk holds, by table and column."""
    tables = {"visits": chunk.visits, "patients": chunk.patients}
    named = {(table, name): a for table, own in tables.items() for name, a in own.items()}
    return {**named, ("assessments", ""): chunk.assessments}


def joined(chunks):
    parts = [columns(chunk) for chunk in chunks]
    return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}


def assert_same(some, others):
    assert some.keys() == others.keys()
    for key, array in some.items():
        np.testing.assert_array_equal(array, others[key], err_msg=str(key), strict=True)


@settings(max_examples=25)
@given(st.sets(st.integers(1, N_PATIENTS - 1), max_size=8))
def test_any_partition_gives_the_same_rows(whole, cuts):
    edges = [0, *sorted(cuts), N_PATIENTS]
    chunks = [simulate(spec_of(), a, b) for a, b in pairwise(edges)]
    assert_same(joined(chunks), columns(whole))


@settings(max_examples=25)
@given(st.tuples(*[st.integers(0, N_PATIENTS)] * 2).filter(lambda pair: pair[0] < pair[1]))
def test_any_range_is_a_part_of_the_whole(whole, edges):
    first, stop = edges
    part = simulate(spec_of(), first, stop)
    for table in ("visits", "patients"):
        ids = getattr(whole, table)["patient_id"]
        kept = (ids >= first) & (ids < stop)
        for name, array in getattr(part, table).items():
            np.testing.assert_array_equal(array, getattr(whole, table)[name][kept])


def test_threads_at_the_same_time_give_the_same_rows(whole):
    edges = range(0, N_PATIENTS + 1, 100)
    ranges = list(pairwise(edges))
    with ThreadPoolExecutor(4) as pool:
        chunks = list(pool.map(lambda ends: simulate(spec_of(), *ends), ranges))
    assert_same(joined(chunks), columns(whole))


@pytest.mark.parametrize("name", PROTOCOLS)
def test_every_shipped_protocol_follows_the_schema(name):
    chunk = simulate(spec_of(name), 0, 500)
    chunk.validate()
    assert chunk.n_eyes >= 500


def test_another_seed_gives_other_rows(whole):
    other = simulate(spec_of(seed=2), 0, N_PATIENTS)
    assert other.n_visits != whole.n_visits
    letters = [chunk.patients["baseline_letters"][:900] for chunk in (whole, other)]
    assert np.mean(letters[0] == letters[1]) < 0.1


def test_high_bits_of_the_seed_count(whole):
    other = simulate(spec_of(seed=1 + 2**32), 0, N_PATIENTS)
    assert other.n_visits != whole.n_visits


@pytest.mark.parametrize("name", PROTOCOLS)
def test_the_same_patients_under_another_protocol(whole, name):
    """What a protocol cannot change is the same, so that protocols share their luck."""
    other = simulate(spec_of(name), 0, N_PATIENTS)
    for eye in (0, 1):
        own, others = whole.patients["eye"] == eye, other.patients["eye"] == eye
        for column in (
            "patient_id",
            "age_years",
            "sex",
            "baseline_letters",
            "first_day",
            "onset_day",
            "death_day",
        ):
            np.testing.assert_array_equal(
                whole.patients[column][own], other.patients[column][others], err_msg=column
            )


def test_the_same_eye_differs_only_from_the_first_difference_of_treatment():
    """Until the first visit at which fixed and treat-and-extend differ, every row is the same."""
    fixed, extend = (
        simulate(spec_of(f"aflibercept-2mg-{name}"), 0, 300)
        for name in ("fixed-8-weekly", "treat-and-extend")
    )
    # Both load at weeks 0, 4 and 8 and plan week 16 next: nothing differs before week 16.
    np.testing.assert_array_equal(fixed.assessments[:, :5], extend.assessments[:, :5])
    assert np.any(fixed.assessments[:, 5:] != extend.assessments[:, 5:])
    rows = [(c.visits["day"] < 112) & (c.visits["eye"] == 0) for c in (fixed, extend)]
    for column in ("day", "letters", "fluid", "injected"):
        np.testing.assert_array_equal(fixed.visits[column][rows[0]], extend.visits[column][rows[1]])


@settings(max_examples=30)
@given(specs())
def test_one_compiled_kernel_serves_every_spec(spec):
    """Another signature would compile again, while the user waits, to other arithmetic."""
    simulate(spec, 0, 2)
    assert len(run_patients.signatures) == 1
