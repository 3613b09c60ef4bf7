"""Ending a run at a commit when the system or a person asks this process to end."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Final, Self

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopSignals:
    """Holds back the signals that end a process while a run is going on, then passes them on.

    The first signal only sets `requested`; a second one acts at once. Leaving the block raises
    what was held back: KeyboardInterrupt, or the end of the process. A signal that is ignored
    stays ignored, as under nohup. In any thread but the main one this does nothing, as signals
    do not come there.

    Parameters
    ----------
    message
        Text of the KeyboardInterrupt.
    """

    def __init__(self, message: str) -> None:
        self.requested = False
        self._message = message
        self._received: int | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            heeded = [number for number in _SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
            for number in heeded:
                self._before[number] = signal.signal(number, self._hold)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._restore()
        if kind is not None or self._received is None:
            return
        if self._received == signal.SIGINT:
            raise KeyboardInterrupt(self._message)
        os.kill(os.getpid(), self._received)

    def _hold(self, number: int, _frame: FrameType | None) -> None:
        """Note the first signal; let the next one act."""
        self.requested = True
        self._received = number
        self._restore()

    def _restore(self) -> None:
        """Put back what signals did before."""
        while self._before:
            number, handler = self._before.popitem()
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
