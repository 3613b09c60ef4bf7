"""A control group with a memory limit, for tests that need the real thing."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ROOTS = (
    (Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes"),
    (Path("/sys/fs/cgroup"), "memory.max"),
)


@contextmanager
def memory_group(limit_mb: int) -> Iterator[Path | None]:
    """Make a group, or say with None that this machine does not let us; remove it afterwards."""
    for root, limit in _ROOTS:
        folder = root / f"ape-test-{os.getpid()}"
        try:
            folder.mkdir()
        except OSError:
            continue
        if (folder / limit).exists():
            (folder / limit).write_text(str(limit_mb * 2**20))
            try:
                yield folder
            finally:
                _remove(folder)
            return
        folder.rmdir()
    yield None


def enter(folder: Path) -> None:
    """Move this process, and all that it starts from now on, into a group."""
    (folder / "cgroup.procs").write_text(str(os.getpid()))


def n_killed(folder: Path) -> int:
    """Processes of a group that the system has killed for want of memory."""
    for name in ("memory.oom_control", "memory.events"):
        if (folder / name).exists():
            words = (folder / name).read_text().split()
            return int(words[words.index("oom_kill") + 1])
    raise AssertionError(f"{folder} does not count kills")


def _remove(folder: Path) -> None:
    """End what is left in a group, and remove it."""
    deadline = time.monotonic() + 20
    while pids := (folder / "cgroup.procs").read_text().split():
        assert time.monotonic() < deadline, f"{folder} is not empty"
        for pid in pids:
            if int(pid) != os.getpid():
                os.kill(int(pid), 9)
        time.sleep(0.02)
    folder.rmdir()
