"""Whatever is wrong with a run is found, named and explained."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ape_core.errors import ApeError, CorruptRunError, StoreError
from ape_core.storage.digest import digest
from ape_core.storage.parts import part_path, write_part
from ape_core.storage.run_folder import RunFolder
from ape_core.storage.verify import verify
from support.chunks import cut, fabricate
from support.runs import commit_all, small_spec

FILES = [
    "spec.json",
    "checkpoint.json",
    "summary-3.npz",
    "visits/part-000001.parquet",
    "patients/part-000002.parquet",
]


def problems_of(run):
    return verify(RunFolder(run.path))


def test_a_run_as_committed_has_no_problem(run):
    run.write_provenance({"seconds": 1.0})
    assert problems_of(run) == []


@pytest.mark.parametrize("name", FILES)
def test_every_changed_byte_is_found(run, name):
    """One byte in a hundred places of each kind of file, both ends included."""
    path = run.path / name
    data = path.read_bytes()
    for position in {*np.linspace(0, len(data) - 1, 100).astype(int)}:
        changed = bytearray(data)
        changed[position] ^= 1 << position % 8
        path.write_bytes(changed)
        found = problems_of(run)
        assert name in {problem.file for problem in found}, position
        assert all(problem.what and problem.what_to_do for problem in found)
    path.write_bytes(data)
    assert problems_of(run) == []


@pytest.mark.parametrize("name", FILES)
def test_every_truncation_is_found(run, name):
    path = run.path / name
    data = path.read_bytes()
    for length in {*np.linspace(0, len(data) - 1, 20).astype(int)}:
        path.write_bytes(data[:length])
        assert name in {problem.file for problem in problems_of(run)}, length
    path.unlink()
    (found,) = [problem for problem in problems_of(run) if problem.file == name]
    assert "is missing" in found.what


def test_a_summary_that_a_worker_replaces_meanwhile_is_not_missing(run, monkeypatch):
    now = run.checkpoint()
    before = replace(now, summary_file="summary-2.npz")
    seen = []

    def go_on(_):
        """The checkpoint as it was when the check began, and afterwards as it is."""
        seen.append(now if seen.count(before) == 2 else before)
        return seen[-1]

    monkeypatch.setattr(RunFolder, "checkpoint", go_on)
    assert problems_of(run) == []
    assert now in seen
    (run.path / now.summary_file).unlink()
    seen.clear()
    assert [problem.file for problem in problems_of(run)] == [now.summary_file]


@pytest.mark.parametrize("table", ["visits", "patients"])
def test_damage_is_noticed_by_whoever_reads(run, table):
    path = part_path(run.path, table, 0)
    data = path.read_bytes()
    before = digest(run)
    for position in {*np.linspace(0, len(data) - 1, 50).astype(int)}:
        changed = bytearray(data)
        changed[position] ^= 1 << position % 8
        path.write_bytes(changed)
        with pytest.raises(CorruptRunError, match=f"{table}/part-000000.parquet is damaged"):
            digest(run)
    path.write_bytes(data)
    assert digest(run) == before


def test_a_part_says_which_patients_to_simulate_again(run):
    part_path(run.path, "visits", 1).write_bytes(b"")
    (problem,) = problems_of(run)
    assert problem.part == 1
    assert problem.file == "visits/part-000001.parquet"
    assert "checksum" in problem.what
    assert problem.what_to_do.startswith("Patients 250 to 499 can be simulated again")


def test_parts_that_changed_places_are_found(run):
    one, two = (part_path(run.path, "patients", index) for index in (0, 1))
    content = one.read_bytes(), two.read_bytes()
    one.write_bytes(content[1])
    two.write_bytes(content[0])
    assert [problem.part for problem in problems_of(run)] == [0, 1]


def commit_wrongly(store, spec, change):
    """Commit a chunk whose rows are not what its record says."""
    run = store.create(spec, 350)
    chunk = fabricate(700, 2)
    first, second = cut(chunk, 0, 350), cut(chunk, 350, 700)
    commit_all(run, [first])
    commit_all(run, [change(second)])
    return problems_of(run)


def with_visits(chunk, visits):
    return replace(chunk, visits=visits)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda c: with_visits(c, c.visits | {"day": c.visits["day"][::-1].copy()}),
            "not sorted by patient_id, eye, day",
        ),
        (
            lambda c: with_visits(c, c.visits | {"patient_id": c.visits["patient_id"] - 350}),
            "it holds patients 0 to 349",
        ),
        (
            lambda c: replace(c, patients={name: rows[5:] for name, rows in c.patients.items()}),
            r"it holds \d+ patients",
        ),
        (lambda _: cut(fabricate(700, 3), 350, 700), "its columns are not those of the schema"),
    ],
)
def test_rows_that_should_never_have_been_committed_are_found(store, spec, change, message):
    found = commit_wrongly(store, spec, change)
    assert any(part == 1 for part in {problem.part for problem in found})
    with pytest.raises(CorruptRunError, match=message):
        raise CorruptRunError(" ".join(problem.what for problem in found))


def test_patients_that_are_not_those_of_the_index_are_found(store, chunks):
    run = store.create(small_spec(700, 2), 100)
    run.committed.save_progress([write_part(run.path, 1, chunks[0])], {})
    assert "Part 1 is said to hold patients 0 to 249, not 100 to 199" in problems_of(run)[0].what


def test_a_run_in_progress_is_verified_as_far_as_it_is(new_run, chunks):
    commit_all(new_run, chunks[:2])
    assert problems_of(new_run) == []
    part_path(new_run.path, "visits", 0).unlink()
    assert [problem.part for problem in problems_of(new_run)] == [0]


def test_an_unreadable_record_of_versions_is_found(run):
    (run.path / "provenance.json").write_text("{")
    (problem,) = problems_of(run)
    assert problem.file == "provenance.json"
    assert "rows are not affected" in problem.what_to_do


def test_a_disk_that_fails_is_not_called_a_damaged_run(run, monkeypatch):
    def fails(*_args, **_options):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("pathlib.Path.read_bytes", fails)
    with pytest.raises(StoreError, match="the disk reported an error"):
        verify(run)


def test_damage_is_repaired_by_what_verify_names(run, chunks, spec):
    for name in ("visits/part-000001.parquet", "patients/part-000002.parquet"):
        (run.path / name).write_bytes(b"x")
    (run.path / "spec.json").write_bytes(b"{}")
    damaged = RunFolder(run.path)
    before = damaged.checkpoint()
    damaged.restore_spec(spec)
    parts = sorted({p.part for p in problems_of(run) if p.part is not None})
    assert parts == [1, 2]
    damaged.committed.replace_parts([write_part(run.path, index, chunks[index]) for index in parts])
    assert problems_of(run) == []
    assert damaged.checkpoint() == before


def test_errors_are_of_one_tree(run):
    (run.path / "checkpoint.json").write_text("")
    with pytest.raises(ApeError) as caught:
        run.checkpoint()
    assert caught.value.exit_status == 2
    assert caught.value.hint
