"""What happens before a page gets a kernel: a cookie for leaving, and a look at the memory."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import psutil
from tornado.web import HTTPError

from ape_core.runs.costs import PAGE_MB, WORKER_MB
from ape_core.runs.memory import MB, memory_limit_mb, pause_mark_mb
from ape_core.runs.slots import memory_left_mb, n_running
from ape_core.storage.location import default_store_path

SETTLED_SECONDS: Final = 30.0
"""After so long a page takes as much memory as it will."""


@dataclass
class _Visitor:
    """Somebody who was let in, and the kernel of the page, once it is there."""

    came: float
    kernel: psutil.Process | None = None

    def yet_to_take_mb(self) -> float:
        """Memory that the page will take but has not taken yet."""
        if self.kernel is None:
            return PAGE_MB
        try:
            return max(0.0, PAGE_MB - float(self.kernel.memory_info().rss) / MB)
        except psutil.Error:
            return 0.0


class Gate:
    """Lets a visitor in while there is memory for one more page.

    What is left is counted without what pages that have just been opened and workers that have
    just been started will still take; and where no worker runs, room is kept for one, unless there
    is no other page: a page from which nothing can be run would help nobody.

    Parameters
    ----------
    kernels
        Lists the processes of the kernels that are there.
    left_mb
        Measures the memory that is left beside the workers.
    n_workers
        Counts the workers.
    clock
        Monotonic seconds.
    """

    def __init__(
        self,
        kernels: Callable[[], list[psutil.Process]],
        left_mb: Callable[[], float],
        n_workers: Callable[[], int],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._kernels = kernels
        self._left_mb = left_mb
        self._n_workers = n_workers
        self._clock = clock
        self._visitors: list[_Visitor] = []
        self._seen: set[psutil.Process] = set()

    def admit(self, request: Any, **_: Any) -> None:
        """Let a visitor in, or say politely that there is no memory for another page.

        Raises
        ------
        HTTPError
            503, before any kernel is started.
        """
        # Reading the token sets its cookie. Without it the server refuses the message by which a
        # page that closes gives back its kernel, and every reload would leave one behind.
        request.xsrf_token  # noqa: B018
        kernels = self._kernels()
        self._look_after(kernels)
        left = self._left_mb() - sum(visitor.yet_to_take_mb() for visitor in self._visitors)
        kept = self._kept_mb(is_first=not kernels and not self._visitors)
        if left < PAGE_MB + kept:
            raise HTTPError(
                503,
                f"Another page needs about {PAGE_MB:.0f} MB of memory. {_what_is_left(left, kept)}",
                reason="No memory for another page",
            )
        self._visitors.append(_Visitor(self._clock()))

    def _kept_mb(self, *, is_first: bool) -> float:
        """Memory that no page may take."""
        needs_room = self._n_workers() == 0 and not is_first
        return pause_mark_mb() + (WORKER_MB if needs_room else 0.0)

    def _look_after(self, kernels: list[psutil.Process]) -> None:
        """Find the kernels of those who were let in, and forget pages that have all they need."""
        new = [kernel for kernel in kernels if kernel not in self._seen]
        self._seen = set(kernels)
        for visitor in self._visitors:
            if visitor.kernel is None and new:
                visitor.kernel = new.pop(0)
        now = self._clock()
        self._visitors = [who for who in self._visitors if now - who.came < SETTLED_SECONDS]


def _what_is_left(left_mb: float, kept_mb: float) -> str:
    """Say how much memory is left for pages, of what there is here."""
    limit = f"Of {memory_limit_mb():,.0f} MB"
    if left_mb < 1:
        return f"{limit} none are left"
    if left_mb <= kept_mb:
        return f"{limit}, {left_mb:,.0f} MB are left, and all of them are kept for runs"
    return f"{limit}, {left_mb:,.0f} MB are left, and {kept_mb:,.0f} MB of them are kept for runs"


def _kernels_here() -> list[psutil.Process]:
    """Kernels that this server has started."""
    children = psutil.Process().children()
    return [child for child in children if "ipykernel_launcher" in _command(child)]


def _command(process: psutil.Process) -> list[str]:
    """Words of a process's command; none when it has gone meanwhile."""
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


_GATE = Gate(
    _kernels_here,
    lambda: memory_left_mb(default_store_path()),
    lambda: n_running(default_store_path()),
)

admit = _GATE.admit
"""Hook of Voilà, called before it starts a kernel."""
