"""Compiled: what first eyes had by year, and sums over blocks and groups of their patients.

Everything that decides where a row is counted comes in as an argument. Sums are made in registers
and added to a measure once.
"""

# ruff: noqa: ANN001, ANN201, ANN202  numba infers the types of compiled functions

from __future__ import annotations

import numpy as np

from ape_core.simulation.compiled import compiled


@compiled
def add_years(assessed, eyes, stays, clock, codes, room, totals):  # type: ignore[no-untyped-def]
    """First eyes by year, block and group; what they had in each year is made a sum over years."""
    _add_people(eyes, stays, clock, room, totals)
    for year in range(codes.years):
        _add_year(year, stays, codes, room, totals)
        _add_groups(year, codes, room, totals)
        if year > 0:
            _add_up(year, room.visits, codes)
            _add_up(year, room.injections, codes)
    for block in range(eyes.edges.size - 1):
        first, stop = eyes.edges[block], eyes.edges[block + 1]
        if first < stop:
            for year in range(codes.years):
                _add_acuity(block, year, first, stop, assessed, eyes, stays, codes, totals)
                _add_care(block, year, first, stop, stays, codes, room, totals)
    for course in range(eyes.course_edges.size - 1):
        first, stop = eyes.course_edges[course], eyes.course_edges[course + 1]
        if first < stop:
            _add_course(course, first, stop, assessed, eyes, stays, codes, room, totals)
    _add_life(eyes, stays, codes, room, totals)


@compiled
def _add_people(eyes, stays, clock, room, totals):  # type: ignore[no-untyped-def]
    """Eyes by letters at their first visit; patients by sex and age, and by when they die."""
    for i in range(eyes.eye.size):
        totals.baseline_letters[eyes.eye[i], eyes.baseline_letters[i]] += 1
    for place in range(stays.row.size):
        row = stays.row[place]
        oldest = totals.age_sex.shape[1] - 1
        totals.age_sex[eyes.sex[row], min(eyes.age_years[row], oldest)] += 1
        died = int(eyes.death_day[row])
        if died >= 0:
            room.died[clock.days[4 * min(died, clock.days.size // 4 - 1)]] += 1


@compiled
def _add_year(year, stays, codes, room, totals):  # type: ignore[no-untyped-def]
    """What `YEAR_SUMS` names, in its order, and eyes in care through the year by what they had."""
    most = totals.visits_in_year.shape[1] - 1
    start, end = codes.days_per_year * year, codes.periods_per_year * (year + 1)
    through, given, given_squared, seen, seen_squared = 0, 0, 0, 0, 0
    all_given, all_seen, days = 0, 0, 0
    row = year * codes.n_first_eyes
    for place in range(stays.left.size):
        visits, injections = (
            int(room.visits[row + place]),
            int(room.injections[row + place]),
        )
        all_given += injections
        all_seen += visits
        days += max(0, min(stays.end[place] - start, codes.days_per_year))
        if stays.left[place] > end:
            through += 1
            given += injections
            given_squared += injections * injections
            seen += visits
            seen_squared += visits * visits
            totals.injections_in_year[year, min(injections, most)] += 1
            totals.visits_in_year[year, min(visits, most)] += 1
    totals.year_sums[year, 0] += through
    totals.year_sums[year, 1] += given
    totals.year_sums[year, 2] += given_squared
    totals.year_sums[year, 3] += seen
    totals.year_sums[year, 4] += seen_squared
    totals.year_sums[year, 5] += all_given
    totals.year_sums[year, 6] += all_seen
    totals.year_sums[year, 7] += days


@compiled
def _add_groups(year, codes, room, totals):  # type: ignore[no-untyped-def]
    """What `CARE` has of first eyes; their first visits have been taken off those that follow."""
    group = codes.first_group
    row = year * codes.n_first_eyes
    for place in range(codes.n_first_eyes):
        totals.group_care[group, year, 1] += room.visits[row + place]
        totals.group_care[group, year, 3] += room.injections[row + place]
        group = group + 1 if group + 1 < codes.n_groups else 0


@compiled
def _add_up(year, numbers, codes):  # type: ignore[no-untyped-def]
    """Add to what eyes had in a year what they had before."""
    row = year * codes.n_first_eyes
    for place in range(row, row + codes.n_first_eyes):
        numbers[place] += numbers[place - codes.n_first_eyes]


@compiled
def _add_acuity(block, year, first, stop, assessed, eyes, stays, codes, totals):  # type: ignore[no-untyped-def]
    """What acuity gives of `BLOCK_OUTCOMES`, in their order, and `PAIR_SUMS` in theirs."""
    point = codes.periods_per_year * (year + 1)
    n, after, after_squared, change, change_squared = 0, 0, 0, 0, 0
    gained, lost, driving, before_squared, product = 0, 0, 0, 0, 0
    for place in range(first, stop):
        row = stays.row[place]
        letters = int(assessed[np.uintp(row * codes.n_points + point)])
        if letters >= 0:
            baseline = int(eyes.baseline_letters[row])
            gain = letters - baseline
            n += 1
            after += letters
            after_squared += letters * letters
            change += gain
            change_squared += gain * gain
            gained += gain >= codes.large_change
            lost += gain <= -codes.large_change
            driving += letters >= codes.driving_letters
            before_squared += baseline * baseline
            product += baseline * letters
    totals.block_outcomes[block, year, 0] += n
    totals.block_outcomes[block, year, 1] += after
    totals.block_outcomes[block, year, 2] += after_squared
    totals.block_outcomes[block, year, 3] += change
    totals.block_outcomes[block, year, 4] += change_squared
    totals.block_outcomes[block, year, 5] += gained
    totals.block_outcomes[block, year, 6] += lost
    totals.block_outcomes[block, year, 7] += driving
    totals.pair_sums[year, 0] += n
    totals.pair_sums[year, 1] += after - change
    totals.pair_sums[year, 2] += after
    totals.pair_sums[year, 3] += before_squared
    totals.pair_sums[year, 4] += after_squared
    totals.pair_sums[year, 5] += product


@compiled
def _add_care(block, year, first, stop, stays, codes, room, totals):  # type: ignore[no-untyped-def]
    """What care gives of `BLOCK_OUTCOMES`: their last ones, in their order."""
    point = codes.periods_per_year * (year + 1)
    row = year * codes.n_first_eyes
    given, given_squared, seen, seen_squared, in_care = 0, 0, 0, 0, 0
    for place in range(first, stop):
        injections, visits = (
            int(room.injections[row + place]),
            int(room.visits[row + place]),
        )
        given += injections
        given_squared += injections * injections
        seen += visits
        seen_squared += visits * visits
        in_care += stays.left[place] > point
    totals.block_outcomes[block, year, 8] += given
    totals.block_outcomes[block, year, 9] += given_squared
    totals.block_outcomes[block, year, 10] += seen
    totals.block_outcomes[block, year, 11] += seen_squared
    totals.block_outcomes[block, year, 12] += in_care


@compiled
def _add_course(course, first, stop, assessed, eyes, stays, codes, room, totals):  # type: ignore[no-untyped-def]
    """What `BLOCK_COURSE` names, in its order, and at how many points each eye is assessed."""
    for point in range(codes.n_points):
        room.in_course[point] = 0
        room.in_course[codes.n_points + point] = 0
    for place in range(first, stop):
        row = stays.row[place]
        baseline, lived = int(eyes.baseline_letters[row]), 0
        row *= codes.n_points
        for point in range(codes.n_points):
            letters = int(assessed[np.uintp(row + point)])
            alive = int(letters >= 0)
            lived += alive
            room.in_course[point] += alive
            room.in_course[codes.n_points + point] += alive * (letters - baseline)
        room.assessed[codes.n_first_eyes + place] = lived
    given = 0
    for point in range(codes.n_points):
        given += room.courses[course * (codes.n_points + 1) + point]
        totals.block_course[course, point, 0] += room.in_course[point]
        totals.block_course[course, point, 1] += room.in_course[codes.n_points + point]
        totals.block_course[course, point, 2] += given


@compiled
def _add_life(eyes, stays, codes, room, totals):  # type: ignore[no-untyped-def]
    """What `LIFE` names, in its order: of each period half at its start and half at its end."""
    periods, group = codes.periods_per_year, codes.first_group
    for place in range(stays.row.size):
        age = periods * int(eyes.age_years[stays.row[place]])
        for year in range(codes.years):
            before = periods * year
            starts = min(room.assessed[codes.n_first_eyes + place] - before, periods)
            if starts <= 0:
                break
            ends = min(room.assessed[codes.n_first_eyes + place] - before - 1, periods)
            points = before * (starts + ends) + (starts * (starts - 1) + ends * (ends + 1)) // 2
            totals.group_life[group, year, 0] += starts + ends
            totals.group_life[group, year, 1] += age * (starts + ends) + points
        group = group + 1 if group + 1 < codes.n_groups else 0
