"""Locks between real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

from ape_core.errors import StoreError
from ape_core.storage.locks import FileLock, is_locked

HOLD = """
import sys
from pathlib import Path
from ape_core.storage.locks import FileLock
lock = FileLock.acquire(Path(sys.argv[1]))
print("held" if lock else "refused", flush=True)
sys.stdin.read()
"""
ADOPT = """
import sys
from ape_core.storage.locks import FileLock
lock = FileLock.adopt(int(sys.argv[1]))
print("held" if lock else "refused", flush=True)
sys.stdin.read()
"""


class Holder:
    """A process that takes a lock and holds it until it is told to end."""

    def __init__(self, code, argument, **options):
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, str(argument)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            **options,
        )
        self.says = self.process.stdout.readline().strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.communicate()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "worker.lock"


def test_one_holder_at_a_time_in_one_process(path):
    assert not is_locked(path)
    with FileLock.acquire(path):
        assert is_locked(path)
        assert FileLock.acquire(path) is None
    assert not is_locked(path)
    again = FileLock.acquire(path)
    again.close()
    again.close()
    with pytest.raises(ValueError, match="given up"):
        again.fileno()


def test_one_holder_at_a_time_between_processes(path):
    with Holder(HOLD, path) as first:
        assert first.says == "held"
        assert is_locked(path)
        assert FileLock.acquire(path) is None
        with Holder(HOLD, path) as second:
            assert second.says == "refused"
    assert not is_locked(path)


def test_a_killed_holder_holds_nothing(path):
    with Holder(HOLD, path) as holder:
        os.kill(holder.process.pid, signal.SIGKILL)
        holder.process.wait()
        assert not is_locked(path)
        FileLock.acquire(path).close()


def test_a_lock_passes_to_a_child_without_a_gap(path):
    lock = FileLock.acquire(path)
    with Holder(ADOPT, lock.fileno(), pass_fds=[lock.fileno()]) as child:
        assert child.says == "held"
        lock.close()
        assert is_locked(path)
        assert FileLock.acquire(path) is None
    assert not is_locked(path)


def test_a_child_that_was_given_the_wrong_file_is_told(path):
    with FileLock.acquire(path), path.open("r+b") as other:
        assert FileLock.adopt(other.fileno()) is None


def test_whoever_looks_disturbs_no_starting_worker(path):
    """With flock(2), a probe would hold the lock for a moment and a worker would fail to start."""
    stop = threading.Event()

    def look():
        while not stop.is_set():
            is_locked(path)

    path.touch()
    watchers = [threading.Thread(target=look) for _ in range(3)]
    for watcher in watchers:
        watcher.start()
    try:
        for _ in range(300):
            lock = FileLock.acquire(path)
            assert lock is not None
            lock.close()
    finally:
        stop.set()
        for watcher in watchers:
            watcher.join()


def test_the_lock_of_a_deleted_file_is_worth_nothing(path):
    with FileLock.acquire(path):
        path.unlink()
        with FileLock.acquire(path) as fresh:
            assert fresh is not None
            assert is_locked(path)


def test_looking_needs_no_right_to_write(path):
    path.touch()
    path.chmod(0o400)
    assert not is_locked(path)


def test_a_folder_that_is_gone_is_named(tmp_path):
    with pytest.raises(StoreError, match=r"Could not lock .*gone/worker.lock: it does not exist"):
        FileLock.acquire(tmp_path / "gone" / "worker.lock")
