"""The compiled kernel and a slow reading of docs/model.md give the same rows."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ape_core.simulation.simulate import simulate
from ape_core.spec.cohort import Cohort
from ape_core.spec.people import Recruitment
from ape_core.spec.protocol_yaml import list_protocols, load_protocol
from ape_core.spec.run_spec import RunSpec
from tests.reference.eye import Eye
from tests.reference.simulator import simulate_slowly
from tests.simulation.strategies import specs

PROTOCOLS = [info.name for info in list_protocols()]
LOSSES = {"fibrosis", "haemorrhage", "atrophy"}
RECRUITMENTS = [
    Recruitment(),
    Recruitment("uniform", days=300),
    Recruitment("rate", patients_per_week=11.5),
]


def difference(spec, first, stop):
    """Table and column in which the two differ first; None when all rows are equal."""
    chunk = simulate(spec, first, stop)
    chunk.validate()
    visits, patients, assessments = simulate_slowly(spec, first, stop)
    for table, columns, rows in (
        ("visits", chunk.visits, visits),
        ("patients", chunk.patients, patients),
    ):
        for name, values in columns.items():
            expected = [row[name] for row in rows]
            if values.tolist() != expected:
                return table, name
    return None if chunk.assessments.tolist() == assessments else ("assessments", "")


@pytest.mark.parametrize("two_eyes", [False, True], ids=["one-eye", "two-eyes"])
@pytest.mark.parametrize("population", ["uk-routine-care", "trial"])
@pytest.mark.parametrize("name", PROTOCOLS)
def test_shipped_protocols(name, population, two_eyes):
    for seed, recruitment in enumerate(RECRUITMENTS):
        cohort = Cohort(1000, population, two_eyes=two_eyes, recruitment=recruitment)
        spec = RunSpec(load_protocol(name), cohort, 8, seed)
        assert difference(spec, 0, 25) is None


@pytest.fixture
def losses(monkeypatch):
    """Irreversible losses of the slow simulator, by eye: how often each kind struck."""
    struck = defaultdict(Counter)
    lose = Eye.lose

    def lose_and_note(eye, what, chance):
        struck[eye][what] += 1
        lose(eye, what, chance)

    monkeypatch.setattr(Eye, "lose", lose_and_note)
    return struck


def test_any_protocol_population_and_model(losses):
    @settings(max_examples=150)
    @given(specs(), st.sampled_from([0, 5, 10**8 - 1, 2**32 - 2, 2**33 + 7]))
    def is_the_same(spec, first):
        assert difference(spec, first, first + 4) is None

    is_the_same()
    most = {what: max(eye[what] for eye in losses.values()) for what in LOSSES}
    assert most == {"fibrosis": 1, "haemorrhage": most["haemorrhage"], "atrophy": 1}
    assert most["haemorrhage"] >= 5
    assert any(eye.keys() == LOSSES for eye in losses.values())
    assert sum("fibrosis" not in eye for eye in losses.values()) > 5


def test_a_difference_would_be_seen():
    """Negative control: another seed, another step of a regimen, a slightly different drug."""
    spec = RunSpec(load_protocol("aflibercept-2mg-treat-and-extend"), Cohort(1000), 8, 1)
    other = load_protocol("aflibercept-2mg-treat-and-extend-4-week-steps")
    changes = [
        {"seed": 2},
        {"protocol": other},
        {"model": spec.model.replace(turnover_per_week=0.41)},
    ]
    rows = simulate_slowly(spec, 0, 25)[0]
    for change in changes:
        chunk = simulate(spec.replace(**change), 0, 25)
        assert any(
            values.tolist() != [row[name] for row in rows] for name, values in chunk.visits.items()
        )


def test_the_rows_hold_what_the_comparison_is_for():
    """Enough happens in the compared rows: breaks, misses, stops, retreatment, every ending."""
    cohort = Cohort(1000, "uk-routine-care", two_eyes=True)
    spec = RunSpec(load_protocol("aflibercept-2mg-treat-and-extend"), cohort, 8, 0)
    chunk = simulate(spec, 0, 1000)
    assert set(np.unique(chunk.visits["phase"])) == {0, 1, 2, 3}
    assert set(np.unique(chunk.patients["end_reason"])) == {0, 1, 2, 3, 4, 5}
    assert set(np.unique(chunk.patients["eye"])) == {0, 1}
    assert np.sum(chunk.visits["delay_days"] > 60) > 20
