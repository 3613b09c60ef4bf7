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

ELSEWHERE: Final = "elsewhere"
"""In an object store, as written. It takes no disk here, and is not archived."""

ON_DISK: Final = (WARM, COLD)


def tier_of(checkpoint: Checkpoint) -> str:
    """Return the tier of what is committed: cold once every part is."""
    if checkpoint.place:
        return ELSEWHERE
    return COLD if checkpoint.parts and archived_share(checkpoint) == 1 else WARM


def is_all_in(checkpoint: Checkpoint, tier: str) -> bool:
    """Whether every part is in a tier; some are in each when a change was stopped."""
    return all(part.tier == tier for part in checkpoint.parts)


def archived_share(checkpoint: Checkpoint) -> float:
    """Return the share of the committed patients that are archived; between 0 and 1 if stopped."""
    archived = sum(part.stop - part.first for part in checkpoint.parts if part.tier == COLD)
    return archived / checkpoint.patients_done if archived else 0.0
