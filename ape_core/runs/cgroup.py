"""Memory limits that a container sets through control groups, version 1 and version 2."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_UNLIMITED_BYTES: Final = 1 << 60
"""Version 1 writes "no limit" as a number near 2**63."""


@dataclass(frozen=True)
class _Names:
    """Files of a control group and keys of its statistics, which the versions call differently."""

    limit: str
    usage: str
    inactive: str
    active: str
    mapped: str


_VERSION_2: Final = _Names(
    "memory.max", "memory.current", "inactive_file", "active_file", "file_mapped"
)
_VERSION_1: Final = _Names(
    "memory.limit_in_bytes",
    "memory.usage_in_bytes",
    "total_inactive_file",
    "total_active_file",
    "total_mapped_file",
)


@dataclass(frozen=True)
class Cgroup:
    """A control group that limits memory: its limit and the files that say what it uses."""

    limit_bytes: int
    usage_file: Path
    stat_file: Path
    names: _Names

    def used_bytes(self) -> int:
        """Memory in use without the file pages that the system can drop at once.

        Those are all but the ones that some process has mapped, as it has its libraries.
        """
        used = int(self.usage_file.read_text())
        stat = _read_stat(self.stat_file)
        inactive, active, mapped = (
            stat.get(key, 0) for key in (self.names.inactive, self.names.active, self.names.mapped)
        )
        return max(0, used - inactive - max(0, active - mapped))


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
                yield from _levels(root, path, _VERSION_2)
        elif "memory" in controllers.split(","):
            yield from _levels(Path("/sys/fs/cgroup/memory"), path, _VERSION_1)


def _levels(root: Path, path: str, names: _Names) -> Iterator[Cgroup]:
    """Control groups from `path` up to the root of the hierarchy that can be read."""
    inner = root / path.lstrip("/")
    for folder in (inner, *inner.parents):
        limit_bytes = _read_limit(folder / names.limit)
        if limit_bytes is not None:
            yield Cgroup(limit_bytes, folder / names.usage, folder / "memory.stat", names)
        if folder == root:
            return


def _read_limit(path: Path) -> int | None:
    """Number in a limit file; None when there is no such file or it says "max"."""
    try:
        text = path.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None


def _read_stat(path: Path) -> dict[str, int]:
    """Numbers of a memory.stat file by their names."""
    lines = (line.split() for line in path.read_text().splitlines())
    return {words[0]: int(words[1]) for words in lines if len(words) == 2}
