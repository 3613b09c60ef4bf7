"""The rows of one fixed question, so that no change of them goes unnoticed."""

from __future__ import annotations

import hashlib

from ape_core.simulation.simulate import simulate
from ape_core.spec.cohort import Cohort
from ape_core.spec.model import DiseaseModel, Drug
from ape_core.spec.parameter import Parameter
from ape_core.spec.people import AgeYears, Attendance, BaselineLetters, Leaving, Recruitment
from ape_core.spec.phases import FixedPhase, Loading, TreatAndExtendPhase
from ape_core.spec.population import Population
from ape_core.spec.protocol import AfterStopping, Protocol, Stopping
from ape_core.spec.run_spec import MODEL_VERSION, RunSpec

ROWS = {"1": "4dea3df451c47137"}
"""Start of the SHA-256 of all rows, by model version.

Stored runs are only ever resumed and compared by a simulation that gives the same rows. When this
test fails, either a change was not meant to touch the rows, and is wrong; or it was, and then
`MODEL_VERSION` changes and the new rows take the place of the old ones here, under the new version.
The life table is part of the rows; the other values that ship are not, since all are given below.
"""

PARAMETERS = {
    "log_ec50_mean": -5.5,
    "log_ec50_sd": 1.2,
    "drive_log_sd": 0.6,
    "turnover_per_week": 0.4,
    "fluid_noise": 0.1,
    "presentation_fluid_share": 0.8,
    "residual_activity_median": 0.01,
    "residual_activity_log_sd": 1.5,
    "letters_per_fluid_median": 15.0,
    "letters_per_fluid_log_sd": 1.2,
    "acuity_ceiling_letters": 89.0,
    "acuity_ceiling_sd_letters": 6.0,
    "slow_loss_letters_per_year": 0.3,
    "fluid_loss_letters_per_week": 0.03,
    "fibrosis_rate_per_fluid_week": 0.02,
    "fibrosis_loss_log_mean": 0.35,
    "haemorrhage_rate_per_fluid_week": 0.004,
    "haemorrhage_loss_log_mean": 0.6,
    "atrophy_rate_per_year": 0.06,
    "atrophy_loss_log_mean": 0.2,
    "lesion_log_hazard_per_decade": 0.35,
    "burn_out_scale_years": 8.0,
    "burn_out_shape": 0.8,
    "fluid_threshold": 0.054,
    "reading_log_sd": 0.5,
    "reading_sensitivity": 0.95,
    "reading_specificity": 0.9,
    "fellow_eye_conversion_per_year": 0.1,
    "fellow_eye_better_letters": 5.0,
}


def question():
    """A question in which most rules of the model come into play."""
    model = DiseaseModel(
        {name: Parameter.exactly(name, value) for name, value in PARAMETERS.items()},
        {
            "aflibercept-2mg": Drug(
                Parameter.exactly("dose", 1.0), Parameter.exactly("half_life_days", 11.0)
            )
        },
    )
    population = Population(
        name="golden",
        title="Golden",
        baseline_letters=BaselineLetters(57.0, 14.0, 5, 90),
        age_years=AgeYears(79.0, 8.5, 50, 100),
        female_share=0.6,
        attendance=Attendance(0.3, 8.0, 0.05, 4.0, 0.2, 20.0),
        leaving=Leaving(0.03, 0.01),
        mortality_hazard_ratio=1.15,
        acuity_noise_sd_letters=4.5,
        recoverable_share=0.8,
    )
    protocol = Protocol(
        name="golden",
        title="Golden",
        drug="aflibercept-2mg",
        loading=Loading(3, 4),
        phases=(
            FixedPhase(52, 8),
            TreatAndExtendPhase(None, 8, 2, 2, 4, 16, "fluid-or-letters", 5),
        ),
        stopping=Stopping(15, 2, 2, 0.3),
        after_stopping=AfterStopping(8, retreat_on_activity=True),
    )
    recruitment = Recruitment("rate", patients_per_week=20.0)
    cohort = Cohort(400, population, two_eyes=True, recruitment=recruitment)
    return RunSpec(protocol, cohort, years=6, seed=20_240_607, model=model)


def rows_digest():
    """Start of the SHA-256 of all rows of the question."""
    chunk = simulate(question(), 0, 400)
    assert chunk.n_visits > 10_000
    rows = hashlib.sha256()
    for array in [*chunk.visits.values(), *chunk.patients.values(), chunk.assessments]:
        rows.update(array.astype(array.dtype.newbyteorder("<")).tobytes())
    return rows.hexdigest()[:16]


def test_the_rows_are_those_of_this_model_version():
    assert rows_digest() == ROWS[MODEL_VERSION]
