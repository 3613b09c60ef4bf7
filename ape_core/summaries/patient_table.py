"""Every visit of a patient as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ape_core import schema
from ape_core.summaries.table import Table

if TYPE_CHECKING:
    from ape_core.results.patient import Patient

_UNITS = {column.name: column.unit for column in schema.VISITS}


def visits_table(patient: Patient) -> Table:
    """Give the visits of all eyes of a patient, in the columns of `schema.VISITS`."""
    rows = [(eye.eye, visit) for eye in patient.eyes for visit in eye.visits]
    return Table.of(
        f"Patient {patient.patient_id}",
        ("patient_id", "", [patient.patient_id] * len(rows)),
        ("eye", "", [eye for eye, _ in rows]),
        *(
            (name, _UNITS[name], [getattr(visit, name) for _, visit in rows])
            for name in _UNITS
            if name not in ("patient_id", "eye")
        ),
    )
