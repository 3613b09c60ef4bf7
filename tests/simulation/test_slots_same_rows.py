"""With limited slots, too, the kernel and a slow reading of docs/model.md give the same rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ape_core.simulation.clinics import run_clinic
from ape_core.simulation.simulate import simulate
from ape_core.spec.capacity import Capacity
from ape_core.spec.cohort import Cohort
from ape_core.spec.people import Recruitment
from ape_core.spec.protocol_yaml import list_protocols, load_protocol
from ape_core.spec.run_spec import RunSpec
from tests.reference import slots
from tests.reference.simulator import follow_slowly
from tests.simulation.strategies import specs

PROTOCOLS = [info.name for info in list_protocols()]
RECRUITMENTS = [
    Recruitment(),
    Recruitment("uniform", days=40),
    Recruitment("rate", patients_per_week=4.0),
    Recruitment("growth", patients_per_week=3.0, growth_percent_per_year=60.0),
    Recruitment("growth", patients_per_week=9.0, growth_percent_per_year=-20.0),
    Recruitment("caseload", None, 2.0, caseload_patients=9, caseload_years=1),
    Recruitment("caseload", None, 2.0, 25.0, caseload_patients=30, caseload_years=2),
]


def difference(spec, first, stop):
    """Where the two differ first; None when all rows, assessments and waits are equal."""
    chunk = simulate(spec, first, stop)
    chunk.validate()
    eyes = follow_slowly(spec, first, stop)
    tables = {
        "visits": (chunk.visits, [row for eye in eyes for row in eye.rows]),
        "patients": (chunk.patients, [eye.summary() for eye in eyes]),
    }
    for table, (columns, rows) in tables.items():
        for name, values in columns.items():
            if values.tolist() != [row[name] for row in rows]:
                return table, name
    if chunk.assessments.tolist() != [eye.assessments for eye in eyes]:
        return "assessments", ""
    if chunk.waits is None:
        return None
    waits = zip(chunk.waits.waited_from.tolist(), chunk.waits.waited_to.tolist(), strict=True)
    found = [chunk.waits.slip_days.tolist(), [pair for pair in waits if pair[0] < pair[1]]]
    slips = [days for eye in eyes for days in eye.slips]
    in_vain = [eye.waited for eye in eyes if eye.waited is not None]
    return None if found == [slips, in_vain] else ("waits", "")


@pytest.mark.parametrize("name", PROTOCOLS)
def test_shipped_protocols(name):
    for step in range(3):
        seed = PROTOCOLS.index(name) + 2 * step
        recruitment = RECRUITMENTS[seed % len(RECRUITMENTS)]
        capacity = Capacity(16, 1 + step, 5 if seed % 2 else 1)
        cohort = Cohort(40, two_eyes=step > 0, recruitment=recruitment)
        spec = RunSpec(load_protocol(name), cohort, 3, seed, capacity=capacity)
        assert difference(spec, 5, 40) is None


@settings(max_examples=50)
@given(
    specs(),
    st.integers(1, 12),
    st.integers(1, 3),
    st.integers(1, 7),
    st.sampled_from(RECRUITMENTS),
)
def test_any_question(spec, size, n_slots, open_days, recruitment):
    years = max(spec.years, 3)
    spec = spec.replace(n_patients=31, recruitment=recruitment, years=years)
    spec = spec.replace(capacity=Capacity(size, n_slots, open_days))
    assert difference(spec, 13, 13 + 1 + size % 5) is None
    assert len(run_clinic.signatures) == 1


@pytest.mark.parametrize("recruitment", RECRUITMENTS, ids=str)
def test_streams_without_a_limit(recruitment):
    cohort = Cohort(40, recruitment=recruitment)
    spec = RunSpec(load_protocol("aflibercept-2mg-fixed-8-weekly"), cohort, 3, 2)
    assert difference(spec, 0, 40) is None


def test_a_difference_would_be_seen():
    """Negative control: one slot more, a day more, another clinic."""
    cohort = Cohort(40, two_eyes=True)
    spec = RunSpec(load_protocol("aflibercept-2mg-treat-and-extend"), cohort, 3, 2)
    spec = spec.replace(capacity=Capacity(20, 2, 3))
    slow = [row["day"] for eye in follow_slowly(spec, 0, 40) for row in eye.rows]
    assert simulate(spec, 0, 40).visits["day"].tolist() == slow
    for change in ({"slots_per_day": 3}, {"open_days": 4}, {"patients_per_clinic": 21}):
        days = simulate(spec.replace(**change), 0, 40).visits["day"]
        assert days.tolist() != slow


def test_the_rows_hold_what_the_comparison_is_for(monkeypatch):
    """Eyes that are never seen, waits in vain, slots during breaks, endings of all kinds."""
    cohort = Cohort(180, two_eyes=True)
    spec = RunSpec(load_protocol("aflibercept-2mg-treat-and-extend"), cohort, 5, 0)
    spec = spec.replace(capacity=Capacity(60, 1, 2))
    wishes = []

    meet = slots.meet

    def meet_and_note(*args):
        again = meet(*args)
        wishes.extend(again)
        return again

    monkeypatch.setattr(slots, "meet", meet_and_note)
    assert difference(spec, 0, 60) is None
    assert sum(wish.wanted != wish.first_wanted for wish in wishes) > 5
    chunk = simulate(spec, 0, 180)
    assert set(np.unique(chunk.patients["end_reason"])) >= {0, 3, 4, 5}
    assert np.sum(chunk.patients["n_visits"] == 0) > 2
    assert np.sum(chunk.waits.waited_from < chunk.waits.waited_to) > 20
