"""How much memory this machine or container allows, and how much of it is used."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from ape_core.errors import InvalidSettingError
from ape_core.runs.cgroup import Cgroup, limited_cgroups

WARNING_SHARE: Final = 0.5
"""Share of the limit from which memory is short: a killed container gives no second chance."""

CRITICAL_SHARE: Final = 0.8

TIGHT_SHARE: Final = 0.15
TIGHT_MB: Final = 200.0
"""Where less than either is left, a worker shrinks its batches; see `tight_mark_mb`."""

PAUSE_SHARE: Final = 0.07
PAUSE_MB: Final = 100.0
"""Where less than either is left, a worker pauses; see `pause_mark_mb`."""

QUERY_SHARE: Final = 0.5
"""Part of the memory that is left before workers pause, which a question in SQL may take."""

MB: Final = 1024 * 1024
_APE_PROGRAMS: Final = ("ape", "voila")
_APE_MODULES: Final = ("ape_core.", "widgets.")


@dataclass(frozen=True)
class MemoryStatus:
    """Memory that may be used and memory that is used, in megabytes.

    `used_mb` counts the whole container where there is one, otherwise all processes of APE;
    `process_mb` counts this process alone. `available_mb` is what the machine and every container
    around this process have left. `state` is "ok", "warning" or "critical".
    """

    limit_mb: float
    used_mb: float
    process_mb: float
    available_mb: float
    state: str
    message: str
    limit_source: str

    @property
    def free_mb(self) -> float:
        """Memory that can still be taken: below the limit, and there to be had."""
        return max(0.0, min(self.limit_mb - self.used_mb, self.available_mb))


def check_memory() -> MemoryStatus:
    """Compare the memory in use with what the container or the machine allows.

    Returns
    -------
    MemoryStatus
        Megabytes allowed and used; "warning" from half of the limit, "critical" from 80 %.
    """
    groups = limited_cgroups()
    limit_bytes, source = _limit(groups)
    used_bytes = groups[0].used_bytes() if groups else _ape_processes_bytes()
    process_bytes = process_memory_bytes()
    share = max(used_bytes, process_bytes) / limit_bytes
    return MemoryStatus(
        limit_mb=limit_bytes / MB,
        used_mb=used_bytes / MB,
        process_mb=process_bytes / MB,
        available_mb=_available_bytes(groups) / MB,
        state=_state(share),
        message=_message(share, used_bytes, limit_bytes, source),
        limit_source=source,
    )


def memory_limit_mb() -> float:
    """Memory that this process and its neighbours may use together, in megabytes."""
    return _limit(limited_cgroups())[0] / MB


def free_memory_mb() -> float:
    """Memory that can still be taken, in megabytes; as `check_memory`, but quick to ask.

    Other processes are only counted where nothing else says how much they use.
    """
    groups = limited_cgroups()
    left = _available_bytes(groups)
    limit_bytes, source = _limit(groups)
    if source == "MEM_LIMIT":
        used_bytes = groups[0].used_bytes() if groups else _ape_processes_bytes()
        left = min(left, limit_bytes - used_bytes)
    return max(0, left) / MB


def tight_mark_mb() -> float:
    """Memory below which workers make do with less: 154 MB of a container of 1 GB."""
    return min(TIGHT_MB, TIGHT_SHARE * memory_limit_mb())


def pause_mark_mb() -> float:
    """Memory below which workers pause: 72 MB of a container of 1 GB."""
    return min(PAUSE_MB, PAUSE_SHARE * memory_limit_mb())


def query_memory_mb() -> float:
    """Memory that a question in SQL may take: half of what is left before workers pause."""
    return QUERY_SHARE * max(0.0, free_memory_mb() - pause_mark_mb())


def process_memory_bytes() -> int:
    """Resident memory of this process, in bytes."""
    return int(psutil.Process().memory_info().rss)


def peak_memory_bytes() -> int:
    """Most resident memory that this process has had, in bytes.

    Not `ru_maxrss`, which a process inherits from the one that started it.
    """
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split(maxsplit=1)[0]) * 1024


def _state(share: float) -> str:
    """Word for a share of the limit."""
    if share >= CRITICAL_SHARE:
        return "critical"
    return "warning" if share >= WARNING_SHARE else "ok"


def _message(share: float, used_bytes: int, limit_bytes: int, source: str) -> str:
    """Sentence for a person."""
    used = f"{used_bytes / MB:,.0f} MB of {limit_bytes / MB:,.0f} MB ({source}) are in use"
    advice = {
        "ok": ".",
        "warning": ": more than half. Close pages or notebooks that are not needed.",
        "critical": ": close to the limit at which the system stops processes. "
        "Cancel a run or close pages now.",
    }
    return used + advice[_state(share)]


def _available_bytes(groups: list[Cgroup]) -> int:
    """What the machine and each of the groups around this process have left."""
    rooms = [group.limit_bytes - group.used_bytes() for group in groups]
    return min([int(psutil.virtual_memory().available), *rooms])


def _limit(groups: list[Cgroup]) -> tuple[int, str]:
    """Smallest of the limits that apply, in bytes, and its name."""
    limits = [(int(psutil.virtual_memory().total), "physical memory")]
    asked = os.environ.get("MEM_LIMIT")
    if asked:
        limits.insert(0, (_parse_bytes(asked), "MEM_LIMIT"))
    if groups:
        limits.insert(0, (groups[0].limit_bytes, "container"))
    return min(limits, key=lambda limit: limit[0])


def _parse_bytes(text: str) -> int:
    """Bytes meant by "1073741824", "1G" or "512M"."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)i?B?", text.strip(), re.IGNORECASE)
    value = 0.0
    if match:
        value = float(match[1]) * 1024.0 ** " KMGT".index(match[2].upper() or " ")
    if value < 1:
        raise InvalidSettingError(
            f"MEM_LIMIT is {text!r}, which is not an amount of memory.",
            "Set it to a number of bytes, or to a number with K, M, G or T; or remove it.",
        )
    return int(value)


def _ape_processes_bytes() -> int:
    """Memory of this process and of every other process of APE and their children."""
    found = {os.getpid(): psutil.Process()}
    for process in psutil.process_iter(["cmdline"]):
        if _is_ape(process.info["cmdline"] or []):
            found[process.pid] = process
            found.update(_descendants(process))
    return sum(_own_bytes(process) for process in found.values())


def _is_ape(command: list[str]) -> bool:
    """Whether a command line is one of APE's own."""
    words = command[:4]
    modules = any(word.startswith(_APE_MODULES) for word in words)
    return modules or any(Path(word).name in _APE_PROGRAMS for word in words[:2])


def _descendants(process: psutil.Process) -> dict[int, psutil.Process]:
    """Children of a process and theirs, by id; none when it has gone meanwhile."""
    try:
        return {child.pid: child for child in process.children(recursive=True)}
    except psutil.Error:
        return {}


def _own_bytes(process: psutil.Process) -> int:
    """Memory of a process and its part of what it shares; 0 when it has gone meanwhile.

    Workers and the kernels of pages share their libraries, which must not be counted for each.
    """
    try:
        shares = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
        return int(shares.partition("\nPss:")[2].split(maxsplit=1)[0]) * 1024
    except (OSError, IndexError):
        pass  # of another user, or gone
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0
