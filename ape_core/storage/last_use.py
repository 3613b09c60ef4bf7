"""When a run was used last, told so that a clock that is set forwards or back does no harm.

Of a use since the machine started, the machine's own running time says how long ago it was, which
nobody sets. Of an earlier one only the date is known: what seems to be in the future is now, and
the present is not later than the running time since the earliest stamp of this start allows.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from ape_core.clocks import utc_now
from ape_core.errors import ApeError
from ape_core.storage.checkpoint import CHECKPOINT_FILE
from ape_core.storage.files import read_json, write_json
from ape_core.storage.run_folder import RunFolder

USED_FILE: Final = "used.json"

_BOOT_FILE: Final = Path("/proc/sys/kernel/random/boot_id")
_UPTIME_FILE: Final = Path("/proc/uptime")


@dataclass(frozen=True)
class Instant:
    """A moment: by the calendar, and by how long the machine had been running.

    Attributes
    ----------
    seconds
        Since 1970, by a clock that anybody may set.
    boot
        Which start of the machine it was; empty when that is not known.
    uptime
        Seconds since that start, by a clock that nobody sets.
    """

    seconds: float
    boot: str = ""
    uptime: float = 0.0


def now() -> Instant:
    """The present."""
    try:
        boot = _BOOT_FILE.read_text(encoding="ascii").strip()
        uptime = float(_UPTIME_FILE.read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return Instant(utc_now().timestamp())
    return Instant(utc_now().timestamp(), boot, uptime)


def mark_used(folder: RunFolder) -> None:
    """Note that a run is used now; a store that cannot be written is none the worse for it."""
    with suppress(ApeError):
        folder.check_exists()
        write_json(folder.path / USED_FILE, asdict(now()), durable=False)


def keep_last_use(folder: RunFolder) -> None:
    """Write down when a run was used last, before something else commits to it."""
    if not (folder.path / USED_FILE).exists():
        with suppress(ApeError):
            write_json(folder.path / USED_FILE, asdict(last_used(folder)), durable=False)


def last_used(folder: RunFolder) -> Instant:
    """When a run was used last; where nobody noted it, when it was last committed to."""
    try:
        content = read_json(folder.path / USED_FILE)
        return Instant(float(content["seconds"]), str(content["boot"]), float(content["uptime"]))
    except (ApeError, KeyError, TypeError, ValueError):
        return Instant(_modified(folder))


def idle_seconds(used: Instant, present: Instant) -> float:
    """How long ago a run was used: never less than 0."""
    if used.boot and used.boot == present.boot:
        return max(0.0, present.uptime - used.uptime)
    return max(0.0, present.seconds - used.seconds)


def cautious_present(present: Instant, stamps: Iterable[Instant]) -> Instant:
    """The present, set back where the clock was set forwards since one of these stamps was made."""
    seconds = [
        stamp.seconds + present.uptime - stamp.uptime
        for stamp in stamps
        if stamp.boot and stamp.boot == present.boot and stamp.uptime <= present.uptime
    ]
    return Instant(min([present.seconds, *seconds]), present.boot, present.uptime)


def _modified(folder: RunFolder) -> float:
    """When a run was last committed to, by the clock of that time."""
    for path in (folder.path / CHECKPOINT_FILE, folder.path):
        with suppress(OSError):
            return path.stat().st_mtime
    return utc_now().timestamp()
