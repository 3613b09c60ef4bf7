"""A small fabricated run, in memory and in a store."""

from __future__ import annotations

import numpy as np
import pytest

from ape_core.storage.store import Store
from support.chunks import cut_all, fabricate
from support.runs import commit_all, small_spec

N_PATIENTS, YEARS, CHUNK_SIZE = 700, 2, 250


@pytest.fixture(scope="session")
def whole():
    return fabricate(N_PATIENTS, YEARS)


@pytest.fixture(scope="session")
def chunks(whole):
    return list(cut_all(whole, CHUNK_SIZE))


@pytest.fixture(scope="session")
def spec():
    return small_spec(N_PATIENTS, YEARS)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


@pytest.fixture
def new_run(store, spec):
    """A run of which nothing is simulated."""
    return store.create(spec, CHUNK_SIZE)


@pytest.fixture
def run(new_run, chunks):
    """A complete run."""
    commit_all(new_run, chunks)
    return new_run


@pytest.fixture
def counts():
    """What a summary looks like to the storage: named arrays."""
    return {"n_visits": np.arange(7), "letters": np.ones((3, 4), dtype=np.int64)}
