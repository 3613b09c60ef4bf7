"""Work of the clinic by day, week and kind of work, for given minutes: no run, and no row.

Everything is counted in whole visits and whole seconds, so that days, weeks, years and kinds of
work add up to the same totals exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from ape_core.errors import InvalidInputError
from ape_core.schema import DAYS_PER_WEEK, DAYS_PER_YEAR
from ape_core.summaries.definitions import VISIT_KINDS, Counts, Floats
from ape_core.summaries.opening import is_open, on_open_days

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ape_core.spec.staffing import Staffing
    from ape_core.summaries.summary import Summary

SECONDS_PER_HOUR: Final = 3_600


@dataclass(frozen=True, slots=True, eq=False)
class Workload:
    """Visits of eyes, injections, scans and seconds of work by calendar day.

    Attributes
    ----------
    first_day
        Day of the service at which the arrays begin, a Monday.
    first_visits, follow_up_visits, visits, injections, scans
        `[n_days]`; the third is the sum of the first two, and every visit has a scan.
    seconds
        `[n_days, n_roles]`: work of each of the roles of `staffing`.
    is_open
        `[n_days]`: whether the clinic works on the day; where it does not, all is 0.
    n_earlier_visits, n_later_visits
        Visits of the run before the service opened, and after the last of these days.
    staffing
        The minutes and opening from which all this follows.
    """

    first_day: int
    first_visits: Counts
    follow_up_visits: Counts
    visits: Counts
    injections: Counts
    scans: Counts
    seconds: Counts
    is_open: NDArray[np.bool_]
    n_earlier_visits: int
    n_later_visits: int
    staffing: Staffing

    @property
    def n_days(self) -> int:
        """Calendar days."""
        return len(self.visits)

    @property
    def n_weeks(self) -> int:
        """Calendar weeks, the last of which may be short of days."""
        return -(-self.n_days // DAYS_PER_WEEK)

    @property
    def n_years(self) -> int:
        """Years of 52 weeks, the last of which may be short of weeks."""
        return -(-self.n_days // DAYS_PER_YEAR)

    @property
    def n_open_days(self) -> int:
        """Days on which the clinic works."""
        return int(self.is_open.sum())

    @property
    def roles(self) -> tuple[str, ...]:
        """Names of the kinds of work."""
        return tuple(self.staffing.roles)

    @property
    def hours(self) -> Floats:
        """`[n_days, n_roles]`: hours of work."""
        return self.seconds / SECONDS_PER_HOUR

    @property
    def sessions(self) -> Counts:
        """`[n_days, n_roles]`: sessions needed on the day, each held as a whole."""
        return -(-self.seconds // self.staffing.session_seconds)

    def within(self, first_day: int, stop_day: int) -> Workload:
        """Give the part from one calendar day of the run up to, not including, another.

        Both are Mondays: multiples of 7. What lies after the last day is left as it is.
        """
        last = self.first_day + self.n_days
        outside = not self.first_day <= first_day < min(stop_day, last)
        if outside or first_day % DAYS_PER_WEEK or stop_day % DAYS_PER_WEEK:
            raise InvalidInputError(
                f"There is no work from day {first_day} to day {stop_day}: days are multiples of "
                f"{DAYS_PER_WEEK} from {self.first_day} to {last}.",
                "Ask for whole weeks of the run.",
            )
        part = slice(first_day - self.first_day, stop_day - self.first_day)
        arrays = {
            item.name: getattr(self, item.name)[part]
            for item in fields(self)
            if isinstance(getattr(self, item.name), np.ndarray)
        }
        return replace(self, first_day=first_day, **arrays)

    def year(self, year: int) -> Workload:
        """Give a year of 52 weeks, counted from 1."""
        return self.within((year - 1) * DAYS_PER_YEAR, year * DAYS_PER_YEAR)


def workload(
    summary: Summary, staffing: Staffing, n_days: int | None = None, *, opening_day: int = 0
) -> Workload:
    """Work of a clinic in which all patients of a summary are seen.

    Parameters
    ----------
    summary
        Of a run, or of a part of one.
    staffing
        Minutes, sessions, open days.
    n_days
        Days to look at, whole weeks; all of the run when None.
    opening_day
        Calendar day of the run on which the service opens, a Monday: its day 0.
    """
    if opening_day % DAYS_PER_WEEK:
        raise InvalidInputError(
            f"opening_day is {opening_day}, but must be a multiple of {DAYS_PER_WEEK}.",
            "A service opens on a Monday.",
        )

    def moved(per_day: Counts) -> Counts:
        return on_open_days(per_day, staffing.open_days, staffing.visits_due_when_closed)

    by_kind = summary["visits_per_day"]
    due = (by_kind[:, VISIT_KINDS.index("first visits")], by_kind.sum(axis=1))
    first, visits, injections = (moved(days) for days in (*due, summary["injections_per_day"]))
    earlier = int(visits[:opening_day].sum())
    first, visits, injections = (days[opening_day:] for days in (first, visits, injections))
    length = _whole_weeks(len(visits)) if n_days is None else _checked(n_days)
    later = int(visits[length:].sum())
    first, visits, injections = (_of_length(days, length) for days in (first, visits, injections))
    return Workload(
        first_day=0,
        first_visits=first,
        follow_up_visits=visits - first,
        visits=visits,
        injections=injections,
        scans=visits,
        seconds=_seconds(staffing, first, visits - first, injections),
        is_open=is_open(staffing.open_days, length),
        n_earlier_visits=earlier,
        n_later_visits=later,
        staffing=staffing,
    )


def _seconds(staffing: Staffing, first: Counts, follow_up: Counts, injections: Counts) -> Counts:
    """Seconds of each role on each day."""
    done = {
        "first_visit": first,
        "follow_up_visit": follow_up,
        "scan": first + follow_up,
        "injection": injections,
    }
    by_role = [
        sum(days * staffing.seconds(role, step) for step, days in done.items())
        for role in staffing.roles
    ]
    return np.stack(by_role, axis=1)


def _whole_weeks(n_days: int) -> int:
    """Days, rounded up to whole weeks."""
    return -(-n_days // DAYS_PER_WEEK) * DAYS_PER_WEEK


def _checked(n_days: int) -> int:
    """Number of days, if it is whole weeks."""
    if n_days <= 0 or n_days % DAYS_PER_WEEK:
        raise InvalidInputError(
            f"{n_days} calendar days are not whole weeks.",
            f"Give a multiple of {DAYS_PER_WEEK} above 0, or None for all of the run.",
        )
    return n_days


def _of_length(per_day: Counts, length: int) -> Counts:
    """Cut days off, or let them go on with none."""
    whole = np.zeros(length, np.int64)
    kept = min(length, len(per_day))
    whole[:kept] = per_day[:kept]
    return whole
