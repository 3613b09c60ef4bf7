"""Compiled: what wanting slots did to the visits of a chunk.

Everything that decides where a row is counted comes in as an argument.
"""

# ruff: noqa: ANN001, ANN201  numba infers the types of compiled functions

from __future__ import annotations

import numpy as np

from ape_core.simulation.compiled import entry


@entry
def add_slips(calendar_day, slip_days, waited_from, waited_to, days, lengths):  # type: ignore[no-untyped-def]
    """Visits by days of slip, and what `SLIPS` names, in its order, by calendar day.

    Parameters
    ----------
    calendar_day, slip_days
        Of each visit.
    waited_from, waited_to
        Of each eye, from when up to when it waited in vain.
    days
        `[n_days, 4]`, of which nothing is counted yet.
    lengths
        Visits by days of slip; the last one holds more too.
    """
    for visit in range(slip_days.size):
        slip = int(slip_days[visit])
        lengths[np.uintp(min(slip, lengths.size - 1))] += 1
        if slip > 0:
            day = calendar_day[visit]
            days[day, 0] += 1
            days[day, 1] += slip
            days[day - slip, 2] += 1
            days[day, 2] -= 1
    for eye in range(waited_from.size):
        if waited_from[eye] < waited_to[eye]:
            days[waited_from[eye], 2] += 1
            days[waited_to[eye], 2] -= 1
            days[waited_to[eye], 3] += 1
    for day in range(1, days.shape[0]):
        days[day, 2] += days[day - 1, 2]
