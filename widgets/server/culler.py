"""Kernels end with their pages; those of notebooks are left to Jupyter's own rules."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager

from ape_core.runs.guard import give_back
from widgets.page import is_page
from widgets.server.settings import SECONDS_TO_CONNECT, SECONDS_UNTIL_GONE

# Its methods carry no types.
_Manager: Any = AsyncMappingKernelManager


class LeaveCuller(_Manager):  # type: ignore[misc]
    """Shuts down the kernel of a page that went away and did not come back.

    Jupyter itself culls only kernels that have been idle for long, and a kernel that was busy or
    talkative when its page vanished never counts as idle. A page can do without its kernel, since
    runs are in the store; a notebook cannot, since its variables are nowhere else. So only the
    kernels that Voilà starts end here. The clock is the monotonic one: a clock that is set does
    not end anything.
    """

    seconds_until_gone = SECONDS_UNTIL_GONE
    seconds_to_connect = SECONDS_TO_CONNECT

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._alone_since: dict[str, float] = {}
        self._came: set[str] = set()
        self._pages: set[str] = set()
        self._ending: set[asyncio.Task[None]] = set()

    async def start_kernel(self, **options: Any) -> str:
        """Start a kernel; note whether it is that of a page."""
        kernel_id = str(await super().start_kernel(**options))
        if is_page(options.get("env") or {}):
            self._pages.add(kernel_id)
            self._alone_since[kernel_id] = time.monotonic()
            # Another kernel in its place would know nothing of the page, and only take memory.
            self.get_kernel(kernel_id)._restarter.restart_limit = 0  # noqa: SLF001
        return kernel_id

    def notify_connect(self, kernel_id: str) -> None:
        """A page has come, or come back."""
        super().notify_connect(kernel_id)
        self._came.add(kernel_id)
        self._alone_since.pop(kernel_id, None)

    def notify_disconnect(self, kernel_id: str) -> None:
        """A page has left."""
        super().notify_disconnect(kernel_id)
        if kernel_id in self._pages and not self._kernel_connections.get(kernel_id, 0):
            self._alone_since[kernel_id] = time.monotonic()

    async def _async_shutdown_kernel(
        self,
        kernel_id: str,
        now: bool = False,  # noqa: FBT001, FBT002  as Jupyter calls it
        restart: bool = False,  # noqa: FBT001, FBT002
    ) -> None:
        """End a kernel; what serving its page took of the server's memory is free again."""
        await self._settle(kernel_id)
        await super()._async_shutdown_kernel(kernel_id, now=now, restart=restart)
        give_back()

    # Jupyter asks for one kernel by this name, and for all of them by the other.
    shutdown_kernel = _async_shutdown_kernel

    async def _settle(self, kernel_id: str) -> None:
        """Wait while a kernel is restarting: Jupyter cannot end it then, and would leave it behind.

        A kernel that is ending already is not waited for here: Jupyter does that itself.
        """
        while kernel_id in self and kernel_id not in self._pending_kernels:
            ready = self.get_kernel(kernel_id).ready
            if ready.done():
                return
            await asyncio.wait({ready})

    def remove_kernel(self, kernel_id: str) -> Any:
        """Forget a kernel that has ended."""
        self._pages.discard(kernel_id)
        self._came.discard(kernel_id)
        self._alone_since.pop(kernel_id, None)
        return super().remove_kernel(kernel_id)

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        """Shut a kernel down when its page has been gone for long enough, or never came."""
        if kernel_id not in self._pages:
            await super().cull_kernel_if_idle(kernel_id)
        elif self._is_deserted(kernel_id):
            self.log.info("The page of kernel %s has gone.", kernel_id)
            await self.shutdown_kernel(kernel_id)

    def _is_deserted(self, kernel_id: str) -> bool:
        """Whether nobody has looked at a page's kernel for longer than a reload takes."""
        since = self._alone_since.get(kernel_id)
        if since is None:
            return False
        came = kernel_id in self._came
        if not came and self._kernels[kernel_id].execution_state in ("starting", "busy"):
            # The page comes when its notebook has been run, however slow the machine is.
            self._alone_since[kernel_id] = time.monotonic()
            return False
        patience = self.seconds_until_gone if came else self.seconds_to_connect
        return time.monotonic() - since >= patience

    def _handle_kernel_died(self, kernel_id: str) -> None:
        """Give back all that the server holds for the kernel of a page that died."""
        if kernel_id not in self._pages:
            super()._handle_kernel_died(kernel_id)
            return
        self.log.warning("The kernel %s of a page died.", kernel_id)
        task = asyncio.ensure_future(self._end(kernel_id))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _end(self, kernel_id: str) -> None:
        """End a kernel at once, unless it has been ended meanwhile."""
        if kernel_id in self:
            await self.shutdown_kernel(kernel_id, now=True)
