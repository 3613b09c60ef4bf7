"""A store that any number of processes share."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ape_core.errors import InvalidInputError, NoSuchRunError, StoreError
from ape_core.storage.locks import FileLock
from ape_core.storage.store import Store
from ape_core.storage.verify import verify
from support.runs import small_spec

CREATE = """
import sys
sys.path.insert(0, sys.argv[2])
from support.runs import small_spec
from ape_core.storage.store import Store
sys.stdin.readline()
print(Store(sys.argv[1]).create(small_spec(700, 2), int(sys.argv[3])).checkpoint().chunk_size)
"""
TESTS = Path(__file__).resolve().parents[1]


def in_runs(store):
    return sorted(os.listdir(store.runs_path))


def test_nothing_is_created_before_the_first_run(store):
    assert store.list() == []
    assert not store.path.exists()


def test_asking_again_finds_the_run(store, spec):
    run = store.create(spec, 100)
    assert store.create(spec, 300).checkpoint().chunk_size == 100
    assert in_runs(store) == [spec.run_id]
    assert spec.run_id in store
    assert [found.path for found in store.list()] == [run.path]


def test_processes_that_ask_at_once_get_one_run(store, spec):
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", CREATE, str(store.path), str(TESTS), str(100 + number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(6)
    ]
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    sizes = {int(worker.communicate()[0]) for worker in workers}
    assert len(sizes) == 1
    assert in_runs(store) == [spec.run_id]
    assert verify(store.folder(spec.run_id)) == []


@pytest.mark.parametrize("chunk_size", [0, -5, 50_001])
def test_a_chunk_size_that_cannot_be_is_refused(store, spec, chunk_size):
    with pytest.raises(InvalidInputError, match="The chunk size is .* from 1 to 50,000 patients"):
        store.create(spec, chunk_size)
    assert store.list() == []


def test_a_run_is_found_by_how_its_id_begins(store):
    runs = [store.create(small_spec(5, 1, seed), 5) for seed in range(30)]
    for run in runs:
        assert store.find(run.run_id).path == store.find(run.run_id[:12]).path == run.path
    with pytest.raises(NoSuchRunError, match="There is no run 00000000 in .*ape list"):
        store.find("00000000")


def test_an_ambiguous_beginning_is_refused(store, spec):
    run = store.create(spec)
    twin = run.path.with_name(run.run_id[:20] + "0" * 44)
    twin.mkdir()
    with pytest.raises(NoSuchRunError, match="begins the ids of 2 runs: .*more characters"):
        store.find(run.run_id[:8])
    assert store.find(run.run_id).path == run.path


@pytest.mark.parametrize("name", ["", "abc", "../../etc", "xyz1", "ABCD", "a" * 65, "abcd/..", "*"])
def test_what_is_no_id_never_becomes_a_path(store, spec, name):
    store.create(spec)
    with pytest.raises(NoSuchRunError, match="is not the id of a run, nor how one begins"):
        store.find(name)
    with pytest.raises(NoSuchRunError, match="is not the id of a run"):
        store.folder(name)
    assert name not in store


def test_a_deleted_run_is_gone(store, run):
    store.delete(run.run_id)
    assert in_runs(store) == []
    with pytest.raises(NoSuchRunError, match="There is no run"):
        store.delete(run.run_id)


def test_a_running_run_is_not_deleted(store, new_run):
    with new_run.acquire(), pytest.raises(InvalidInputError, match="is running.*ape cancel"):
        store.delete(new_run.run_id)
    assert verify(new_run) == []


def test_a_complete_run_in_use_is_not_deleted(store, run):
    with run.acquire(), pytest.raises(InvalidInputError, match="is in use.*archives, restores"):
        store.delete(run.run_id)
    assert verify(run) == []


def test_a_run_is_deleted_though_its_question_is_damaged(store, run):
    (run.path / "spec.json").write_text("{}")
    store.delete(run.run_id)
    assert store.list() == []


def test_a_deletion_that_is_killed_leaves_no_half_run(store, run, monkeypatch):
    def killed(_path):
        raise KeyboardInterrupt

    monkeypatch.setattr("shutil.rmtree", killed)
    with pytest.raises(KeyboardInterrupt):
        store.delete(run.run_id)
    monkeypatch.undo()
    assert store.list() == []
    assert [name[:7] for name in in_runs(store)] == [".trash-", ".trash-"]
    assert len(store.clean_temporary()) == 2
    assert in_runs(store) == []


def test_what_killed_processes_left_is_removed(store, run):
    left = store.runs_path / f".new-{'a' * 64}-{'0' * 16}"
    (left / "visits").mkdir(parents=True)
    (run.path / ".spec.json.0123456789abcdef.tmp").write_bytes(b"x")
    lock = left.with_name(f"{left.name}.lock")
    with FileLock.acquire(lock):
        assert store.clean_temporary() == [f"runs/{run.run_id}/.spec.json.0123456789abcdef.tmp"]
    assert store.clean_temporary() == [f"runs/{left.name}", f"runs/{lock.name}"]
    assert in_runs(store) == [run.run_id]
    assert verify(run) == []


def test_cleaning_leaves_damaged_runs_for_verify(store, run):
    (run.path / "checkpoint.json").write_text("{}")
    assert store.clean_temporary() == []
    assert [problem.file for problem in verify(run)] == ["checkpoint.json"]


def test_the_store_is_named_by_argument_then_variable_then_user(tmp_path, monkeypatch):
    monkeypatch.setenv("APE_STORE", str(tmp_path / "variable"))
    assert Store(tmp_path / "argument").path == tmp_path / "argument"
    assert Store().path == tmp_path / "variable"
    monkeypatch.setenv("APE_STORE", "")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert Store().path == tmp_path / "data" / "ape"
    monkeypatch.chdir(tmp_path)
    assert Store("here").path == tmp_path / "here"


def test_a_file_in_place_of_the_store_is_named(tmp_path, spec):
    (tmp_path / "file").write_text("")
    for store in (Store(tmp_path / "file"), Store(tmp_path / "file" / "store")):
        with pytest.raises(StoreError, match="a file stands where a folder is needed.*APE_STORE"):
            store.create(spec)
        with pytest.raises(StoreError, match="a file stands where a folder is needed"):
            store.list()
        with pytest.raises(StoreError, match="a file stands where a folder is needed"):
            store.check_writable()


def test_a_store_that_cannot_be_written_to_is_named(store, spec, monkeypatch):
    def refuse(*_args, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(StoreError, match="Could not create .*permission denied.*APE_STORE"):
        store.create(spec)
    with pytest.raises(StoreError, match="permission denied"):
        store.check_writable()


def test_a_store_that_can_be_written_to_is_left_as_it_was(store, run):
    store.check_writable()
    assert in_runs(store) == [run.run_id]
