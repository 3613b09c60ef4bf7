"""Archived rows are the rows, and no moment of archiving or restoring puts one at risk."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ape_core import schema
from ape_core.errors import CorruptRunError, InvalidInputError, StoreError
from ape_core.results.create import create_results
from ape_core.storage import arrow, rewriting
from ape_core.storage.archive import archive
from ape_core.storage.checkpoint import load_summary
from ape_core.storage.cold import SUFFIX, from_residuals, to_residuals
from ape_core.storage.digest import digest
from ape_core.storage.parts import open_part, record_path
from ape_core.storage.restore import restore
from ape_core.storage.run_folder import RunFolder
from ape_core.storage.tables import TABLES
from ape_core.storage.tiers import COLD, WARM, tier_of
from ape_core.storage.verify import verify
from support.chunks import cut_all, fabricate
from support.runs import commit_all, small_spec

TESTS = Path(__file__).resolve().parents[1]


def go_on(_):
    return True


def files_of(run):
    return {str(p.relative_to(run.path)): p.read_bytes() for p in run.path.rglob("*.parquet")}


@settings(max_examples=20)
@given(
    n_patients=st.integers(1, 40),
    years=st.integers(1, 4),
    seed=st.integers(0, 20),
    share=st.floats(0, 1),
    wild=st.booleans(),
)
def test_any_values_come_back(n_patients, years, seed, share, wild):
    chunk = fabricate(n_patients, years, seed, share)
    rng = np.random.default_rng(seed)
    for table, columns in (("visits", schema.VISITS), ("patients", schema.PATIENTS)):
        rows = dict(getattr(chunk, table))
        if wild:
            for column in columns[2:]:
                if column.dtype != "bool" and not column.categories:
                    whole = np.iinfo(column.dtype)
                    shape = rows[column.name].shape
                    drawn = rng.integers(whole.min, whole.max, shape, endpoint=True)
                    rows[column.name] = drawn.astype(column.dtype)
        left = to_residuals(table, rows)
        back = from_residuals(table, left)
        assert list(back) == list(left) == list(rows)
        for name, array in rows.items():
            assert left[name].dtype == back[name].dtype == array.dtype
            np.testing.assert_array_equal(back[name], array, err_msg=name)


def test_rows_are_the_same_archived_and_restored(run, whole):
    before, rows, summary = files_of(run), digest(run), load_summary(run.path, run.checkpoint())
    assert archive(run, go_on)
    archived = files_of(run)
    assert sorted(archived) == sorted(n.replace(".parquet", ".cold.parquet") for n in before)
    assert tier_of(run.checkpoint()) == COLD
    assert run.checkpoint().n_bytes == sum(map(len, archived.values()))
    assert verify(RunFolder(run.path)) == []
    assert digest(RunFolder(run.path)) == rows
    kept = load_summary(run.path, run.checkpoint())
    assert all(np.array_equal(kept[name], array) for name, array in summary.items())
    assert restore(run, go_on)
    assert files_of(run) == before
    assert tier_of(run.checkpoint()) == WARM
    assert digest(run) == rows


def test_it_is_much_smaller(store):
    run = store.create(small_spec(3_000, 5), 3_000)
    commit_all(run, cut_all(fabricate(3_000, 5), 3_000))
    before = run.checkpoint().n_bytes
    archive(run, go_on)
    assert run.checkpoint().n_bytes < 0.75 * before  # made-up rows follow no protocol


def test_differences_have_names_of_their_own(run):
    archive(run, go_on)
    path = record_path(run.path, "visits", run.checkpoint().parts[0])
    names = arrow.pq.read_schema(path).names
    assert f"day{SUFFIX}" in names
    assert "day" not in names
    part = open_part(run.path, "visits", run.checkpoint().parts[0])
    assert part.schema.equals(arrow.arrow_schema("visits", 2))


@pytest.mark.parametrize("columns", [["day"], ["phase", "fluid"], ["letters", "delay_days"]])
def test_some_columns_are_read_alone(run, columns):
    def read():
        part = open_part(run.path, "visits", run.checkpoint().parts[1])
        return part.read(0, columns)

    before = read()
    archive(run, go_on)
    assert read().equals(before)


@pytest.mark.parametrize("in_memory", [True, False])
def test_patients_are_read_from_the_archive(run, in_memory):
    results = create_results(700, run, in_memory=in_memory)
    before = [results.get_patient(i) for i in (0, 249, 250, 699)]
    batches = [batch.to_pydict() for batch in results.iterate_batches(["day", "letters"])]
    archive(run, go_on)
    archived = create_results(700, RunFolder(run.path), in_memory=in_memory)
    assert [archived.get_patient(i) for i in (0, 249, 250, 699)] == before
    assert [b.to_pydict() for b in archived.iterate_batches(["day", "letters"])] == batches


def test_whoever_reads_meanwhile_notices_nothing(run):
    results = create_results(700, run, in_memory=False)
    first = results.get_patient(3)
    archive(run, go_on)
    assert results.get_patient(3) == first
    restore(run, go_on)
    assert results.get_patient(3) == first
    checkpoint = run.checkpoint()
    archive(run, go_on)
    (record_path(run.path, "visits", run.checkpoint().parts[0])).unlink()
    with pytest.raises(CorruptRunError, match="missing"):
        open_part(run.path, "visits", checkpoint.parts[0])


def test_an_incomplete_run_is_refused(new_run, chunks):
    commit_all(new_run, chunks[:1])
    before = files_of(new_run)
    with pytest.raises(InvalidInputError, match="is not complete"):
        archive(new_run, go_on)
    assert files_of(new_run) == before


@pytest.mark.parametrize("file", ["visits/part-000001.parquet", "spec.json", "summary-3.npz"])
def test_a_run_that_does_not_verify_is_refused(run, file):
    content = bytearray((run.path / file).read_bytes())
    content[len(content) // 2] ^= 1
    (run.path / file).write_bytes(content)
    before = files_of(run)
    with pytest.raises(CorruptRunError):
        archive(RunFolder(run.path), go_on)
    assert files_of(run) == before


def test_a_damaged_archive_is_named_and_not_restored(run):
    archive(run, go_on)
    path = record_path(run.path, "patients", run.checkpoint().parts[1])
    path.write_bytes(path.read_bytes()[:-9])
    assert [problem.part for problem in verify(run)] == [1]
    before = files_of(run)
    with pytest.raises(CorruptRunError, match="part-000001.cold.parquet"):
        restore(run, go_on)
    assert files_of(run) == before


def test_a_disk_that_gives_back_something_else_is_noticed(run, monkeypatch):
    before = files_of(run)
    monkeypatch.setattr(rewriting, "_read_from_disk", lambda path: path.read_bytes()[:-1] + b"?")
    with pytest.raises(StoreError, match="does not give back what was written"):
        archive(run, go_on)
    assert files_of(run) == before


@pytest.mark.parametrize("table", TABLES)
def test_rows_that_are_not_the_same_are_noticed(run, monkeypatch, table):
    def wrong(name, rows):
        left = to_residuals(name, rows)
        if name == table:
            left["eye"] = left["eye"] ^ 1
        return left

    before = files_of(run)
    monkeypatch.setattr(arrow, "to_residuals", wrong)
    with pytest.raises(StoreError, match="does not hold the same rows"):
        archive(run, go_on)
    assert files_of(run) == before
    assert tier_of(run.checkpoint()) == WARM


def n_parts(checkpoint, tier):
    """How many committed parts are in a tier."""
    return sum(part.tier == tier for part in checkpoint.parts)


def test_it_stops_where_it_is_told_to_and_goes_on(run, whole):
    rows = digest(run)
    monkey = iter([True, True, False])
    assert not archive(run, lambda _: next(monkey, True))
    assert [n_parts(run.checkpoint(), tier) for tier in (COLD, WARM)] == [2, 1]
    assert verify(run) == []
    assert digest(run) == rows
    told = []
    assert archive(run, lambda patients: told.append(patients) or True)
    assert told == [500, 700]
    assert digest(run) == rows


REWRITER = """
import os, signal, sys
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from ape_core.storage import rewriting
from ape_core.storage.archive import archive
from ape_core.storage.restore import restore
from ape_core.storage.run_folder import RunFolder
rewriting.COMMIT_SECONDS = 0.02
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
exec(sys.argv[4])
run = RunFolder(Path(sys.argv[1]))
with run.acquire():
    print("began", flush=True)
    assert {"archive": archive, "restore": restore}[sys.argv[3]](run, lambda _: True)
"""
ONE_COMMIT = """
from ape_core.storage.checkpoint import SimulationCheckpoint
commit = SimulationCheckpoint.replace_parts
SimulationCheckpoint.replace_parts = lambda *given: (commit(*given), die())
"""
MOMENTS = {
    "a part is written": "rewriting._compare = die",
    "all is compared, nothing committed": "rewriting._commit = die",
    "it is committed, nothing removed": ONE_COMMIT,
}


def start(run, what, code=""):
    command = [sys.executable, "-c", REWRITER, str(run.path), str(TESTS), what, code]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True)
    assert process.stdout.readline() == "began\n"
    return process


def check_and_tidy(run, rows):
    assert not run.is_locked()
    assert verify(RunFolder(run.path)) == []
    assert digest(RunFolder(run.path)) == rows
    run.clean_temporary()
    assert run.stray_files() == []
    assert list(run.path.rglob("*.tmp")) == []
    assert len(files_of(run)) == 2 * len(run.checkpoint().parts)
    assert digest(RunFolder(run.path)) == rows


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("what", ["archive", "restore"])
def test_killed_at_its_worst_moments_it_keeps_one_sound_copy(run, what, moment):
    rows = digest(run)
    if what == "restore":
        archive(run, go_on)
    process = start(run, what, MOMENTS[moment])
    process.communicate()
    assert process.returncode == -9
    moved = moment.startswith("it is committed")
    assert (n_parts(run.checkpoint(), COLD if what == "archive" else WARM) > 0) == moved
    assert run.stray_files() != [], "nothing was in the making"
    check_and_tidy(run, rows)


LIMIT = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))"


@pytest.mark.parametrize("what", ["archive", "restore"])
def test_refused_by_the_system_it_keeps_what_there_was(run, what):
    rows = digest(run)
    if what == "restore":
        archive(run, go_on)
    before = files_of(run)
    process = start(run, what, LIMIT)
    said = process.communicate()[1]
    assert process.returncode == 1
    assert "StoreError: Could not write" in said
    assert files_of(run) == before
    check_and_tidy(run, rows)


def test_killed_at_random_moments_it_ends_with_the_same_rows(store, whole):
    run = store.create(small_spec(700, 2), 20)
    commit_all(run, cut_all(whole, 20))
    rows, rng = digest(run), random.Random(1)
    for what, tier in (("archive", COLD), ("restore", WARM)):
        seen = []
        for _ in range(3):
            process = start(run, what)
            time.sleep(rng.uniform(0.1, 0.4))  # the kill is to come at any moment
            process.kill()
            process.communicate()
            check_and_tidy(run, rows)
            seen.append(n_parts(run.checkpoint(), tier))
        assert seen == sorted(seen)
        assert start(run, what).communicate() == ("", "")
        assert tier_of(run.checkpoint()) == tier
        check_and_tidy(run, rows)
