"""Locks that the operating system keeps: held by an open file, gone when its last holder is.

Open-file-description locks, because they pass to a child with the open file, end with the last
process that has it (whatever killed it), and can be asked about without being taken: with
flock(2), whoever looks would for a moment hold what a starting worker wants.
"""

from __future__ import annotations

import fcntl
import os
import struct
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from ape_core.storage.os_errors import os_errors

# struct flock of Linux: type, whence, start, length, process; padded to its alignment.
_FLOCK: Final = "@hhqqi0q"
_WHOLE_FILE: Final = (os.SEEK_SET, 0, 0, 0)


class FileLock:
    """An exclusive lock on a file, for as long as the file is open somewhere.

    Made by `acquire`, or by `adopt` in a process that was given the open file. To hand a lock to
    a child, pass `fileno()` in `pass_fds` and close this one: there is no moment without holder.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    @classmethod
    def acquire(cls, path: Path) -> FileLock | None:
        """Lock a file, which is created if need be; None when somebody holds it.

        Raises
        ------
        StoreError
            When the file cannot be opened or its file system has no locks.
        """
        with os_errors("lock", path):
            while True:
                descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
                try:
                    taken = lock_open_file(descriptor)
                    if taken and _is_file_at(descriptor, path):
                        return cls(os.dup(descriptor))
                finally:
                    os.close(descriptor)
                if not taken:
                    return None

    @classmethod
    def adopt(cls, descriptor: int) -> FileLock | None:
        """Take over the lock of an open file, as a child does; None when somebody else holds it."""
        return cls(descriptor) if lock_open_file(descriptor) else None

    def fileno(self) -> int:
        """Return the descriptor of the open file that holds the lock."""
        if self._descriptor is None:
            raise ValueError("the lock was given up")
        return self._descriptor

    def close(self) -> None:
        """Close the file: gives up the lock, unless a child has it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def is_locked(path: Path) -> bool:
    """Whether somebody holds the lock of a file; does not touch the lock or the file."""
    with os_errors("look at the lock of", path):
        try:
            descriptor = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            return False
        try:
            answer = fcntl.fcntl(descriptor, fcntl.F_OFD_GETLK, _request())
        finally:
            os.close(descriptor)
    kind: int = struct.unpack(_FLOCK, answer)[0]
    return kind != fcntl.F_UNLCK


def lock_open_file(descriptor: int) -> bool:
    """Lock a file open for writing until it is closed; False when somebody else holds it."""
    try:
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, _request())
    except (BlockingIOError, PermissionError):  # EAGAIN or EACCES, as POSIX leaves open
        return False
    return True


def _request() -> bytes:
    """Ask for a write lock on a whole file."""
    return struct.pack(_FLOCK, fcntl.F_WRLCK, *_WHOLE_FILE)


def _is_file_at(descriptor: int, path: Path) -> bool:
    """Whether the open file is still the one of that name, and was not deleted meanwhile."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
