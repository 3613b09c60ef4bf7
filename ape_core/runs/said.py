"""Numbers that a worker said of itself: advisory, so that nothing is taken for granted."""

from __future__ import annotations

import math
from typing import Any


def number_in(said: dict[str, Any], name: str) -> float | None:
    """A number that a worker said, if it is one that can be."""
    value = said.get(name)
    is_number = isinstance(value, int | float) and math.isfinite(value) and value >= 0
    return value if is_number else None


def count_in(said: dict[str, Any], name: str) -> int:
    """A whole number that a worker said; 0 when it is none."""
    return int(number_in(said, name) or 0)
