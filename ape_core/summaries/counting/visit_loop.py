"""Compiled: one pass over the visits of a chunk, eye after eye.

Everything that decides where a row is counted comes in as an argument. Tables are flat and places
in them unsigned, as a place in a table of rows and columns, or one that might be negative, takes
three times as long.
"""

# ruff: noqa: ANN001, ANN201, ANN202  numba infers the types of compiled functions

from __future__ import annotations

import numpy as np

from ape_core.simulation.compiled import compiled


@compiled
def add_visits(visits, eyes, stays, clock, codes, room, totals):  # type: ignore[no-untyped-def]
    """Visits of all eyes, who come in the order of patients; what each is, `visits` tells."""
    row, place, course, group = 0, 0, 0, codes.first_group - 1
    for i in range(eyes.eye.size):
        end = row + eyes.n_visits[i]
        if eyes.eye[i] == 0:
            group = group + 1 if group + 1 < codes.n_groups else 0
            while place >= eyes.course_edges[course + 1]:
                course += 1
            _add_stay(row, end, i, place, visits, eyes, stays, clock, codes, room, totals)
            _add_first_eye(
                row, end, place, course, group, visits, stays, clock, codes, room, totals
            )
            place += 1
        else:
            _add_second_eye(row, end, group, visits, clock, codes, totals)
        if end > row:
            _add_first_visit(2 * visits.calendar_day[row], totals)
        row = end
    _add_days(visits, totals)
    _add_drugs(visits, totals)
    _hold_on(codes, room, totals)


@compiled
def _add_stay(row, end, i, place, visits, eyes, stays, clock, codes, room, totals):  # type: ignore[no-untyped-def]
    """What holds of a first eye from each visit up to the next one, and its status by year."""
    baseline, left = int(eyes.baseline_letters[i]), stays.left[place]
    shift = codes.changes + codes.no_change - baseline
    treated, start = False, left
    if end > row:
        treated = visits.phase[row] != codes.monitoring
        start = _looked_up(visits.day[row], 0, clock)
    if codes.waits and start > 0:
        _add_held(start, -1, baseline, shift, codes.unseen, codes, room)
        _add_held(0, 1, baseline, shift, codes.unseen, codes, room)
    for year in range(room.status.size):
        room.status[year] = codes.on_treatment
    for visit in range(row, end):
        at = np.uintp(visit)
        if visit + 1 < end:
            stop = _looked_up(visits.day[np.uintp(visit + 1)], 0, clock)
            watched = visits.phase[np.uintp(visit + 1)] == codes.monitoring
        else:
            stop = left
            watched = visits.phase[at] == codes.monitoring and not visits.injected[at]
            watched = watched or stays.paused[place]
        letters, plan = int(visits.letters[at]), _weeks(visits.interval_days[at], clock)
        if watched and treated:
            plan = int(codes.monitored_plan)
            for year in range(clock.year_ends[start], clock.year_ends[stop]):
                room.status[year] = codes.monitored
        column = codes.plans + 2 * plan + int(visits.fluid[at])
        _add_held(start, 1, letters, shift, column, codes, room)
        _add_held(stop, -1, letters, shift, column, codes, room)
        start = stop
    _add_statuses(left, stays.after[place], codes, room, totals)


@compiled
def _add_held(point, amount, letters, shift, plan, codes, room):  # type: ignore[no-untyped-def]
    """What holds of an eye from a point on, or no more: as a difference to the point before."""
    row = point * codes.n_columns
    room.at_points[np.uintp(row + letters)] += amount
    room.at_points[np.uintp(row + shift + letters)] += amount
    room.at_points[np.uintp(row + plan)] += amount


@compiled
def _add_statuses(left, after, codes, room, totals):  # type: ignore[no-untyped-def]
    """Status at both ends of each year, and from when on an eye is out of care."""
    room.gone[np.uintp(left * codes.n_statuses + after)] += 1
    before = 0
    for year in range(room.status.size):
        status = after if left <= year * codes.periods_per_year else room.status[year]
        if year > 0:
            cell = ((year - 1) * codes.n_statuses + before) * codes.n_statuses + status
            totals.flow[np.uintp(cell)] += 1
        before = status


@compiled
def _add_first_eye(row, end, place, course, group, visits, stays, clock, codes, room, totals):  # type: ignore[no-untyped-def]
    """Visits, scans and injections of a first eye by their time, and the time between those."""
    so_far, before = 0, 0
    for visit in range(row, end):
        at = np.uintp(visit)
        day, injected = int(visits.day[at]), int(visits.injected[at])
        year = _looked_up(day, 3, clock)
        scan = _looked_up(day, 1, clock) * codes.n_columns + codes.around
        room.at_points[np.uintp(scan + 2 * int(visits.fluid[at]) + injected)] += 1
        had = np.uintp(year * codes.n_first_eyes + place)
        room.visits[had] += 1
        if injected:
            room.injections[had] += 1
            after = _looked_up(day, 2, clock)
            room.courses[np.uintp(course * (codes.n_points + 1) + after)] += 1
            room.given[np.uintp(3 * after)] += 2 * so_far + 1
            if so_far > 0:
                passed = day - before
                intervals = year * (codes.n_intervals + 1)
                room.intervals[np.uintp(intervals + _weeks(passed, clock))] += 1
                room.intervals[np.uintp(intervals + codes.n_intervals)] += passed
            so_far += 1
            before = day
    left = 3 * stays.left[place]
    room.given[np.uintp(left + 1)] += so_far
    room.given[np.uintp(left + 2)] += so_far * so_far
    if end > row:
        year = _looked_up(visits.day[row], 3, clock)
        if year < codes.years:
            totals.group_care[group, year, 0] += 1
            totals.group_care[group, year, 1] -= 1


@compiled
def _add_second_eye(row, end, group, visits, clock, codes, totals):  # type: ignore[no-untyped-def]
    """Visits of a second eye and injections into it by year."""
    for visit in range(row, end):
        year = _looked_up(visits.day[visit], 3, clock)
        if year < codes.years:
            totals.group_care[group, year, 2] += 1
            totals.group_care[group, year, 3] += visits.injected[visit]


@compiled
def _add_first_visit(day, totals):  # type: ignore[no-untyped-def]
    """A first visit, which `_add_days` takes for one that follows."""
    totals.visits_per_day[np.uintp(day)] += 1
    totals.visits_per_day[np.uintp(day + 1)] -= 1


@compiled
def _add_days(visits, totals):  # type: ignore[no-untyped-def]
    """Visits, as if all were follow-up visits, and injections of all eyes by calendar day."""
    for visit in range(visits.calendar_day.size):
        day = visits.calendar_day[visit]
        totals.visits_per_day[np.uintp(2 * day + 1)] += 1
        totals.injections_per_day[np.uintp(day)] += visits.injected[visit]


@compiled
def _add_drugs(visits, totals):  # type: ignore[no-untyped-def]
    """Injections of all eyes by drug; the first of all is none."""
    for drug in range(1, totals.injections_by_drug.size):
        given = 0
        for visit in range(visits.drug.size):
            given += visits.drug[visit] == drug
        totals.injections_by_drug[drug] += given


@compiled
def _looked_up(day, column, clock):  # type: ignore[no-untyped-def]
    """What `Clock.days` says of a day."""
    beyond = clock.days.size // 4 - 1
    return int(clock.days[np.uintp(4 * min(int(day), beyond) + column)])


@compiled
def _weeks(days, clock):  # type: ignore[no-untyped-def]
    """What `Clock.weeks` says of a number of days."""
    return int(clock.weeks[np.uintp(min(int(days), clock.weeks.size - 1))])


@compiled
def _hold_on(codes, room, totals):  # type: ignore[no-untyped-def]
    """From differences between points to what holds at each; scans are of one point only."""
    for point in range(codes.n_points):
        row = point * codes.n_columns
        if point > 0:
            for column in range(row, row + codes.around):
                room.at_points[column] += room.at_points[column - codes.n_columns]
        for letters in range(codes.n_letters):
            held = room.at_points[row + letters]
            totals.in_care_letters[point * codes.n_letters + letters] += held
        for change in range(codes.n_changes):
            held = room.at_points[row + codes.changes + change]
            totals.in_care_change[point * codes.n_changes + change] += held
