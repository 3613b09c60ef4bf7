"""What happened to a run that stopped before its end, in one sentence.

It follows from what is in the folder of the run and from the state of the store, like the status:
nobody could be trusted to write it down, since a process that is killed writes nothing.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ape_core.storage.run_folder import RunFolder

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_FULL_BYTES: Final = 1_000_000
"""With less room than this, nothing can be committed."""


def boot_id() -> str:
    """Name of this start of the machine, another after each restart; empty when there is none."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return ""


def what_happened(folder: RunFolder, done: int, n_patients: int, *, failed: bool = False) -> str:
    """Say in a sentence why a run that nobody works on is not complete.

    Parameters
    ----------
    folder
        The run.
    done, n_patients
        Patients that are committed, and all.
    failed
        Whether the last attempt left an error, which is told besides.
    """
    where = f"at {done:,} of {n_patients:,} patients"
    onward = f"{_kept(done)}, and it goes on from there {_when(folder.path)}"
    if failed:
        return f"This run failed {where}; {onward}."
    if folder.cancel_requested():
        return f"This run was cancelled {where}; {_kept(done)}, and it can go on from there."
    if not folder.spec().is_current:
        return (
            f"This run has {done:,} of {n_patients:,} patients; it is of another version of the "
            "model, which can be read but not simulated."
        )
    said = folder.read_progress()
    if said is None and "imported" in folder.provenance():
        return f"This run was imported {_imported(done, n_patients)} {_when(folder.path)}."
    if said is None and done == 0:
        return f"This run was asked for but never began; it does so {_when(folder.path)}."
    return f"{_cause(said or {}, where, folder.path)}; {onward}."


def _imported(done: int, n_patients: int) -> str:
    """What an imported run lacks, and what will become of it."""
    if done == n_patients:
        return "without its figures; they are counted"
    rows = f"with the rows of {done:,} of {n_patients:,} patients" if done else "without its rows"
    return f"{rows}; they are simulated again" if not done else f"{rows}; the rest is simulated"


def _cause(said: dict[str, Any], where: str, path: Path) -> str:
    """Who ended the worker, as far as that can be known."""
    if said.get("phase") == "stopped":
        return f"This run was told to stop {where}, as when a machine shuts down"
    before = said.get("boot_id")
    if before and before != boot_id():
        return f"The machine was restarted while this run was {where}"
    state = _state_of_disk(path)
    if state is not None and _is_full(state):
        return f"The disk is full, and this run stopped {where}"  # which it could not even write
    return f"The system ended the worker of this run {where}"


def _kept(done: int) -> str:
    """What is left of the work."""
    return "nothing that was committed is lost" if done else "nothing had been committed yet"


def _when(path: Path) -> str:
    """What has to be done before the run can go on."""
    state = _state_of_disk(path)
    if state is None:
        return "when it is resumed"
    if state.f_flag & os.ST_RDONLY:
        return "when it is resumed, once the store can be written to again"
    if _is_full(state):
        return "when it is resumed, once there is room on the disk again"
    return "when it is resumed"


def _state_of_disk(path: Path) -> os.statvfs_result | None:
    """What the system says of the disk of a folder; None when it says nothing."""
    try:
        return os.statvfs(path)
    except OSError:
        return None


def _is_full(state: os.statvfs_result) -> bool:
    """Whether nothing can be committed on a disk."""
    return state.f_bavail * state.f_frsize < _FULL_BYTES
