"""Loaded by each worker process that a coordinator starts on its own machine, as it begins."""

from __future__ import annotations

import signal
from typing import Any


def dask_setup(_worker: Any) -> None:
    """Leave Ctrl-C to the coordinator, which lets chunks in work come to their end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
