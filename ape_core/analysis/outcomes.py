"""Outcomes as studies report them, read from the summary of a simulated arm.

Which eyes count. A trial reports everybody who was randomised, those who left with the last
observation carried forward; routine care reports the eyes that are still in care, as the clinic
last measured them. Both rules are those of the setting of the target:

=========================  ==============================  ==============================
outcome                    RCT                             real-world
=========================  ==============================  ==============================
bcva_*, pct_gain/loss_*,   all first eyes, by the letters  first eyes in care, by the
pct_bcva_ge70              assessed at the last week in    letters last measured by the
                           care                            clinic
injections_cum_mean        all first eyes                  first eyes in care
*_in_year_mean             eyes in care through the year   the same
pct_interval_*             eyes on treatment, by the       the same
                           interval planned at the last
                           visit
pct_dry                    eyes in care, by their last     the same
                           scan
pct_discontinued           all first eyes: those out of    the same
                           care for whatever reason,
                           death included
pct_died                   all patients, in care or not    the same
=========================  ==============================  ==============================

Weeks. Summaries hold a figure for every fourth week; another week stands for the nearest of them,
a week half way for the later one (13 for 12, 26 for 28). A year that ends at a week is the study
year whose end is nearest, at most 8 weeks away (48 and 52 for the first year).

Tolerances (tau) stand for what differs between studies of the same treatment beyond chance: one
letter between trials and two in routine care (two identical VIEW arms differ by 0.75 to 1.2
letters); for other outcomes about what the two VIEW, the two CATT and the HAWK and HARRIER arms
of one regimen show.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from ape_core.errors import InvalidInputError
from ape_core.schema import WEEKS_PER_PERIOD, WEEKS_PER_YEAR
from ape_core.summaries.acuity import (
    LettersChange,
    letters_change_at_week,
    letters_change_carried,
)
from ape_core.summaries.definitions import STATUSES
from ape_core.summaries.retention import status_over_time
from ape_core.summaries.treatment import (
    cumulative_injections,
    dry_at_last_scan,
    injections_per_year,
    planned_intervals,
)

if TYPE_CHECKING:
    from ape_core.summaries.summary import Summary

MAX_WEEKS_FROM_YEAR_END: Final = 8


@dataclass(frozen=True, slots=True)
class Estimate:
    """A simulated outcome, its standard error, and the eyes that were counted."""

    value: float
    se: float
    n: int


Measure = Callable[["Summary", int, bool], Estimate]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an outcome is measured, and how far studies of the same treatment lie apart.

    Attributes
    ----------
    measure
        Of a summary, a week of it, and whether eyes are counted as in a trial.
    tau_trial, tau_routine
        SD between studies, in the outcome's unit.
    limits
        Lowest and highest value there can be.
    grows
        Whether tau is per year, for what adds up over years.
    """

    measure: Measure
    tau_trial: float
    tau_routine: float
    limits: tuple[float, float]
    grows: bool = False

    def tau(self, week: int, *, in_trial: bool) -> float:
        """SD between studies at a week."""
        tau = self.tau_trial if in_trial else self.tau_routine
        return tau * max(week / WEEKS_PER_YEAR, 1.0) if self.grows else tau


def assessment_week(week: int) -> int:
    """Return the 4-weekly assessment nearest to a week, the later one of two."""
    return (week + WEEKS_PER_PERIOD // 2) // WEEKS_PER_PERIOD * WEEKS_PER_PERIOD


def estimate(summary: Summary, outcome: str, week: int, *, in_trial: bool) -> Estimate:
    """Measure an outcome of a simulated arm.

    Raises
    ------
    InvalidInputError
        When the run is too short for the week, or no eye counts.
    """
    found = OUTCOMES[outcome].measure(summary, assessment_week(week), in_trial)
    if not found.n:
        raise InvalidInputError(
            f"No simulated eye counts for {outcome} at week {week}.",
            "Simulate more patients, or take the target out.",
        )
    return found


def _change(summary: Summary, week: int, in_trial: bool) -> LettersChange:  # noqa: FBT001
    """Letters gained, of the eyes that the setting counts."""
    if in_trial:
        return letters_change_carried(summary, week)
    return letters_change_at_week(summary, week, in_care=True)


def _change_mean(summary: Summary, week: int, in_trial: bool) -> Estimate:  # noqa: FBT001
    """Mean letters gained."""
    change = _change(summary, week, in_trial)
    return Estimate(change.mean, change.se, change.n)


def _change_sd(summary: Summary, week: int, in_trial: bool) -> Estimate:  # noqa: FBT001
    """SD of the letters gained; its error is that of a normal distribution."""
    change = _change(summary, week, in_trial)
    return Estimate(change.sd, change.sd / math.sqrt(2 * max(change.n, 1)), change.n)


def _letters_mean(summary: Summary, week: int, in_trial: bool) -> Estimate:  # noqa: FBT001
    """Mean letters."""
    change = _change(summary, week, in_trial)
    return _mean(change.mean_letters, change.sd_letters, change.n)


def _percent_of_change(name: str) -> Measure:
    """Percentage of eyes by an attribute of `LettersChange`."""

    def measure(summary: Summary, week: int, in_trial: bool) -> Estimate:  # noqa: FBT001
        """Read it."""
        change = _change(summary, week, in_trial)
        return _percent(getattr(change, name), change.n)

    return measure


def _injections_so_far(summary: Summary, week: int, in_trial: bool) -> Estimate:  # noqa: FBT001
    """Mean injections before a week."""
    row = _row(summary, week)
    given = cumulative_injections(summary, of_all=in_trial)
    return _mean(given.mean[row], given.sd[row], int(given.n[row]))


def _in_year(what: str) -> Measure:
    """Mean injections or visits of the year that ends at a week."""
    mean, sd = {"injections": ("mean", "sd"), "visits": ("mean_visits", "sd_visits")}[what]

    def measure(summary: Summary, week: int, in_trial: bool) -> Estimate:  # noqa: ARG001, FBT001
        """Read it."""
        year = _year(week)
        _row(summary, year * WEEKS_PER_YEAR)
        counted = injections_per_year(summary)
        n = int(counted.n_eyes[year - 1])
        return _mean(getattr(counted, mean)[year - 1], getattr(counted, sd)[year - 1], n)

    return measure


def _percent_of_intervals(name: str) -> Measure:
    """Percentage of planned intervals by an attribute of `Intervals`."""

    def measure(summary: Summary, week: int, in_trial: bool) -> Estimate:  # noqa: ARG001, FBT001
        """Read it."""
        intervals = planned_intervals(summary, week)
        return _percent(getattr(intervals, name), intervals.n)

    return measure


def _dry(summary: Summary, week: int, in_trial: bool) -> Estimate:  # noqa: ARG001, FBT001
    """Percentage of eyes whose last scan was dry."""
    row = _row(summary, week)
    scans = dry_at_last_scan(summary)
    return _percent(scans.pct_dry[row], int(scans.n_scans[row]))


def _discontinued(summary: Summary, week: int, in_trial: bool) -> Estimate:  # noqa: ARG001, FBT001
    """Percentage of eyes out of care."""
    row = _row(summary, week)
    status = status_over_time(summary)
    out = status.percent[STATUSES.index("monitored") + 1 :, row].sum()
    return _percent(out, status.n_eyes)


def _died(summary: Summary, week: int, in_trial: bool) -> Estimate:  # noqa: ARG001, FBT001
    """Percentage of patients who died."""
    status = status_over_time(summary)
    alive = int(status.alive[_row(summary, week)])
    return _percent(100 * (1 - alive / max(status.n_eyes, 1)), status.n_eyes)


def _row(summary: Summary, week: int) -> int:
    """Row of a week, checked by the views in the same words."""
    letters_change_carried(summary, week)
    return week // WEEKS_PER_PERIOD


def _year(week: int) -> int:
    """Study year that ends nearest to a week."""
    year = max((week + WEEKS_PER_YEAR // 2) // WEEKS_PER_YEAR, 1)
    if abs(year * WEEKS_PER_YEAR - week) > MAX_WEEKS_FROM_YEAR_END:
        raise InvalidInputError(
            f"No study year ends near week {week}.",
            f"Weeks within {MAX_WEEKS_FROM_YEAR_END} of a multiple of {WEEKS_PER_YEAR} are meant.",
        )
    return year


def _mean(mean: float, sd: float, n: int) -> Estimate:
    """Mean with its standard error."""
    return Estimate(float(mean), float(sd) / math.sqrt(max(n, 1)), n)


def _percent(percent: float, n: int) -> Estimate:
    """Percentage with its binomial standard error."""
    share = min(max(float(percent) / 100, 0.0), 1.0)
    return Estimate(float(percent), 100 * math.sqrt(share * (1 - share) / max(n, 1)), n)


_PERCENT: Final = (0.0, 100.0)
_NUMBER: Final = (0.0, 1000.0)
OUTCOMES: Final[Mapping[str, Outcome]] = MappingProxyType(
    {
        "bcva_change_mean": Outcome(_change_mean, 1, 2, (-100, 100)),
        "bcva_change_sd": Outcome(_change_sd, 1, 1, (0, 100)),
        "bcva_mean": Outcome(_letters_mean, 1, 2, (0, 100)),
        "pct_gain_ge15": Outcome(_percent_of_change("pct_gain_ge15"), 3, 5, _PERCENT),
        "pct_loss_ge15": Outcome(_percent_of_change("pct_loss_ge15"), 2, 4, _PERCENT),
        "pct_bcva_ge70": Outcome(_percent_of_change("pct_bcva_ge70"), 3, 5, _PERCENT),
        "injections_cum_mean": Outcome(_injections_so_far, 0.3, 0.5, _NUMBER, grows=True),
        "injections_in_year_mean": Outcome(_in_year("injections"), 0.3, 0.5, _NUMBER),
        "visits_in_year_mean": Outcome(_in_year("visits"), 0.3, 0.5, _NUMBER),
        "pct_interval_ge8w": Outcome(_percent_of_intervals("pct_ge8"), 5, 10, _PERCENT),
        "pct_interval_ge12w": Outcome(_percent_of_intervals("pct_ge12"), 5, 10, _PERCENT),
        "pct_interval_ge16w": Outcome(_percent_of_intervals("pct_ge16"), 5, 10, _PERCENT),
        "pct_dry": Outcome(_dry, 7, 10, _PERCENT),
        "pct_discontinued": Outcome(_discontinued, 3, 5, _PERCENT),
        "pct_died": Outcome(_died, 1, 2, _PERCENT),
    }
)
"""Every outcome that can be scored."""
