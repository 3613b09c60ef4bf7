"""Hours of each kind of work beside those that staff are on duty, in a bounded number of bars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ape_core.schema import DAYS_PER_WEEK, DAYS_PER_YEAR
from ape_core.summaries.definitions import Counts, Floats
from ape_core.summaries.staffing import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from ape_core.summaries.staff_plan import StaffPlan
    from ape_core.summaries.staffing import Workload

MOST_BARS: Final = 280
"""Five years of weeks, and some."""

_PERIODS_WEEKS: Final = (1, 4, 13, 52)


@dataclass(frozen=True, slots=True, eq=False)
class RoleHours:
    """Work and duty in periods of equal length; the last may be shorter.

    Attributes
    ----------
    start_days
        Calendar days of the run at which the periods begin.
    days_each
        1 for single days, else whole weeks.
    hours
        `[n_periods, n_roles]`: hours of work.
    on_duty_hours
        `[n_periods]`: hours that can be spent with patients by those on duty, of all roles.
    """

    start_days: Counts
    days_each: int
    hours: Floats
    on_duty_hours: Floats

    def between(self, role: int) -> Floats:
        """Give the hours at which a role begins and ends when roles stand on top of each other.

        `[2, n_periods + 1]`: the last period is repeated, where its step ends. A role that there is
        not has no height.
        """
        tops = np.cumsum(self.hours, axis=1)
        bounds = np.insert(tops, 0, 0, axis=1)
        last = tops.shape[1]
        both = bounds[:, [min(role, last), min(role + 1, last)]].T
        return np.concatenate([both, both[:, -1:]], axis=1)


def role_hours(work: Workload, plan: StaffPlan, *, by_day: bool = False) -> RoleHours:
    """Add up work and duty of each day, or of the shortest periods that are few enough to draw."""
    weeks_each = next(n for n in _PERIODS_WEEKS if work.n_weeks <= MOST_BARS * n)
    days_each = 1 if by_day else weeks_each * DAYS_PER_WEEK
    starts = np.arange(0, work.n_days, days_each)
    days = work.first_day + np.arange(work.n_days)
    sessions = plan.on_duty.sum(axis=1)[days // DAYS_PER_YEAR] * work.is_open
    offered = sessions * work.staffing.session_seconds
    return RoleHours(
        start_days=work.first_day + starts,
        days_each=days_each,
        hours=np.add.reduceat(work.seconds, starts, axis=0) / SECONDS_PER_HOUR,
        on_duty_hours=np.add.reduceat(offered, starts) / SECONDS_PER_HOUR,
    )
