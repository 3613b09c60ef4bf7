"""Results that are read from Parquet in batches: any number of patients in little memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from ape_core.errors import InvalidInputError
from ape_core.limits import MEMORY_THRESHOLD
from ape_core.results.base import (
    ArrowSchema,
    ArrowTable,
    RecordBatch,
    SimulationResults,
    StatisticsSource,
)
from ape_core.results.eyes import EyesOnDisk
from ape_core.storage.checkpoint import Checkpoint, PartRecord
from ape_core.storage.parts import open_part
from ape_core.storage.run_folder import RunFolder

_BYTES_PER_VISIT: Final = {"get_all_patients": 200, "to_dataframe": 28}
"""Memory per visit that the calls of the other tier would take."""

_TYPICAL_VISITS: Final = 25
"""Visits of a patient, for the estimate when there is no run yet."""


class ParquetResults(SimulationResults):
    """Results on disk, read a block of patients at a time.

    There is deliberately no call that returns all patients or visits at once.

    Parameters
    ----------
    n_patients
        Patients of the run.
    folder
        The run, which must be complete; none for an empty container.
    summary
        The run's summary.
    so_far
        Read what is committed of a run that need not be complete.

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
        *,
        so_far: bool = False,
    ) -> None:
        super().__init__(n_patients, summary)
        self._folder = folder
        read = RunFolder.checkpoint if so_far else complete_checkpoint
        self._checkpoint = None if folder is None else read(folder)

    @property
    def years(self) -> int | None:
        """Length of the run; None when there is none here yet."""
        return None if self._folder is None else self._folder.spec().years

    @property
    def n_visits(self) -> int:
        """Number of visits."""
        return 0 if self._checkpoint is None else self._checkpoint.n_visits

    if not TYPE_CHECKING:  # to the type checker these names do not exist, as they should not

        def __getattr__(self, name: str) -> NoReturn:
            """Explain why what only the tier in memory has is not here."""
            raise AttributeError(self._why_not(name))

    def _why_not(self, name: str) -> str:
        """Why there is no attribute of that name."""
        per_visit = _BYTES_PER_VISIT.get(name)
        if per_visit is None:
            return f"{type(self).__name__!r} object has no attribute {name!r}"
        n_visits = self.n_visits or self.n_patients * _TYPICAL_VISITS
        return (
            f"ParquetResults has no {name}: results of {MEMORY_THRESHOLD:,} patients or more are "
            "read from disk in batches, so that memory stays flat. All at once, "
            f"{self.n_patients:,} patients with {n_visits:,} visits would take about "
            f"{shown_size(n_visits * per_visit)}. Use "
            "iterate_patients(batch_size=100), get_patient_range(start, end) or "
            "get_patient(patient_id); iterate_batches() for Arrow; get_summary_statistics() or "
            "summary for figures and charts."
        )

    def _whereabouts(self) -> str:
        """Size on disk."""
        n_bytes = 0 if self._checkpoint is None else self._checkpoint.n_bytes
        return f"on disk ({shown_size(n_bytes)})"

    def _parts(self) -> tuple[PartRecord, ...]:
        """All parts, in the order of patients."""
        return () if self._checkpoint is None else self._checkpoint.parts

    def _path(self) -> Path:
        """The folder of the run."""
        assert self._folder is not None
        return self._folder.path

    def _eyes(self) -> EyesOnDisk:
        """The patients table."""
        return EyesOnDisk(self._path() if self._parts() else Path(), self._parts())

    def _blocks(self) -> Iterator[tuple[int, int]]:
        """Patients of each row group of visits."""
        for part in self._parts():
            first = part.first
            file = open_part(self._path(), "visits", part)
            stops = [file.patients_of(group)[1] + 1 for group in range(file.n_groups)]
            for stop in [*stops[:-1], part.stop]:
                yield first, stop
                first = stop

    def _rows(self, table: str, first: int, stop: int) -> ArrowTable:
        """Rows of a table of the patients `first <= patient_id < stop`."""
        from ape_core.storage.arrow import join_tables

        self._check_committed(first, stop)
        tables = [
            open_part(self._path(), table, part).read_patients(first, stop)
            for part in self._parts()
            if part.first < stop and first < part.stop
        ]
        return join_tables(tables)

    def _check_committed(self, first: int, stop: int) -> None:
        """Refuse patients of a part of the run that is still to come."""
        overlaps = (min(stop, p.stop) - max(first, p.first) for p in self._parts())
        if sum(max(0, overlap) for overlap in overlaps) < stop - first:
            done = 0 if self._checkpoint is None else self._checkpoint.patients_done
            who = f"Patient {first:,} is" if stop == first + 1 else "Some of these patients are"
            raise InvalidInputError(
                f"{who} not simulated yet: {done:,} of {self.n_patients:,} are.",
                self._what_to_do(done),
            )

    def _what_to_do(self, done: int) -> str:
        """How to get at patients of whom there are no rows yet."""
        run = "RUN" if self._folder is None else self._folder.run_id[:12]
        resume = f"If nobody works on the run, `ape resume {run}` simulates the rows that it lacks."
        found = f" `ape find {run}`, or find_patients(), finds patients who are there."
        return f"{resume}{found if done else ''}"

    def _batches(
        self, table: str, columns: tuple[str, ...], first: int, stop: int
    ) -> Iterator[RecordBatch]:
        """Rows of some patients in order, one row group at a time."""
        for part in self._parts():
            if part.first < stop and first < part.stop:
                yield from open_part(self._path(), table, part).iterate(columns, first, stop)

    def _n_rows(self, table: str) -> int:
        """Rows of a table, as they were committed."""
        return sum(part.n_visits if table == "visits" else part.n_eyes for part in self._parts())

    def _schema(self, table: str) -> ArrowSchema:
        """Schema of the first part, as of all."""
        return open_part(self._path(), table, self._parts()[0]).schema


def complete_checkpoint(folder: RunFolder) -> Checkpoint:
    """Return what is committed of a run; InvalidInputError unless that is all of it."""
    checkpoint = folder.checkpoint()
    n_patients = folder.spec().cohort.n_patients
    if checkpoint.patients_done != n_patients:
        run = folder.run_id[:12]
        raise InvalidInputError(
            f"Run {run} is not complete: {checkpoint.patients_done:,} of {n_patients:,} patients "
            "are there.",
            f"Wait for it, or complete it with `ape resume {run}`. The summary is there already.",
        )
    return checkpoint


def shown_size(n_bytes: int) -> str:
    """A number of bytes, in MB or GB."""
    if n_bytes >= 1e9:
        return f"{n_bytes / 1e9:,.1f} GB"
    return f"{n_bytes / 1e6:,.0f} MB" if n_bytes >= 1e6 else "less than 1 MB"
