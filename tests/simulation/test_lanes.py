"""Eyes side by side: no eye knows its neighbours, and a visit fits into one number."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ape_core import schema
from ape_core.limits import MAX_YEARS
from ape_core.schema import DAYS_PER_WEEK, MAX_LETTERS, WEEKS_PER_YEAR
from ape_core.simulation import simulate as module
from ape_core.simulation.columns import empty, enlarge
from ape_core.simulation.lanes import AT_A_TIME, LANES, filled
from ape_core.simulation.rows import VisitColumns, packed_visit, write_visits
from ape_core.simulation.simulate import simulate
from ape_core.spec.cohort import Cohort
from ape_core.spec.protocol_yaml import load_protocol
from ape_core.spec.run_spec import RunSpec

LAST_DAY = MAX_YEARS * WEEKS_PER_YEAR * DAYS_PER_WEEK
LONGEST = np.iinfo(np.int16).max


@pytest.mark.parametrize("two_eyes", [False, True], ids=["one-eye", "two-eyes"])
@pytest.mark.parametrize("n_together", [1, 7, AT_A_TIME + 1, LANES // 2, LANES + 1])
def test_rows_do_not_depend_on_who_is_simulated_beside(two_eyes, n_together):
    protocol = load_protocol("aflibercept-2mg-treat-and-extend")
    spec = RunSpec(protocol, Cohort(5_000, two_eyes=two_eyes), 6, 11)
    last = 3 * LANES + 5
    whole = simulate(spec, 0, last)
    for first in range(0, last, 97):
        part = simulate(spec, first, min(first + n_together, last))
        expected = whole.cut(part.first, part.stop)
        assert part.assessments.tolist() == expected.assessments.tolist()
        for name in part.visits:
            assert part.visits[name].tolist() == expected.visits[name].tolist()
        for name in part.patients:
            assert part.patients[name].tolist() == expected.patients[name].tolist()


@given(
    st.integers(0, LAST_DAY),
    st.integers(0, MAX_LETTERS),
    st.booleans(),
    st.sampled_from(range(len(schema.PHASES))),
    st.sampled_from(range(len(schema.DRUGS))),
    st.integers(0, LONGEST),
    st.integers(0, LONGEST),
)
def test_a_visit_comes_out_of_its_number_as_it_went_in(
    day, letters, fluid, phase, drug, interval_days, delay_days
):
    packed = packed_visit(day, (letters, fluid, phase), drug, interval_days, delay_days)
    visits = VisitColumns(**empty(schema.VISITS, 2))
    write_visits(visits, 1, np.array([packed]), 1, 2**40, 1, 28, 365)
    assert {name: column[1] for name, column in visits._asdict().items()} == {
        "patient_id": 2**40,
        "eye": 1,
        "day": 28 + day,
        "calendar_day": 365 + day,
        "letters": letters,
        "fluid": fluid,
        "injected": drug > 0,
        "drug": drug,
        "phase": phase,
        "interval_days": interval_days,
        "delay_days": delay_days,
    }


@pytest.mark.parametrize("share", [0.0, 0.2, 1.0])
def test_rows_do_not_depend_on_the_room_at_first(monkeypatch, share):
    protocol = load_protocol("ranibizumab-0.5mg-monthly")
    spec = RunSpec(protocol, Cohort(5_000, two_eyes=True), 2, 5)
    expected = simulate(spec, 0, 2 * LANES)
    enlarged = []
    monkeypatch.setattr(module, "FIRST_ROOM", share)
    monkeypatch.setattr(module, "enlarge", lambda *room: (enlarged.append(1), enlarge(*room)))
    found = simulate(spec, 0, 2 * LANES)
    assert bool(enlarged) == (share < 1.0)
    found.validate()
    for name in expected.visits:
        assert found.visits[name].tolist() == expected.visits[name].tolist()


def test_all_lanes_can_be_filled():
    assert filled(LANES) == LANES
    assert filled(1) == AT_A_TIME
    assert filled(0) == 0
