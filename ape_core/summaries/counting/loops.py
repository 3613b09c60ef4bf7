"""Compiled loops that add rows of a chunk into counts; `bins` and the topics say of what.

Everything that decides where a row is counted comes in as an argument: compiled code is kept as
long as this file is unchanged, so it may use no name of another one.
"""

# ruff: noqa: ANN001, ANN201  numba infers the types of compiled functions

from __future__ import annotations

import numpy as np

from ape_core.simulation.compiled import compiled


@compiled
def add_codes(codes, counts):  # type: ignore[no-untyped-def]
    """One for each code, leaving out codes beyond the counts."""
    for i in range(codes.size):
        if codes[i] < counts.size:
            counts[codes[i]] += 1


@compiled
def add_pairs(rows, columns, counts):  # type: ignore[no-untyped-def]
    """One for each pair, leaving out rows beyond the counts."""
    for i in range(rows.size):
        if rows[i] < counts.shape[0]:
            counts[rows[i], columns[i]] += 1


@compiled
def add_amounts(codes, amounts, counts):  # type: ignore[no-untyped-def]
    """The amount for each code, leaving out codes beyond the counts."""
    for i in range(codes.size):
        if codes[i] < counts.size:
            counts[codes[i]] += amounts[i]


@compiled
def add_columns(table, lowest, counts):  # type: ignore[no-untyped-def]
    """One for each value in each column, leaving out those below the lowest."""
    for i in range(table.shape[0]):
        for column in range(table.shape[1]):
            value = table[i, column] - lowest
            if value >= 0:
                counts[column, value] += 1


@compiled
def add_while(start, stop, codes, counts):  # type: ignore[no-untyped-def]
    """One for each code at each point from its start up to, but not including, its stop.

    The last row of the counts is for what goes on to the end, and is of no meaning. How long a
    code holds is as good as random, so that a loop over its points would take three times as long.
    """
    end = counts.shape[0] - 1
    for i in range(start.size):
        counts[min(start[i], end), codes[i]] += 1
        counts[min(stop[i], end), codes[i]] -= 1
    for point in range(1, counts.shape[0]):
        for code in range(counts.shape[1]):
            counts[point, code] += counts[point - 1, code]


@compiled
def add_assessed(assessed, baseline, left, letters, changes):  # type: ignore[no-untyped-def]
    """Letters and letters gained of first eyes at each point.

    Parameters
    ----------
    left
        First point at which each eye is out of care.
    letters, changes
        Counts `[3, points, n]`: assessed in care, assessed out of it, and carried instead of that.
    """
    n_points = assessed.shape[1]
    no_change = changes.shape[2] >> 1
    for i in range(assessed.shape[0]):
        row, shift, end = assessed[i], no_change - baseline[i], left[i]
        for point in range(end):
            if row[point] >= 0:
                letters[0, point, row[point]] += 1
                changes[0, point, row[point] + shift] += 1
        carried = row[end - 1]
        for point in range(end, n_points):
            if row[point] >= 0:
                letters[1, point, row[point]] += 1
                changes[1, point, row[point] + shift] += 1
            if carried >= 0:
                letters[2, point, carried] += 1
                changes[2, point, carried + shift] += 1


@compiled
def add_pair_sums(letters, baseline, counts):  # type: ignore[no-untyped-def]
    """What `PAIR_SUMS` names, in its order, at the ends of years: `[year, n]`.

    `letters` is `[n_eyes, years]`.
    """
    for i in range(letters.shape[0]):
        before = baseline[i]
        for year in range(letters.shape[1]):
            after = letters[i, year]
            if after >= 0:
                counts[year, 0] += 1
                counts[year, 1] += before
                counts[year, 2] += after
                counts[year, 3] += before * before
                counts[year, 4] += after * after
                counts[year, 5] += before * after


@compiled
def add_injections(eye, day, units, numbers, points, weeks, days):  # type: ignore[no-untyped-def]
    """Injections by the time at which they are given, and the time since the one before.

    Parameters
    ----------
    eye, day
        Of each injection, eye after eye and in the order of days.
    units
        Days of a period, of a year and of a week.
    numbers
        Injections of each eye.
    points
        `[point, 2]`: injections that count from this point on, and by how much they raise the
        square of the number of their eye, from r * r to (r + 1) * (r + 1).
    weeks, days
        `[year, weeks]`, intervals between injections by the year in which they end and their
        length, the longest in the last column; and `[year]`, the sum of their days.
    """
    longest = weeks.shape[1] - 1
    for i in range(eye.size):
        so_far = numbers[eye[i]]
        numbers[eye[i]] = so_far + 1
        point = day[i] // units[0] + 1
        if point < points.shape[0]:
            points[point, 0] += 1
            points[point, 1] += 2 * so_far + 1
        year = day[i] // units[1]
        if so_far > 0 and year < days.size:
            passed = day[i] - day[i - 1]
            weeks[year, min((passed + units[2] // 2) // units[2], longest)] += 1
            days[year] += passed


@compiled
def add_flow(visits, left, after, n_periods, inside, counts):  # type: ignore[no-untyped-def]
    """Eyes by what they are at both ends of each year, `[year, status, status]`.

    Parameters
    ----------
    visits
        Of each visit its eye, the points from and up to which it is the last one made, and
        whether the eye is monitored after it.
    left, after
        First point at which each eye is out of care, and what it is then.
    n_periods
        Points of a year.
    inside
        What an eye in care is on treatment, and while it is monitored.
    """
    eye, start, stop, monitored = visits
    n_ends = counts.shape[0] + 1
    status = np.full((left.size, n_ends), inside[0], np.int64)
    for i in range(eye.size):
        if monitored[i]:
            first = (start[i] + n_periods - 1) // n_periods
            end = (stop[i] + n_periods - 1) // n_periods
            for year in range(first, min(end, n_ends)):
                status[eye[i], year] = inside[1]
    for i in range(left.size):
        for year in range(n_ends):
            if left[i] <= year * n_periods:
                status[i, year] = after[i]
            if year > 0:
                counts[year - 1, status[i, year - 1], status[i, year]] += 1


@compiled
def add_spans(letters, group, counts):  # type: ignore[no-untyped-def]
    """Half periods lived by `[group, year, letters]`: each point counts half to each side."""
    n_years = counts.shape[1]
    n_periods = (letters.shape[1] - 1) // n_years
    for i in range(letters.shape[0]):
        for year in range(n_years):
            cell = counts[group[i], year]
            first = year * n_periods
            for point in range(first, first + n_periods + 1):
                if letters[i, point] >= 0:
                    at_end = point == first or point == first + n_periods
                    cell[letters[i, point]] += 1 if at_end else 2


@compiled
def add_groups(numbers, first_group, counts):  # type: ignore[no-untyped-def]
    """Sum over every so-manieth column, from a group on: `[n, n_patients]` to `[n, n_groups]`."""
    for row in range(numbers.shape[0]):
        group = first_group
        for i in range(numbers.shape[1]):
            counts[row, group] += numbers[row, i]
            group += 1
            if group == counts.shape[1]:
                group = 0


@compiled
def add_outcomes(letters, baseline, block, bounds, counts):  # type: ignore[no-untyped-def]
    """What acuity gives of `BLOCK_OUTCOMES`, in their order: its first columns.

    Parameters
    ----------
    letters
        Assessed at the ends of years, `[n_eyes, years]`.
    bounds
        A large change, and letters with which one may drive.
    counts
        `[block, year, outcome]`.
    """
    for i in range(letters.shape[0]):
        for year in range(letters.shape[1]):
            seen = letters[i, year]
            if seen >= 0:
                change = seen - baseline[i]
                cell = counts[block[i], year]
                cell[0] += 1
                cell[1] += seen
                cell[2] += seen * seen
                cell[3] += change
                cell[4] += change * change
                cell[5] += change >= bounds[0]
                cell[6] += change <= -bounds[0]
                cell[7] += seen >= bounds[1]


@compiled
def add_care(numbers, block, counts):  # type: ignore[no-untyped-def]
    """Sums over eyes, and of squares, of what they had by each year's end: two columns each.

    `numbers` is `[year, eye]`, what they had in the year; `counts` is `[block, year, 2]`.
    """
    for i in range(numbers.shape[1]):
        so_far = 0
        for year in range(numbers.shape[0]):
            so_far += numbers[year, i]
            cell = counts[block[i], year]
            cell[0] += so_far
            cell[1] += so_far * so_far


@compiled
def add_course(assessed, baseline, block, eyes, change):  # type: ignore[no-untyped-def]
    """Living eyes and the letters that they gained by `[block, point]`."""
    for i in range(assessed.shape[0]):
        for point in range(assessed.shape[1]):
            if assessed[i, point] >= 0:
                eyes[block[i], point] += 1
                change[block[i], point] += assessed[i, point] - baseline[i]
