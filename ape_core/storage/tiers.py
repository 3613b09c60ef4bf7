"""The tiers of a run: hot while it is simulated, warm as it was written, cold once archived.

Each part says how it is written, so that a run which is half archived can be read like any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ape_core.storage.checkpoint import Checkpoint

HOT: Final = "hot"
"""A worker is at work: the newest rows are in memory."""

WARM: Final = "warm"
"""Written fast, in the layout that other programs read, too."""

COLD: Final = "cold"
"""Archived: at maximum compression. It is read like any other run."""

ON_DISK: Final = (WARM, COLD)


def tier_of(checkpoint: Checkpoint) -> str:
    """Return the tier of what is committed: cold once every part is."""
    return COLD if checkpoint.parts and n_parts(checkpoint, WARM) == 0 else WARM


def n_parts(checkpoint: Checkpoint, tier: str) -> int:
    """Return how many parts are in a tier."""
    return sum(part.tier == tier for part in checkpoint.parts)
