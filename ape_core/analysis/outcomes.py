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
slope, correlation, break, first eyes in care (`follow_up`,  the same
no injection, median       `record_outcomes`)
interval
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
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from ape_core.analysis.estimates import Estimate, Measure, mean_of, percent_of, year_ending_at
from ape_core.analysis.record_outcomes import (
    INTERVAL_CLASSES,
    baseline_correlation,
    change_slope,
    first_break,
    median_interval_within,
    no_injection_in_year,
)
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
    from ape_core.analysis.summarising import Counted
    from ape_core.summaries.summary import Summary


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


def estimate(counted: Counted, outcome: str, week: int, *, in_trial: bool) -> Estimate:
    """Measure an outcome of a simulated arm.

    Raises
    ------
    InvalidInputError
        When the run is too short for the week, or no eye counts.
    """
    found = OUTCOMES[outcome].measure(counted, assessment_week(week), in_trial)
    if not found.n:
        raise InvalidInputError(
            f"No simulated eye counts for {outcome} at week {week}.",
            "Simulate more patients, or take the target out.",
        )
    return found


def _change(counted: Counted, week: int, in_trial: bool) -> LettersChange:  # noqa: FBT001
    """Letters gained, of the eyes that the setting counts."""
    if in_trial:
        return letters_change_carried(counted.summary, week)
    return letters_change_at_week(counted.summary, week, in_care=True)


def _change_mean(counted: Counted, week: int, in_trial: bool) -> Estimate:  # noqa: FBT001
    """Mean letters gained."""
    change = _change(counted, week, in_trial)
    return Estimate(change.mean, change.se, change.n)


def _change_sd(counted: Counted, week: int, in_trial: bool) -> Estimate:  # noqa: FBT001
    """SD of the letters gained; its error is that of a normal distribution."""
    change = _change(counted, week, in_trial)
    return Estimate(change.sd, change.sd / math.sqrt(2 * max(change.n, 1)), change.n)


def _letters_mean(counted: Counted, week: int, in_trial: bool) -> Estimate:  # noqa: FBT001
    """Mean letters."""
    change = _change(counted, week, in_trial)
    return mean_of(change.mean_letters, change.sd_letters, change.n)


def _percent_of_change(name: str) -> Measure:
    """Percentage of eyes by an attribute of `LettersChange`."""

    def measure(counted: Counted, week: int, in_trial: bool) -> Estimate:  # noqa: FBT001
        """Read it."""
        change = _change(counted, week, in_trial)
        return percent_of(getattr(change, name), change.n)

    return measure


def _injections_so_far(counted: Counted, week: int, in_trial: bool) -> Estimate:  # noqa: FBT001
    """Mean injections before a week."""
    row = _row(counted.summary, week)
    given = cumulative_injections(counted.summary, of_all=in_trial)
    return mean_of(given.mean[row], given.sd[row], int(given.n[row]))


def _in_year(what: str) -> Measure:
    """Mean injections or visits of the year that ends at a week."""
    mean, sd = {"injections": ("mean", "sd"), "visits": ("mean_visits", "sd_visits")}[what]

    def measure(counted: Counted, week: int, in_trial: bool) -> Estimate:  # noqa: ARG001, FBT001
        """Read it."""
        year = year_ending_at(week)
        _row(counted.summary, year * WEEKS_PER_YEAR)
        years = injections_per_year(counted.summary)
        n = int(years.n_eyes[year - 1])
        return mean_of(getattr(years, mean)[year - 1], getattr(years, sd)[year - 1], n)

    return measure


def _percent_of_intervals(name: str) -> Measure:
    """Percentage of planned intervals by an attribute of `Intervals`."""

    def measure(counted: Counted, week: int, in_trial: bool) -> Estimate:  # noqa: ARG001, FBT001
        """Read it."""
        intervals = planned_intervals(counted.summary, week)
        return percent_of(getattr(intervals, name), intervals.n)

    return measure


def _dry(counted: Counted, week: int, in_trial: bool) -> Estimate:  # noqa: ARG001, FBT001
    """Percentage of eyes whose last scan was dry."""
    row = _row(counted.summary, week)
    scans = dry_at_last_scan(counted.summary)
    return percent_of(scans.pct_dry[row], int(scans.n_scans[row]))


def _discontinued(counted: Counted, week: int, in_trial: bool) -> Estimate:  # noqa: ARG001, FBT001
    """Percentage of eyes out of care."""
    row = _row(counted.summary, week)
    status = status_over_time(counted.summary)
    out = status.percent[STATUSES.index("monitored") + 1 :, row].sum()
    return percent_of(out, status.n_eyes)


def _died(counted: Counted, week: int, in_trial: bool) -> Estimate:  # noqa: ARG001, FBT001
    """Percentage of patients who died."""
    status = status_over_time(counted.summary)
    alive = int(status.alive[_row(counted.summary, week)])
    return percent_of(100 * (1 - alive / max(status.n_eyes, 1)), status.n_eyes)


def _row(summary: Summary, week: int) -> int:
    """Row of a week, checked by the views in the same words."""
    letters_change_carried(summary, week)
    return week // WEEKS_PER_PERIOD


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
        "bcva_change_slope": Outcome(change_slope, 0.05, 0.05, (-10, 10)),
        "bcva_correlation": Outcome(baseline_correlation, 0.05, 0.05, (-1, 1)),
        "pct_first_break_ge180d": Outcome(first_break, 5, 5, _PERCENT),
        "pct_no_injection_in_year": Outcome(no_injection_in_year, 5, 5, _PERCENT),
        **{
            f"pct_eye_median_interval_{name}": Outcome(
                median_interval_within(*weeks), 5, 5, _PERCENT
            )
            for name, weeks in INTERVAL_CLASSES.items()
        },
    }
)
"""Every outcome that can be scored."""
