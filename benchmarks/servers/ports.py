"""Ports of this machine."""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from typing import Final

_SECONDS: Final = 60.0


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> None:
    """Wait until somebody listens on a port."""
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1.0):
            return
        time.sleep(0.02)
    raise TimeoutError(f"nobody listens on port {port}")
