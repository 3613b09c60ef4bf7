"""The model in plain Python with addressed draws, so that its rows are exactly those of APE.

It is the slow simulator of the tests: a reading of docs/model.md that is written to be checked by
eye, not to be fast. It shows what APE's rows cost in plain Python, where `plain` shows what rows
like them do.
"""

from __future__ import annotations

from typing import Any

from ape_core.spec.run_spec import RunSpec
from tests.reference.simulator import simulate_slowly

Rows = list[dict[str, Any]]


def simulate(spec: RunSpec) -> tuple[Rows, Rows]:
    """Simulate all patients of a question, one after another."""
    visits, patients, _ = simulate_slowly(spec, 0, spec.cohort.n_patients)  # type: ignore[no-untyped-call]
    return visits, patients
