"""The kernel run by the Python interpreter, in which every index into an array is checked.

Started with NUMBA_DISABLE_JIT=1 by test_room.py; prints what it found as JSON.
"""

from __future__ import annotations

import json
from collections import Counter
from unittest import mock

import numba
from hypothesis import given, settings

from ape_core import schema
from ape_core.simulation import lanes
from ape_core.simulation import simulate as module
from ape_core.simulation.pack import pack
from ape_core.simulation.pack_rules import shortest_interval
from ape_core.simulation.simulate import simulate
from ape_core.spec.capacity import Capacity
from ape_core.spec.cohort import Cohort
from ape_core.spec.protocol_yaml import list_protocols, load_protocol
from ape_core.spec.run_spec import RunSpec
from tests.simulation.strategies import specs

N_EXAMPLES = 300


def run_of(name, two_eyes=True):
    return RunSpec(load_protocol(name), Cohort(1000, two_eyes=two_eyes), 5, 3)


@settings(max_examples=N_EXAMPLES, derandomize=True, database=None, deadline=None)
@given(specs())
def stays_within_its_columns(spec):
    """One patient at a time, so that no eye can use the room of another; then three in a clinic."""
    fewest_days = schema.DAYS_PER_WEEK * shortest_interval(pack(spec).rules)
    for patient in range(3):
        planned = simulate(spec, patient, patient + 1).visits["interval_days"]
        assert all(planned[planned > 0] >= fewest_days)
    clinic = simulate(spec.replace(capacity=Capacity(3, 1, 3)), 0, 3)
    assert visits_in_a_day(clinic) <= 1


def visits_in_a_day(chunk):
    """Most visits on one day."""
    return max(Counter(chunk.visits["calendar_day"].tolist()).values(), default=0)


def too_little_room_is_noticed():
    """Whether an index beyond the columns raises, as it would not in compiled code."""
    with mock.patch.object(module, "shortest_interval", lambda rules: 2 * shortest_interval(rules)):
        try:
            simulate(run_of("ranibizumab-0.5mg-monthly", two_eyes=False), 0, 20)
        except IndexError:
            return True
    return False


def letters_and_days(name):
    """Sums over a few patients that differ when any row does."""
    visits = simulate(run_of(name), 0, 20).visits
    days = visits["day"].astype(int)
    return [int((visits[column] * days).sum()) for column in ("letters", "calendar_day")]


if __name__ == "__main__":
    lanes.AT_A_TIME = 1  # fills no empty lanes, which the interpreter works through one by one
    stays_within_its_columns()
    found = {
        "interpreted": bool(numba.config.DISABLE_JIT),
        "control": too_little_room_is_noticed(),
        "sums": {info.name: letters_and_days(info.name) for info in list_protocols()},
    }
    print(json.dumps(found))
