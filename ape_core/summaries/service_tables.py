"""What the charts of a clinic's work draw, as tables: the same views, with every digit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ape_core.spec.staffing import WEEKDAYS
from ape_core.summaries.busy import daily_load, weekday_profile, work_per_week
from ape_core.summaries.staffing import SECONDS_PER_HOUR
from ape_core.summaries.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ape_core.spec.staffing import Staffing
    from ape_core.summaries.definitions import Counts, Floats
    from ape_core.summaries.staff_plan import StaffPlan
    from ape_core.summaries.staffing import Workload

_Column = tuple[str, str, "Counts | Floats | list[str]"]


def week_table(work: Workload) -> Table:
    """Work of each calendar week."""
    weeks = work_per_week(work)
    return Table.of(
        "Work of each calendar week",
        ("Week of the run, the first is 1", "", weeks.first_week + 1),
        ("First visits", "visits of an eye", weeks.first_visits),
        ("Follow-up visits", "visits of an eye", weeks.follow_up_visits),
        ("Visits", "visits of an eye", weeks.visits),
        ("Scans", "", weeks.scans),
        ("Injections", "", weeks.injections),
        *_by_role(work.staffing, "hours", weeks.hours),
        *_by_role(work.staffing, "sessions needed", weeks.sessions),
    )


def day_table(work: Workload) -> Table:
    """Work of each calendar day."""
    days = work.first_day + np.arange(work.n_days)
    return Table.of(
        "Work of each calendar day",
        ("Day of the run, the first is 1", "", days + 1),
        ("Day of the week", "", [WEEKDAYS[day % len(WEEKDAYS)] for day in days]),
        ("First visits", "visits of an eye", work.first_visits),
        ("Follow-up visits", "visits of an eye", work.follow_up_visits),
        ("Visits", "visits of an eye", work.visits),
        ("Scans", "", work.scans),
        ("Injections", "", work.injections),
        *_by_role(work.staffing, "hours", work.hours),
        *_by_role(work.staffing, "sessions needed", work.sessions),
    )


def daily_load_table(work: Workload) -> Table:
    """Open days by their number of visits."""
    load = daily_load(work)
    return Table.of(
        "Open days by their visits",
        ("Visits on the day", "visits of an eye", np.arange(len(load.n_days))),
        ("Open days", "", load.n_days),
        ("Share", "% of open days", 100 * load.n_days / max(1, load.n_open_days)),
    )


def weekday_table(work: Workload) -> Table:
    """Days of the week."""
    profile = weekday_profile(work)
    return Table.of(
        "Days of the week",
        ("Day of the week", "", list(WEEKDAYS)),
        ("Days of that name", "", profile.n_dates),
        ("Visits", "visits of an eye", profile.visits),
        ("Visits per day, mean", "visits of an eye", profile.mean_visits),
        ("Visits not exceeded on 10% of days", "visits of an eye", profile.p10_visits),
        ("Visits not exceeded on 90% of days", "visits of an eye", profile.p90_visits),
        ("Injections", "", profile.injections),
        ("Injections per day, mean", "", profile.mean_injections),
    )


def plan_table(plan: StaffPlan, staffing: Staffing) -> Table:
    """Activity, sessions and staff of each year."""
    return Table.of(
        "Activity, sessions and staff by year",
        ("Year", "52 weeks", plan.years),
        ("Weeks", "", plan.n_weeks),
        ("Open days", "", plan.n_open_days),
        ("Visits", "visits of an eye", plan.visits),
        ("Scans", "", plan.scans),
        ("Injections", "", plan.injections),
        *_by_role(staffing, "hours of work", plan.seconds / SECONDS_PER_HOUR),
        *_by_role(staffing, "sessions needed in the year", plan.sessions_needed),
        *_by_role(staffing, "sessions on duty on each open day", plan.on_duty),
        *_by_role(staffing, "people at work on an open day", plan.people),
        *_by_role(staffing, "% of the time on duty used", 100 * plan.used),
        *_by_role(staffing, "open days with too few on duty", plan.days_short),
        *_by_role(staffing, "whole-time staff for the sessions on duty", plan.staff),
        *_by_role(staffing, "whole-time staff for the work itself", plan.staff_for_mean),
    )


def _by_role(staffing: Staffing, unit: str, values: Counts | Floats) -> Iterator[_Column]:
    """Give a column for each role."""
    for place, role in enumerate(staffing.roles.values()):
        yield role.title, unit, values[:, place]
