"""Memory limits that a container sets through control groups, version 1 and version 2."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_UNLIMITED_BYTES: Final = 1 << 60
"""Version 1 writes "no limit" as a number near 2**63."""


@dataclass(frozen=True)
class Cgroup:
    """A control group that limits memory: its limit and the files that say what it uses."""

    limit_bytes: int
    usage_file: Path
    stat_file: Path
    inactive_key: str

    def used_bytes(self) -> int:
        """Memory in use without the file pages that the kernel can drop at once."""
        used = int(self.usage_file.read_text())
        return max(0, used - _stat_value(self.stat_file, self.inactive_key))


def limited_cgroups() -> list[Cgroup]:
    """The control groups around this process that limit memory, the smallest limit first."""
    limited = [group for group in _cgroups() if 0 < group.limit_bytes < _UNLIMITED_BYTES]
    return sorted(limited, key=lambda group: group.limit_bytes)


def _cgroups() -> Iterator[Cgroup]:
    """Memory control groups of this process, version 2 and version 1, innermost first."""
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            for root in (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/unified")):
                yield from _levels(root, path, "memory.max", "memory.current", "inactive_file")
        elif "memory" in controllers.split(","):
            root = Path("/sys/fs/cgroup/memory")
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            yield from _levels(root, path, *names)


def _levels(root: Path, path: str, limit: str, usage: str, inactive_key: str) -> Iterator[Cgroup]:
    """Control groups from `path` up to the root of the hierarchy that can be read."""
    inner = root / path.lstrip("/")
    for folder in (inner, *inner.parents):
        limit_bytes = _read_limit(folder / limit)
        if limit_bytes is not None:
            yield Cgroup(limit_bytes, folder / usage, folder / "memory.stat", inactive_key)
        if folder == root:
            return


def _read_limit(path: Path) -> int | None:
    """Number in a limit file; None when there is no such file or it says "max"."""
    try:
        text = path.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None


def _stat_value(path: Path, key: str) -> int:
    """One number of a memory.stat file; 0 when it does not name it."""
    for line in path.read_text().splitlines():
        name, _, value = line.partition(" ")
        if name == key:
            return int(value)
    return 0
