"""The pulse of a page: a `Play` that counts seconds in the browser and makes the kernel look.

The page pulls. When it goes, the counting ends, and the kernel rests and can be culled.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from itertools import repeat
from typing import Any, Final
from urllib.parse import urlencode

from ipywidgets import Play

from widgets.html import classed, html, text

TICK_MS: Final = 1_000
LIGHT_TICK_MS: Final = 2_000
"""Milliseconds from count to count on a light page."""

_PROMPT: Final = 120
"""How often a kernel tries, once a second, to make its page begin to count."""

_SELDOM_SECONDS: Final = 10
_SELDOM: Final = 360
"""How often it tries after that, for an hour: a slow machine or network brings the page in the end,
and a page that never came to count would be dead without saying so."""

_HURRIED_SECONDS: Final = 0.2
_HURRIED: Final = 25
"""How often a kernel looks by itself, in five seconds, for what somebody has just asked for."""


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
        self._hurrying: asyncio.Task[None] | None = None
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

    def hurry(self, is_awaited: Callable[[], bool]) -> None:
        """Look more often than the page counts, for some seconds, while something is awaited."""
        if self._hurrying is None and self.ticks:
            self._hurrying = asyncio.get_running_loop().create_task(self._hurry(is_awaited))

    def end(self) -> None:
        """Wait for no page any more."""
        for task in (self._task, self._hurrying):
            if task is not None:
                task.cancel()
        self._task = self._hurrying = None

    async def _hurry(self, is_awaited: Callable[[], bool]) -> None:
        """Look until it is there, or it turns out to take longer."""
        for _ in range(_HURRIED):
            await asyncio.sleep(_HURRIED_SECONDS)
            if not is_awaited():
                break
            self._ticked()
        self._hurrying = None

    def _count(self, _: Any) -> None:
        """The browser has counted one further."""
        self.ticks += 1
        self._ticked()

    async def _begin_counting(self) -> None:
        """Start the count: the browser obeys only a change that it sees happen."""
        for seconds in (*repeat(1, _PROMPT), *repeat(_SELDOM_SECONDS, _SELDOM)):
            await asyncio.sleep(seconds)
            if self.ticks:
                return
            self.play.playing = False
            self.play.playing = True
