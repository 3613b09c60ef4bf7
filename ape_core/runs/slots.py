"""Who may simulate now: a few slots for each store, given out first come, first served.

A slot and a place in the queue are locked files: they are free again the moment their holder is
gone, whatever ended it. Files of the queue are named by number and run, so that anybody can read
the order; nobody keeps it. No clock has a part in it.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from ape_core import limits
from ape_core.errors import StoreError
from ape_core.runs.claims import Claim
from ape_core.runs.costs import PAGE_MB
from ape_core.runs.memory import free_memory_mb, pause_mark_mb
from ape_core.storage.files import make_folder
from ape_core.storage.locks import FileLock, is_locked
from ape_core.storage.os_errors import os_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

POLL_SECONDS: Final = 0.2
"""Whoever waits looks this often whether it is its turn."""

_TURN_SECONDS: Final = 30.0
"""The queue is locked for milliseconds at a time; this long means that the disk hangs."""


@dataclass(frozen=True)
class QueuePosition:
    """Where a run stands in the queue.

    Attributes
    ----------
    place
        1 for the next.
    ahead
        Runs that simulate now and those that will before it, in the order in which they asked.
    memory_needed_mb, memory_left_mb
        What it needs and what is left, when it is next and waits for memory only.
    """

    place: int
    ahead: tuple[str, ...]
    memory_needed_mb: float | None = None
    memory_left_mb: float | None = None


class Ticket:
    """A place in the queue of a store, for as long as it is not closed."""

    def __init__(self, store: Path, path: Path, lock: FileLock, claim: Claim) -> None:
        self._store = store
        self._path = path
        self._lock = lock
        self._claim = claim

    @classmethod
    def take(
        cls, store: Path, run_id: str, memory_mb: float = 0.0, number: int | None = None
    ) -> Ticket:
        """Stand at the end of the queue.

        Parameters
        ----------
        store
            Folder of the store.
        run_id
            The run that wants to simulate.
        memory_mb
            What it will need.
        number
            The number that it had, when it stands in the queue again: it keeps its place.
        """
        with _queue_locked(store):
            if number is None:
                number = 1 + max(_numbers(store), default=0)
            path = _queue(store) / f"{number:012d}-{run_id}.ticket"
            lock = FileLock.acquire(path)
        if lock is None:
            raise StoreError(f"{path} is locked, though it is new.", "Try again.")
        claim = Claim(run_id, number, memory_mb, os.getpid())
        claim.write(path, lock)
        return cls(store, path, lock, claim)

    @classmethod
    def adopt(cls, store: Path, path: Path, descriptor: int) -> Ticket | None:
        """Take over the place that this process held before it was loaded anew."""
        lock, claim = FileLock.adopt(descriptor), Claim.read(path)
        return None if lock is None or claim is None else cls(store, path, lock, claim)

    @property
    def path(self) -> Path:
        """The file of the ticket."""
        return self._path

    def fileno(self) -> int:
        """Return the descriptor of the open file that holds the place."""
        return self._lock.fileno()

    def place(self) -> int:
        """Place in the queue: 1 for the next."""
        waiting = _waiting(self._store)
        return waiting.index(self._path) + 1 if self._path in waiting else 1

    def try_slot(self) -> FileLock | None:
        """Take a slot and leave the queue, if this is the next and there is room for it."""
        if self.place() != 1:
            return None
        with _queue_locked(self._store):
            _remove_dead(self._store)
            if self.place() != 1:
                return None
            if n_running(self._store) >= limits.MAX_CONCURRENT_SIMULATIONS:
                self._say(None, None)
                return None
            needed, left = _memory_needed_mb(self._store, self._claim), memory_left_mb(self._store)
            if left < needed:
                self._say(needed, left)
                return None
            self._say(None, None)
            slot = _free_slot(self._store, self._claim)
            if slot is not None:
                self.close()
        return slot

    def _say(self, needed_mb: float | None, left_mb: float | None) -> None:
        """Say in the ticket what is waited for: so much memory, or else a slot."""
        said = replace(self._claim, memory_needed_mb=needed_mb, memory_left_mb=left_mb)
        if said != self._claim:
            self._claim = said
            said.write(self._path, self._lock)

    def close(self) -> None:
        """Leave the queue."""
        self._path.unlink(missing_ok=True)
        self._lock.close()


def wait_for_slot(
    store: Path, run_id: str, memory_mb: float, goes_on: Callable[[int], bool]
) -> FileLock | None:
    """Queue until a slot is free.

    Parameters
    ----------
    store
        Folder of the store.
    run_id
        The run that wants to simulate.
    memory_mb
        What it will need.
    goes_on
        Called with the place in the queue while waiting; false gives up waiting.

    Returns
    -------
    FileLock or None
        The slot, to be closed when the run is done; None when waiting was given up.
    """
    return wait_with_ticket(Ticket.take(store, run_id, memory_mb), goes_on)


def wait_with_ticket(ticket: Ticket, goes_on: Callable[[int], bool]) -> FileLock | None:
    """Wait in the queue until a slot is free, as `wait_for_slot`."""
    try:
        while (slot := ticket.try_slot()) is None and goes_on(ticket.place()):
            time.sleep(POLL_SECONDS)
    except BaseException:
        ticket.close()
        raise
    if slot is None:
        ticket.close()
    return slot


def queue_place(store: Path, run_id: str) -> int | None:
    """Place of a run in the queue of a store, 1 for the next; None when it does not wait."""
    waiting = queued_runs(store)
    return waiting.index(run_id) + 1 if run_id in waiting else None


def queue_position(store: Path, run_id: str) -> QueuePosition | None:
    """Where a run stands in the queue of a store; None when it does not wait."""
    waiting = _waiting(store)
    names = [_run_id(path) for path in waiting]
    if run_id not in names:
        return None
    place = names.index(run_id) + 1
    ahead = (*(claim.run_id for claim in running_claims(store)), *names[: place - 1])
    claim = Claim.read(waiting[place - 1])
    if claim is None:
        return QueuePosition(place, ahead)
    return QueuePosition(place, ahead, claim.memory_needed_mb, claim.memory_left_mb)


def queued_runs(store: Path) -> list[str]:
    """Runs that wait for a slot, the next one first."""
    return [_run_id(path) for path in _waiting(store)]


def n_running(store: Path) -> int:
    """Slots of a store that are taken."""
    return len(_taken_slots(store))


def running_claims(store: Path) -> list[Claim]:
    """What the holders of slots said of themselves, in the order in which they asked."""
    claims = [claim for path in _taken_slots(store) if (claim := Claim.read(path)) is not None]
    return sorted(claims, key=lambda claim: claim.number)


def memory_left_mb(store: Path) -> float:
    """Memory that is free and that no running worker of a store will yet grow into."""
    growing = sum(claim.yet_to_grow_mb() for claim in running_claims(store))
    return max(0.0, free_memory_mb() - growing)


def own_claim(store: Path) -> Claim | None:
    """What this process said of itself when it took its slot; None when it holds none."""
    mine = (claim for claim in running_claims(store) if claim.pid == os.getpid())
    return next(mine, None)


def has_elder(store: Path) -> bool:
    """Whether a run that asked before this process's simulates too."""
    mine = own_claim(store)
    return mine is not None and mine.number > running_claims(store)[0].number


def _free_slot(store: Path, claim: Claim) -> FileLock | None:
    """Lock a slot that nobody holds; None when all are taken."""
    make_folder(store / "slots")
    for number in range(limits.MAX_CONCURRENT_SIMULATIONS):
        path = store / "slots" / f"slot-{number}.lock"
        slot = FileLock.acquire(path)
        if slot is not None:
            claim.write(path, slot)
            return slot
    return None


def _memory_needed_mb(store: Path, claim: Claim) -> float:
    """Memory that must be left for a run to start.

    More beside others: they must not have to pause for it, nor a visitor be refused.
    """
    beside_others = pause_mark_mb() + PAGE_MB if n_running(store) else 0.0
    return claim.yet_to_grow_mb() + beside_others


def _taken_slots(store: Path) -> list[Path]:
    """Slots that somebody holds."""
    return [path for path in (store / "slots").glob("slot-*.lock") if is_locked(path)]


@contextmanager
def _queue_locked(store: Path) -> Iterator[None]:
    """Hold the lock under which the queue changes."""
    make_folder(_queue(store))
    deadline = time.monotonic() + _TURN_SECONDS
    while (lock := FileLock.acquire(_queue(store) / "queue.lock")) is None:
        if time.monotonic() > deadline:
            raise StoreError(
                f"The queue in {_queue(store)} has been locked for {_TURN_SECONDS:.0f} seconds.",
                "The disk may hang, or a process there was suspended; look with `ape doctor`.",
            )
        time.sleep(0.01)
    with lock:
        yield


def _queue(store: Path) -> Path:
    """Folder of the queue."""
    return store / "queue"


def _tickets(store: Path) -> list[Path]:
    """All tickets in order, also those whose holder is gone."""
    with os_errors("read", _queue(store)):
        return sorted(_queue(store).glob("[0-9]" * 12 + "-*.ticket"))


def _waiting(store: Path) -> list[Path]:
    """Tickets whose holder lives, in order."""
    return [path for path in _tickets(store) if is_locked(path)]


def _remove_dead(store: Path) -> None:
    """Remove the tickets of processes that are gone."""
    for path in _tickets(store):
        if not is_locked(path):
            path.unlink(missing_ok=True)


def remove_dead_tickets(store: Path) -> int:
    """Remove places in the queue whose holder is gone; return how many there were.

    They do no harm: whoever takes a slot next removes them, too.
    """
    if not dead_tickets(store):
        return 0
    with _queue_locked(store):
        dead = len(dead_tickets(store))
        _remove_dead(store)
    return dead


def dead_tickets(store: Path) -> list[Path]:
    """Places in the queue whose holder is gone."""
    return [path for path in _tickets(store) if not is_locked(path)]


def _numbers(store: Path) -> list[int]:
    """Numbers of all who wait or simulate: the next one is higher than each."""
    waiting = [int(path.name.partition("-")[0]) for path in _tickets(store)]
    return [*waiting, *(claim.number for claim in running_claims(store))]


def _run_id(path: Path) -> str:
    """Run of a ticket."""
    return path.stem.partition("-")[2]
