"""Two small arms and their targets, as files."""

from __future__ import annotations

import pytest

ARMS = """
- id: treated
  protocol: aflibercept-2mg-view
  cohort: {population: trial, baseline_letters: {mean: 55, sd: 13, low: 25, high: 73}}
  years: 2
  n_patients: 300
- id: clinic
  protocol:
    drug: aflibercept-2mg
    phases: [{regimen: fixed, interval_weeks: 12}]
  cohort: {n_patients: 200, population: uk-routine-care}
  years: 1
  sources: [Registry 2026]
"""
TARGETS = """arm,week,outcome,value,se,sd,n,setting,comment
treated,52,bcva_change_mean,8.4,,14.7,607,RCT,year one
treated,96,injections_cum_mean,11.2,,,,RCT,
clinic,52,bcva_change_mean,3.1,0.5,,,real-world UK,
clinic,48,injections_in_year_mean,5.0,0.1,,,,
"""


@pytest.fixture
def arms_file(tmp_path):
    path = tmp_path / "arms.yaml"
    path.write_text(ARMS, encoding="utf-8")
    return path


@pytest.fixture
def targets_file(tmp_path):
    path = tmp_path / "targets.csv"
    path.write_text(TARGETS, encoding="utf-8")
    return path
