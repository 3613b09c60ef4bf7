"""The wall clock: the one module that reads it.

It tells people when something was. Durations come from the monotonic clock, which nobody sets;
order comes from numbers that are given out, and life from locks. So a clock that is wrong, or is
set while runs go on, changes what is shown and nothing else.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

_FORM: Final = "%Y-%m-%dT%H:%M:%SZ"


def utc_now() -> datetime:
    """Return the present instant."""
    return datetime.now(UTC)


def utc_text(then: datetime) -> str:
    """Return an instant as it is written into files and pages: 2026-11-23T08:15:00Z."""
    return then.astimezone(UTC).strftime(_FORM)


def parse_utc(text: str) -> datetime:
    """Return the instant that `utc_text` wrote; ValueError when it wrote no such text."""
    return datetime.strptime(text, _FORM).replace(tzinfo=UTC)


def instant(seconds: float) -> datetime:
    """Return the instant so many seconds after the beginning of 1970, as files note it."""
    return datetime.fromtimestamp(seconds, UTC)


def local_text(then: datetime) -> str:
    """Return an instant in the zone of this process, for whoever reads a terminal."""
    return then.astimezone().strftime("%Y-%m-%d %H:%M")
