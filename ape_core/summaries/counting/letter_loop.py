"""Compiled: one pass over the assessments of a chunk, year after year so that counts stay near.

Everything that decides where a row is counted comes in as an argument. Tables are flat and places
in them unsigned, as in `visit_loop`.
"""

# ruff: noqa: ANN001, ANN201, ANN202  numba infers the types of compiled functions

from __future__ import annotations

import numpy as np

from ape_core.simulation.compiled import compiled


@compiled
def add_letters(assessed, eyes, stays, codes, room, totals):  # type: ignore[no-untyped-def]
    """Letters and letters gained of first eyes at each point, and time lived by letters."""
    _find_last(assessed, stays, codes, room)
    for year in range(codes.years + 1):
        first = year * codes.periods_per_year
        stop = min(first + codes.periods_per_year, codes.n_points)
        for cell in range(room.in_year.size):
            room.in_year[cell] = 0
        _add_year(assessed, year, first, stop, eyes, stays, codes, room, totals)
        for point in range(first, stop):
            _add_point(point, first, codes, room, totals)


@compiled
def _find_last(assessed, stays, codes, room):  # type: ignore[no-untyped-def]
    """The point after the last at which each first eye is assessed."""
    for place in range(stays.row.size):
        first = stays.row[place] * codes.n_points
        last = first + codes.n_points
        while last > first and assessed[np.uintp(last - 1)] < 0:
            last -= 1
        room.assessed[place] = last - first


@compiled
def _add_year(assessed, year, first, stop, eyes, stays, codes, room, totals):  # type: ignore[no-untyped-def]
    """First eyes at the points of a year, in the care of which they are up to a point."""
    group = codes.first_group
    for place in range(stays.row.size):
        row = stays.row[place]
        left, until = stays.left[place], min(stop, room.assessed[place])
        shift = codes.changes + codes.no_change - int(eyes.baseline_letters[row])
        lived = (group * codes.years + year) * codes.n_letters
        row *= codes.n_points
        if first <= left < stop and left > 0:
            letters = int(assessed[np.uintp(row + left - 1)])
            _add_letters(letters, 2, left - first, shift, codes, room)
        end = min(max(left, first), until)
        for point in range(first, end):
            letters = int(assessed[np.uintp(row + point)])
            _add_letters(letters, 0, point - first, shift, codes, room)
            _add_lived(letters, 2, lived, year, codes, totals)
        for point in range(max(end, first), until):
            letters = int(assessed[np.uintp(row + point)])
            _add_letters(letters, 1, point - first, shift, codes, room)
            _add_lived(letters, 2, lived, year, codes, totals)
        if first < until:
            letters = int(assessed[np.uintp(row + first)])
            _add_lived(letters, -1, lived, year, codes, totals)
            if year > 0:
                _add_lived(letters, 1, lived - codes.n_letters, year - 1, codes, totals)
        group = group + 1 if group + 1 < codes.n_groups else 0


@compiled
def _add_letters(letters, side, point, shift, codes, room):  # type: ignore[no-untyped-def]
    """Letters, and letters gained, at a point of the year."""
    if letters >= 0:
        cell = (side * codes.periods_per_year + point) * codes.plans + letters
        room.in_year[np.uintp(cell)] += 1
        room.in_year[np.uintp(cell + shift)] += 1


@compiled
def _add_lived(letters, halves, lived, year, codes, totals):  # type: ignore[no-untyped-def]
    """So many halves of a period lived with these letters."""
    if letters >= 0 and year < codes.years:
        totals.group_letters[np.uintp(lived + letters)] += halves


@compiled
def _add_point(point, first, codes, room, totals):  # type: ignore[no-untyped-def]
    """Add what was counted at a point, and what is carried to it."""
    side = codes.periods_per_year * codes.plans
    row = (point - first) * codes.plans
    for column in range(codes.plans):
        room.carried[column] += room.in_year[2 * side + row + column]
    for letters in range(codes.changes):
        in_care, gone = room.in_year[row + letters], room.in_year[side + row + letters]
        totals.assessed_letters[point * codes.changes + letters] += in_care + gone
        totals.carried_letters[point * codes.changes + letters] += in_care + room.carried[letters]
    for change in range(codes.n_changes):
        column = codes.changes + change
        in_care, gone = room.in_year[row + column], room.in_year[side + row + column]
        totals.assessed_change[point * codes.n_changes + change] += in_care + gone
        totals.carried_change[point * codes.n_changes + change] += in_care + room.carried[column]


@compiled
def add_pairs(assessed, eyes, codes, totals):  # type: ignore[no-untyped-def]
    """Letters of second eyes, and of the better and the worse while both have disease."""
    group = codes.first_group - 1
    for i in range(eyes.eye.size):
        if eyes.eye[i] == 0:
            group = group + 1 if group + 1 < codes.n_groups else 0
            continue
        for year in range(codes.years + 1):
            first = year * codes.periods_per_year
            lived = (group * codes.years + year) * codes.n_letters
            for point in range(first, min(first + codes.periods_per_year, codes.n_points)):
                second = int(assessed[np.uintp(i * codes.n_points + point)])
                fellow = int(assessed[np.uintp((i - 1) * codes.n_points + point)])
                if second >= 0:
                    better = max(second, fellow)
                    totals.second_eye_letters[np.uintp(point * codes.n_letters + second)] += 1
                    totals.better_eye_letters[np.uintp(point * codes.n_letters + better)] += 1
                    if year < codes.years:
                        halves = 1 if point == first else 2
                        _add_both(second, fellow, better, halves, lived, totals)
                    if point == first and year > 0:
                        before = lived - codes.n_letters
                        _add_both(second, fellow, better, 1, before, totals)


@compiled
def _add_both(second, fellow, better, halves, lived, totals):  # type: ignore[no-untyped-def]
    """So many halves of a period lived with disease in both eyes."""
    totals.group_better_letters[np.uintp(lived + better)] += halves
    if fellow >= 0:
        totals.group_worse_letters[np.uintp(lived + second + fellow - better)] += halves
        totals.group_letters[np.uintp(lived + fellow)] -= halves
