"""Main figures of a run as plain numbers, for tables, the command line and reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ape_core.schema import PERIODS_PER_YEAR, SEXES, WEEKS_PER_YEAR
from ape_core.summaries.acuity import (
    LETTERS,
    LettersChange,
    acuity_in_care,
    baseline_relation,
    letters_change,
)
from ape_core.summaries.definitions import MAX_AGE, ON_TREATMENT, STATUSES
from ape_core.summaries.moments import moments, percent_of
from ape_core.summaries.retention import status_over_time
from ape_core.summaries.treatment import (
    fluid_free,
    injection_intervals,
    injections_per_year,
    planned_intervals,
)
from ape_core.summaries.when import year_index

if TYPE_CHECKING:
    from ape_core.summaries.summary import Summary

Z95 = 1.959964
"""97.5% point of the standard normal distribution."""


@dataclass(frozen=True, slots=True)
class Headline:
    """The few figures that tell a run's story.

    Attributes
    ----------
    year
        Study year at whose end the figures hold.
    n
        Living first eyes then.
    mean_change, sd_change, se_change
        Letters gained since the first visit.
    mean_letters, pct_bcva_ge70
        Mean acuity, and percentage of eyes with at least 70 letters.
    injections_first_year, injections_this_year
        Per eye in care through the whole of year 1, and of this year.
    pct_on_treatment
        Percentage of all patients whose first eye is on treatment.
    """

    year: int
    n: int
    mean_change: float
    sd_change: float
    se_change: float
    mean_letters: float
    pct_bcva_ge70: float
    injections_first_year: float
    injections_this_year: float
    pct_on_treatment: float


def headline(summary: Summary, year: int) -> Headline:
    """Give the figures at the end of a study year.

    Raises
    ------
    InvalidInputError
        When the run has no such year.
    """
    row = year_index(summary, year)
    change = letters_change(summary, year)
    injections = injections_per_year(summary)
    on_treatment = status_over_time(summary).percent[ON_TREATMENT, _point(year)]
    return Headline(
        year=int(year),
        n=change.n,
        mean_change=change.mean,
        sd_change=change.sd,
        se_change=change.se,
        mean_letters=change.mean_letters,
        pct_bcva_ge70=change.pct_bcva_ge70,
        injections_first_year=float(injections.mean[0]),
        injections_this_year=float(injections.mean[row]),
        pct_on_treatment=float(on_treatment),
    )


def statistics(summary: Summary) -> dict[str, Any]:
    """Sum a run up in plain numbers, ready for JSON.

    Letters are ETDRS letters; `pct_` are percentages, of living first eyes for acuity and of all
    patients for status; `_mean` of injections and visits is per eye in care through the year.
    `by_year` holds one dict per study year, with the figures at its end or during it.
    """
    years = range(1, summary.years + 1)
    return {
        "n_patients": summary.n_patients,
        "n_eyes": summary.n_eyes,
        "n_visits": summary.n_visits,
        "n_injections": summary.n_injections,
        "years": summary.years,
        **_at_baseline(summary),
        "by_year": [_at_year_end(summary, year) for year in years],
    }


def _at_baseline(summary: Summary) -> dict[str, float]:
    """Acuity, age and sex at the first visit of the first eye."""
    by_sex = summary["age_sex"]
    age = moments(by_sex.sum(axis=0), np.arange(MAX_AGE + 1))
    letters = moments(summary["baseline_letters"][0], LETTERS)
    female = by_sex[SEXES.index("female")].sum()
    return {
        "baseline_letters_mean": float(letters.mean),
        "baseline_letters_sd": float(letters.sd),
        "age_years_mean": float(age.mean),
        "age_years_sd": float(age.sd),
        "pct_female": float(percent_of(female, by_sex.sum())),
    }


def _at_year_end(summary: Summary, year: int) -> dict[str, Any]:
    """Figures of one study year."""
    return {
        "year": year,
        "week": year * WEEKS_PER_YEAR,
        **_acuity(summary, year),
        **_treatment(summary, year),
        **_status(summary, year),
    }


def _acuity(summary: Summary, year: int) -> dict[str, float]:
    """Acuity at a year's end."""
    change = letters_change(summary, year)
    in_care = acuity_in_care(summary)
    relation = baseline_relation(summary, year)
    return {
        "n_alive": change.n,
        "letters_mean": change.mean_letters,
        "letters_sd": change.sd_letters,
        **_change(change),
        "pct_gain_ge15": change.pct_gain_ge15,
        "pct_gain_ge5": change.pct_gain_ge5,
        "pct_loss_ge5": change.pct_loss_ge5,
        "pct_loss_ge15": change.pct_loss_ge15,
        "pct_bcva_ge70": change.pct_bcva_ge70,
        "baseline_correlation": relation.correlation,
        "gain_per_baseline_letter": relation.gain_per_letter,
        "n_in_care": int(in_care.n[_point(year)]),
        "letters_in_care_mean": float(in_care.mean[_point(year)]),
    }


def _change(change: LettersChange) -> dict[str, float]:
    """Letters gained, with the standard error of the mean and its 95% confidence interval."""
    return {
        "letters_change_mean": change.mean,
        "letters_change_sd": change.sd,
        "letters_change_se": change.se,
        "letters_change_ci95_low": change.mean - Z95 * change.se,
        "letters_change_ci95_high": change.mean + Z95 * change.se,
    }


def _treatment(summary: Summary, year: int) -> dict[str, float]:
    """Injections, visits and intervals in a year, and fluid at its end."""
    per_year, row = injections_per_year(summary), year - 1
    given = injection_intervals(summary, year)
    planned = planned_intervals(summary, year * WEEKS_PER_YEAR)
    return {
        "n_in_care_through_year": int(per_year.n_eyes[row]),
        "injections_mean": float(per_year.mean[row]),
        "injections_sd": float(per_year.sd[row]),
        "injections_se": float(per_year.se[row]),
        "injections_per_eye_year_in_care": float(per_year.per_eye_year[row]),
        "visits_mean": float(per_year.mean_visits[row]),
        "visits_sd": float(per_year.sd_visits[row]),
        "visits_per_eye_year_in_care": float(per_year.visits_per_eye_year[row]),
        "injection_interval_weeks_mean": given.mean_weeks,
        "pct_injection_interval_ge8w": given.pct_ge8,
        "pct_injection_interval_ge12w": given.pct_ge12,
        "pct_injection_interval_ge16w": given.pct_ge16,
        "planned_interval_weeks_mean": planned.mean_weeks,
        "pct_planned_interval_ge8w": planned.pct_ge8,
        "pct_planned_interval_ge12w": planned.pct_ge12,
        "pct_planned_interval_ge16w": planned.pct_ge16,
        "pct_scans_dry": float(fluid_free(summary).pct_dry[_point(year)]),
    }


def _status(summary: Summary, year: int) -> dict[str, float]:
    """Percentage of all patients in each status at a year's end, and of those who have died."""
    status = status_over_time(summary)
    shares = status.percent[:, _point(year)].tolist()
    names = (f"pct_{name.replace(' ', '_')}" for name in STATUSES)
    named = dict(zip(names, shares, strict=True))
    named["pct_died_in_care"] = named.pop("pct_died")
    dead = status.n_eyes - status.alive[_point(year)]
    named["pct_died"] = float(percent_of(dead, np.array(status.n_eyes)))
    return named


def _point(year: int) -> int:
    """Row of a year's end in measures by week."""
    return int(year) * PERIODS_PER_YEAR
