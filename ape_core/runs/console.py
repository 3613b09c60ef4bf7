"""A run's progress as one line of plain text, for terminals, notebooks and log files."""

from __future__ import annotations

import shutil
import sys
import time
from typing import Final, TextIO

from ape_core.runs.progress import Progress

LOG_SECONDS: Final = 10.0
"""In a log file, which cannot be overwritten, a line is added only this often."""


class ProgressLine:
    """Shows progress: one line that is replaced, or lines now and then in a log.

    Parameters
    ----------
    stream
        Where to; unless told standard error, or in a notebook standard output, since a notebook
        shows the other as an error. A stream that is closed ends the showing.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = _usual_stream() if stream is None else stream
        self._replaces = _replaces_lines(self._stream)
        self._width = 0
        self._due = time.monotonic() + LOG_SECONDS
        self._usable = True

    def show(self, progress: Progress) -> None:
        """Show how far a run is."""
        if self._replaces:
            text = describe(progress)[: shutil.get_terminal_size().columns - 1]
            self._write("\r" + text.ljust(self._width))
            self._width = len(text)
        elif time.monotonic() >= self._due:
            self._due = time.monotonic() + LOG_SECONDS
            self._write(describe(progress) + "\n")

    def close(self) -> None:
        """End the line, so that what comes next stands below it."""
        if self._replaces and self._width:
            self._write("\n")
        self._width = 0

    def _write(self, text: str) -> None:
        """Write, unless nobody reads any more."""
        if not self._usable:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):  # a closed pipe must not end a run
            self._usable = False


def describe(progress: Progress) -> str:
    """Progress in plain words, on one line."""
    done = f"{progress.patients_done:,} of {progress.n_patients:,} patients"
    parts = [f"{progress.phase or progress.state}: {done} ({progress.share:.0%})"]
    if progress.queue_place is not None:
        after = ", ".join(run_id[:12] for run_id in progress.ahead)
        place = f"place {progress.queue_place} in the queue"
        parts.append(f"{place}, after {after}" if after else place)
    if progress.per_second is not None:
        parts.append(f"{progress.per_second:,.0f} per second")
    if progress.seconds_left is not None and progress.seconds_left > 0:
        parts.append(f"{duration(progress.seconds_left)} left")
    if progress.memory_mb is not None:
        parts.append(f"{progress.memory_mb:,.0f} MB")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """Seconds as a person would say them: 0.4 s, 12 s, 3 min 20 s, 2 h 5 min."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60} min"


def _replaces_lines(stream: TextIO) -> bool:
    """Whether a carriage return starts a line anew: on a terminal and in a notebook."""
    return stream.isatty() or _is_of_notebook(stream)


def _usual_stream() -> TextIO:
    """Where progress is shown unless told."""
    return sys.stdout if _is_of_notebook(sys.stderr) else sys.stderr


def _is_of_notebook(stream: TextIO) -> bool:
    """Whether what is written ends up below the cell of a notebook."""
    return type(stream).__module__.startswith("ipykernel")
