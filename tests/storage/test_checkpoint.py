"""What is committed is what the checkpoint names, whatever happens in between."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest

from ape_core.errors import CorruptRunError, StoreError
from ape_core.storage import checkpoint as module
from ape_core.storage.checkpoint import Checkpoint, PartRecord, SimulationCheckpoint
from ape_core.storage.parts import write_part
from ape_core.storage.verify import verify


class KilledError(Exception):
    """Stands for a process that ends at this point."""


def record(index, size=10):
    return PartRecord(index, index * size, (index + 1) * size, 100, 12, "a" * 64, 5, "b" * 64, 6)


@pytest.fixture
def committed(tmp_path):
    checkpoint = SimulationCheckpoint(tmp_path)
    checkpoint.save(Checkpoint("f" * 64, "e" * 64, 10))
    return checkpoint


def names(folder):
    return sorted(os.listdir(folder))


def test_progress_is_what_was_saved(committed, counts):
    assert committed.load().patients_done == 0
    committed.save_progress([record(1)], counts)
    saved = committed.save_progress([record(0), record(3)], counts)
    assert committed.load() == saved
    assert [part.index for part in saved.parts] == [0, 1, 3]
    assert (saved.patients_done, saved.n_visits, saved.n_eyes, saved.n_bytes) == (30, 300, 36, 33)
    assert names(committed.folder) == ["checkpoint.json", "summary-3.npz"]


def test_it_can_be_read_by_people_and_other_programs(committed, counts):
    committed.save_progress([record(0)], counts)
    content = json.loads(committed.path.read_bytes())
    assert content["patients_done"] == 10
    assert content["summary_file"] == "summary-1.npz"
    assert dict(zip(content["part_columns"], content["parts"][0], strict=True))["stop"] == 10


def test_the_summary_comes_back(committed, counts):
    saved = committed.save_progress([record(0)], counts)
    arrays = module.load_summary(committed.folder, saved)
    assert sorted(arrays) == sorted(counts)
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, counts[name])


def test_the_same_summary_gives_the_same_bytes(committed, counts):
    one = committed.save_progress([record(0)], counts)
    two = committed.save_summary(dict(reversed(counts.items())))
    assert one == two


def test_every_changed_byte_is_noticed(committed, counts):
    committed.save_progress([record(0), record(1)], counts)
    data = committed.path.read_bytes()
    for position in range(len(data)):
        for bit in (1, 32):
            changed = bytearray(data)
            changed[position] ^= bit
            committed.path.write_bytes(changed)
            with pytest.raises(CorruptRunError, match="checkpoint.json is damaged: it was edited"):
                committed.load()


def test_every_truncation_is_noticed(committed, counts):
    committed.save_progress([record(0)], counts)
    data = committed.path.read_bytes()
    for length in range(len(data)):
        committed.path.write_bytes(data[:length])
        with pytest.raises(CorruptRunError, match="checkpoint.json is damaged"):
            committed.load()
    committed.path.unlink()
    with pytest.raises(CorruptRunError, match="checkpoint.json is missing"):
        committed.load()


def reseal(committed, **changes):
    """Replace fields as somebody would who knows how the checksum is made."""
    content = json.loads(committed.path.read_bytes())
    del content["checksum"]
    body = json.dumps(content | changes, separators=(",", ":")).encode()[:-1]
    committed.path.write_bytes(module._sealed(body))


def test_a_newer_format_is_not_guessed_at(committed):
    reseal(committed, format=3)
    with pytest.raises(
        StoreError, match="has format 3; this version of APE reads 1 and 2.*newer one"
    ):
        committed.load()


@pytest.mark.parametrize(
    "changes", [{"summary_file": "../../x.npz"}, {"parts": [[1, 2]]}, {"parts": None}]
)
def test_nonsense_with_a_good_checksum_is_refused(committed, changes):
    reseal(committed, **changes)
    with pytest.raises(CorruptRunError, match="does not hold what a checkpoint holds"):
        committed.load()


@pytest.mark.parametrize("position", [0, 10, 100, -30, -1])
def test_a_changed_summary_is_noticed(committed, counts, position):
    saved = committed.save_progress([record(0)], counts)
    path = committed.folder / "summary-1.npz"
    data = bytearray(path.read_bytes())
    data[position] ^= 4
    path.write_bytes(data)
    with pytest.raises(CorruptRunError, match="summary-1.npz is damaged: its checksum"):
        module.load_summary(committed.folder, saved)
    path.unlink()
    with pytest.raises(CorruptRunError, match="summary-1.npz is missing"):
        module.load_summary(committed.folder, saved)


@pytest.mark.parametrize(
    ("step", "n_done_before", "n_patients"),
    [("write_atomic", 0, 250), ("write_atomic", 1, 250), ("remove_summaries", 0, 500)],
    ids=["before the summary", "before the checkpoint", "before tidying"],
)
def test_killed_in_the_middle_of_a_commit(
    new_run, chunks, counts, monkeypatch, step, n_done_before, n_patients
):
    """Until the checkpoint is replaced the old state holds, from then on the new."""
    new_run.committed.save_progress([write_part(new_run.path, 0, chunks[0])], counts)
    second = write_part(new_run.path, 1, chunks[1])
    real, calls = getattr(module, step), []

    def dies(*args, **options):
        if len(calls) == n_done_before:
            raise KilledError
        calls.append(args)
        return real(*args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(module, step, dies)
        with pytest.raises(KilledError):
            new_run.committed.save_progress([second], counts)
    assert new_run.checkpoint().patients_done == n_patients
    assert verify(new_run) == []
    new_run.clean_temporary()
    for first, _ in new_run.missing_ranges():
        again = write_part(new_run.path, first // 250, chunks[first // 250])
        new_run.committed.save_progress([again], counts)
    assert new_run.is_complete()
    assert verify(new_run) == []
    assert [path.name for path in new_run.path.glob("summary-*")] == ["summary-3.npz"]


def test_dropped_parts_are_missing_and_take_the_summary_with_them(run, counts):
    run.committed.drop_parts([1])
    assert run.missing_ranges() == [(250, 500)]
    assert not run.is_complete()
    assert run.load_summary()[1] is None
    assert [problem.file for problem in verify(run)] == ["summary"]
    run.committed.save_summary(counts)
    assert verify(run) == []


def test_parts_that_are_computed_again_leave_the_summary(run, chunks):
    summary = run.checkpoint().summary_sha256
    again = write_part(run.path, 1, chunks[1])
    run.committed.replace_parts([again])
    assert run.checkpoint().summary_sha256 == summary
    assert run.is_complete()
    assert verify(run) == []
