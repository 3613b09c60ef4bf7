"""What one thread does with one chunk: simulate it, count it, write it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ape_core.simulation.simulate import simulate
from ape_core.spec.run_spec import RunSpec
from ape_core.storage.checkpoint import PartRecord
from ape_core.storage.parts import write_part
from ape_core.summaries.summary import Summary

PatientRange = tuple[int, int]
"""First patient and the one after the last."""


@dataclass(frozen=True)
class FinishedChunk:
    """A chunk whose rows are on disk, ready to be committed."""

    record: PartRecord
    summary: Summary

    @property
    def n_patients(self) -> int:
        """Patients of the chunk."""
        return self.record.stop - self.record.first


def finish_chunk(
    spec: RunSpec, folder: Path, chunk_size: int
) -> Callable[[PatientRange], FinishedChunk]:
    """Function that simulates a range of patients of a run, counts it and writes its part."""

    def finish(patients: PatientRange) -> FinishedChunk:
        """Rows of a range live only while this runs."""
        first, stop = patients
        chunk = simulate(spec, first, stop)
        summary = Summary.of_chunk(chunk)
        return FinishedChunk(write_part(folder, first // chunk_size, chunk), summary)

    return finish


def count_chunk(spec: RunSpec) -> Callable[[PatientRange], Summary]:
    """Function that simulates a range of patients and counts it, without writing."""
    return lambda patients: Summary.of_chunk(simulate(spec, *patients))
