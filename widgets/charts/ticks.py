"""Ticks that any drawing shares, whatever it is drawn with."""

from __future__ import annotations


def year_ticks(years: int) -> list[int]:
    """Whole years, thinned where a run is long."""
    step = 1 if years <= 10 else 2 if years <= 20 else 5
    return list(range(0, years + 1, step))
