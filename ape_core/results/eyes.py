"""The patients table, some columns at a time: in memory, or one row group after another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np

from ape_core.results.criteria import Rows
from ape_core.storage.checkpoint import PartRecord
from ape_core.storage.parts import open_part

if TYPE_CHECKING:
    import pyarrow as pa

_Table: TypeAlias = "pa.Table"


class Eyes(Protocol):
    """Rows of the patients table: one per patient and eye, sorted."""

    def spans(self) -> Sequence[tuple[int, int]]:
        """Patients `(first, stop)` who are there, in order."""

    def blocks(self, columns: Sequence[str]) -> Iterator[Rows]:
        """Some columns of all rows, in blocks of whole patients, in order."""

    def of_patients(self, patient_ids: np.ndarray, columns: Sequence[str]) -> Iterator[Rows]:
        """Some columns of the rows of some patients, whose numbers are sorted."""


@dataclass(frozen=True, slots=True)
class EyesInMemory:
    """The table of a run that is held in memory; None where no run is."""

    table: _Table | None
    n_patients: int

    def spans(self) -> Sequence[tuple[int, int]]:
        """All patients."""
        return [] if self.table is None else [(0, self.n_patients)]

    def blocks(self, columns: Sequence[str]) -> Iterator[Rows]:
        """Everything at once, as it is there already."""
        from ape_core.storage.arrow import to_numpy

        if self.table is not None:
            yield to_numpy("patients", self.table.select(list(columns)))

    def of_patients(self, patient_ids: np.ndarray, columns: Sequence[str]) -> Iterator[Rows]:
        """The rows of some patients."""
        for rows in self.blocks(columns):
            yield _chosen(rows, patient_ids)


@dataclass(frozen=True, slots=True)
class EyesOnDisk:
    """The table of a run on disk: the parts that are committed."""

    path: Path
    parts: tuple[PartRecord, ...]

    def spans(self) -> Sequence[tuple[int, int]]:
        """Patients of each part."""
        return [(part.first, part.stop) for part in self.parts]

    def blocks(self, columns: Sequence[str]) -> Iterator[Rows]:
        """One row group after another."""
        for part in self.parts:
            yield from self._blocks(part, columns)

    def of_patients(self, patient_ids: np.ndarray, columns: Sequence[str]) -> Iterator[Rows]:
        """The rows of some patients; parts that have none of them are not opened."""
        for part in self.parts:
            start, end = np.searchsorted(patient_ids, [part.first, part.stop])
            if start < end:
                for rows in self._blocks(part, columns):
                    yield _chosen(rows, patient_ids[start:end])

    def _blocks(self, part: PartRecord, columns: Sequence[str]) -> Iterator[Rows]:
        """The row groups of a part."""
        from ape_core.storage.arrow import to_numpy

        file = open_part(self.path, "patients", part)
        for group in range(file.n_groups):
            yield to_numpy("patients", file.read(group, columns))


def _chosen(rows: Rows, patient_ids: np.ndarray) -> Rows:
    """The rows of some patients."""
    chosen = np.isin(rows["patient_id"], patient_ids)
    return {name: values[chosen] for name, values in rows.items()}
