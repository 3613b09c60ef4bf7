"""The pulse of a page: a `Play` that counts seconds in the browser and makes the kernel look.

The page pulls. When it goes, the counting ends, and the kernel rests and can be culled.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from ipywidgets import Play

from widgets.html import classed, html, text

TICK_MS: Final = 1_000
_SECONDS_TO_COME: Final = 120
"""How long a kernel waits for its page to begin counting."""


class Pulse:
    """Counts, and tells the page by each count that its kernel lives.

    Parameters
    ----------
    ticked
        Called about once a second while the page is there.
    """

    def __init__(self, ticked: Callable[[], None]) -> None:
        self.ticks = 0
        self._ticked = ticked
        self.view = html("ape-pulse", "ape-unseen")
        self.play = classed(Play(interval=TICK_MS, max=10**9, repeat=True), "ape-hidden")
        self.play.observe(self._count, names="value")

    def beat(self, title: str) -> None:
        """Write the pulse, and the title of the window."""
        words = f'data-run="" data-title="{text(title)}"'
        self.view.value = f'<span data-tick="{self.ticks}" {words}></span>'

    def begin(self) -> None:
        """Begin to count as soon as the page is there."""
        self._task = asyncio.get_running_loop().create_task(self._begin_counting())

    def _count(self, _: Any) -> None:
        """A second has passed in the browser."""
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
