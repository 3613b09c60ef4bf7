"""Results held in memory: small runs, every patient at hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Self

from ape_core.errors import InvalidInputError
from ape_core.results.base import (
    ArrowSchema,
    ArrowTable,
    RecordBatch,
    SimulationResults,
    StatisticsSource,
    empty_error,
)
from ape_core.results.eyes import EyesInMemory
from ape_core.results.on_disk import complete_checkpoint, shown_size
from ape_core.results.patient import Patient
from ape_core.simulation.chunk import Chunk
from ape_core.storage.parts import open_part
from ape_core.storage.run_folder import RunFolder
from ape_core.storage.tables import TABLES

if TYPE_CHECKING:
    import pandas as pd

_BATCH_ROWS = 65_536


class InMemoryResults(SimulationResults):
    """Results in memory.

    Parameters
    ----------
    n_patients
        Patients of the run.
    folder
        The run, which must be complete and is read whole; none for an empty container.
    summary
        The run's summary.

    Raises
    ------
    InvalidInputError
        When the run is not complete.
    """

    def __init__(
        self,
        n_patients: int,
        folder: RunFolder | None = None,
        summary: StatisticsSource | None = None,
    ) -> None:
        super().__init__(n_patients, summary)
        self._years = None if folder is None else folder.spec().years
        self._tables = {} if folder is None else _read_tables(folder)

    @classmethod
    def from_chunks(cls, chunks: Iterable[Chunk], summary: StatisticsSource | None = None) -> Self:
        """Hold the chunks of a whole run, in the order of patients, that need not be on disk."""
        from ape_core.storage.arrow import join_tables, to_arrow

        kept = list(chunks)
        results = cls(kept[-1].stop, None, summary)
        results._years = kept[0].years
        results._tables = {
            "visits": join_tables([to_arrow("visits", c.visits, c.years) for c in kept]),
            "patients": join_tables([to_arrow("patients", c.patients, c.years) for c in kept]),
        }
        return results

    @property
    def years(self) -> int | None:
        """Length of the run; None when there is none here yet."""
        return self._years

    @property
    def n_visits(self) -> int:
        """Number of visits."""
        return self._tables["visits"].num_rows if self._tables else 0

    def get_all_patients(self) -> dict[str, Patient]:
        """Return every patient by id, written as text."""
        return {
            str(patient.patient_id): patient
            for batch in self.iterate_patients(batch_size=1_000)
            for patient in batch
        }

    def to_dataframe(self, table: str = "visits") -> pd.DataFrame:
        """Return all visits as a pandas data frame, or all rows of "patients".

        Columns are those of `schema.VISITS` or `schema.PATIENTS`; categories by name.

        Raises
        ------
        InvalidInputError
            When there is no such table, or no run.
        """
        if table not in TABLES:
            raise InvalidInputError(
                f"{table!r} is no table of a run.", f"The tables are {', '.join(TABLES)}."
            )
        if not self._tables:
            raise empty_error(self)
        return self._tables[table].to_pandas()

    def _whereabouts(self) -> str:
        """Size in memory."""
        return f"in memory ({shown_size(sum(table.nbytes for table in self._tables.values()))})"

    def _eyes(self) -> EyesInMemory:
        """The patients table."""
        return EyesInMemory(self._tables.get("patients"), self.n_patients)

    def _blocks(self) -> Iterator[tuple[int, int]]:
        """All patients at once, as they are there already."""
        if self._tables:
            yield 0, self.n_patients

    def _rows(self, table: str, first: int, stop: int) -> ArrowTable:
        """Rows of a table of the patients `first <= patient_id < stop`."""
        from ape_core.storage.arrow import slice_patients

        return slice_patients(self._tables[table], first, stop)

    def _batches(
        self, table: str, columns: tuple[str, ...], first: int, stop: int
    ) -> Iterator[RecordBatch]:
        """Rows of some patients in order."""
        if self._tables:
            rows = self._rows(table, first, stop).select(columns)
            yield from rows.to_batches(_BATCH_ROWS)

    def _n_rows(self, table: str) -> int:
        """Rows of a table that is held."""
        return int(self._tables[table].num_rows)

    def _schema(self, table: str) -> ArrowSchema:
        """Schema of a table that is held."""
        return self._tables[table].schema


def _read_tables(folder: RunFolder) -> dict[str, ArrowTable]:
    """Read both tables of a complete run."""
    from ape_core.storage.arrow import join_tables

    parts = complete_checkpoint(folder).parts
    tables = {}
    for table in TABLES:
        groups = []
        for part in parts:
            file = open_part(folder.path, table, part)
            groups += [file.read(group) for group in range(file.n_groups)]
        tables[table] = join_tables(groups)
    return tables
