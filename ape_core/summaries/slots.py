"""How a limited number of slots is used, and what waiting for one does to acuity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ape_core.errors import InvalidInputError
from ape_core.schema import DAYS_PER_WEEK, WEEKS_PER_YEAR
from ape_core.spec.service_calendar import service_window
from ape_core.summaries.acuity import acuity_over_time
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


@dataclass(frozen=True, slots=True, eq=False)
class SlippingCost:
    """Acuity of the same patients with limited slots and without a limit; arrays of one length.

    Attributes
    ----------
    weeks
        Since each patient's first visit: 0, 4, 8, ...
    limited, unlimited
        Mean letters of living eyes, assessed whether a clinic sees them or not.
    mean_slip_days
        Days of slip per visit of the run with limited slots, all of it.
    share_slipped
        Share of its visits that slipped.
    """

    weeks: Counts
    limited: Floats
    unlimited: Floats
    mean_slip_days: float
    share_slipped: float

    @property
    def difference(self) -> Floats:
        """Letters that the limit cost, below 0 where it did."""
        return self.limited - self.unlimited

    def at_year(self, year: int) -> float:
        """Letters that the limit cost by the end of a year of follow-up, below 0 where it did."""
        return float(self.difference[self.weeks == year * WEEKS_PER_YEAR][0])

    @property
    def n_years(self) -> int:
        """Years of follow-up."""
        return int(self.weeks[-1]) // WEEKS_PER_YEAR


def slipping_cost(limited: Summary, unlimited: Summary) -> SlippingCost:
    """Compare a run with limited slots with that of the same patients without a limit.

    Raises
    ------
    InvalidInputError
        The summaries are not of the same number of patients and years.
    """
    sizes = [(of.n_patients, of.years) for of in (limited, unlimited)]
    if sizes[0] != sizes[1]:
        raise InvalidInputError(
            f"The runs have {sizes[0][0]:,} patients in {sizes[0][1]} years and {sizes[1][0]:,} in "
            f"{sizes[1][1]}.",
            "Compare runs of the same patients when both are complete.",
        )
    slips = slips_per_week(limited)
    n_visits = max(limited.n_visits, 1)
    ours, free = acuity_over_time(limited), acuity_over_time(unlimited)
    return SlippingCost(
        weeks=ours.weeks,
        limited=ours.mean,
        unlimited=free.mean,
        mean_slip_days=int(slips.slip_days.sum()) / n_visits,
        share_slipped=int(slips.slipped.sum()) / n_visits,
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


def slipping_table(cost: SlippingCost) -> Table:
    """Acuity with and without the limit, by week of follow-up."""
    letters = "ETDRS letters"
    return Table.of(
        "Acuity with limited slots and without a limit",
        ("Time since the first visit", "weeks", cost.weeks),
        ("Mean with limited slots", letters, cost.limited),
        ("Mean without a limit", letters, cost.unlimited),
        ("Difference", letters, cost.difference),
    )
