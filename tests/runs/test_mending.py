"""What is wrong in a store is found, explained and made good; what is in use is left alone."""

from __future__ import annotations

import shutil

import pytest

from ape_core.errors import StoreError
from ape_core.runs.chunks import finish_chunk
from ape_core.runs.completing import complete
from ape_core.runs.findings import find, leftovers
from ape_core.runs.mending import mend, mend_store
from ape_core.runs.slots import Ticket
from ape_core.runs.starting import ask, list_runs, submit
from ape_core.storage.locks import FileLock
from ape_core.storage.parts import part_path
from benchmarks.chaos.common import check_ended, check_sound, part_files, reopened, undisturbed
from support.runs import small_spec

N, CHUNK = 60, 20


@pytest.fixture
def done(store):
    """A complete run of three parts."""
    run = ask(small_spec(N, 1), store, CHUNK)
    complete(run, 1)
    return run


@pytest.fixture
def half(store):
    """An interrupted run, of which two of three parts are committed."""
    spec = small_spec(N, 1, seed=2)
    run = ask(spec, store, CHUNK)
    finish = finish_chunk(spec, run.folder.path, CHUNK)
    for first in (0, CHUNK):
        finished = finish((first, first + CHUNK))
        summary = finished.summary
        if first:
            summary = run.summary().merge(summary)
        run.folder.committed.save_progress([finished.record], summary.to_arrays())
    return run


def kinds(store):
    return [(finding.where, finding.kind) for finding in find(store, list_runs(store))]


def test_a_sound_store_has_nothing_wrong(store, done):
    assert kinds(store) == []
    mended = mend_store(store, list_runs(store))
    assert (mended.removed, mended.repaired, mended.refused, mended.in_use) == ([], {}, {}, [])


def test_an_interrupted_run_is_explained_and_stays(store, half):
    [finding] = find(store, list_runs(store))
    assert (finding.kind, finding.is_error) == ("interrupted", False)
    assert "40 of 60 patients" in finding.what
    assert "ape resume" in finding.what_to_do
    assert mend_store(store, list_runs(store)).repaired == {}
    assert half.status == "interrupted"


def test_a_complete_run_is_complete_and_sound_afterwards(store, done):
    before = part_files(done)
    part_path(done.folder.path, "visits", 1).unlink()
    data = part_path(done.folder.path, "patients", 2).read_bytes()
    part_path(done.folder.path, "patients", 2).write_bytes(data[:-1])
    (done.folder.path / "spec.json").write_text("{}")
    found = find(store, list_runs(store))
    assert {finding.kind for finding in found} == {"damaged"}
    assert all(finding.is_error for finding in found)
    said = " ".join(finding.what for finding in found)
    assert "visits/part-000001.parquet is missing" in said
    assert f"has {len(data) - 1:,} bytes, not {len(data):,}" in said
    mended = mend_store(store, list_runs(store))
    files = {problem.file for problem in mended.repaired[done.run_id]}
    parts = {"visits/part-000001.parquet", "patients/part-000002.parquet"}
    assert files == {"spec.json", *parts}
    check_ended(done, undisturbed(done.spec))
    again = {name for name, facts in part_files(done).items() if before[name] != facts}
    assert again <= {
        f"{table}/part-00000{i}.parquet" for table in ("visits", "patients") for i in (1, 2)
    }
    assert kinds(store) == []


def test_damage_that_no_glance_can_see_is_repaired_too(store, done):
    path = part_path(done.folder.path, "visits", 0)
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    assert kinds(store) == []
    assert list(mend_store(store, list_runs(store)).repaired) == [done.run_id]
    check_ended(done, undisturbed(done.spec))


def test_an_interrupted_run_forgets_what_is_damaged(store, half):
    kept = part_path(half.folder.path, "visits", 0).stat()
    part_path(half.folder.path, "visits", 1).write_bytes(b"")
    problems = mend(half)
    assert {problem.part for problem in problems} == {1}
    check_sound_but_for_the_summary(half)
    assert reopened(half).status == "interrupted"
    assert half.folder.missing_ranges() == [(20, 40), (40, 60)]
    complete(reopened(half), 1)
    check_ended(half, undisturbed(half.spec))
    assert part_path(half.folder.path, "visits", 0).stat().st_ino == kept.st_ino


def check_sound_but_for_the_summary(run):
    assert {problem.file for problem in run.verify()} == {"summary"}


def test_a_lost_checkpoint_and_a_lost_summary_of_an_interrupted_run(store, half):
    (half.folder.path / half.folder.checkpoint().summary_file).unlink()
    assert mend(half)
    complete(reopened(half), 1)
    check_ended(half, undisturbed(half.spec))


def test_a_run_in_use_is_left_alone(store, done):
    part_path(done.folder.path, "visits", 1).unlink()
    with done.folder.acquire():
        assert mend(done) is None
        mended = mend_store(store, list_runs(store))
        assert mended.in_use == [done.run_id]
        assert not part_path(done.folder.path, "visits", 1).exists()
    assert mend(done)


def test_a_question_that_is_lost_for_good_is_told(store, done, half):
    for name in ("spec.json", "checkpoint.json"):
        (done.folder.path / name).write_text("")
    mended = mend_store(store, list_runs(store))
    assert list(mended.refused) == [done.run_id]
    assert "Ask the same question again" in mended.refused[done.run_id]
    assert (done.run_id[:12], "damaged") in kinds(store)


def test_what_killed_processes_left_goes_and_what_lives_stays(store, done):
    left = [
        store.runs_path / f".new-{'a' * 64}-{'b' * 16}",
        done.folder.path / ".checkpoint.json.0123456789abcdef.tmp",
        done.folder.path / "visits" / "part-000009.parquet",
    ]
    left[0].mkdir()
    for path in left[1:]:
        path.write_text("")
    dead = store.path / "queue" / f"{7:012d}-{'c' * 64}.ticket"
    dead.parent.mkdir(exist_ok=True)
    dead.write_text("")
    writing = done.folder.path / ".spec.json.fedcba9876543210.tmp"
    with FileLock.acquire(writing):
        ticket = Ticket.take(store.path, "d" * 64, 1.0)
        assert set(left) | {dead} <= set(leftovers(store))
        mended = mend_store(store, list_runs(store))
        assert not any(path.exists() for path in (*left, dead))
        assert writing.exists()
        assert ticket.path.exists()
        ticket.close()
    assert len(mended.removed) == 4
    check_sound(done)


@pytest.mark.parametrize("again", [lambda run: complete(run, 1), lambda run: submit(run.spec)])
def test_asking_again_tidies_after_a_worker_that_was_killed_at_the_end(
    store, done, monkeypatch, again
):
    monkeypatch.setenv("APE_STORE", str(store.path))
    for name in (".provenance.json.0123456789abcdef.tmp", "summary-2.npz"):
        left = done.folder.path / name
        left.write_text("")
        again(done)
        assert not left.exists()
    assert not done.folder.is_locked()


def test_what_is_not_of_ape_is_told_and_never_removed(store, done):
    (store.runs_path / "my notes").mkdir()
    progress = done.folder.path / "progress.json"
    progress.unlink(missing_ok=True)
    progress.mkdir()
    (progress / "mine").write_text("keep me")
    assert mend(done)
    assert {("store", "foreign"), (done.run_id[:12], "foreign")} == set(kinds(store))
    [aside] = done.folder.path.glob("progress.json.set-aside-*")
    assert (aside / "mine").read_text() == "keep me"
    mend_store(store, list_runs(store))
    assert aside.exists()
    assert (store.runs_path / "my notes").exists()


@pytest.mark.parametrize("table", ["visits", "patients"])
def test_a_file_in_the_place_of_a_folder(store, done, table):
    shutil.rmtree(done.folder.path / table)
    (done.folder.path / table).write_text("in the way")
    assert mend(done)
    check_ended(done, undisturbed(done.spec))


def test_a_folder_in_the_place_of_the_lock(store, half):
    (half.folder.path / "worker.lock").unlink(missing_ok=True)
    (half.folder.path / "worker.lock").mkdir()
    complete(half, 1)
    check_ended(half, undisturbed(half.spec))


def test_a_link_is_replaced_by_what_it_leads_to(store, done, tmp_path):
    path = part_path(done.folder.path, "visits", 1)
    elsewhere = tmp_path / "elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    sound = elsewhere.read_bytes()
    [problem] = done.verify()
    assert "a link stands in its place" in problem.what
    mend(done)
    assert not path.is_symlink()
    assert path.read_bytes() == elsewhere.read_bytes() == sound
    check_ended(done, undisturbed(done.spec))


def test_two_workers_on_one_run_by_mistake_do_no_harm(store, half):
    """Whoever removes a lock that is held lets two workers in: the second commit is refused."""
    from ape_core.runs.committing import Committer

    finish = finish_chunk(half.spec, half.folder.path, CHUNK)
    one, two = (Committer(half.folder, half.summary()) for _ in range(2))
    one.add(finish((40, 60)))
    two.add(finish((40, 60)))
    assert one.commit()
    with pytest.raises(StoreError, match="Another process committed.*worker.lock was removed"):
        two.commit()
    check_ended(half, undisturbed(half.spec))


def test_a_part_that_vanished_is_not_committed(store, half):
    from ape_core.runs.committing import Committer

    committer = Committer(half.folder, half.summary())
    committer.add(finish_chunk(half.spec, half.folder.path, CHUNK)((40, 60)))
    part_path(half.folder.path, "patients", 2).unlink()
    with pytest.raises(StoreError, match="part-000002.parquet was removed before"):
        committer.commit()
    check_sound(half)
