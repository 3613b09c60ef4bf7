"""Clinics with a limited number of slots: whole ones are simulated, and cut to what is asked."""

from __future__ import annotations

from typing import Any

import numpy as np

from ape_core import schema
from ape_core.errors import InvalidInputError
from ape_core.simulation.ahead import Ahead, room_ahead
from ape_core.simulation.chunk import Chunk, Waits
from ape_core.simulation.clinics import SlipColumns, close_clinic, open_clinic, run_clinic
from ape_core.simulation.columns import Columns, empty, joined, lists, plain, trimmed
from ape_core.simulation.keeping import WAITED_FROM, WAITED_TO, room_for
from ape_core.simulation.pack import pack
from ape_core.simulation.parameters import Kernel
from ape_core.simulation.rows import PatientColumns, VisitColumns
from ape_core.simulation.waiting import Queue
from ape_core.spec.capacity import Capacity
from ape_core.spec.run_spec import RunSpec

BLOCK_VISITS = 100_000
"""Visits for which columns are made at a time; a clinic takes as many as it needs."""


def simulate_clinics(spec: RunSpec, capacity: Capacity, first: int, stop: int) -> Chunk:
    """Simulate the clinics that patients `first <= patient_id < stop` belong to: those patients.

    Raises
    ------
    InvalidInputError
        When there are no such patients: who else is in their clinic is a part of the answer.
    """
    n_patients, size = spec.cohort.n_patients, capacity.patients_per_clinic
    if not 0 <= first < stop <= n_patients:
        raise InvalidInputError(
            f"Patients {first:,} to {stop - 1:,} are not in a run of {n_patients:,}.",
            f"Ask for patients 0 to {n_patients - 1:,}.",
        )
    kernel = pack(spec)
    clinics = []
    for start in range(first // size * size, stop, size):
        whole = _clinic(spec, kernel, capacity, start, min(start + size, n_patients))
        clinics.append(whole.cut(max(first, whole.first), min(stop, whole.stop)))
    return _one_chunk(spec, first, stop, clinics)


def _clinic(spec: RunSpec, kernel: Kernel, capacity: Capacity, first: int, stop: int) -> Chunk:
    """Simulate one clinic."""
    most = (stop - first) * (2 if kernel.people.two_eyes else 1)
    n_periods = kernel.horizon_weeks // schema.WEEKS_PER_PERIOD
    assessments = np.full((most, n_periods + 1), schema.NOT_ASSESSED, dtype=np.int8)
    eyes = room_for(most)
    queue = Queue(
        np.zeros(most, np.int64), np.zeros(3, np.int64), capacity.slots_per_day, capacity.open_days
    )
    n_eyes = open_clinic(kernel, first, stop, eyes, queue, assessments)
    ahead = room_ahead(kernel.horizon_weeks)
    visits, slips = _visits(kernel, eyes, queue, ahead, assessments)
    patients = PatientColumns(**empty(plain(schema.PATIENTS), n_eyes))
    close_clinic(kernel, eyes, n_eyes, ahead, assessments, patients)
    assessments = assessments[:n_eyes]
    order = np.argsort(slips["place"], kind="stable")
    waited = eyes.care[:n_eyes].astype(np.int32)
    return Chunk(
        first,
        stop,
        spec.years,
        spec.cohort.n_patients,
        {name: column[order] for name, column in visits.items()},
        patients._asdict() | lists(assessments, spec.years),
        assessments,
        Waits(slips["days"][order], waited[:, WAITED_FROM], waited[:, WAITED_TO]),
        capacity.patients_per_clinic,
    )


def _visits(
    kernel: Kernel, eyes: Any, queue: Queue, ahead: Ahead, assessments: np.ndarray
) -> tuple[Columns, Columns]:
    """All visits of a clinic in the order in which they are made, and what is beside them."""
    blocks: list[tuple[Columns, Columns]] = []
    n_rows = BLOCK_VISITS
    while n_rows == BLOCK_VISITS:
        visits = VisitColumns(**empty(schema.VISITS, BLOCK_VISITS))
        slips = SlipColumns(np.empty(BLOCK_VISITS, np.int32), np.empty(BLOCK_VISITS, np.int16))
        n_rows = run_clinic(kernel, eyes, queue, ahead, assessments, visits, slips)
        blocks.append((trimmed(visits, n_rows), trimmed(slips, n_rows)))
    return joined([visits for visits, _ in blocks]), joined([slips for _, slips in blocks])


def _one_chunk(spec: RunSpec, first: int, stop: int, clinics: list[Chunk]) -> Chunk:
    """Clinics one after another."""
    waits = [clinic.waits for clinic in clinics if clinic.waits is not None]
    return Chunk(
        first,
        stop,
        spec.years,
        spec.cohort.n_patients,
        joined([clinic.visits for clinic in clinics]),
        joined([clinic.patients for clinic in clinics]),
        np.concatenate([clinic.assessments for clinic in clinics]),
        Waits(
            np.concatenate([wait.slip_days for wait in waits]),
            np.concatenate([wait.waited_from for wait in waits]),
            np.concatenate([wait.waited_to for wait in waits]),
        ),
        clinics[0].together,
    )
