"""The pulse of a page: a `Play` that counts seconds in the browser and makes the kernel look.

The page pulls. When it goes, the counting ends, and the kernel rests and can be culled.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlencode

from ipywidgets import Play

from widgets.html import classed, html, text

TICK_MS: Final = 1_000
LIGHT_TICK_MS: Final = 2_000
"""Milliseconds from count to count on a light page."""

_SECONDS_TO_COME: Final = 120
"""How long a kernel waits for its page to begin counting."""


class Pulse:
    """Counts, and tells the page by each count that its kernel lives.

    Parameters
    ----------
    ticked
        Called at each count while the page is there.
    interval_ms
        Milliseconds from count to count.
    """

    def __init__(self, ticked: Callable[[], None], interval_ms: int = TICK_MS) -> None:
        self.ticks = 0
        self._ticked = ticked
        self._task: asyncio.Task[None] | None = None
        self.view = html("ape-pulse", "ape-unseen")
        self.play = classed(Play(interval=interval_ms, max=10**9, repeat=True), "ape-hidden")
        self.play.observe(self._count, names="value")

    def beat(self, title: str, address: Mapping[str, str]) -> None:
        """Write the pulse, the title of the window, and what its address is to name."""
        words = f'data-address="{text(urlencode(address))}" data-title="{text(title)}"'
        self.view.value = f'<span data-tick="{self.ticks}" {words}></span>'

    def begin(self) -> None:
        """Begin to count as soon as the page is there."""
        self.end()
        self._task = asyncio.get_running_loop().create_task(self._begin_counting())

    def end(self) -> None:
        """Wait for no page any more."""
        if self._task is not None:
            self._task.cancel()
        self._task = None

    def _count(self, _: Any) -> None:
        """The browser has counted one further."""
        self.ticks += 1
        self._ticked()

    async def _begin_counting(self) -> None:
        """Start the count: the browser obeys only a change that it sees happen."""
        for _ in range(_SECONDS_TO_COME):
            await asyncio.sleep(1)
            if self.ticks:
                return
            self.play.playing = False
            self.play.playing = True
