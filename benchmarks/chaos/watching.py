"""Wakes up at the instant a file is created or renamed in a folder, as the kernel tells it."""

from __future__ import annotations

import ctypes
import os
import select
import struct
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

_CREATED: Final = 0x100
_RENAMED_TO: Final = 0x80
_REMOVED: Final = 0x200


class Watch:
    """Events of some folders, through inotify."""

    def __init__(self, folders: Iterable[Path]) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._descriptor < 0:
            raise OSError(ctypes.get_errno(), "inotify_init1")
        for folder in folders:
            mask = _CREATED | _RENAMED_TO | _REMOVED
            if libc.inotify_add_watch(self._descriptor, bytes(folder), mask) < 0:
                raise OSError(ctypes.get_errno(), str(folder))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._descriptor)

    def forget(self) -> None:
        """Drop events that have come already."""
        while self._ready(0.0):
            os.read(self._descriptor, 1 << 16)

    def until(self, event: str, name: str, seconds: float) -> bool:
        """Wait for an event ("created", "renamed", "removed") of a file whose name has a part.

        Returns
        -------
        bool
            False when it did not come in time.
        """
        wanted = {"created": _CREATED, "renamed": _RENAMED_TO, "removed": _REMOVED}[event]
        deadline = time.monotonic() + seconds
        while self._ready(max(0.0, deadline - time.monotonic())):
            data = os.read(self._descriptor, 1 << 16)
            while data:
                _, mask, _, length = struct.unpack_from("iIII", data)
                found = data[16 : 16 + length].partition(b"\0")[0].decode()
                if mask & wanted and name in found:
                    return True
                data = data[16 + length :]
        return False

    def _ready(self, seconds: float) -> bool:
        """Whether an event comes in time."""
        return bool(select.select([self._descriptor], [], [], seconds)[0])
