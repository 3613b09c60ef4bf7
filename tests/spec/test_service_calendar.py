"""For how long a clinic is whole, against patients counted one by one."""

from __future__ import annotations

import pytest

from ape_core.simulation.simulate import simulate
from ape_core.spec.cohort import Cohort
from ape_core.spec.protocol_yaml import load_protocol
from ape_core.spec.recruitment import Recruitment
from ape_core.spec.run_spec import RunSpec
from ape_core.spec.service_calendar import patients_in, service_window

STREAMS = {
    "rate": Recruitment("rate", patients_per_week=1.5),
    "growth": Recruitment("growth", patients_per_week=1.5, growth_percent_per_year=20),
    "shrinking": Recruitment("growth", patients_per_week=1.5, growth_percent_per_year=-20),
    "caseload": Recruitment(
        "caseload", patients_per_week=1.5, caseload_patients=40, caseload_years=2
    ),
}


def spec_of(recruitment, n_patients, years):
    cohort = Cohort(n_patients, recruitment=recruitment)
    return RunSpec(load_protocol("no-treatment"), cohort, years=years, seed=1)


@pytest.mark.parametrize("name", STREAMS)
def test_the_patients_of_some_years_come_within_them(name):
    recruitment, years = STREAMS[name], 2
    n_patients = patients_in(recruitment, years)
    spec = spec_of(recruitment, n_patients, years + (recruitment.caseload_years or 0))
    opening, n_days = service_window(spec)
    assert opening == 364 * (recruitment.caseload_years or 0)
    assert 364 * years - 7 <= n_days <= 364 * years
    first_days = simulate(spec, 0, n_patients).patients["first_day"]
    assert first_days.max() < opening + 364 * years + 7
    assert first_days.max() >= opening + n_days - 14
    assert (first_days < opening).sum() == (recruitment.caseload_patients or 0)


@pytest.mark.parametrize("name", STREAMS)
def test_a_clinic_is_whole_for_as_long_as_patients_come(name):
    recruitment = STREAMS[name]
    n_patients = patients_in(recruitment, 1)
    opening, n_days = service_window(spec_of(recruitment, n_patients, 6))
    assert opening + n_days <= 364 * 6
    assert 364 - 7 <= n_days <= 364


def test_a_fixed_cohort_is_shown_for_as_long_as_all_are_followed():
    for recruitment in (Recruitment(), Recruitment("uniform", days=100)):
        assert service_window(spec_of(recruitment, 50, 3)) == (0, 364 * 3)
