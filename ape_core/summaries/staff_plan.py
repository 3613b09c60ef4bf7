"""How many sessions and people each kind of work needs in each year, and how well they are used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ape_core.errors import InvalidInputError
from ape_core.schema import DAYS_PER_WEEK, WEEKS_PER_YEAR
from ape_core.spec.checks import listed, shown
from ape_core.summaries.busy import not_exceeded
from ape_core.summaries.definitions import Counts, Floats

if TYPE_CHECKING:
    from ape_core.summaries.staffing import Workload

MOST_SESSIONS: Final = 10_000
"""Sessions that can be on duty on a day."""


@dataclass(frozen=True, slots=True, eq=False)
class StaffPlan:
    """Staff by year; arrays are `[n_years]`, or `[n_years, n_roles]`.

    Attributes
    ----------
    years
        1, 2, ...; a year is 52 weeks, and the last may be short of weeks.
    roles
        Names of the kinds of work.
    n_weeks, n_open_days
        Of each year.
    visits, injections, scans
        Totals of each year.
    seconds
        Work.
    sessions_needed
        Sessions, if each day held as many as it needs, each as a whole.
    on_duty
        Sessions on duty on each open day: those given, or as many as are enough on the share of
        open days that the staffing asks for.
    people
        People who hold them, each as many as one person can in a day.
    given
        `[n_roles]`: whether the sessions on duty were given.
    days_short
        Open days that need more sessions than are on duty.
    used
        Share of the time on duty that is spent with patients.
    staff
        Whole-time staff for the sessions on duty, with those who are away for a part of the year.
    staff_for_mean
        The same for the work itself, if it could be spread evenly: the least that can do it.
    """

    years: Counts
    roles: tuple[str, ...]
    n_weeks: Counts
    n_open_days: Counts
    visits: Counts
    injections: Counts
    scans: Counts
    seconds: Counts
    sessions_needed: Counts
    on_duty: Counts
    people: Counts
    given: tuple[bool, ...]
    days_short: Counts
    used: Floats
    staff: Floats
    staff_for_mean: Floats


def staff_plan(work: Workload, on_duty: Mapping[str, int] | None = None) -> StaffPlan:
    """Staff for each year of some work.

    Parameters
    ----------
    work
        All of it, from day 0.
    on_duty
        Sessions on duty on each open day, of the roles for which they are fixed. The others are
        planned, so that in each year they suffice on `days_met_percent` of the open days.
    """
    fixed = _checked(work, on_duty or {})
    years = np.arange(1, work.n_years + 1)
    parts = [work.year(int(year)) for year in years]
    needed = [part.sessions for part in parts]
    duty = np.stack([_on_duty(part, fixed) for part in parts])
    open_days = np.array([part.n_open_days for part in parts])
    weeks = np.array([part.n_days // DAYS_PER_WEEK for part in parts])
    seconds = np.stack([part.seconds.sum(axis=0) for part in parts])
    offered = duty * open_days[:, None] * work.staffing.session_seconds
    per_week = duty * len(work.staffing.open_days)
    return StaffPlan(
        years=years,
        roles=work.roles,
        n_weeks=weeks,
        n_open_days=open_days,
        visits=np.array([part.visits.sum() for part in parts]),
        injections=np.array([part.injections.sum() for part in parts]),
        scans=np.array([part.scans.sum() for part in parts]),
        seconds=seconds,
        sessions_needed=np.stack([sessions.sum(axis=0) for sessions in needed]),
        on_duty=duty,
        people=np.ceil(duty / work.staffing.clinic["sessions_per_day"].value).astype(np.int64),
        given=tuple(role in fixed for role in work.roles),
        days_short=np.stack([(s > own).sum(axis=0) for s, own in zip(needed, duty, strict=True)]),
        used=seconds / np.maximum(offered, 1),
        staff=_people(work, per_week.astype(float)),
        staff_for_mean=_people(
            work, seconds / work.staffing.session_seconds / np.maximum(weeks, 1)[:, None]
        ),
    )


def _on_duty(part: Workload, fixed: Mapping[str, int]) -> Counts:
    """Sessions of each role on duty on each open day of a year."""
    met = part.staffing.clinic["days_met_percent"].value / 100
    needed = part.sessions[part.is_open]
    planned = (not_exceeded(needed[:, place], met) for place in range(len(part.roles)))
    return np.array(
        [fixed.get(role, enough) for role, enough in zip(part.roles, planned, strict=True)]
    )


def _people(work: Workload, sessions_per_week: Floats) -> Floats:
    """Whole-time staff who hold so many sessions in every week of the year."""
    own = np.array([role.sessions_per_week.value for role in work.staffing.roles.values()])
    people: Floats = sessions_per_week / own
    return people * (WEEKS_PER_YEAR / work.staffing.clinic["working_weeks"].value)


def _checked(work: Workload, on_duty: Mapping[str, int]) -> dict[str, int]:
    """Sessions that were given, if they can be."""
    if work.first_day or work.n_days < DAYS_PER_WEEK:
        raise InvalidInputError(
            f"Staff are planned for years from day 0, but the work begins on day {work.first_day}.",
            "Plan for all of the work.",
        )
    for role, sessions in on_duty.items():
        if role not in work.roles:
            raise InvalidInputError(
                f"There is no role {shown(role)}; there are: {listed(work.roles)}."
            )
        if sessions != int(sessions) or not 0 <= sessions <= MOST_SESSIONS:
            raise InvalidInputError(
                f"{role} has {shown(sessions)} sessions on duty, but must have a whole number from "
                f"0 to {MOST_SESSIONS:,}."
            )
    return {role: int(sessions) for role, sessions in on_duty.items()}
