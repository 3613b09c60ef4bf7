"""The numbers of a question, as the baselines use them, and the rows that they give."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from ape_core.schema import DAYS_PER_YEAR, WEEKS_PER_YEAR
from ape_core.simulation.pack import pack
from ape_core.simulation.parameters import Attendance, Disease, People, Rules
from ape_core.spec.people import Recruitment
from ape_core.spec.phases import TreatAndExtendPhase
from ape_core.spec.run_spec import RunSpec

RAMP = math.sqrt(6.0)
"""Half the width of a triangular distribution of SD 1."""


@dataclass(frozen=True)
class Inputs:
    """A question that the baselines can answer."""

    n_patients: int
    days: int
    weeks: int
    disease: Disease
    people: People
    attendance: Attendance
    rules: Rules
    phase: TreatAndExtendPhase


class Visit(NamedTuple):
    """One visit; the columns of APE that can differ between these visits."""

    patient_id: int
    day: int
    letters: int
    fluid: bool
    injected: bool
    phase: int
    interval_days: int
    delay_days: int


class Patient(NamedTuple):
    """One patient, with the letters of the 4-weekly assessments while alive."""

    patient_id: int
    age_years: int
    sex: int
    baseline_letters: int
    n_visits: int
    n_injections: int
    end_day: int
    end_reason: int
    death_day: int
    assessed_letters: list[int]


def inputs_of(spec: RunSpec) -> Inputs:
    """Return the numbers of a question that the baselines can answer."""
    protocol, cohort = spec.protocol, spec.cohort
    [phase] = protocol.phases
    assert isinstance(phase, TreatAndExtendPhase)
    assert phase.activity == "fluid"
    assert protocol.loading is not None
    assert not cohort.two_eyes
    assert spec.capacity is None
    assert cohort.recruitment == Recruitment()
    kernel = pack(spec)
    return Inputs(
        cohort.n_patients,
        DAYS_PER_YEAR * spec.years,
        WEEKS_PER_YEAR * spec.years,
        kernel.disease,
        kernel.people,
        kernel.attendance,
        kernel.rules,
        phase,
    )
