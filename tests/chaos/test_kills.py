"""Workers killed by the system lose nothing: the short version of `make chaos`."""

from __future__ import annotations

import os
import time

import pytest

from ape_core.runs.completing import complete
from benchmarks.chaos import common, kills
from benchmarks.chaos.watching import Watch
from support.runs import small_spec


def test_killed_at_any_moment_nothing_is_lost():
    found = kills.rows(short=True)
    assert [row for row in found if row["outcome"] != "held"] == []
    assert sum(row["n"] for row in found) >= 15


@pytest.fixture
def run(tmp_path):
    """A complete run of three parts."""
    run = common.new_run(tmp_path / "store", small_spec(60, 1), 20)
    complete(run, 1)
    return run


def test_a_part_that_is_written_again_would_be_noticed(run):
    before = common.part_files(run)
    common.check_kept(before, common.part_files(run))
    path = next(iter((run.folder.path / "visits").iterdir()))
    copy = path.with_suffix(".copy")
    copy.write_bytes(path.read_bytes())
    copy.replace(path)
    with pytest.raises(common.Broken, match="written again"):
        common.check_kept(before, common.part_files(run))
    run.folder.committed.drop_parts([0])
    with pytest.raises(common.Broken, match="lost"):
        common.check_kept(before, common.part_files(run))


def test_what_must_not_be_left_would_be_noticed(run):
    digest = common.undisturbed(run.spec)
    common.check_ended(run, digest)
    with pytest.raises(common.Broken, match="differ"):
        common.check_ended(run, "0" * 64)
    left = run.folder.path / ".checkpoint.json.0123456789abcdef.tmp"
    left.write_text("")
    with pytest.raises(common.Broken, match="left behind"):
        common.check_ended(run, digest)
    left.unlink()
    (run.folder.path / "visits" / "part-000001.parquet").unlink()
    with pytest.raises(common.Broken, match="not sound"):
        common.check_ended(run, digest)


def test_the_moment_of_a_commit_is_seen(run):
    with Watch([run.folder.path]) as watch:
        assert not watch.until("created", ".checkpoint", seconds=0.0)
        began = time.monotonic()
        run.folder.committed.save(run.folder.checkpoint())
        assert watch.until("created", ".checkpoint", seconds=10.0)
        assert time.monotonic() - began < 10
        run.folder.committed.save(run.folder.checkpoint())
        assert watch.until("renamed", "checkpoint.json", seconds=10.0)


def test_a_process_that_is_gone_is_not_alive():
    assert common.alive(os.getpid())
    pid = os.posix_spawn("/bin/true", ["true"], {})
    os.waitpid(pid, 0)
    assert not common.alive(pid)
