"""`simulate(spec, first, stop)`: a chunk as a pure function of the question and the range."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ape_core import schema
from ape_core.schema import Column
from ape_core.simulation.chunk import Chunk, list_length
from ape_core.simulation.kernel import PatientColumns, VisitColumns, run_patients
from ape_core.simulation.pack import pack
from ape_core.simulation.pack_rules import shortest_interval
from ape_core.simulation.parameters import Kernel
from ape_core.spec.run_spec import RunSpec

BLOCK_PATIENTS = 500
"""Patients simulated into columns with room for the worst case, before these are trimmed."""

Columns = dict[str, np.ndarray]


def simulate(spec: RunSpec, first: int, stop: int) -> Chunk:
    """Simulate patients `first <= patient_id < stop` of a run.

    No files, no clock, no state: the same arguments give the same rows, whatever the range they
    are asked in. The compiled part runs without the GIL.

    Returns
    -------
    Chunk
        All visits, one row per eye, and the 4-weekly assessments.
    """
    kernel = pack(spec)
    starts = range(first, stop, BLOCK_PATIENTS)
    blocks = [_simulate_block(kernel, a, min(a + BLOCK_PATIENTS, stop)) for a in starts]
    visits = _joined([visits for visits, _, _ in blocks])
    patients = _joined([patients for _, patients, _ in blocks])
    assessments = np.concatenate([assessments for _, _, assessments in blocks])
    patients |= _lists(assessments, spec.years)
    return Chunk(first, stop, spec.years, spec.cohort.n_patients, visits, patients, assessments)


def _simulate_block(kernel: Kernel, first: int, stop: int) -> tuple[Columns, Columns, np.ndarray]:
    """Visits, patients and assessments of a few patients."""
    n_eyes = (stop - first) * (2 if kernel.people.two_eyes else 1)
    n_periods = kernel.horizon_weeks // schema.WEEKS_PER_PERIOD
    n_visits = n_eyes * (kernel.horizon_weeks // shortest_interval(kernel.rules) + 1)
    visits = VisitColumns(**_empty(schema.VISITS, n_visits))
    patients = PatientColumns(**_empty(_plain(schema.PATIENTS), n_eyes))
    assessments = np.full((n_eyes, n_periods + 1), schema.NOT_ASSESSED, dtype=np.int8)
    written = run_patients(kernel, first, stop, visits, patients, assessments)
    return (
        _trimmed(visits, written[0]),
        _trimmed(patients, written[1]),
        assessments[: written[1]].copy(),
    )


def _plain(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Columns with one value in a cell."""
    return tuple(column for column in columns if column.every_weeks is None)


def _empty(columns: tuple[Column, ...], n_rows: int) -> Columns:
    """Uninitialised columns; the kernel writes every cell of the rows that it counts."""
    return {column.name: np.empty(n_rows, dtype=column.dtype) for column in columns}


def _trimmed(columns: Any, n_rows: int) -> Columns:
    """The rows that were written, without the room that was left."""
    return {name: array[:n_rows].copy() for name, array in columns._asdict().items()}


def _joined(blocks: Sequence[Columns]) -> Columns:
    """Blocks one after another."""
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}


def _lists(assessments: np.ndarray, years: int) -> Columns:
    """The list columns of the patients table: assessments at wider steps."""
    lists = {}
    for column in schema.PATIENTS:
        if column.every_weeks is not None:
            weeks = np.arange(list_length(column, years)) * column.every_weeks
            lists[column.name] = assessments[:, weeks // schema.WEEKS_PER_PERIOD]
    return lists
