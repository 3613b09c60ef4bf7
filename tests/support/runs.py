"""Fabricated runs on disk."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ape_core.simulation.chunk import Chunk
from ape_core.spec.cohort import Cohort
from ape_core.spec.protocol_yaml import load_protocol
from ape_core.spec.run_spec import RunSpec
from ape_core.storage.parts import write_part
from ape_core.storage.run_folder import RunFolder


def small_spec(n_patients: int, years: int, seed: int = 1) -> RunSpec:
    """A question of that size."""
    protocol = load_protocol("aflibercept-2mg-treat-and-extend")
    return RunSpec(protocol=protocol, cohort=Cohort(n_patients), years=years, seed=seed)


def commit_all(run: RunFolder, chunks: Iterable[Chunk]) -> None:
    """Write and commit chunks one by one, with counts for a summary."""
    size = run.checkpoint().chunk_size
    n_visits = run.checkpoint().n_visits
    for chunk in chunks:
        record = write_part(run.path, chunk.first // size, chunk)
        n_visits += chunk.n_visits
        run.committed.save_progress([record], {"n_visits": np.array([n_visits])})
