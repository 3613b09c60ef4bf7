"""Summaries to draw, a store for each test, and a count of the widgets that are alive."""

from __future__ import annotations

import json
import shutil
import time

import comm
import pytest
from ipywidgets.widgets.widget import _instances

from ape_core.runs import open_run
from ape_core.summaries import Summary
from support.chunks import fabricate
from support.patience import PATIENCE
from widgets.session import Session


@pytest.fixture(scope="session")
def summary():
    return Summary.of_chunk(fabricate(400, years=3))


@pytest.fixture(scope="session")
def larger_summary():
    return Summary.of_chunk(fabricate(4_000, years=3, seed=2))


@pytest.fixture
def store(tmp_path):
    return tmp_path / "store"


@pytest.fixture(scope="session")
def first_answer(tmp_path_factory):
    """A store in which the first question has been answered."""
    folder = tmp_path_factory.mktemp("answered") / "store"
    session = Session(folder)
    session.arrive()
    run = open_run(session.run_id, folder)
    assert run.wait(PATIENCE) == "complete"
    while run.folder.is_locked():
        time.sleep(0.05)
    return folder


@pytest.fixture
def answered_store(first_answer, store):
    """A copy of that store, to change at will."""
    shutil.copytree(first_answer, store)
    return store


@pytest.fixture
def session(store):
    session = Session(store)
    yield session
    session.cancel()
    session.close()


@pytest.fixture
def count_widgets():
    return lambda: len(_instances)


@pytest.fixture(scope="session")
def until():
    """Refresh something until a condition holds."""

    def wait(condition, refresh, seconds=PATIENCE):
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "it did not happen in time"
            time.sleep(0.1)
            refresh()

    return wait


@pytest.fixture
def sent(monkeypatch):
    """Sizes of the messages that widgets send to the browser."""
    sizes = []

    class Counting(comm.DummyComm):
        def publish_msg(self, msg_type, data=None, metadata=None, buffers=None, **keys):
            words = json.dumps([msg_type, data, metadata, keys], default=str)
            sizes.append(len(words) + sum(memoryview(part).nbytes for part in buffers or []))

    monkeypatch.setattr(comm, "create_comm", Counting)
    return sizes
