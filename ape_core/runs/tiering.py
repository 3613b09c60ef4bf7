"""Archiving and restoring a run: in this process, or in one of its own that outlives the page."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ape_core.errors import InvalidInputError, RunFailedError
from ape_core.runs.completing import acquire
from ape_core.runs.progress import Progress, ProgressReporter
from ape_core.runs.slots import wait_for_slot
from ape_core.runs.spawning import start_tier_worker
from ape_core.storage.last_use import keep_last_use
from ape_core.storage.places import shown
from ape_core.storage.run_folder import RunFolder
from ape_core.storage.store import in_use
from ape_core.storage.tiers import COLD, is_all_in, tier_of

if TYPE_CHECKING:
    from ape_core.runs.handle import Run
    from ape_core.storage.locks import FileLock

MEMORY_MB: Final = 200.0
"""Memory of a process that archives or restores, whatever the number of patients."""

WAITING: Final = {True: "waiting to archive", False: "waiting to restore"}
CHECKING: Final = "checking before archiving"
MOVING: Final = {True: "archiving", False: "restoring"}
"""Phases that such a process tells, by whether it archives."""

_PHASES: Final = frozenset({*WAITING.values(), CHECKING, *MOVING.values()})
_DONE: Final = {True: "archived", False: "restored"}

Observer = Callable[[Progress], None]


@dataclass(frozen=True)
class TierChange:
    """What archiving or restoring a run came to.

    Attributes
    ----------
    run_id
        The run.
    tier
        The tier that it is in now.
    bytes_before, bytes_after
        Size of its rows on disk, before and after.
    seconds
        How long it took, 0 when there was nothing to do.
    """

    run_id: str
    tier: str
    bytes_before: int
    bytes_after: int
    seconds: float

    @property
    def saved(self) -> float:
        """Share of the size that it needs no more; negative when it needs more."""
        return 1 - self.bytes_after / self.bytes_before if self.bytes_before else 0.0


def change_tier(run: Run, tier: str, observe: Observer | None = None) -> TierChange:
    """Archive or restore a run in this process, once there is a slot for it.

    Parameters
    ----------
    run
        The run.
    tier
        `tiers.COLD` or `tiers.WARM`.
    observe
        Told how far it is, about twice a second.

    Raises
    ------
    InvalidInputError
        When the run is in use, or is to be archived and not complete.
    CorruptRunError
        When it does not verify.
    RunFailedError
        When it was stopped before its end. What was done is kept, and everything can be read.
    """
    _check_here(run.folder)
    if is_all_in(run.folder.checkpoint(), tier):
        return _nothing_to_do(run.folder)
    with _taken(run.folder, tier) as lock:
        try:
            return change_tier_locked(run.folder, lock, tier, observe)
        finally:
            run.folder.clear_cancel()


def _check_here(folder: RunFolder) -> None:
    """Refuse to archive what takes no disk here."""
    place = folder.place()
    if place:
        raise InvalidInputError(
            f"The rows of run {folder.run_id[:12]} are in {shown(place)}, and only those that are "
            "in the store itself can be archived and restored.",
            "They take no disk here; object stores have tiers of their own.",
        )


def start_tier_change(run: Run, tier: str) -> None:
    """Archive or restore a run in a process of its own; returns at once.

    What goes wrong there is left in the run, see `RunFolder.read_error`.

    Raises
    ------
    InvalidInputError
        When the run is in use.
    """
    _check_here(run.folder)
    with _taken(run.folder, tier) as lock:
        if not is_all_in(run.folder.checkpoint(), tier):
            run.folder.clear_cancel()
            run.folder.clear_error()
            _say(run.folder, WAITING[tier == COLD])
            start_tier_worker(run.folder, lock, tier)


def change_going_on(folder: RunFolder) -> tuple[str, float] | None:
    """What is being done to a run that is archived or restored now, and the share that is done."""
    if not folder.is_locked():
        return None
    said = folder.read_progress() or {}
    phase, n_patients = str(said.get("phase", "")), int(said.get("n_patients") or 0)
    if phase not in _PHASES:
        return None
    done = int(said.get("patients_done") or 0)
    return phase, done / n_patients if n_patients else 0.0


def change_tier_locked(
    folder: RunFolder, lock: FileLock, tier: str, observe: Observer | None = None
) -> TierChange:
    """Archive or restore a run whose lock this process holds, once there is a slot for it."""
    _ = lock
    archives = tier == COLD
    folder.clear_cancel()
    folder.clear_error()
    _say(folder, WAITING[archives])

    def goes_on(place: int) -> bool:
        """Tell who waits; stop when somebody asks for that."""
        if observe is not None:
            n_patients = folder.spec().cohort.n_patients
            phase = WAITING[archives]
            observe(Progress(folder.run_id, "queued", phase, 0, 0, n_patients, queue_place=place))
        return not folder.cancel_requested()

    slot = wait_for_slot(folder.path.parents[1], folder.run_id, MEMORY_MB, goes_on)
    if slot is None:
        raise _stopped(folder, archives=archives)
    with slot:
        return rewrite_in_slot(folder, tier, observe)


def rewrite_in_slot(folder: RunFolder, tier: str, observe: Observer | None = None) -> TierChange:
    """Archive or restore a run whose lock and whose slot this process holds."""
    began, archives = time.monotonic(), tier == COLD
    before = folder.checkpoint().n_bytes
    keep_last_use(folder)
    reporter = ProgressReporter(folder.write_progress)
    reporter.n_patients = folder.spec().cohort.n_patients
    reporter.enter(CHECKING if archives else MOVING[archives])
    from ape_core.storage.archive import archive
    from ape_core.storage.restore import restore

    def goes_on(patients: int) -> bool:
        """Tell how far it is; stop when somebody asks for that."""
        reporter.enter(MOVING[archives])
        reporter.add(patients - reporter.patients_done)
        if reporter.report() and observe is not None:
            observe(reporter.progress(folder.run_id))
        return not folder.cancel_requested()

    try:
        finished = (archive if archives else restore)(folder, goes_on)
    finally:
        _say(folder, "")
    if not finished:
        raise _stopped(folder, archives=archives)
    after, seconds = folder.checkpoint().n_bytes, time.monotonic() - began
    return TierChange(folder.run_id, tier, before, after, seconds)


def _taken(folder: RunFolder, tier: str) -> FileLock:
    """Lock of a run that nobody uses."""
    lock = acquire(folder)
    if lock is None:
        raise in_use(folder, _DONE[tier == COLD])
    return lock


def _say(folder: RunFolder, phase: str) -> None:
    """Tell what is going on, for whoever looks."""
    reporter = ProgressReporter(folder.write_progress)
    reporter.phase = phase
    reporter.report(now=True)


def _nothing_to_do(folder: RunFolder) -> TierChange:
    """Answer for a run that is in the tier already."""
    checkpoint = folder.checkpoint()
    n_bytes = checkpoint.n_bytes
    return TierChange(folder.run_id, tier_of(checkpoint), n_bytes, n_bytes, 0.0)


def _stopped(folder: RunFolder, *, archives: bool) -> RunFailedError:
    """Error for a change that somebody called off."""
    short, again = folder.run_id[:12], "archive" if archives else "restore"
    return RunFailedError(
        f"{MOVING[archives].capitalize()} run {short} was stopped before its end.",
        f"What was done is kept and everything can be read; `ape {again} {short}` goes on.",
    )
