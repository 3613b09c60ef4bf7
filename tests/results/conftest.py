"""One fabricated run, read by both tiers."""

from __future__ import annotations

import pytest

from ape_core.results import InMemoryResults, ParquetResults
from ape_core.storage import arrow
from ape_core.storage.store import Store
from support.chunks import cut_all, fabricate
from support.runs import commit_all, small_spec

N_PATIENTS, YEARS, CHUNK_SIZE = 700, 2, 250


class Figures:
    """Stands for a summary."""

    def statistics(self):
        return {"n_patients": N_PATIENTS}


@pytest.fixture(scope="session")
def summary():
    return Figures()


@pytest.fixture(scope="session")
def whole():
    return fabricate(N_PATIENTS, YEARS)


@pytest.fixture(scope="session")
def run(tmp_path_factory, whole):
    """A complete run with several row groups in each part."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arrow, "ROW_GROUP_PATIENTS", {"visits": 100, "patients": 150})
        store = Store(tmp_path_factory.mktemp("results"))
        run = store.create(small_spec(N_PATIENTS, YEARS), CHUNK_SIZE)
        commit_all(run, cut_all(whole, CHUNK_SIZE))
    return run


@pytest.fixture(params=["memory", "memory from chunks", "parquet"])
def results(request, run, whole, summary):
    """The same run by each way of reading it."""
    if request.param == "memory":
        return InMemoryResults(N_PATIENTS, run, summary)
    if request.param == "parquet":
        return ParquetResults(N_PATIENTS, run, summary)
    return InMemoryResults.from_chunks(cut_all(whole, CHUNK_SIZE), summary)
