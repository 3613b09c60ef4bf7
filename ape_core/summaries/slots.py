"""How a limited number of slots is used, and who waits for one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ape_core.errors import InvalidInputError
from ape_core.schema import DAYS_PER_WEEK
from ape_core.spec.service_calendar import service_window
from ape_core.summaries.definitions import Counts, Floats
from ape_core.summaries.slipping import slips_per_week
from ape_core.summaries.table import Table

if TYPE_CHECKING:
    from ape_core.spec.run_spec import RunSpec
    from ape_core.summaries.summary import Summary


@dataclass(frozen=True, slots=True, eq=False)
class SlotUse:
    """Slots and waiting in each week of a service; arrays of one length.

    Attributes
    ----------
    weeks
        Weeks since the service opened: 0, 1, 2, ...
    slots
        Slots of all clinics in a week.
    visits
        Visits made, as many as slots used.
    slipped
        Those of them that were later for want of a slot.
    mean_slip_days
        Days of slip per visit made.
    waiting
        Eyes that wait for a slot over the night, on the last day of the week.
    given_up
        Visits that were wanted and never made.
    """

    weeks: Counts
    slots: int
    visits: Counts
    slipped: Counts
    mean_slip_days: Floats
    waiting: Counts
    given_up: Counts

    @property
    def share_used(self) -> float:
        """Slots used, as a share of those that there were."""
        return float(self.visits.sum()) / (self.slots * max(len(self.weeks), 1))

    @property
    def share_slipped(self) -> float:
        """Share of the visits made that were later for want of a slot; 0 without visits."""
        return float(self.slipped.sum()) / max(int(self.visits.sum()), 1)

    @property
    def n_full_weeks(self) -> int:
        """Weeks in which every slot was used."""
        return int((self.visits >= self.slots).sum())


def slot_use(summary: Summary, spec: RunSpec) -> SlotUse:
    """Use of slots while the service of a run is whole.

    Raises
    ------
    InvalidInputError
        The run has no limit on slots.
    """
    capacity = spec.capacity
    if capacity is None:
        raise InvalidInputError(
            "The run has as many slots as are wanted.", "Ask for a number of slots a day."
        )
    opening, n_days = service_window(spec)
    slips = slips_per_week(summary)
    part = slice(opening // DAYS_PER_WEEK, (opening + n_days) // DAYS_PER_WEEK)
    n_weeks = n_days // DAYS_PER_WEEK

    def seen(values: Counts) -> Counts:
        kept = values[part]
        return np.pad(kept, (0, n_weeks - len(kept)))

    visits, days = seen(slips.visits), seen(slips.slip_days)
    clinics = capacity.n_clinics(spec.cohort.n_patients)
    return SlotUse(
        weeks=np.arange(n_weeks),
        slots=capacity.slots_per_day * capacity.open_days * clinics,
        visits=visits,
        slipped=seen(slips.slipped),
        mean_slip_days=days / np.maximum(visits, 1),
        waiting=seen(slips.waiting),
        given_up=seen(slips.given_up),
    )


def slot_table(use: SlotUse) -> Table:
    """Slots and waiting by week."""
    return Table.of(
        "Slots and waiting",
        ("Week of the service, the first is 1", "", use.weeks + 1),
        ("Slots", "", [use.slots] * len(use.weeks)),
        ("Visits", "visits of an eye", use.visits),
        ("Visits that slipped", "visits of an eye", use.slipped),
        ("Slip, mean", "days per visit", use.mean_slip_days),
        ("Eyes waiting at the week's end", "", use.waiting),
        ("Visits given up", "visits of an eye", use.given_up),
    )
