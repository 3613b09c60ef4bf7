"""A disk that fails, fills up or turns read-only: the short version of `make chaos`."""

from __future__ import annotations

import errno
import os
import subprocess
import sys

import pytest

from benchmarks.chaos import common, faults, syscalls
from benchmarks.chaos.nursery import ROOT


def test_a_disk_that_refuses_damages_nothing_and_is_named():
    found = faults.rows(short=True)
    assert [row for row in found if row["outcome"] == "failed"] == []
    skipped = [f"{row['check']}: {row['detail']}" for row in found if row["outcome"] == "skipped"]
    if skipped:
        pytest.skip("; ".join(skipped))


CHILD = """
import socket, sys
from benchmarks.chaos.syscalls import supervised
with socket.socket(socket.AF_UNIX) as connection:
    connection.connect(sys.argv[1])
    socket.send_fds(connection, [b"x"], [supervised(["write", "fsync"])])
    connection.recv(1)
for name in ("one", "two", "three"):
    try:
        with open(f"{sys.argv[2]}/{name}", "w") as file:
            file.write(name)
    except OSError as error:
        print(name, error.errno)
"""


@pytest.mark.skipif(syscalls.why_not() != "", reason=syscalls.why_not() or "allowed")
def test_only_the_calls_that_are_meant_fail(tmp_path):
    wanted = syscalls.Fault("write", errno.EIO, r"/(two|three)$", after=1)
    never = syscalls.Fault("fsync", errno.EIO, r"/(two|three)$")
    with syscalls.Supervisor(tmp_path, [wanted, never]) as supervisor:
        said = subprocess.run(
            [sys.executable, "-c", CHILD, str(supervisor.path), str(tmp_path)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    assert said == f"three {errno.EIO}\n"
    assert sorted(os.listdir(tmp_path)) == ["one", "three", "two"]
    assert wanted.hits >= 1
    assert (wanted.seen - wanted.hits, never.hits) == (1, 0)


def test_a_fault_that_nobody_meets_is_no_proof(tmp_path):
    case = faults.Case("write", errno.EIO, "no such file")
    if syscalls.why_not():
        pytest.skip(syscalls.why_not())
    run = common.new_run(tmp_path / "store", common.question(40), 20)
    with faults.Nursery() as nursery, pytest.raises(common.Broken, match="never met"):
        faults._one_call(tmp_path, nursery, run, case)
