"""What nobody uses is archived, what is too much is reported, and nothing else ever happens."""

from __future__ import annotations

import json
import os
import signal

import numpy as np
import psutil
import pytest

from ape_core import limits
from ape_core.errors import CorruptRunError, InvalidInputError
from ape_core.runs import tidying
from ape_core.runs.handle import Run
from ape_core.runs.slots import n_running, wait_for_slot
from ape_core.runs.starting import ask, open_run, submit
from ape_core.runs.tidying import tidy
from ape_core.runs.tiering import change_going_on, change_tier, start_tier_change
from ape_core.storage import last_use
from ape_core.storage.digest import digest
from ape_core.storage.names import write_names
from ape_core.storage.parts import write_part
from ape_core.storage.tiers import COLD, WARM, tier_of
from ape_core.storage.verify import verify
from support.chunks import cut_all, fabricate
from support.patience import PATIENCE
from support.runs import commit_all, small_spec
from support.workers import kill_workers, suspend_at, until

N = 300
WHOLE = fabricate(N, 1)


def make(store, seed, days=0.0, complete=True, size=150):
    """A complete made-up run that nobody has used for so many days."""
    run = store.create(small_spec(N, 1, seed), size)
    chunks = list(cut_all(WHOLE, size))
    commit_all(run, chunks if complete else chunks[:1])
    used(run, days)
    return run


def used(run, days):
    now = last_use.now().seconds
    stamp = {"seconds": now - days * 86_400, "boot": "another start", "uptime": 0.0}
    (run.path / "used.json").write_text(json.dumps(stamp))


def content(store):
    return {str(path): path.read_bytes() for path in store.path.rglob("*") if path.is_file()}


def short_of_room(monkeypatch, store, share):
    """Set the quota to a share of what the runs take."""
    size = sum(tidying.disk_bytes(run) for run in store.list())
    monkeypatch.setattr(limits, "STORE_QUOTA_GB", share * size / 1e9)


def tiers(*runs):
    return [tier_of(run.checkpoint()) for run in runs]


def test_what_nobody_used_for_long_is_archived(store):
    old, young = make(store, 1, days=31), make(store, 2, days=29)
    rows = digest(old)
    done = tidy(store)
    assert done.archived == [old.run_id]
    assert tiers(old, young) == [COLD, WARM]
    assert digest(old) == rows
    assert done.bytes_after < done.bytes_before
    assert (done.deleted, done.could_go, done.refused) == ([], [], {})
    assert tidy(store).archived == []


def test_over_the_quota_the_oldest_go_first(store, monkeypatch):
    runs = [make(store, seed, days) for seed, days in ((1, 3), (2, 9), (3, 6))]
    short_of_room(monkeypatch, store, 0.97)
    done = tidy(store)
    assert done.archived[0] == runs[1].run_id
    assert len(done.archived) < 3
    assert tier_of(runs[0].checkpoint()) == WARM
    assert not done.over_quota


def test_a_dry_run_changes_nothing(store, monkeypatch):
    old = make(store, 1, days=400)
    make(store, 2)
    short_of_room(monkeypatch, store, 0.01)
    before = content(store)
    done = tidy(store, dry_run=True, delete=True)
    assert content(store) == before
    assert old.run_id in done.archived
    assert (done.deleted, done.could_go) == ([], [old.run_id])


def test_nothing_is_deleted_unless_that_is_asked_for(store, monkeypatch):
    old = make(store, 1, days=400)
    short_of_room(monkeypatch, store, 0.01)
    done = tidy(store)
    assert done.over_quota
    assert (done.deleted, done.could_go) == ([], [old.run_id])
    assert tiers(old) == [COLD]
    assert tidy(store, delete=True).deleted == [old.run_id]
    assert store.list() == []


def test_within_the_quota_nothing_is_deleted(store):
    old = make(store, 1, days=400)
    assert tidy(store, delete=True).deleted == []
    assert tiers(old) == [COLD]


def test_what_a_person_cares_for_or_used_lately_is_not_deleted(store, monkeypatch):
    named, noted, unreadable = (make(store, seed, days=400) for seed in (1, 2, 3))
    write_names(named, name="Base case")
    write_names(noted, note="for Monday")
    (unreadable.path / "names.json").write_text("?")
    young = make(store, 4, days=29)
    short_of_room(monkeypatch, store, 0.01)
    done = tidy(store, delete=True)
    assert (done.deleted, done.could_go) == ([], [])
    assert tiers(named, noted, unreadable, young) == [COLD] * 4


def test_what_is_in_use_incomplete_or_damaged_is_left_alone(store, monkeypatch):
    busy, half, damaged = (
        make(store, 1, 400),
        make(store, 2, 400, complete=False),
        make(store, 3, 400),
    )
    part = damaged.path / "visits" / "part-000001.parquet"
    part.write_bytes(part.read_bytes()[:-1])
    short_of_room(monkeypatch, store, 0.01)
    with busy.acquire():
        before = {run.run_id: content_of(run) for run in (busy, half, damaged)}
        done = tidy(store, delete=True)
        assert {run.run_id: content_of(run) for run in (busy, half, damaged)} == before
    assert (done.archived, done.deleted) == ([], [])
    assert "is in use and cannot be archived" in done.refused[busy.run_id]
    assert "does not verify" in done.refused[damaged.run_id]


def content_of(run):
    return {p.name: p.read_bytes() for p in run.path.rglob("*.parquet")} | {
        "checkpoint": (run.path / "checkpoint.json").read_bytes()
    }


@pytest.mark.parametrize("moved", [-400, 400])
def test_a_clock_that_was_moved_deletes_nothing(store, monkeypatch, moved):
    run, other = make(store, 1, days=5), make(store, 2)
    last_use.mark_used(other)  # made with the right clock, since the machine was started
    real = last_use.now()
    wrong = last_use.Instant(real.seconds + moved * 86_400, real.boot, real.uptime)
    monkeypatch.setattr(last_use, "now", lambda: wrong)
    short_of_room(monkeypatch, store, 0.01)
    done = tidy(store, delete=True)
    assert (done.deleted, done.could_go) == ([], [])
    assert len(store.list()) == 2
    assert verify(run) == []


def test_what_killed_processes_left_is_removed(store):
    run = make(store, 1)
    stray = run.path / "visits" / "part-000002.cold.parquet"
    stray.write_bytes(b"half")
    done = tidy(store)
    assert done.removed == [f"runs/{run.run_id}/visits/part-000002.cold.parquet"]
    assert not stray.exists()


def test_a_full_store_makes_room_before_a_new_run_starts(store, monkeypatch):
    old = submit(small_spec(2_000, years=1, seed=1), store)
    assert old.wait(PATIENCE) == "complete"
    rows = old.digest()
    monkeypatch.setenv("APE_STORE_QUOTA_GB", "0.001")
    new = submit(small_spec(100_000, years=1, seed=2), store)
    assert new.wait(PATIENCE) == "complete"
    assert (old.tier, old.digest()) == (COLD, rows)
    assert new.tier == WARM
    assert open_run(old.run_id, store).results().get_patient(1_999)


def test_a_running_run_is_neither_archived_nor_deleted(store):
    run = submit(small_spec(20_000, years=2), store, workers=1, chunk_size=500)
    try:
        suspend_at(run, 0)
        assert run.tier == "hot"
        with pytest.raises(InvalidInputError, match="is running and cannot be archived"):
            run.archive()
        with pytest.raises(InvalidInputError, match="is running and cannot be deleted"):
            store.delete(run.run_id)
        assert tidy(store).archived == []
    finally:
        kill_workers(run)
    assert run.tier == WARM
    with pytest.raises(InvalidInputError, match="is not complete"):
        run.archive()


@pytest.fixture
def long(store):
    """A run whose archiving takes long enough to be disturbed."""
    run = store.create(small_spec(N, 1, 9), 8)
    records = [write_part(run.path, chunk.first // 8, chunk) for chunk in cut_all(WHOLE, 8)]
    run.committed.save_progress(records, {"n": np.array([1])})
    return Run(run)


def tier_workers(run):
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if "ape_core.runs.tier_worker" in (process.info["cmdline"] or [])
        and str(run.folder.path) in process.info["cmdline"]
    ]


def has_begun(run, tier):
    """Whether the first part is written in the other tier."""
    first = run.folder.path / "visits" / "part-000000.parquet"
    return (first.with_suffix(".cold.parquet") if tier == COLD else first).exists()


@pytest.mark.parametrize("tier", [COLD, WARM])
def test_a_process_that_is_killed_is_gone_on_with(store, long, tier):
    rows = long.digest()
    if tier == WARM:
        long.archive()
    start_tier_change(long, tier)
    until(lambda: has_begun(long, tier))
    assert change_going_on(long.folder) is not None
    with pytest.raises(InvalidInputError, match="is in use and cannot be deleted"):
        store.delete(long.run_id)
    for process in tier_workers(long):
        os.kill(process.pid, signal.SIGKILL)
    until(lambda: not long.folder.is_locked())
    assert change_going_on(long.folder) is None
    assert verify(long.folder) == []
    assert long.digest() == rows
    start_tier_change(long, tier)
    until(lambda: not long.folder.is_locked())
    assert (long.tier, long.digest(), long.folder.read_error()) == (tier, rows, None)
    assert long.folder.stray_files() == []
    assert n_running(store.path) == 0


def test_it_can_be_stopped(long):
    start_tier_change(long, COLD)
    until(lambda: has_begun(long, COLD))
    assert long.status == "complete"
    long.cancel()
    until(lambda: not long.folder.is_locked())
    assert long.folder.read_error() is None
    assert not long.folder.cancel_requested()
    assert verify(long.folder) == []
    assert long.tier == WARM


def test_it_waits_for_a_slot_and_says_so(store, long, monkeypatch):
    monkeypatch.setattr(limits, "MAX_CONCURRENT_SIMULATIONS", 1)
    told = []

    def observe(progress):
        told.append((progress.phase, progress.queue_place))
        if len(told) == 1:
            slot.close()

    slot = wait_for_slot(store.path, "somebody", 0.0, lambda _: False)
    assert change_tier(long, COLD, observe).tier == COLD
    assert told[0] == ("waiting to archive", 1)


def test_why_it_could_not_be_archived_is_left_in_the_run(long):
    part = long.folder.path / "visits" / "part-000001.parquet"
    part.write_bytes(part.read_bytes()[:-1])
    start_tier_change(long, COLD)
    until(lambda: not long.folder.is_locked())
    assert "does not verify" in long.folder.read_error()["error"]
    assert long.status == "complete"
    with pytest.raises(CorruptRunError, match="does not verify"):
        long.archive()


def test_a_change_is_told_and_can_be_asked_for_again(store):
    run = Run(make(store, 1, size=N))
    change = run.archive()
    assert (change.tier, change.saved > 0, change.seconds > 0) == (COLD, True, True)
    again = run.archive()
    assert (again.bytes_before, again.seconds) == (change.bytes_after, 0.0)
    back = run.restore()
    assert back.bytes_after == change.bytes_before


def test_an_archived_run_is_resumed_and_repaired(store):
    run = submit(small_spec(900, years=1), store, chunk_size=300)
    assert run.wait(PATIENCE) == "complete"
    until(lambda: not run.folder.is_locked())
    rows = run.digest()
    run.archive()
    part = run.folder.path / "visits" / "part-000001.cold.parquet"
    part.write_bytes(b"PAR1")
    run.resume()
    until(lambda: not run.folder.is_locked())
    assert verify(run.folder) == []
    assert run.digest() == rows
    assert tiers(run.folder) == [WARM]
    assert not part.exists()
    run.archive()
    assert (run.tier, run.digest()) == (COLD, rows)


def test_a_question_asked_again_is_a_use(store):
    run = submit(small_spec(500, years=1), store)
    assert run.wait(PATIENCE) == "complete"
    until(lambda: not run.folder.is_locked())
    used(run.folder, days=90)
    ask(small_spec(500, years=1), store)
    assert tidy(store).archived == []
    used(run.folder, days=90)
    open_run(run.run_id, store).results()
    assert tidy(store).archived == []
