"""One module reads the wall clock, and nothing but what people are told depends on it."""

from __future__ import annotations

import ast
import os
import time
from datetime import UTC, datetime, timedelta

import pytest

from ape_core import clocks
from ape_core.runs.slots import Ticket, queued_runs
from ape_core.runs.starting import list_runs, open_run
from ape_core.storage.store import Store
from support.runs import small_spec
from widgets.runs_in_store import RunsInStore

PRODUCT = ("ape_core", "widgets", "notebooks", "binder")
THE_ONE = "ape_core/clocks.py"

# Each name tells, or asks the system for, the time of day.
OF_TIME = {
    "time",
    "time_ns",
    "localtime",
    "gmtime",
    "ctime",
    "asctime",
    "strftime",
    "clock_gettime",
}
OF_DATETIME = {"now", "utcnow", "today", "fromtimestamp", "utcfromtimestamp", "timestamp_ns"}
OF_FILES = {"st_mtime", "st_mtime_ns", "st_ctime", "st_ctime_ns", "st_atime", "st_atime_ns"}
OF_FILES |= {"getmtime", "getctime", "getatime", "utime"}

# Times of files, where they are not compared with one another as earlier and later.
TIMES_OF_FILES = {
    "ape_core/storage/run_folder.py": "told to people, where nothing else is noted",
    "ape_core/storage/last_use.py": "how long a run was idle, guarded against a clock that is set",
    "ape_core/storage/own_protocols.py": "whether a file was replaced: compared for being equal",
    "ape_core/runs/handle.py": "whether a file was replaced: compared for being equal",
    "ape_core/analysis/validation_store.py": "whether a file was replaced: part of a hash",
    "widgets/runs_in_store.py": "whether a file was replaced: compared for being equal",
}


def readings(code, allowed):
    """Everything in some code that reads the time of day, by name."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            yield from (f"time.{alias.name}" for alias in node.names if alias.name in OF_TIME)
        if not isinstance(node, ast.Attribute):
            continue
        of = node.value.id if isinstance(node.value, ast.Name) else ""
        if of == "time" and node.attr in OF_TIME:
            yield f"time.{node.attr}"
        if of in {"datetime", "date", "Timestamp"} and node.attr in OF_DATETIME:
            yield f"{of}.{node.attr}"
        if not allowed and node.attr in OF_FILES:
            yield node.attr


@pytest.fixture(scope="module")
def modules(root, tracked):
    """Every module of the product, as text."""
    return {
        str(path): (root / path).read_text(encoding="utf-8")
        for path in tracked
        if path.parts[0] in PRODUCT and path.suffix == ".py"
    }


def test_one_module_reads_the_wall_clock(modules):
    found = {
        name: sorted(set(readings(code, name in TIMES_OF_FILES)))
        for name, code in modules.items()
        if name != THE_ONE
    }
    assert {name: what for name, what in found.items() if what} == {}
    assert set(readings(modules[THE_ONE], allowed=False)) >= {"datetime.now"}


def test_every_exception_is_one(modules):
    assert [
        name for name in TIMES_OF_FILES if not set(readings(modules.get(name, ""), allowed=False))
    ] == []


def test_the_check_sees_what_reads_the_clock():
    for code in (
        "import time\ntime.time()",
        "from time import time_ns",
        "from datetime import datetime\ndatetime.now()",
        "path.stat().st_mtime",
    ):
        assert list(readings(code, allowed=False))
    assert not list(readings("import time\ntime.monotonic()", allowed=False))


@pytest.fixture
def clock(monkeypatch):
    """A wall clock that the test sets."""
    now = [datetime(2026, 11, 23, 12, tzinfo=UTC)]
    monkeypatch.setattr("ape_core.storage.run_folder.utc_now", lambda: now[0])
    return now


def test_runs_are_in_the_order_in_which_they_were_created(tmp_path, clock):
    """The clock goes back by a day after each; times of files are not believed either."""
    store = Store(tmp_path / "store")
    created = []
    for seed in (5, 3, 8):
        folder = store.create(small_spec(20, 1, seed=seed))
        created.append(folder.run_id)
        os.utime(folder.path / "spec.json", (seed * 10**8, seed * 10**8))
        clock[0] -= timedelta(days=1)
    newest_first = created[::-1]
    assert [run.run_id for run in list_runs(store)] == newest_first
    assert open_run("latest", store).run_id == newest_first[0]
    assert [run.run_id for run in RunsInStore(store).read()] == newest_first
    dates = [run.folder.created() for run in list_runs(store)]
    assert dates == sorted(dates), "what people are told is what the clock said"
    store.delete(created[1])
    again = store.create(small_spec(20, 1, seed=3))
    assert [run.run_id for run in list_runs(store)] == [again.run_id, created[2], created[0]]


def test_a_run_that_was_not_numbered_is_older_than_those_that_were(tmp_path, clock):
    store = Store(tmp_path / "store")
    folders = [store.create(small_spec(20, 1, seed=seed)) for seed in (1, 2, 3)]
    (folders[1].path / "created.json").unlink()
    (folders[2].path / "created.json").write_text('{"number": "first", "at": 7}')
    for folder, day in ((folders[1], 2), (folders[2], 1)):
        os.utime(folder.path / "spec.json", (day * 86_400, day * 86_400))
    expected = [folders[0].run_id, folders[1].run_id, folders[2].run_id]
    assert [run.run_id for run in list_runs(store)] == expected


def test_the_queue_is_in_the_order_in_which_runs_asked(tmp_path):
    names = [f"{number:064x}" for number in (7, 3, 5)]
    tickets = [Ticket.take(tmp_path, name) for name in names]
    try:
        for age, ticket in enumerate(sorted((tmp_path / "queue").glob("*.ticket"))):
            os.utime(ticket, (10**9 - age * 86_400, 10**9 - age * 86_400))
        assert queued_runs(tmp_path) == names
        assert [ticket.place() for ticket in tickets] == [1, 2, 3]
    finally:
        for ticket in tickets:
            ticket.close()


def test_instants_are_utc_and_shown_where_the_reader_is(monkeypatch):
    then = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    assert clocks.utc_text(then) == "2026-07-01T22:30:00Z"
    assert clocks.parse_utc(clocks.utc_text(then)) == then
    assert clocks.instant(then.timestamp()) == then
    assert clocks.utc_now().tzinfo is UTC
    try:
        for zone, shown in (("Asia/Tokyo", "2026-07-02 07:30"), ("UTC", "2026-07-01 22:30")):
            monkeypatch.setenv("TZ", zone)
            time.tzset()
            assert clocks.local_text(then) == shown
    finally:
        monkeypatch.undo()
        time.tzset()
