"""What tests of runs share."""

from __future__ import annotations

import pytest

from ape_core.runs.starting import list_runs
from ape_core.storage.store import Store
from support.workers import kill_workers


@pytest.fixture
def store(tmp_path):
    """A store of its own, whose workers do not outlive the test."""
    store = Store(tmp_path / "store")
    yield store
    for run in list_runs(store):
        kill_workers(run)
