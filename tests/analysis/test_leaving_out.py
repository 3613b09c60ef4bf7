"""Studies left out of a fit: one step from the optimum against a refit, where both are exact."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from ape_core.analysis.arms import study_of
from ape_core.analysis.leaving_out import leave_out_each, overall
from ape_core.analysis.targets import Target

ARMS = ("VIEW 1 2q8", "VIEW 2 2q8", "CATT RAN PRN", "CATT BEV PRN", "PIER sham", "MARINA sham")


class Straight:
    """A problem whose residuals are straight lines of two parameters, with a prior on both."""

    def __init__(self, spread=1e-3, weight=3.0):
        rng = np.random.default_rng(4)
        self.targets = [Target(arm, 52, "bcva_change_mean", 5.0) for arm in ARMS]
        self.targets.append(Target("PIER sham", 52, "pct_dry", 50.0))
        self.weights = np.full(len(self.targets), weight)
        self.slopes = np.vstack([weight * rng.normal(size=(len(self.targets), 2)), np.eye(2)])
        self.at_zero = np.append(weight * spread * rng.normal(size=len(self.targets)), [0.0, 0.0])

    def residuals(self, scaled):
        return self.at_zero + self.slopes @ scaled

    def jacobian(self, scaled, at):
        return self.slopes

    def fitted_without(self, study):
        kept = np.array([study_of(item.arm) != study for item in self.targets] + [True, True])
        return np.linalg.lstsq(self.slopes[kept], -self.at_zero[kept], rcond=None)[0]


def test_a_step_gives_what_a_fit_without_the_study_gives():
    problem = Straight()
    found = leave_out_each(problem, problem.fitted_without("none"))
    assert [item.study for item in found] == ["VIEW", "CATT", "PIER", "MARINA"]
    for item in found:
        own = [
            row
            for row, target in enumerate(problem.targets)
            if study_of(target.arm) == item.study and target.outcome == "bcva_change_mean"
        ]
        refitted = problem.residuals(problem.fitted_without(item.study))[own] / 3.0
        assert item.n_changes == len(own)
        assert item.rms_z_left_out == pytest.approx(np.sqrt(np.mean(refitted**2)), rel=1e-3)
        assert item.rms_z_left_out > item.rms_z  # Negative control: leaving out changes something.


def test_the_figure_of_all_counts_every_change_once():
    studies = [
        SimpleNamespace(n_changes=3, rms_z_left_out=1.0),
        SimpleNamespace(n_changes=1, rms_z_left_out=3.0),
    ]
    assert overall(studies) == pytest.approx(np.sqrt(12 / 4))
