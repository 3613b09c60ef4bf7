"""What whoever holds a slot, or a place in the queue, says of itself in the file it has locked.

Only advisory: that a file is locked says who is alive; this says what the memory will be and which
run is meant.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import psutil

from ape_core.runs.memory import MB
from ape_core.storage.locks import FileLock
from ape_core.storage.os_errors import os_errors

_BYTES: Final = 512
"""Every claim is written with one call and has this length, so that none is read half."""


@dataclass(frozen=True)
class Claim:
    """Who wants to simulate, or does.

    Attributes
    ----------
    run_id
        The run.
    number
        Its place in the order in which runs asked.
    memory_mb
        Memory that it will take, in megabytes.
    pid
        The process.
    memory_needed_mb, memory_left_mb
        What it needs to start and what was left when it looked, while it waits for memory only.
    """

    run_id: str
    number: int
    memory_mb: float
    pid: int
    memory_needed_mb: float | None = None
    memory_left_mb: float | None = None

    @classmethod
    def read(cls, path: Path) -> Claim | None:
        """Return what the holder of a file said; None when it has said nothing yet."""
        try:
            return cls(**json.loads(path.read_bytes()))
        except (OSError, ValueError, TypeError):
            return None

    def write(self, path: Path, lock: FileLock) -> None:
        """Say it in the file that this process has locked."""
        with os_errors("write", path):
            os.pwrite(lock.fileno(), json.dumps(asdict(self)).encode().ljust(_BYTES), 0)

    def yet_to_grow_mb(self) -> float:
        """Memory that the process will take but has not taken yet; 0 when it cannot be seen."""
        try:
            process = psutil.Process(self.pid)
            sizes = [one.memory_info().rss for one in (process, *process.children())]
            taken = float(sum(sizes)) / MB
        except psutil.Error:
            return 0.0
        return max(0.0, self.memory_mb - taken)
