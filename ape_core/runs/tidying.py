"""The policy of a store: archive what nobody uses, and what is too much; delete only when told to.

Oldest first, by when a run was used last. Never touched are runs that somebody uses, that are not
complete or do not verify; never deleted are those that a person named or noted something about,
and those that were used within `limits.ARCHIVE_AFTER_DAYS`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from ape_core import limits
from ape_core.errors import ApeError, InvalidInputError
from ape_core.runs.handle import Run
from ape_core.runs.progress import Progress
from ape_core.runs.tiering import change_tier, rewrite_in_slot
from ape_core.storage import last_use
from ape_core.storage.last_use import Instant
from ape_core.storage.names import read_names
from ape_core.storage.run_folder import RunFolder
from ape_core.storage.store import Store, in_use
from ape_core.storage.tiers import COLD, ELSEWHERE, WARM, tier_of

GB: Final = 1e9
DAY: Final = 86_400.0

EXPECTED_COLD_SHARE: Final = 0.45
"""Size of an archived run relative to the same one as it was written, for plans only."""


@dataclass(frozen=True)
class Kept:
    """A run as the policy sees it."""

    folder: RunFolder
    tier: str
    n_bytes: int
    used: Instant
    idle_days: float
    complete: bool
    cared_for: bool

    @property
    def run_id(self) -> str:
        """The run."""
        return self.folder.run_id

    @property
    def is_old(self) -> bool:
        """Whether nobody has used it for so long that it is archived."""
        return self.idle_days >= limits.ARCHIVE_AFTER_DAYS

    @property
    def may_go(self) -> bool:
        """Whether it may be deleted where the quota demands it."""
        takes_disk = self.tier != ELSEWHERE
        return takes_disk and self.complete and self.is_old and not self.cared_for


@dataclass
class Tidied:
    """What tidying a store came to, or would.

    Attributes
    ----------
    archived, deleted, could_go
        Ids of runs: archived, deleted, and such as `--delete` would delete to meet the quota.
    refused
        Ids of runs that were left as they are, and why.
    removed
        What killed processes had left, relative to the store.
    bytes_before, bytes_after
        Size of all runs; after a dry run an estimate.
    """

    archived: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    could_go: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    bytes_before: int = 0
    bytes_after: int = 0

    @property
    def over_quota(self) -> bool:
        """Whether the store is still larger than its quota."""
        return self.bytes_after > quota_bytes()


def tidy(
    store: Store,
    *,
    dry_run: bool = False,
    delete: bool = False,
    observe: Callable[[Progress], None] | None = None,
) -> Tidied:
    """Archive what is old, and more where the quota is exceeded; remove what was left behind.

    Parameters
    ----------
    store
        The store.
    dry_run
        Change nothing, and say what would be done.
    delete
        Also delete, oldest first, as far as the quota demands it and the rules allow it.
    observe
        Told how far the archiving of each run is.
    """
    done = Tidied()
    if not dry_run:
        done.removed = store.clean_temporary()
    runs = oldest_first(store)
    done.bytes_before = done.bytes_after = sum(run.n_bytes for run in runs)
    for run in runs:
        if run.tier == WARM and run.complete and (run.is_old or done.over_quota):
            _archive(run, done, observe, dry_run=dry_run)
    excess = done.bytes_after - quota_bytes()
    for run in runs:
        if excess > 0 and run.may_go and run.run_id not in done.refused:
            excess -= _let_go(store, run, done, delete=delete and not dry_run)
    return done


def make_room(
    store: Store, run_id: str, needed_bytes: float, goes_on: Callable[[str], bool]
) -> list[str]:
    """Archive the oldest runs until a new one fits into the quota; return which.

    For a worker that holds a slot and is about to simulate. Nothing is deleted, and nothing that
    goes wrong with another run keeps the new one from starting.

    Parameters
    ----------
    store
        The store.
    run_id
        The run that is about to start.
    needed_bytes
        What it will take.
    goes_on
        Told which run is archived; false ends the archiving.
    """
    used = sum(disk_bytes(folder) for folder in store.list()) + needed_bytes
    archived: list[str] = []
    if used <= quota_bytes():
        return archived
    for run in oldest_first(store):
        if used <= quota_bytes():
            break
        if run.tier != WARM or not run.complete or run.run_id == run_id:
            continue
        if not goes_on(run.run_id):
            break
        done = Tidied()
        _archive(run, done, None, in_slot=True)
        archived += done.archived
        used += done.bytes_after
    return archived


def oldest_first(store: Store) -> list[Kept]:
    """Runs of a store, the one first that nobody has used for longest."""
    used = [(folder, last_use.last_used(folder)) for folder in store.list()]
    present = last_use.cautious_present(last_use.now(), [instant for _, instant in used])
    runs = [_kept(folder, instant, present) for folder, instant in used]
    return sorted(runs, key=lambda run: -run.idle_days)


def disk_bytes(folder: RunFolder) -> int:
    """Size of all files of a run; of one that is being deleted, what is still there."""
    total = 0
    for path, _, names in os.walk(folder.path):
        for name in names:
            try:
                total += os.stat(os.path.join(path, name), follow_symlinks=False).st_size  # noqa: PTH116, PTH118  thousands of files, fast
            except OSError:
                continue
    return total


def quota_bytes() -> float:
    """Size of all runs from which further ones are archived."""
    return limits.STORE_QUOTA_GB * GB


def _kept(folder: RunFolder, used: Instant, present: Instant) -> Kept:
    """What the policy has to know of a run; one that cannot be read is not complete."""
    try:
        tier, complete = tier_of(folder.checkpoint()), folder.is_complete()
    except ApeError:
        tier, complete = WARM, False
    return Kept(
        folder=folder,
        tier=tier,
        n_bytes=disk_bytes(folder),
        used=used,
        idle_days=last_use.idle_seconds(used, present) / DAY,
        complete=complete,
        cared_for=read_names(folder).are_given,
    )


def _archive(
    run: Kept,
    done: Tidied,
    observe: Callable[[Progress], None] | None,
    *,
    dry_run: bool = False,
    in_slot: bool = False,
) -> None:
    """Archive a run, unless it is in use or does not verify; note what came of it."""
    saved = round(run.n_bytes * (1 - EXPECTED_COLD_SHARE))
    if not dry_run:
        try:
            saved = _archive_now(run.folder, observe, in_slot=in_slot)
        except ApeError as error:
            done.refused[run.run_id] = error.message
            return
    elif run.folder.is_locked():
        done.refused[run.run_id] = in_use(run.folder, "archived").message
        return
    done.archived.append(run.run_id)
    done.bytes_after -= saved


def _archive_now(
    folder: RunFolder, observe: Callable[[Progress], None] | None, *, in_slot: bool
) -> int:
    """Archive a run; return how many bytes that saved."""
    if not in_slot:
        change = change_tier(Run(folder), COLD, observe)
        return change.bytes_before - change.bytes_after
    lock = folder.acquire()
    if lock is None:
        raise in_use(folder, "archived")
    with lock:
        folder.clear_cancel()
        folder.clear_error()
        change = rewrite_in_slot(folder, COLD, observe)
    return change.bytes_before - change.bytes_after


def _let_go(store: Store, run: Kept, done: Tidied, *, delete: bool) -> int:
    """Delete a run, or say that it could go; return how many bytes that frees."""
    n_bytes = disk_bytes(run.folder)
    if not delete:
        done.could_go.append(run.run_id)
        return n_bytes
    try:
        _delete(store, run)
    except ApeError as error:
        done.refused[run.run_id] = error.message
        return 0
    done.deleted.append(run.run_id)
    done.bytes_after -= n_bytes
    return n_bytes


def _delete(store: Store, run: Kept) -> None:
    """Delete a run that verifies and that nobody uses, or has used or named meanwhile."""
    from ape_core.storage.archive import check_can_be_archived

    lock = run.folder.acquire()
    if lock is None:
        raise in_use(run.folder, "deleted")
    with lock:
        check_can_be_archived(run.folder)
        if last_use.last_used(run.folder) != run.used or read_names(run.folder).are_given:
            raise InvalidInputError(
                f"Run {run.run_id[:12]} was used or named meanwhile, and is not deleted."
            )
        store.delete(run.run_id, lock)
