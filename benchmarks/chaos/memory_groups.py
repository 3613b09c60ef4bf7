"""Real control groups with a memory limit, of version 1 or 2, and what the system counts there."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MB: Final = 2**20
_END_SECONDS: Final = 20.0


@dataclass(frozen=True)
class MemoryGroup:
    """A control group.

    Attributes
    ----------
    folder
        Where the kernel shows it.
    version
        1 or 2.
    """

    folder: Path
    version: int

    def command(self, words: Sequence[str]) -> list[str]:
        """Return a command that enters the group and then becomes the given one."""
        enter = 'echo $$ > "$0" && exec "$@"'
        return ["sh", "-c", enter, str(self.folder / "cgroup.procs"), *words]

    def pids(self) -> list[int]:
        """Return the processes of the group."""
        return [int(pid) for pid in (self.folder / "cgroup.procs").read_text().split()]

    def n_killed(self) -> int:
        """Return how many processes the system has killed for want of memory."""
        name = "memory.oom_control" if self.version == 1 else "memory.events"
        return self._value(name, "oom_kill")

    def n_reclaims(self) -> int:
        """Return how often the limit was reached, so that file pages had to be dropped."""
        if self.version == 1:
            return int((self.folder / "memory.failcnt").read_text())
        return self._value("memory.events", "max")

    def peak_mb(self) -> float:
        """Return the most memory that was charged to the group, file pages and all."""
        name = "memory.max_usage_in_bytes" if self.version == 1 else "memory.peak"
        return int((self.folder / name).read_text()) / MB

    def held_mb(self) -> float:
        """Return the memory in use without the file pages that can be dropped at once."""
        name = "memory.usage_in_bytes" if self.version == 1 else "memory.current"
        inactive = "total_inactive_file" if self.version == 1 else "inactive_file"
        used = int((self.folder / name).read_text())
        return (used - self._value("memory.stat", inactive)) / MB

    def _value(self, name: str, key: str) -> int:
        """One number of a file that names its numbers."""
        words = (self.folder / name).read_text().split()
        return int(words[words.index(key) + 1])


@contextmanager
def memory_group(limit_mb: int) -> Iterator[MemoryGroup | None]:
    """Make a group, or say with None that this machine does not allow it; remove it at the end."""
    group = _make(limit_mb)
    try:
        yield group
    finally:
        if group is not None:
            _remove(group)


def _make(limit_mb: int) -> MemoryGroup | None:
    """Make a group of the version that this machine has."""
    roots = ((Path("/sys/fs/cgroup/memory"), 1), (Path("/sys/fs/cgroup"), 2))
    for root, version in roots:
        folder = root / f"ape-{os.getpid()}-{time.monotonic_ns()}"
        limit = folder / ("memory.limit_in_bytes" if version == 1 else "memory.max")
        try:
            folder.mkdir()
        except OSError:
            continue
        try:
            limit.write_text(str(limit_mb * MB))
        except OSError:
            folder.rmdir()
            continue
        return MemoryGroup(folder, version)
    return None


def _remove(group: MemoryGroup) -> None:
    """End what is left in a group, and remove it."""
    deadline = time.monotonic() + _END_SECONDS
    while (pids := group.pids()) and time.monotonic() < deadline:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
    group.folder.rmdir()
