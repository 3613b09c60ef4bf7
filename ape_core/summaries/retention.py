"""Retention: where the first eyes are over time, and how they move from year to year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ape_core.summaries.definitions import (
    MONITORED,
    ON_TREATMENT,
    STATUSES,
    Counts,
    Floats,
    weeks_of,
)
from ape_core.summaries.moments import percent_of

if TYPE_CHECKING:
    from ape_core.summaries.summary import Summary

_N_IN_CARE: Final = 2
"""Statuses in care; they are the first."""


@dataclass(frozen=True, slots=True)
class StatusOverTime:
    """First eyes by status and week. Every week sums to all patients.

    Attributes
    ----------
    weeks
        `[n_weeks]` weeks since the first visit.
    statuses
        Names: on treatment, monitored, then the reasons for which eyes left care. An eye keeps
        the reason for which it left; `died` are those who died in care.
    counts
        `[n_statuses, n_weeks]` eyes.
    percent
        The same as percentages of all patients.
    n_eyes
        All first eyes.
    alive
        `[n_weeks]` patients alive, in care or not.
    """

    weeks: Counts
    statuses: tuple[str, ...]
    counts: Counts
    percent: Floats
    n_eyes: int
    alive: Counts


@dataclass(frozen=True, slots=True)
class StatusFlow:
    """First eyes by status at both ends of each study year. Every year sums to all patients.

    Attributes
    ----------
    years
        `[n_years]`: 1, 2, ...
    statuses
        As in `StatusOverTime`.
    counts
        `[n_years, n_statuses, n_statuses]` eyes: year, status at its start, status at its end.
    """

    years: Counts
    statuses: tuple[str, ...]
    counts: Counts


def status_over_time(summary: Summary) -> StatusOverTime:
    """First eyes by status and week."""
    counts = np.ascontiguousarray(summary["status"].T)
    n_eyes = summary.n_patients
    return StatusOverTime(
        weeks=weeks_of(summary.years),
        statuses=STATUSES,
        counts=counts,
        percent=percent_of(counts, np.array(n_eyes)),
        n_eyes=n_eyes,
        alive=summary["alive"],
    )


def status_flow(summary: Summary) -> StatusFlow:
    """First eyes by status at the start and at the end of each study year."""
    years = np.arange(1, summary.years + 1, dtype=np.int64)
    return StatusFlow(years, STATUSES, summary["flow"])


@dataclass(frozen=True, slots=True)
class Moves:
    """First eyes that were elsewhere at a year's end than at its start; arrays `[n_years]`.

    Attributes
    ----------
    years
        1, 2, ...
    paused
        From on treatment to monitored.
    resumed
        From monitored to on treatment.
    left
        Out of care, for whatever reason.
    """

    years: Counts
    paused: Counts
    resumed: Counts
    left: Counts


def moves(flow: StatusFlow) -> Moves:
    """Count who paused, resumed and left in each year. Moves there and back are none."""
    in_care = flow.counts[:, :_N_IN_CARE]
    return Moves(
        years=flow.years,
        paused=in_care[:, ON_TREATMENT, MONITORED],
        resumed=in_care[:, MONITORED, ON_TREATMENT],
        left=in_care[:, :, _N_IN_CARE:].sum(axis=(1, 2)),
    )
