"""The picture of a protocol's schedule is what the simulation does with such eyes."""

from __future__ import annotations

import dataclasses

import pytest

from ape_core.simulation.simulate import simulate
from ape_core.spec.cohort import Cohort
from ape_core.spec.model import load_model
from ape_core.spec.people import Attendance, Leaving
from ape_core.spec.population import load_population
from ape_core.spec.protocol_yaml import list_protocols, load_protocol
from ape_core.spec.run_spec import RunSpec

PUNCTUAL = dataclasses.replace(
    load_population("trial"), attendance=Attendance(0, 0, 0, 0, 0, 0), leaving=Leaving(0, 0)
)
CERTAIN = {"reading_log_sd": 0, "reading_sensitivity": 1, "reading_specificity": 1}
DRY = CERTAIN | {"fluid_threshold": 100}
ACTIVE = CERTAIN | {"fluid_threshold": 1e-6, "burn_out_scale_years": 1e6}
# Without error, loss or fluid that costs letters, acuity stands still, so only fluid is active.
STILL = {
    "letters_per_fluid_median": 0,
    "slow_loss_letters_per_year": 0,
    "fluid_loss_letters_per_week": 0,
    "fibrosis_rate_per_fluid_week": 0,
    "haemorrhage_rate_per_fluid_week": 0,
    "atrophy_rate_per_year": 0,
}
YEARS = 2


def visits_of_one_eye(protocol, values):
    """Weeks of injections and of other visits of the first patient who lives through the run."""
    people = dataclasses.replace(PUNCTUAL, acuity_noise_sd_letters=0)
    model = load_model().replace(**(STILL | values))
    chunk = simulate(RunSpec(protocol, Cohort(40, people), YEARS, 1, model), 0, 40)
    alive = chunk.patients["patient_id"][chunk.patients["death_day"] < 0][0]
    own = chunk.visits["patient_id"] == alive
    weeks, injected = chunk.visits["day"][own] // 7, chunk.visits["injected"][own]
    return tuple(weeks[injected].tolist()), tuple(weeks[~injected].tolist())


@pytest.mark.parametrize("name", [info.name for info in list_protocols()])
def test_agrees(name):
    protocol = dataclasses.replace(load_protocol(name), stopping=None, after_stopping=None)
    sketch = protocol.schedule_sketch(YEARS * 52 - 1)
    dry = visits_of_one_eye(protocol, DRY)
    assert dry == (sketch.dry.injection_weeks, sketch.dry.visit_only_weeks)
    if "8mg" not in name:  # an eye that loses no letters never meets its criteria
        active = visits_of_one_eye(protocol, ACTIVE)
        assert active == (sketch.active.injection_weeks, sketch.active.visit_only_weeks)
