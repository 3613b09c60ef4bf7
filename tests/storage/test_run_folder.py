"""The folder of a run."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace

import numpy as np
import pytest

from ape_core.errors import CorruptRunError, InvalidInputError, NoSuchRunError
from ape_core.storage import run_folder as module
from ape_core.storage.locks import FileLock
from ape_core.storage.parts import part_path, write_part
from ape_core.storage.run_folder import RunFolder
from ape_core.storage.verify import verify
from support.runs import commit_all, small_spec


def edit_spec(run, change):
    path = run.path / "spec.json"
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    return RunFolder(run.path)


def test_a_new_run_has_its_question_and_nothing_else(new_run, spec):
    assert new_run.run_id == spec.run_id == new_run.path.name
    assert RunFolder(new_run.path).spec() == spec
    assert new_run.missing_ranges() == [(0, 250), (250, 500), (500, 700)]
    assert not new_run.is_complete()
    assert new_run.load_summary() == (new_run.checkpoint(), None)
    assert new_run.read_provenance() == {}
    assert new_run.read_progress() is new_run.read_error() is None
    assert sorted(os.listdir(new_run.path)) == [
        "checkpoint.json",
        "created.json",
        "patients",
        "spec.json",
        "visits",
    ]
    assert verify(new_run) == []


def test_what_is_committed_is_not_missing(new_run, chunks):
    commit_all(new_run, [chunks[1]])
    assert new_run.missing_ranges() == [(0, 250), (500, 700)]
    commit_all(new_run, [chunks[2], chunks[0]])
    assert new_run.missing_ranges() == []
    assert new_run.is_complete()
    checkpoint, summary = new_run.load_summary()
    assert summary["n_visits"] == checkpoint.n_visits == sum(chunk.n_visits for chunk in chunks)


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content["question"].update(years=3),
        lambda content: content["question"].update(seed=2),
        lambda content: content.clear(),
    ],
)
def test_an_edited_question_is_refused(new_run, change):
    edited = edit_spec(new_run, change)
    message = f"spec.json is not the question of run {new_run.run_id[:12]}.*holds a copy"
    with pytest.raises(CorruptRunError, match=message):
        edited.spec()
    edited.restore_spec()
    assert edited.spec() == new_run.spec()
    assert verify(RunFolder(new_run.path)) == []


def test_a_question_in_the_wrong_folder_is_refused(new_run):
    moved = new_run.path.rename(new_run.path.with_name("0" * 64))
    with pytest.raises(CorruptRunError, match="is not the question of run 000000000000"):
        RunFolder(moved).spec()
    with pytest.raises(CorruptRunError, match="checkpoint.json belongs to run"):
        RunFolder(moved).checkpoint()


def test_words_around_the_question_can_be_written_again(run):
    edited = edit_spec(run, lambda content: content["about"]["protocol"].update(title="x"))
    assert [problem.file for problem in verify(edited)] == ["spec.json"]
    edited.restore_spec()
    assert verify(RunFolder(run.path)) == []


def test_whoever_asks_again_restores_the_question(run, spec):
    (run.path / "spec.json").write_text("{}")
    damaged = RunFolder(run.path)
    with pytest.raises(InvalidInputError, match="not that of run"):
        damaged.restore_spec(small_spec(5, 2))
    damaged.restore_spec(spec)
    assert verify(RunFolder(run.path)) == []


def test_a_missing_question_is_named(run, spec):
    created = RunFolder(run.path).created()
    (run.path / "spec.json").unlink()
    lost = RunFolder(run.path)
    assert lost.created() >= created > 0
    with pytest.raises(CorruptRunError, match="is missing.*holds a copy: `ape resume"):
        lost.spec()
    assert [problem.file for problem in verify(lost)] == ["spec.json"]
    lost.restore_spec(spec)
    assert verify(RunFolder(run.path)) == []
    assert RunFolder(run.path.with_name("0" * 64)).created() == 0


def test_a_question_without_a_copy_has_to_be_asked_again(run, spec):
    (run.path / "spec.json").unlink()
    run.committed.save(replace(run.checkpoint(), spec_copy=""))
    lost = RunFolder(run.path)
    with pytest.raises(CorruptRunError, match="no copy.*Ask the same question.*ape delete"):
        lost.spec()
    with pytest.raises(CorruptRunError, match="no copy"):
        lost.restore_spec()
    lost.restore_spec(spec)
    assert verify(RunFolder(run.path)) == []
    assert lost.spec_copy() == (run.path / "spec.json").read_bytes()


@pytest.mark.parametrize("copy", ["", "no base64!", "eJzLSM3JyQcABiwCFQ==", "AAAA"])
def test_a_copy_that_is_not_the_question_is_none(new_run, copy):
    new_run.committed.save(replace(new_run.checkpoint(), spec_copy=copy))
    assert new_run.spec_copy() is None


def test_a_lost_checkpoint_begins_the_run_again(run, chunks):
    run.committed.path.unlink()
    assert [problem.file for problem in verify(run)] == ["checkpoint.json"]
    run.reset(chunk_size=350)
    assert run.missing_ranges() == [(0, 350), (350, 700)]
    assert verify(run) == []
    assert sorted(path.name for path in run.path.glob("summary*")) == []


def test_the_worker_lock(new_run):
    assert not new_run.is_locked()
    with new_run.acquire():
        assert new_run.is_locked()
        assert RunFolder(new_run.path).acquire() is None
    assert not new_run.is_locked()
    shutil.rmtree(new_run.path)
    assert not new_run.is_locked()
    with pytest.raises(NoSuchRunError, match="is not in the store any more"):
        new_run.acquire()


def test_notes_of_the_worker(new_run):
    new_run.write_progress({"phase": "simulating", "patients_done": 250})
    assert new_run.read_progress() == {"phase": "simulating", "patients_done": 250}
    (new_run.path / "progress.json").write_text("{half")
    assert new_run.read_progress() is None
    new_run.write_error("The disk is full.", "Free some space.")
    told = {"error": "The disk is full.", "hint": "Free some space."}
    assert told.items() <= new_run.read_error().items()
    (new_run.path / "error.json").write_text("")
    assert "cannot be read" in new_run.read_error()["error"]
    new_run.clear_error()
    new_run.clear_error()
    assert new_run.read_error() is None
    new_run.write_provenance({"versions": {"ape": "1"}})
    assert new_run.read_provenance() == {"versions": {"ape": "1"}}


def test_cancelling(new_run):
    assert not new_run.cancel_requested()
    new_run.request_cancel()
    new_run.request_cancel()
    assert new_run.cancel_requested()
    new_run.clear_cancel()
    new_run.clear_cancel()
    assert not new_run.cancel_requested()


def test_a_commit_between_two_reads_is_followed(new_run, chunks, monkeypatch):
    """The summary that was named is gone by the time it is read: a newer one is there."""
    commit_all(new_run, chunks[:1])
    real, rest = module.load_summary, list(chunks[1:])

    def overtaken(folder, checkpoint):
        if rest:
            commit_all(new_run, [rest.pop(0)])
        return real(folder, checkpoint)

    monkeypatch.setattr(module, "load_summary", overtaken)
    checkpoint, summary = new_run.load_summary()
    assert len(checkpoint.parts) == 3
    assert summary["n_visits"] == checkpoint.n_visits


def test_a_lost_summary_is_not_waited_for(run):
    (run.path / "summary-3.npz").unlink()
    with pytest.raises(CorruptRunError, match="summary-3.npz is missing"):
        run.load_summary()


def test_what_the_checkpoint_does_not_name_does_not_exist(new_run, chunks):
    commit_all(new_run, chunks[:1])
    write_part(new_run.path, 1, chunks[1])
    (new_run.path / "summary-2.npz").write_bytes(b"x")
    (new_run.path / "visits" / ".part-000002.parquet.0123456789abcdef.tmp").write_bytes(b"x")
    assert new_run.checkpoint().patients_done == 250
    assert verify(new_run) == []
    strays = [
        "patients/part-000001.parquet",
        "summary-2.npz",
        "visits/part-000001.parquet",
    ]
    with new_run.acquire():  # a live worker may be about to commit them
        assert new_run.clean_temporary() == ["visits/.part-000002.parquet.0123456789abcdef.tmp"]
    assert [str(path.relative_to(new_run.path)) for path in new_run.stray_files()] == strays
    assert new_run.clean_temporary() == strays
    assert new_run.clean_temporary() == []
    assert verify(new_run) == []
    assert part_path(new_run.path, "visits", 0).exists()


def test_the_worker_itself_may_tidy_before_it_begins(new_run, chunks):
    write_part(new_run.path, 1, chunks[1])
    with new_run.acquire():
        assert len(new_run.clean_temporary(holding_lock=True)) == 2
        assert new_run.is_locked()


def test_locks_of_the_run_do_not_hinder_notes(new_run):
    with FileLock.acquire(new_run.path / "worker.lock"):
        new_run.write_progress({"patients_done": 1})
        new_run.committed.save_summary({"n": np.array([1])})
    assert new_run.read_progress() == {"patients_done": 1}
