"""Real control groups with a memory limit, of version 1 or 2, and what the system counts there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MB: Final = 2**20
_ROOT: Final = Path(__file__).parents[2]
_END_SECONDS: Final = 20.0

_HOG: Final = """
import sys
from mmap import MAP_ANONYMOUS, MAP_POPULATE, MAP_PRIVATE, mmap
from ape_core.runs.memory import MB, free_memory_mb
held = []
for line in sys.stdin:
    while (room := int(free_memory_mb() - int(line))) > 0:
        how = MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE
        held.append(mmap(-1, min(room, 8) * MB, flags=how))
    while held and free_memory_mb() < int(line):
        held.pop().close()
    print(free_memory_mb(), flush=True)
"""


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


class Hog:
    """A neighbour in a group that takes memory, or gives it back.

    Parameters
    ----------
    group
        The group.
    """

    def __init__(self, group: MemoryGroup) -> None:
        self._process = subprocess.Popen(
            group.command([sys.executable, "-c", _HOG]),
            cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def leave(self, megabytes: int) -> float:
        """Take or give back until so much is left; return how much is."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{megabytes}\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def end(self) -> None:
        """Give everything back."""
        self._process.kill()
        self._process.communicate()


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
            with suppress(ProcessLookupError):  # it has ended by itself
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
    group.folder.rmdir()
