"""Files of arms and targets: what ships, and what is refused in words."""

from __future__ import annotations

import csv

import pytest

from ape_core.analysis import targets as targets_module
from ape_core.analysis.arms import CALIBRATION_ARMS, DEFAULT_PATIENTS, load_arms, parse_arms
from ape_core.analysis.score import check_targets, score
from ape_core.analysis.targets import CALIBRATION_TARGETS, load_targets
from ape_core.errors import InvalidInputError, InvalidSpecError
from ape_core.limits import MAX_TARGETS_BYTES

ARM = {"id": "a", "protocol": "no-treatment", "cohort": {"population": "trial"}, "years": 1}
HEADER = "arm,week,outcome,value,se,sd,n,setting\n"


def read(tmp_path, text):
    path = tmp_path / "targets.csv"
    path.write_text(text, encoding="utf-8")
    return load_targets(path)


def test_shipped_files_belong_together_and_state_their_sources():
    arms, targets = load_arms(CALIBRATION_ARMS), load_targets(CALIBRATION_TARGETS)
    check_targets(targets, {arm.id: arm for arm in arms})
    assert all(arm.sources for arm in arms)
    with CALIBRATION_TARGETS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            assert row["citation"]
            assert row["doi_or_pmid"]
            assert row["provenance"] in {"pdf", "page", "data", "recall"}


def test_each_shipped_trial_is_simulated_at_its_own_baseline():
    arms = {arm.id: arm for arm in load_arms()}
    trials = [arm for arm in arms.values() if arm.is_trial]
    assert len(trials) == len(arms) - 1
    assert all(arm.cohort.baseline_letters is not None for arm in trials)
    assert arms["VIEW 2 2q8"].cohort.people().baseline_letters.mean == 51.6
    assert all(arm.cohort.n_patients == DEFAULT_PATIENTS for arm in arms.values())


def test_an_arm_may_be_written_out_or_named(arms_file):
    treated, clinic = load_arms(arms_file)
    assert (treated.id, treated.years, treated.cohort.n_patients) == ("treated", 2, 300)
    assert treated.protocol.name == "aflibercept-2mg-view"
    assert (clinic.protocol.name, clinic.protocol.title) == ("inline", "clinic")
    assert clinic.cohort.n_patients == 200
    assert clinic.sources == ("Registry 2026",)
    assert (treated.is_trial, clinic.is_trial) == (True, False)
    (named,) = parse_arms([{**ARM, "cohort": "trial", "n_patients": 7}], "x")
    assert named.cohort.n_patients == 7
    assert named.is_trial


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"protocol": "no-treatmant"}, "there is no protocol 'no-treatmant'|no protocol"),
        ({"protocol": {"drug": "water", "phases": []}}, "protocol: phases|drug"),
        ({"protocol": 3}, "protocol is 3, but must be a mapping"),
        ({"cohort": {"population": "mars"}}, "no population 'mars'"),
        ({"cohort": {"patients": 3}}, "'patients' is not a field here"),
        ({"cohort": {"baseline_letters": {"mean": 200, "sd": 5}}}, "mean is 200"),
        ({"years": 0}, "years is 0"),
        ({"years": "two"}, "years is 'two'"),
        ({"n_patients": -1}, "n_patients is -1"),
        ({"id": ""}, "id is ''"),
        ({"id": 4}, "id is 4, but must be text"),
        ({"sources": "Heier"}, "sources is 'Heier', but must be a list"),
        ({"colour": "red"}, "'colour' is not a field here"),
    ],
)
def test_an_arm_that_cannot_be(change, match):
    with pytest.raises(InvalidSpecError, match=match):
        parse_arms([{**ARM, **change}], "arms.yaml")


@pytest.mark.parametrize("field", ["id", "protocol", "cohort", "years"])
def test_a_missing_field_is_named(field):
    with pytest.raises(InvalidSpecError, match=rf"arms\[0\]: The field {field} is missing"):
        parse_arms([{key: value for key, value in ARM.items() if key != field}], "arms.yaml")


def test_lists_of_arms_that_cannot_be(tmp_path):
    for items, match in (
        ([], "has 0 arms, but must have 1 to 500"),
        ([ARM] * 501, "has 501 arms"),
        ([ARM, ARM], "There are two arms 'a'"),
        ({"id": "a"}, "must be a list"),
    ):
        with pytest.raises(InvalidSpecError, match=match):
            parse_arms(items, "arms.yaml")
    with pytest.raises(InvalidSpecError, match="There is no file"):
        load_arms(tmp_path / "missing.yaml")
    path = tmp_path / "huge.yaml"
    path.write_text("# " + "x" * 300_000, encoding="utf-8")
    with pytest.raises(InvalidSpecError, match="larger than the allowed 256,000 bytes"):
        load_arms(path)


def test_standard_errors_are_given_or_follow(tmp_path):
    text = HEADER + (
        "a,52,bcva_change_mean,5,0.7,14,100,RCT\n"
        "a,52,bcva_change_mean,5,,15,100,\n"
        "a,52,bcva_change_mean,5,,,100,rct\n"
        "a,52.0,pct_gain_ge15,36,,,100,real-world UK\n"
        "a,52,bcva_change_sd,14,,,98,\n"
        "a,52,injections_cum_mean,7.5,,,100,\n"
        "a,52,pct_dry,40,,,,\n"
    )
    targets = read(tmp_path, text)
    assert [round(t.se, 6) for t in targets] == [0.7, 1.5, 1.4, 4.8, 1.0, 0.0, 0.0]
    assert [t.setting for t in targets][:4] == ["RCT", None, "RCT", "real-world"]
    assert targets[3].week == 52
    assert targets[0].line == 2


def test_a_weight_is_given_or_1(tmp_path):
    rows = "a,52,pct_dry,40,0\na,52,pct_dry,40,2.5\na,52,pct_dry,40,\na,52,pct_dry,40,100\n"
    targets = read(tmp_path, "arm,week,outcome,value,weight\n" + rows)
    assert [target.weight for target in targets] == [0.0, 2.5, 1.0, 100.0]
    (unweighted,) = read(tmp_path, HEADER + "a,52,pct_dry,40,,,,\n")
    assert unweighted.weight == 1.0
    for cell, match in (
        ("-1", "line 2: weight is -1.0, but must be a number from 0 to 100"),
        ("101", "line 2: weight is 101.0, but must be a number from 0 to 100"),
        ("nan", "line 2: weight is 'nan', but must be a number"),
        ("heavy", "line 2: weight is 'heavy', but must be a number"),
    ):
        with pytest.raises(InvalidInputError, match=match):
            read(tmp_path, f"arm,week,outcome,value,weight\na,52,pct_dry,40,{cell}\n")


def test_what_is_shown_and_not_fitted_is_scored(tmp_path, arms_file):
    text = "arm,week,outcome,value,weight\nclinic,52,pct_dry,40,{}\n"
    zs = [score(read(tmp_path, text.format(weight)), arms_file).rows[0].z for weight in (0, 1)]
    assert zs[0] == zs[1] != 0


def test_the_error_of_a_correlation_follows_from_the_number_of_eyes(tmp_path):
    (target,) = read(tmp_path, HEADER + "a,52,bcva_correlation,0.6,,,100,\n")
    assert target.se == pytest.approx((1 - 0.6**2) / 10)


def test_columns_beyond_the_needed_are_optional_and_a_bom_is_no_letter(tmp_path):
    (target,) = read(tmp_path, "\ufeffarm , week,outcome,value\n a,52,pct_dry, 40\n")
    assert (target.arm, target.value, target.se, target.setting) == ("a", 40, 0, None)


@pytest.mark.parametrize(
    ("row", "match"),
    [
        ("a,52,bcva_gain,5,,,,", "line 2: outcome is 'bcva_gain', but must be one of"),
        ("a,fifty,pct_dry,5,,,,", "line 2: week is 'fifty', but must be a number"),
        ("a,12.5,pct_dry,5,,,,", "week is 12.5, but must be a whole number from 0 to 2,080"),
        ("a,-4,pct_dry,5,,,,", "week is -4"),
        ("a,,pct_dry,5,,,,", "week is None"),
        ("a,52,pct_dry,,,,,", "value is empty, but must be a number"),
        ("a,52,pct_dry,nan,,,,", "value is 'nan', but must be a number"),
        ("a,52,pct_dry,101,,,,", "value is 101.0, but must be a number from 0 to 100"),
        ("a,52,pct_dry,5,-1,,,", "se is -1.0"),
        ("a,52,bcva_correlation,1.1,,,,", "value is 1.1, but must be a number from -1 to 1"),
        ("a,52,pct_eye_median_interval_5w,5,,,,", "outcome is .*pct_eye_median_interval_0-5w"),
        ("a,52,pct_dry,5,inf,,,", "se is 'inf', but must be a number"),
        ("a,52,pct_dry,5,,3,0,", "n is 0.0, but must be a number above 0"),
        ("a,52,bcva_change_mean,5,,-3,10,", "sd is -3.0"),
        ("a,52,pct_dry,5,,,,lab", "setting is 'lab', but must be one of: RCT, real-world"),
        (",52,pct_dry,5,,,,", "arm is ''"),
        ("a,52,pct_dry,5,,,,,,,", "There are more cells than titles"),
    ],
)
def test_a_target_that_cannot_be(tmp_path, row, match):
    with pytest.raises(InvalidInputError, match=match):
        read(tmp_path, HEADER + row + "\n")


def test_tables_that_cannot_be(tmp_path, monkeypatch):
    for text, match in (
        ("arm,week\na,52\n", "lacks the columns outcome, value"),
        ("", "lacks the columns arm, week, outcome, value"),
        ("arm,week,outcome,value,se,se\n", "has the column se twice"),
        (HEADER, "has no targets"),
        (HEADER + '"a,52', "is not CSV that can be read"),
        ("x" * (MAX_TARGETS_BYTES + 1), "is larger than the allowed 5,000,000 bytes"),
    ):
        with pytest.raises(InvalidInputError, match=match):
            read(tmp_path, text)
    with pytest.raises(InvalidInputError, match="There is no file"):
        load_targets(tmp_path / "missing.csv")
    with pytest.raises(InvalidInputError, match=r"is a folder, not a file\. Name a file in it"):
        load_targets(tmp_path)
    path = tmp_path / "latin.csv"
    path.write_bytes(HEADER.encode() + b"\xe9,52,pct_dry,5,,,,\n")
    with pytest.raises(InvalidInputError, match="is not text in UTF-8"):
        load_targets(path)
    monkeypatch.setattr(targets_module, "MAX_TARGETS", 2)
    with pytest.raises(InvalidInputError, match="has more than the allowed 2 targets"):
        read(tmp_path, HEADER + "a,52,pct_dry,5,,,,\n" * 3)
