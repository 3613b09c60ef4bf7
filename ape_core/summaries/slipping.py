"""What a limited number of slots does to visits, by calendar time and by days of slip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ape_core.schema import DAYS_PER_WEEK
from ape_core.summaries.definitions import Counts, Floats

if TYPE_CHECKING:
    from ape_core.summaries.summary import Summary


@dataclass(frozen=True, slots=True)
class Slips:
    """Visits of all eyes in each week or day; all arrays of one length.

    Attributes
    ----------
    time
        Calendar weeks or days of the run: 0, 1, 2, ...
    visits
        Visits made.
    slipped
        Those of them that were later for want of a slot.
    slip_days
        By how many days, in all.
    waiting
        Eyes that wait for a slot over the night, on the last day of the week.
    given_up
        Visits that were wanted and never made: care or the run ended before there was a slot.
    """

    time: Counts
    visits: Counts
    slipped: Counts
    slip_days: Counts
    waiting: Counts
    given_up: Counts

    @property
    def mean_slip_days(self) -> Floats:
        """Days of slip per visit made; 0 where none was made."""
        return self.slip_days / np.maximum(self.visits, 1)


@dataclass(frozen=True, slots=True)
class SlipLengths:
    """Visits by days of slip.

    Attributes
    ----------
    days
        0, 1, 2, ...; the last stands for more, too.
    visits
        Visits of all eyes; none where slots were not limited.
    """

    days: Counts
    visits: Counts

    def share_over(self, days: int) -> float:
        """Share of visits that slipped by more than so many days; 0 without visits."""
        total = int(self.visits.sum())
        return int(self.visits[self.days > days].sum()) / total if total else 0.0


def slips_per_day(summary: Summary) -> Slips:
    """Visits that slipped, and eyes that wait, by calendar day; all 0 where slots are unlimited."""
    visits, slips = _aligned(summary)
    return Slips(np.arange(len(visits), dtype=np.int64), visits, *slips.T)


def slips_per_week(summary: Summary) -> Slips:
    """Visits that slipped, and eyes that wait, by calendar week; the last may be short of days."""
    visits, slips = _aligned(summary)
    starts = np.arange(0, len(visits), DAYS_PER_WEEK)
    last = np.minimum(starts + DAYS_PER_WEEK, len(visits)) - 1
    slipped, days, _, given_up = np.add.reduceat(slips, starts, axis=0).T
    return Slips(
        np.arange(len(starts), dtype=np.int64),
        np.add.reduceat(visits, starts),
        slipped,
        days,
        slips[last, 2],
        given_up,
    )


def slip_lengths(summary: Summary) -> SlipLengths:
    """Visits by days of slip."""
    visits = summary["visits_by_slip"]
    return SlipLengths(np.arange(len(visits), dtype=np.int64), visits)


def _aligned(summary: Summary) -> tuple[Counts, Counts]:
    """Visits and slips by calendar day, both as long as the longer."""
    visits, slips = summary["visits_per_day"].sum(axis=1), summary["slips_per_day"]
    n_days = max(len(visits), len(slips))
    longer = np.zeros((n_days, slips.shape[1]), np.int64)
    longer[: len(slips)] = slips
    return np.pad(visits, (0, n_days - len(visits))), longer
