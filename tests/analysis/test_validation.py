from __future__ import annotations

import json
import math
import time

import numpy as np
import psutil
import pytest

from ape_core.analysis.arms import load_arms
from ape_core.analysis.comparing import validate
from ape_core.analysis.distributions import distributions, usual_intervals
from ape_core.analysis.records import Records
from ape_core.analysis.score import score
from ape_core.analysis.targets import load_targets
from ape_core.analysis.validation import as_plain, rms_of, validation_from
from ape_core.analysis.validation_store import ValidationStore
from ape_core.errors import InvalidInputError
from support.patience import PATIENCE

N_PATIENTS = 100


@pytest.fixture(scope="module")
def heard():
    return []


@pytest.fixture(scope="module")
def validation(heard):
    return validate(N_PATIENTS, lambda phase, share: heard.append((phase, share)))


@pytest.fixture
def records():
    """Fabricated counts: ten eyes at 60 letters that gained five."""
    letters, change = np.zeros((2, 101), dtype=np.int64), np.zeros((2, 201), dtype=np.int64)
    letters[0, 60] = letters[1, 65] = change[0, 100] = change[1, 105] = 10
    injections = np.zeros(27, dtype=np.int64)
    injections[[7, 20]] = [3, 1]
    return Records("fabricated", 10, 20, 0, 0, (0, 52), letters, change, injections)


def test_every_target_is_compared_as_the_score_does(validation):
    scored = score(n_patients=N_PATIENTS)
    assert len(validation.rows) == len(load_targets())
    assert [row.z for row in validation.rows] == [row.z for row in scored.rows]
    assert validation.goodness == pytest.approx(scored.rms_z)


def test_an_interval_misses_no_difference_exactly_where_z_exceeds_the_normal_bound(validation):
    for row in validation.rows:
        assert (abs(row.difference) > row.half_width) == (abs(row.z) > 1.96)


def test_the_worst_come_first(validation):
    worst = validation.largest(5)
    sizes = [abs(row.z) for row in worst]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == max(abs(row.z) for row in validation.rows)
    one = validation.rows[:1]
    assert rms_of(one) == pytest.approx(abs(one[0].z))


def test_courses_pass_through_the_simulated_targets(validation):
    found = 0
    by_arm = {course.arm: course for course in validation.courses}
    for row in validation.of_outcome("bcva_change_mean"):
        course = by_arm[row.arm]
        assert any(point.value == row.observed for point in course.points)
        if row.week in course.weeks:
            found += 1
            assert course.change[course.weeks.index(row.week)] == pytest.approx(row.simulated)
    assert found > 20


def test_a_course_begins_at_no_change(validation):
    for course in validation.courses:
        assert course.weeks[0] == 0
        assert course.change[0] == 0
        assert course.weeks[-1] >= max(point.week for point in course.points)


def test_progress_names_each_arm_and_only_grows(validation, heard):
    shares = [share for _, share in heard]
    assert shares == sorted(shares)
    assert 0 <= shares[0] < shares[-1] < 1
    assert {phase for phase, _ in heard} == {f"simulating {arm.id}" for arm in load_arms()}


def test_a_validation_survives_json(validation):
    assert validation_from(json.loads(json.dumps(as_plain(validation)))) == validation


def test_distributions_keep_every_eye(validation, records):
    for shown in distributions(validation.routine, records):
        assert math.fsum(shown.simulated) == pytest.approx(100)
        assert math.fsum(shown.observed) == pytest.approx(100, abs=0.05)  # published, rounded
        assert len(shown.simulated) == len(shown.observed) == len(shown.starts)


def test_distributions_show_records_where_they_lie(validation, records):
    by_name = {shown.name: shown for shown in distributions(validation.routine, records)}
    change, injections = by_name["change"], by_name["injections"]
    assert change.observed_mean == pytest.approx(5)
    assert change.observed[change.starts.index(5)] == pytest.approx(100)
    assert injections.observed[7] == pytest.approx(75)
    assert injections.observed[-1] == pytest.approx(25)  # more than are shown
    assert injections.observed_mean == pytest.approx((3 * 7 + 20) / 4)


def test_without_records_what_was_published_is_observed(validation):
    shown = distributions(validation.routine, None)
    assert not any(each.from_records for each in shown)
    by_name = {each.name: each for each in shown}
    assert by_name["baseline"].classes == ((0, 35), (36, 53), (54, 69), (70, 100))
    letters = validation.routine.baseline_letters
    low, *_, high = by_name["baseline"].simulated
    assert low == pytest.approx(math.fsum(letters[:36]))
    assert high == pytest.approx(math.fsum(letters[70:]))
    assert by_name["injections-2"].observed[0] == pytest.approx(10.17)


def test_usual_intervals_are_those_of_the_targets(validation):
    shown = usual_intervals(validation.rows)
    assert math.fsum(shown.observed) == pytest.approx(100, abs=0.5)
    assert math.fsum(shown.simulated) == pytest.approx(100, abs=0.5)
    by_outcome = {row.outcome: row for row in validation.rows if row.routine}
    assert shown.simulated[0] == by_outcome["pct_no_injection_in_year"].simulated
    assert shown.classes[-1][0] == 17
    assert usual_intervals(validation.rows[:5]) is None


def test_every_target_says_whether_it_was_fitted_and_where_it_comes_from(validation):
    for row, target in zip(validation.rows, load_targets(), strict=True):
        assert row.fitted == (target.weight > 0)
        assert row.source.citation
    assert not all(row.fitted for row in validation.rows)


def wait(kept):
    deadline = time.monotonic() + PATIENCE
    while kept.state().status == "running":
        assert time.monotonic() < deadline, "it did not end"
        time.sleep(0.1)
    return kept.state()


def test_another_process_computes_and_what_it_computed_is_kept(tmp_path, validation):
    kept = ValidationStore(tmp_path, N_PATIENTS)
    assert kept.state().status == "absent"
    assert kept.validation() is None
    kept.start()
    assert wait(kept).status == "complete"
    assert kept.validation() == validation
    again = ValidationStore(tmp_path, N_PATIENTS)
    assert again.state().status == "complete"
    assert ValidationStore(tmp_path, N_PATIENTS + 1).state().status == "absent"


def test_after_a_kill_it_is_computed_anew(tmp_path):
    kept = ValidationStore(tmp_path, N_PATIENTS)
    kept.start()
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if "ape_core.analysis.validating" in words and str(tmp_path) in words:
            process.kill()
    assert wait(kept).status == "absent"
    kept.start()
    assert wait(kept).status == "complete"


def test_bad_records_are_told_and_do_not_keep_the_arms_from_being_simulated(tmp_path):
    path = tmp_path / "records.csv"
    path.write_text("a,b\n1,2\n")
    kept = ValidationStore(tmp_path / "store", N_PATIENTS, path)
    kept.start()
    assert wait(kept).status == "complete"
    assert kept.validation() is not None
    with pytest.raises(InvalidInputError, match="records.csv lacks the columns"):
        kept.records()


def test_records_that_change_are_counted_anew(tmp_path):
    path = tmp_path / "records.csv"
    path.write_text("a,b\n1,2\n")
    before = ValidationStore(tmp_path, N_PATIENTS, path).records_key()
    path.write_text("a,b\n1,2\n3,4\n")
    assert ValidationStore(tmp_path, N_PATIENTS, path).records_key() != before


def test_a_missing_file_of_records_is_told_at_once(tmp_path):
    kept = ValidationStore(tmp_path, N_PATIENTS, tmp_path / "gone.csv")
    with pytest.raises(InvalidInputError, match="There is no file of records at .*gone.csv"):
        kept.records()


def test_a_failure_is_kept_in_words(tmp_path):
    kept = ValidationStore(tmp_path, N_PATIENTS)
    kept.folder.mkdir(parents=True)
    kept.keep_failure("It stopped.", "Try again.")
    state = kept.state()
    assert (state.status, state.error, state.hint) == ("failed", "It stopped.", "Try again.")


@pytest.mark.parametrize("n_patients", [99, 100_001, "many", True, 500.0])
def test_numbers_of_patients_that_cannot_be_are_refused(tmp_path, n_patients):
    with pytest.raises(InvalidInputError, match="n_patients is .*, but must be a whole number"):
        ValidationStore(tmp_path, n_patients)
