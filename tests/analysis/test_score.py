"""`score`: z by hand, defaults, and what is refused before anything is simulated."""

from __future__ import annotations

import math
import re
import time
from pathlib import Path

import pytest

from ape_core.analysis.arms import CALIBRATION_ARMS, load_arms
from ape_core.analysis.follow_up import FollowUp
from ape_core.analysis.score import HEADLINE, rms, score
from ape_core.analysis.summarising import Counted, summarise
from ape_core.analysis.targets import CALIBRATION_TARGETS, Target, load_targets
from ape_core.errors import InvalidInputError, InvalidSpecError
from ape_core.simulation.simulate import simulate
from ape_core.spec.model import load_model
from ape_core.summaries import letters_change_at_week, letters_change_carried
from ape_core.summaries.summary import Summary


def test_z_is_as_defined(arms_file, targets_file):
    treated, clinic = load_arms(arms_file)
    trial = letters_change_carried(Summary.of_chunk(simulate(treated.spec(5), 0, 300)), 52)
    routine = letters_change_at_week(
        Summary.of_chunk(simulate(clinic.spec(5), 0, 200)), 52, in_care=True
    )
    rows = score(targets_file, arms_file, seed=5).rows
    assert [(row.arm, row.week) for row in rows] == [
        ("treated", 52),
        ("treated", 96),
        ("clinic", 52),
        ("clinic", 48),
    ]
    assert rows[0].se == pytest.approx(14.7 / math.sqrt(607))
    assert rows[0].z == pytest.approx(
        (trial.mean - 8.4) / math.sqrt(14.7**2 / 607 + trial.sd**2 / 300 + 1)
    )
    assert rows[2].z == pytest.approx(
        (routine.mean - 3.1) / math.sqrt(0.5**2 + routine.sd**2 / routine.n + 2**2)
    )
    assert [row.setting for row in rows] == ["RCT", "RCT", "real-world", "real-world"]


def test_the_headline_is_over_mean_changes(arms_file, targets_file):
    found = score(targets_file, arms_file)
    z = [found.rows[0].z, found.rows[2].z]
    assert found.rms_z == pytest.approx(math.sqrt((z[0] ** 2 + z[1] ** 2) / 2))
    assert found.max_abs_z == max(map(abs, z))
    others = score(load_targets(targets_file)[1:2], arms_file)
    assert others.rms_z == abs(others.rows[0].z)


def test_plain_data_has_the_fields_of_the_interface(arms_file, targets_file):
    data = score(targets_file, arms_file).to_dict()
    assert set(data) == {"rms_z", "rows"}
    names = ["arm", "week", "outcome", "observed", "se", "simulated", "z"]
    assert all(list(row) == names for row in data["rows"])


def test_seed_size_and_model_count_and_threads_do_not(arms_file, targets_file):
    def simulated(**settings):
        rows = score(targets_file, arms_file, **{"n_patients": 150, **settings}).rows
        return [row.simulated for row in rows]

    base = simulated(workers=1)
    assert simulated(workers=2) == base
    assert simulated(seed=2) != base
    assert simulated(n_patients=151) != base
    weaker = load_model().replace(letters_per_fluid_median=2.0)
    assert simulated(model=weaker)[0] < base[0]


def test_arms_are_counted_in_chunks_as_in_one(arms_file, monkeypatch):
    arms = load_arms(arms_file)
    chunks = [simulate(arm.spec(1), 0, arm.cohort.n_patients) for arm in arms]
    whole = [Counted(Summary.of_chunk(chunk), FollowUp.of_chunk(chunk)) for chunk in chunks]
    monkeypatch.setattr("ape_core.analysis.summarising.CHUNK_SIZE", 70)
    assert summarise([arm.spec(1) for arm in arms], workers=2) == whole


def test_a_failing_arm_ends_the_others(arms_file, monkeypatch):
    def fail(chunk):
        raise MemoryError

    monkeypatch.setattr(Summary, "of_chunk", fail)
    monkeypatch.setattr("ape_core.analysis.summarising.CHUNK_SIZE", 1)
    began = time.monotonic()
    with pytest.raises(MemoryError):
        summarise([arm.spec(1) for arm in load_arms(arms_file)], workers=1)
    assert time.monotonic() - began < 20


def test_targets_must_fit_their_arms(arms_file):
    def refused(match, **target):
        given = {"arm": "clinic", "week": 52, "outcome": "pct_dry", "value": 50.0, **target}
        with pytest.raises(InvalidInputError, match=match):
            score([Target(**given)], arms_file)

    refused("there is no arm 'clinics'; there are: treated, clinic.", arm="clinics")
    refused("week 104 is beyond the 1 years of the arm clinic.", week=104)
    refused("Line 7: week 54 is beyond", week=54, line=7)
    refused("No study year ends near week 28.", week=26, outcome="visits_in_year_mean", value=3)
    with pytest.raises(InvalidInputError, match="There are no targets."):
        score([], arms_file)
    with pytest.raises(InvalidSpecError, match="n_patients is 0"):
        score([Target("clinic", 52, "pct_dry", 50)], arms_file, n_patients=0)


def test_what_ships_is_used_unless_something_is_given():
    targets, arms = load_targets(), load_arms()
    found = score(n_patients=60)
    assert len(found.rows) == len(targets) > 150
    assert {row.arm for row in found.rows} == {arm.id for arm in arms}
    assert score(CALIBRATION_TARGETS, CALIBRATION_ARMS, n_patients=60) == found


CLAIMED_ARMS = {
    "VIEW aflibercept 8-weekly": "VIEW 1/2 2q8",
    "MARINA sham": "MARINA sham",
    "HARBOR ranibizumab PRN": "HARBOR 0.5 mg PRN",
    "PULSAR 8 mg": "PULSAR 8q12",
    "UK routine care": "Moorfields aflibercept",
}


def numbers(text):
    """Numbers in words, whatever their minus sign."""
    return [float(word) for word in re.findall(r"-?[0-9.]*[0-9]", text.replace("\u2212", "-"))]


def claimed_changes():
    """Mean changes that the table of docs/model.md says are simulated: by arm and week."""
    text = (Path(__file__).parents[2] / "docs" / "model.md").read_text(encoding="utf-8")
    claimed, arm = {}, ""
    for line in re.findall(r"^\|(.*)\|$", text, re.MULTILINE):
        first, outcome, *_, simulated = (cell.strip() for cell in line.split("|"))
        arm = first or arm
        if outcome.startswith("change at week") and arm in CLAIMED_ARMS:
            weeks = map(int, numbers(outcome))
            pairs = zip(weeks, numbers(simulated), strict=True)
            claimed |= {(CLAIMED_ARMS[arm], week): change for week, change in pairs}
    return claimed


def test_the_shipped_model_agrees_with_the_calibration():
    found = score()
    assert found.rms_z < 1.2
    assert found.max_abs_z < 2.5


def test_changes_are_those_that_the_documentation_claims():
    """At full size, with room for the luck of another seed: a standard error is 0.14 letters."""
    claimed = [Target(arm, week, HEADLINE, x) for (arm, week), x in claimed_changes().items()]
    assert {target.arm for target in claimed} == set(CLAIMED_ARMS.values())
    rows = score(claimed).rows
    assert {(row.arm, row.week): row.simulated for row in rows} == pytest.approx(
        {(row.arm, row.week): row.observed for row in rows}, abs=0.6
    )


def test_a_model_that_treats_too_well_is_found_out():
    """Negative control of the test above: letters come back twice as fully."""
    model = load_model().replace(letters_per_fluid_median=22.0, fibrosis_rate_per_fluid_week=0.0)
    assert score(n_patients=1000, model=model).rms_z > 2


def test_rms():
    assert rms([3.0, -4.0]) == pytest.approx(math.sqrt(12.5))
