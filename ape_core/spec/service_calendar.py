"""For how long a run shows a clinic that is whole: nobody is missing who would be there."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ape_core.schema import DAYS_PER_WEEK, DAYS_PER_YEAR

if TYPE_CHECKING:
    from ape_core.spec.run_spec import RunSpec


def service_days(spec: RunSpec) -> int:
    """Calendar days, in whole weeks, on which a run shows all of its clinic.

    Each patient is followed for the years of the run. After that many years the first patients are
    no longer followed, and where patients come as a stream, the clinic is whole only for as long as
    the stream goes on. What lies behind is the end of the simulation, and not of the service.
    """
    followed = DAYS_PER_YEAR * spec.years
    per_week = spec.cohort.recruitment.patients_per_week
    if per_week is None:
        return followed
    weeks = math.floor(spec.cohort.n_patients / per_week * (1 + 1e-12))
    return min(followed, max(1, weeks) * DAYS_PER_WEEK)
