"""Who may simulate now: a few slots for each store, given out first come, first served.

A slot and a place in the queue are locked files: they are free again the moment their holder is
gone, whatever ended it. Files of the queue are named by number and run, so that anybody can read
the order; nobody keeps it.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from ape_core import limits
from ape_core.errors import StoreError
from ape_core.runs.memory import check_memory
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


class Ticket:
    """A place in the queue of a store, for as long as it is not closed."""

    def __init__(self, store: Path, path: Path, lock: FileLock) -> None:
        self._store = store
        self._path = path
        self._lock = lock

    @classmethod
    def take(cls, store: Path, run_id: str) -> Ticket:
        """Stand at the end of the queue."""
        with _queue_locked(store):
            numbers = [_number(path) for path in _tickets(store)]
            path = _queue(store) / f"{max(numbers, default=0) + 1:012d}-{run_id}.ticket"
            lock = FileLock.acquire(path)
        if lock is None:
            raise StoreError(f"{path} is locked, though it is new.", "Try again.")
        return cls(store, path, lock)

    def place(self) -> int:
        """Place in the queue: 1 for the next."""
        waiting = _waiting(self._store)
        return waiting.index(self._path) + 1 if self._path in waiting else 1

    def try_slot(self, memory_mb: float) -> FileLock | None:
        """Take a slot and leave the queue, if this is the next and there is room for it.

        Parameters
        ----------
        memory_mb
            What the run will need; it waits for memory only while another run is going on.
        """
        with _queue_locked(self._store):
            _remove_dead(self._store)
            if self.place() != 1:
                return None
            slot = _free_slot(self._store, memory_mb)
            if slot is not None:
                self.close()
        return slot

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
    ticket = Ticket.take(store, run_id)
    try:
        while (slot := ticket.try_slot(memory_mb)) is None and goes_on(ticket.place()):
            time.sleep(POLL_SECONDS)
    except BaseException:
        ticket.close()
        raise
    if slot is None:
        ticket.close()
    return slot


def queue_place(store: Path, run_id: str) -> int | None:
    """Place of a run in the queue of a store, 1 for the next; None when it does not wait."""
    for place, path in enumerate(_waiting(store), start=1):
        if _run_id(path) == run_id:
            return place
    return None


def queued_runs(store: Path) -> list[str]:
    """Runs that wait for a slot, the next one first."""
    return [_run_id(path) for path in _waiting(store)]


def n_running(store: Path) -> int:
    """Slots of a store that are taken."""
    return sum(is_locked(path) for path in (store / "slots").glob("slot-*.lock"))


def _free_slot(store: Path, memory_mb: float) -> FileLock | None:
    """Lock a slot that nobody holds; None when all are taken or memory would not suffice."""
    make_folder(store / "slots")
    if n_running(store) > 0 and check_memory().free_mb < memory_mb:
        return None
    paths = [
        store / "slots" / f"slot-{number}.lock"
        for number in range(limits.MAX_CONCURRENT_SIMULATIONS)
    ]
    return next((slot for path in paths if (slot := FileLock.acquire(path)) is not None), None)


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


def _number(path: Path) -> int:
    """Number of a ticket."""
    return int(path.name.partition("-")[0])


def _run_id(path: Path) -> str:
    """Run of a ticket."""
    return path.stem.partition("-")[2]
