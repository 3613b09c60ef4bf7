"""Counting run by the Python interpreter, in which every index into an array is checked.

Started with NUMBA_DISABLE_JIT=1 by test_counting_at_random.py; prints what it found as JSON.
"""

from __future__ import annotations

import json
from unittest import mock

from ape_core.simulation.simulate import simulate
from ape_core.spec.capacity import Capacity
from ape_core.spec.cohort import Cohort
from ape_core.spec.protocol_yaml import load_protocol
from ape_core.spec.run_spec import RunSpec
from ape_core.summaries import Summary, counting

N_PATIENTS = 30


def chunks(*, two_eyes):
    """A few patients, seen when they should be, and in a clinic with one slot a day."""
    protocol = load_protocol("aflibercept-2mg-treat-and-extend")
    spec = RunSpec(protocol, Cohort(n_patients=N_PATIENTS, two_eyes=two_eyes), years=2, seed=1)
    for capacity in (None, Capacity(N_PATIENTS, 1, open_days=2)):
        yield simulate(spec.replace(capacity=capacity), 0, N_PATIENTS)


def sums_of(*, two_eyes):
    """Sums over measures that differ when hardly any count does."""
    sums = []
    for chunk in chunks(two_eyes=two_eyes):
        arrays = Summary.of_chunk(chunk).arrays
        sums.append({name: _weighed(counts.ravel()) for name, counts in arrays.items()})
    return sums


def _weighed(counts):
    """Sum of counts by their place."""
    return sum(place * count for place, count in enumerate(counts.tolist(), 1))


def too_little_room():
    """What happens where there is room for a year less."""
    chunk = next(chunks(two_eyes=False))
    less = counting.room_for(chunk.years - 1, N_PATIENTS)
    with mock.patch.object(counting, "room_for", return_value=less):
        try:
            Summary.of_chunk(chunk)
        except IndexError:
            return "IndexError"
    return "nothing"


if __name__ == "__main__":
    print(json.dumps({"control": too_little_room(), "sums": sums_of(two_eyes=True)}))
