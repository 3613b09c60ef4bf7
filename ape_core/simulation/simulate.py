"""`simulate(spec, first, stop)`: a chunk as a pure function of the question and the range."""

from __future__ import annotations

from typing import Final

import numpy as np

from ape_core import schema
from ape_core.simulation.chunk import Chunk
from ape_core.simulation.clinic_chunk import simulate_clinics
from ape_core.simulation.columns import empty, enlarge, lists, plain, shorten, shortened
from ape_core.simulation.kernel import run_patients
from ape_core.simulation.lanes import LANES, room_for_lanes
from ape_core.simulation.pack import pack
from ape_core.simulation.pack_rules import shortest_interval
from ape_core.simulation.rows import PatientColumns, VisitColumns
from ape_core.spec.run_spec import RunSpec

FIRST_ROOM: Final = 0.4
"""Share of the most visits that there can be for which room is made at first.

Few protocols need more. Room that is not needed takes no memory itself, but what is made later
spreads over it: a worker would take 7 MB more.
"""


def simulate(spec: RunSpec, first: int, stop: int) -> Chunk:
    """Simulate patients `first <= patient_id < stop` of a run.

    No files, no clock, no state: the same arguments give the same rows, whatever the range they
    are asked in. The compiled part runs without the GIL. Where slots are limited, the whole
    clinics that the patients belong to are simulated.

    Returns
    -------
    Chunk
        All visits, one row per eye, and the 4-weekly assessments.
    """
    if spec.capacity is not None:
        return simulate_clinics(spec, spec.capacity, first, stop)
    kernel = pack(spec)
    n_eyes = (stop - first) * (2 if kernel.people.two_eyes else 1)
    n_periods = kernel.horizon_weeks // schema.WEEKS_PER_PERIOD
    most_visits = kernel.horizon_weeks // shortest_interval(kernel.rules) + 1
    room = max(min(n_eyes, LANES), int(n_eyes * FIRST_ROOM)) * most_visits
    visits = VisitColumns(**empty(schema.VISITS, room))
    patients = PatientColumns(**empty(plain(schema.PATIENTS), n_eyes))
    assessments = np.full((n_eyes, n_periods + 1), schema.NOT_ASSESSED, dtype=np.int8)
    lanes = room_for_lanes(kernel.horizon_weeks, most_visits)
    done = (first, 0, 0)
    while done[0] < stop:
        done = run_patients(kernel, done, stop, lanes, visits, patients, assessments)
        if done[0] < stop:
            enlarge(visits, n_eyes * most_visits)
    _, n_visits, n_eyes = done
    shorten(assessments, n_eyes)
    return Chunk(
        first,
        stop,
        spec.years,
        spec.cohort.n_patients,
        shortened(visits, n_visits),
        shortened(patients, n_eyes) | lists(assessments, spec.years),
        assessments,
    )
