"""Kernels end with their pages."""

from __future__ import annotations

import time
from typing import Any

from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager

from widgets.server.settings import SECONDS_UNTIL_GONE

# Its methods carry no types.
_Manager: Any = AsyncMappingKernelManager


class LeaveCuller(_Manager):  # type: ignore[misc]
    """Shuts down the kernel of a page that went away and did not come back.

    Jupyter itself culls only kernels that have been idle for long, and a kernel that was busy or
    talkative when its page vanished never counts as idle.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._left_at: dict[str, float] = {}

    def notify_connect(self, kernel_id: str) -> None:
        """A page has come, or come back."""
        super().notify_connect(kernel_id)
        self._left_at.pop(kernel_id, None)

    def notify_disconnect(self, kernel_id: str) -> None:
        """A page has left."""
        super().notify_disconnect(kernel_id)
        if kernel_id in self and not self._kernel_connections.get(kernel_id, 0):
            self._left_at[kernel_id] = time.monotonic()

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        """Shut a kernel down when its page has been gone for long enough."""
        left_at = self._left_at.get(kernel_id)
        if left_at is None or time.monotonic() - left_at < SECONDS_UNTIL_GONE:
            await super().cull_kernel_if_idle(kernel_id)
            return
        self.log.info("The page of kernel %s has gone.", kernel_id)
        del self._left_at[kernel_id]
        await self.shutdown_kernel(kernel_id)
