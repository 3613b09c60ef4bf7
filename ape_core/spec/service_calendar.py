"""For how long a run shows a clinic that is whole: nobody is missing who would be there."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ape_core.schema import DAYS_PER_WEEK, DAYS_PER_YEAR

if TYPE_CHECKING:
    from ape_core.spec.recruitment import Recruitment
    from ape_core.spec.run_spec import RunSpec

_NEARLY_A_WEEK = 1e-9
"""A stream that ends so shortly before the end of a week fills it: numbers are not exact."""


def service_window(spec: RunSpec) -> tuple[int, int]:
    """Calendar day on which a run's service opens, and days from then on that show all of it.

    Each patient is followed for the years of the run. After that many years the first patients are
    no longer followed, and where patients come as a stream, the clinic is whole only for as long as
    the stream goes on. What lies behind is the end of the simulation, and not of the service. The
    days are whole weeks, at least one.
    """
    recruitment = spec.cohort.recruitment
    opening = min(recruitment.opening_day, DAYS_PER_YEAR * spec.years - DAYS_PER_WEEK)
    days = float(DAYS_PER_YEAR * spec.years - opening)
    if recruitment.patients_per_week is not None:
        coming = spec.cohort.n_patients - (recruitment.caseload_patients or 0)
        days = min(days, _stream_days(recruitment, coming))
    weeks = math.floor(days / DAYS_PER_WEEK + _NEARLY_A_WEEK)
    return opening, max(weeks, 1) * DAYS_PER_WEEK


def patients_in(recruitment: Recruitment, years: int) -> int:
    """Patients whom a stream brings in so many years, with those who are there at its start."""
    assert recruitment.patients_per_week is not None
    days, growth = DAYS_PER_YEAR * years, recruitment.growth_per_day
    weight = math.expm1(growth * days) / growth if growth else float(days)
    coming = round(recruitment.patients_per_week / DAYS_PER_WEEK * weight)
    return coming + (recruitment.caseload_patients or 0)


def _stream_days(recruitment: Recruitment, n_patients: int) -> float:
    """Days in which a stream has brought so many patients."""
    assert recruitment.patients_per_week is not None
    weight = n_patients * DAYS_PER_WEEK / recruitment.patients_per_week
    growth = recruitment.growth_per_day
    if not growth:
        return weight
    left = 1 + weight * growth
    return math.log(left) / growth if left > 0 else math.inf
