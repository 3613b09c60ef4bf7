"""A calibration finds parameters that are known, because the targets were simulated with them."""

from __future__ import annotations

import csv
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import yaml

from ape_core.analysis import fitting
from ape_core.analysis.arms import load_arms
from ape_core.analysis.calibrate import calibrate, main
from ape_core.analysis.score import score
from ape_core.analysis.targets import Target
from ape_core.errors import InvalidInputError, InvalidSettingError, InvalidSpecError
from ape_core.spec.model import load_model

FREE = ("letters_per_fluid_median", "log_ec50_mean")
TRUTH = {"letters_per_fluid_median": 9.5, "log_ec50_mean": -4.8}
OUTCOMES = ("bcva_change_mean", "bcva_change_sd", "pct_gain_ge15", "pct_loss_ge15")
SMALL = {"n_patients": 2_000, "max_steps": 8, "n_draws": 4}


@pytest.fixture(scope="module")
def arms():
    names = ("VIEW 1/2 2q8", "MARINA sham", "HARBOR 0.5 mg PRN")
    return [arm for arm in load_arms() if arm.id in names]


def observed(arms, model):
    """Targets as other patients of a model give them."""
    blank = [
        Target(arm.id, week, outcome, 0.0, setting="RCT")
        for arm in arms
        for week in (24, 52, 104)
        for outcome in OUTCOMES
    ]
    rows = score(blank, arms, model=model, n_patients=4_000, seed=99).rows
    return [Target(row.arm, row.week, row.outcome, row.simulated, 0.3, "RCT") for row in rows]


@pytest.fixture(scope="module")
def targets(arms):
    return observed(arms, load_model().replace(**TRUTH))


@pytest.fixture(scope="module")
def fit(arms, targets):
    return calibrate(FREE, targets, arms, prior=False, **SMALL)


def test_known_parameters_are_found_again(fit):
    """Within four of the SDs that the fit itself states: both fail once in 8,000 seeds."""
    assert fit.before.rms_z > 1
    assert fit.after.rms_z < 0.5
    found = fit.to_dict()["parameters"]
    for name, truth in TRUTH.items():
        assert abs(found[name]["optimum"] - truth) < 4 * found[name]["sd"], name
        assert abs(found[name]["optimum"] - truth) < abs(found[name]["start"] - truth), name


def test_what_is_true_already_stays(arms):
    """Negative control: with targets of the start itself there is nothing to find."""
    start = load_model()
    fit = calibrate(FREE, observed(arms, start), arms, **{**SMALL, "n_draws": 0})
    for name, found in fit.to_dict()["parameters"].items():
        assert abs(found["optimum"] - start.value(name)) < 3 * found["sd"], name
        assert abs(found["optimum"] - TRUTH[name]) > 2 * found["sd"], name


def test_a_parameter_that_changes_nothing_stays_where_the_prior_holds_it(arms, targets):
    fit = calibrate(
        ["fellow_eye_better_letters"], targets, arms, **{**SMALL, "max_steps": 3, "n_draws": 0}
    )
    found = fit.to_dict()["parameters"]["fellow_eye_better_letters"]
    assert found["optimum"] == pytest.approx(found["start"], abs=1e-6)
    assert found["sd"] == pytest.approx(3**0.5, rel=1e-3)  # that of the uniform from 2 to 8


def test_correlation_and_plausible_draws_are_reported(fit):
    data = fit.to_dict()
    correlation = np.array(data["correlation"])
    assert correlation.shape == (2, 2)
    assert np.diag(correlation).tolist() == [1, 1]
    assert correlation[0, 1] == correlation[1, 0]
    assert data["plausible"]["n_accepted"] == len(fit.plausible.values) == 4
    assert data["plausible"]["n_tried"] >= 4
    assert max(fit.plausible.rms_z) <= fit.plausible.cut
    for values in fit.plausible.values:
        for name, item in data["parameters"].items():
            assert item["low"] <= values[name] <= item["high"]
    assert len({tuple(values.values()) for values in fit.plausible.values}) == 4


def test_no_draw_is_plausible_where_none_may_be(fit):
    """Negative control: a cut that nothing can meet ends after a bounded number of tries."""
    from ape_core.analysis.plausible import plausible_draws

    none = plausible_draws(fit.problem, fit.optimum, 1, cut=0.0, seed=1)
    assert none.values == ()
    assert none.n_tried == 10


def test_a_fit_is_the_same_again_with_any_number_of_threads(arms, targets):
    one, again = (
        calibrate(FREE, targets, arms, n_patients=300, max_steps=4, n_draws=2, workers=workers)
        for workers in (2, 1)
    )
    assert one.to_dict() == again.to_dict()


@pytest.fixture(scope="module")
def few():
    """Two targets of one arm, which the start does not meet."""
    arms = [arm for arm in load_arms() if arm.id == "MARINA sham"]
    change = Target("MARINA sham", 52, "bcva_change_mean", -6.0, 0.5)
    return arms, (change, Target("MARINA sham", 52, "pct_loss_ge15", 30.0, 2.0))


def problem_of(arms, targets, prior=True):
    return fitting.Problem(load_model(), arms, targets, FREE, 200, 1, prior=prior)


def test_residuals_are_weighted_by_the_target_and_the_headline(few):
    arms, (change, loss) = few
    start = np.zeros(2)
    z = [row.z for row in problem_of(arms, (change, loss)).score({}).rows]
    weights = [(1, 1), (0, 1), (2.5, 0.5), (0, 0)]
    for of_change, of_loss in weights:
        targets = replace(change, weight=of_change), replace(loss, weight=of_loss)
        residuals = problem_of(arms, targets, prior=False).residuals(start)
        expected = [z[0] * of_change * fitting.HEADLINE_WEIGHT, z[1] * of_loss]
        assert residuals.tolist() == pytest.approx(expected)
    moved = np.array([0.5, -0.5])
    assert problem_of(arms, (change, loss)).residuals(moved)[2:].tolist() == moved.tolist()


def test_a_target_of_weight_0_is_shown_and_bends_nothing(few):
    arms, (change, loss) = few
    settings = {"n_patients": 200, "max_steps": 4, "n_draws": 0}

    def found(*targets):
        fit = calibrate(FREE[:1], targets, arms, **settings)
        return fit.to_dict()["parameters"][FREE[0]], len(fit.after.rows)

    alone = found(loss)
    assert found(loss, replace(change, weight=0.0)) == (alone[0], 2)
    assert found(loss, change)[0] != alone[0]


def test_a_fit_is_written_as_yaml_and_csv(fit, tmp_path):
    table = fit.write(tmp_path / "fit.yaml")
    read = yaml.safe_load((tmp_path / "fit.yaml").read_text(encoding="utf-8"))
    assert read == fit.to_dict()
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4
    assert list(rows[0]) == [*FREE, "rms_z"]
    assert float(rows[0][FREE[0]]) == pytest.approx(fit.plausible.values[0][FREE[0]], rel=1e-5)


def test_the_command_writes_what_it_found(tmp_path, arms_file, targets_file, capsys):
    out = tmp_path / "fit.yaml"
    words = ["--out", out, "--arms", arms_file, "--targets", targets_file]
    words += ["--free", "turnover_per_week", "--patients", 50, "--draws", 1, "--steps", 2]
    assert main([str(word) for word in words]) == 0
    said = capsys.readouterr()
    assert "Root-mean-square z" in said.out
    assert "simulation 1, rms z" in said.err
    assert list(yaml.safe_load(out.read_text(encoding="utf-8"))["parameters"]) == [
        "turnover_per_week"
    ]


def test_what_cannot_be_fitted(arms, targets, tmp_path, capsys):
    def refused(kind, match, *given, **settings):
        with pytest.raises(kind, match=match):
            calibrate(*given, **settings)

    refused(InvalidSpecError, "free parameter is 'turnover'", ["turnover"], targets, arms)
    refused(InvalidSpecError, "range of aflibercept", ["aflibercept-2mg/dose"], targets, arms)
    refused(InvalidInputError, "No parameter is free", [], targets, arms)
    refused(InvalidSpecError, "n_patients is 1", FREE, targets, arms, n_patients=1)
    refused(InvalidSpecError, "max_steps is 0", FREE, targets, arms, max_steps=0)
    refused(InvalidSpecError, "n_draws is -1", FREE, targets, arms, n_draws=-1)
    assert main(["--out", str(tmp_path / "none" / "fit.yaml")]) == 2
    assert "There is no folder" in capsys.readouterr().err


def test_without_scipy_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    with pytest.raises(InvalidSettingError, match="needs SciPy, which is not installed"):
        fitting._least_squares()


def test_scoring_and_drawing_need_no_scipy():
    code = (
        "import sys; import ape_core.analysis.score, ape_core.analysis.draws, "
        "ape_core.analysis.calibrate; print('scipy' in sys.modules, 'numba' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
