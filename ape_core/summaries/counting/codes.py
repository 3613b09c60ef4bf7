"""Numbers that decide where the compiled loops count a row, and the columns that they count in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ape_core.schema import DAYS_PER_YEAR, MAX_LETTERS, PERIODS_PER_YEAR, PHASES
from ape_core.summaries.definitions import (
    DRIVING_LETTERS,
    GROUPS,
    LARGE_CHANGE,
    MAX_INTERVAL_WEEKS,
    MONITORED,
    N_CHANGES,
    N_LETTERS,
    ON_TREATMENT,
    SCANS,
    STATUSES,
    n_weeks,
)

if TYPE_CHECKING:
    from ape_core.simulation.chunk import Chunk

N_PLANS: Final = MAX_INTERVAL_WEEKS + 2
"""Weeks to the next visit, the last of which stands for an eye that is monitored."""
CHANGES: Final = N_LETTERS
PLANS: Final = CHANGES + N_CHANGES
UNSEEN: Final = PLANS + N_PLANS * len(SCANS)
AROUND: Final = UNSEEN + 1
N_COLUMNS: Final = AROUND + 2 * len(SCANS)
"""Columns of `Room.at_points`. What holds at a point: letters, letters gained, weeks to the next
visit by reading of the last scan, eyes not seen yet. And the scans around it, by reading and
whether there was an injection."""


class Codes(NamedTuple):
    """Numbers that decide where a row is counted; `n_` says how many columns there are of it."""

    years: int
    n_points: int
    periods_per_year: int
    days_per_year: int
    n_first_eyes: int
    first_group: int
    n_groups: int
    waits: bool
    monitoring: int
    on_treatment: int
    monitored: int
    n_statuses: int
    n_intervals: int
    monitored_plan: int
    n_letters: int
    n_changes: int
    no_change: int
    changes: int
    plans: int
    unseen: int
    around: int
    n_columns: int
    large_change: int
    driving_letters: int


def codes_of(chunk: Chunk) -> Codes:
    """Numbers for a chunk."""
    return Codes(
        years=chunk.years,
        n_points=n_weeks(chunk.years),
        periods_per_year=PERIODS_PER_YEAR,
        days_per_year=DAYS_PER_YEAR,
        n_first_eyes=chunk.stop - chunk.first,
        first_group=chunk.first % GROUPS,
        n_groups=GROUPS,
        waits=chunk.waits is not None,
        monitoring=PHASES.index("monitoring"),
        on_treatment=ON_TREATMENT,
        monitored=MONITORED,
        n_statuses=len(STATUSES),
        n_intervals=MAX_INTERVAL_WEEKS + 1,
        monitored_plan=N_PLANS - 1,
        n_letters=N_LETTERS,
        n_changes=N_CHANGES,
        no_change=MAX_LETTERS,
        changes=CHANGES,
        plans=PLANS,
        unseen=UNSEEN,
        around=AROUND,
        n_columns=N_COLUMNS,
        large_change=LARGE_CHANGE,
        driving_letters=DRIVING_LETTERS,
    )
