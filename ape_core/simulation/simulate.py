"""`simulate(spec, first, stop)`: a chunk as a pure function of the question and the range."""

from __future__ import annotations

import numpy as np

from ape_core import schema
from ape_core.simulation.chunk import Chunk
from ape_core.simulation.clinic_chunk import simulate_clinics
from ape_core.simulation.columns import empty, lists, plain, shorten, shortened
from ape_core.simulation.kernel import run_patients
from ape_core.simulation.lanes import room_for_lanes
from ape_core.simulation.pack import pack
from ape_core.simulation.pack_rules import shortest_interval
from ape_core.simulation.rows import PatientColumns, VisitColumns
from ape_core.spec.run_spec import RunSpec


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
    visits = VisitColumns(**empty(schema.VISITS, n_eyes * most_visits))
    patients = PatientColumns(**empty(plain(schema.PATIENTS), n_eyes))
    assessments = np.full((n_eyes, n_periods + 1), schema.NOT_ASSESSED, dtype=np.int8)
    lanes = room_for_lanes(kernel.horizon_weeks, most_visits)
    written = run_patients(kernel, first, stop, lanes, visits, patients, assessments)
    shorten(assessments, written[1])
    return Chunk(
        first,
        stop,
        spec.years,
        spec.cohort.n_patients,
        shortened(visits, written[0]),
        shortened(patients, written[1]) | lists(assessments, spec.years),
        assessments,
    )
