"""What the kernel needs of a run, as numbers and arrays: the spec, packed once per chunk."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# Codes of the regimens and of what counts as activity, in the tables of `Rules`.
FIXED: Final = 0
PRN: Final = 1
TREAT_AND_EXTEND: Final = 2
LABEL: Final = 3
NO_TREATMENT: Final = 4
REGIMEN_CODES: Final = {
    "fixed": FIXED,
    "prn": PRN,
    "treat-and-extend": TREAT_AND_EXTEND,
    "label": LABEL,
    "none": NO_TREATMENT,
}
FLUID: Final = 0
FLUID_OR_LETTERS: Final = 1
FLUID_AND_LETTERS: Final = 2
ACTIVITY_CODES: Final = {
    "fluid": FLUID,
    "fluid-or-letters": FLUID_OR_LETTERS,
    "fluid-and-letters": FLUID_AND_LETTERS,
}

# Columns of `Rules.phases`; all intervals in weeks.
UNTIL_WEEK: Final = 0
REGIMEN: Final = 1
FIRST_INTERVAL: Final = 2
EXTEND_BY: Final = 3
SHORTEN_BY: Final = 4
MIN_INTERVAL: Final = 5
MAX_INTERVAL: Final = 6
ACTIVITY: Final = 7
LETTERS_LOST: Final = 8
MAX_GAP: Final = 9
N_SHORTEN: Final = 10
N_ASSIGN: Final = 11
N_PHASE_FIELDS: Final = 12
NEVER: Final = 1 << 30
"""A week, gap or count that is never reached."""
ONE_CLINIC: Final = 1 << 62
"""Patients of a clinic that has them all."""


class Disease(NamedTuple):
    """The disease model and the drug; rates per week but that of atrophy, which is per year."""

    log_ec50_mean: float
    log_ec50_sd: float
    drive_log_sd: float
    turnover: float
    noise: float
    presentation_share: float
    residual_median: float
    residual_log_sd: float
    recoverable_share: float
    letters_per_fluid_median: float
    letters_per_fluid_log_sd: float
    ceiling_letters: float
    ceiling_sd_letters: float
    slow_loss_letters: float
    fluid_loss_letters: float
    fibrosis_rate: float
    fibrosis_loss_log_mean: float
    haemorrhage_rate: float
    haemorrhage_loss_log_mean: float
    atrophy_rate: float
    atrophy_loss_log_mean: float
    lesion_log_hazard_per_decade: float
    burn_out_scale_weeks: float
    burn_out_shape: float
    fluid_threshold: float
    reading_log_sd: float
    sensitivity: float
    specificity: float
    error_sd_letters: float
    errors: FloatArray
    dose: float
    decay: float


class People(NamedTuple):
    """The cohort: cumulative distributions, and hazards per day."""

    baseline_cdf: FloatArray
    true_acuity_mean: float
    true_acuity_reliability: float
    true_acuity_residual_sd: float
    age_low: int
    age_cdf: FloatArray
    female_share: float
    death_hazard_per_year: FloatArray
    lost_per_day: float
    transferred_per_day: float
    recruitment_span_days: float
    recruited_per_day: float
    recruitment_growth_per_day: float
    caseload_patients: float
    opening_day: float
    clinic_patients: int
    n_patients: int
    two_eyes: bool
    conversion_per_week: float
    fellow_eye_better_letters: float


class Attendance(NamedTuple):
    """How appointments are kept."""

    late_share: float
    late_days_mean: float
    missed_share: float
    rebooked_days: float
    breaks_per_day: float
    break_days_mean: float


class Rules(NamedTuple):
    """The protocol as tables; a row per maintenance phase."""

    drug: int
    n_loading: int
    loading_interval: int
    phases: IntArray
    shorten_to: IntArray
    assign_at: IntArray
    futile_below_letters: int
    futile_visits: int
    stable_interval: int
    stable_visits: int
    stable_stop_probability: float
    monitor_interval: int
    retreats: bool


class Kernel(NamedTuple):
    """All of it."""

    seed: int
    horizon_weeks: int
    disease: Disease
    people: People
    attendance: Attendance
    rules: Rules
