"""What can be asked of the rows of a run, wherever they are."""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from ape_core.errors import InvalidInputError
from ape_core.limits import MAX_QUERY_ROWS, MAX_RANGE_PATIENTS, QUERY_SECONDS
from ape_core.results.criteria import Criteria, Rows
from ape_core.results.finding import DEFAULT_LIMIT, Found, Search
from ape_core.results.ordering import Middle, no_middle, ordering
from ape_core.results.patient import Patient, build_patients
from ape_core.schema import column_names
from ape_core.storage.tables import TABLES

if TYPE_CHECKING:
    import pyarrow as pa

    from ape_core.results.eyes import Eyes
    from ape_core.results.query_answer import QueryAnswer

ArrowTable: TypeAlias = "pa.Table"
ArrowSchema: TypeAlias = "pa.Schema"
RecordBatch: TypeAlias = "pa.RecordBatch"


class StatisticsSource(Protocol):
    """What results need of a summary."""

    def statistics(self) -> dict[str, Any]:
        """Return the figures of the run."""
        ...

    def middle(self) -> Middle:
        """Return the middle of the run."""
        ...


class SimulationResults(ABC):
    """Read access to a run: the same questions and answers in memory and on disk.

    Patients are numbered from 0. Whatever is asked, no more is read at a time than a block of
    some thousand patients.

    Parameters
    ----------
    n_patients
        Patients of the run.
    summary
        The run's summary, handed back by `summary`.
    """

    query_memory: Callable[[], float] | None = None
    """Says how many megabytes a question in SQL may take; given by whoever opens the run."""

    def __init__(self, n_patients: int, summary: StatisticsSource | None) -> None:
        self.n_patients = n_patients
        self._summary = summary

    @property
    @abstractmethod
    def years(self) -> int | None:
        """Length of the run; None when there is none here yet."""

    @property
    @abstractmethod
    def n_visits(self) -> int:
        """Number of visits."""

    @property
    def summary(self) -> Any:
        """Exact aggregates of the run: all that charts need, whatever the number of patients.

        Raises
        ------
        InvalidInputError
            When these results hold no run.
        """
        if self._summary is None:
            raise empty_error(self)
        return self._summary

    def get_summary_statistics(self) -> dict[str, Any]:
        """Return the figures of the run, ready for a table or for JSON."""
        if self._summary is None:
            return {"n_patients": 0, "n_eyes": 0, "n_visits": 0, "n_injections": 0}
        return self._summary.statistics()

    def iterate_patients(self, batch_size: int = 100) -> Iterator[list[Patient]]:
        """Return every patient in order, in lists of `batch_size`; the last may be shorter.

        Raises
        ------
        InvalidInputError
            When the batch size is not a whole number from 1 to `limits.MAX_RANGE_PATIENTS`.
        """
        size = _whole("batch_size", batch_size)
        if not 1 <= size <= MAX_RANGE_PATIENTS:
            raise InvalidInputError(
                f"batch_size is {size:,}, but it can be from 1 to {MAX_RANGE_PATIENTS:,} patients.",
                "Patients take about 5 kB each; 100 at a time is a good choice.",
            )
        return self._iterate(size)

    def get_patient_range(self, start: int, end: int) -> list[Patient]:
        """Return the patients `start <= patient_id < end`.

        Raises
        ------
        InvalidInputError
            When there are no such patients, or more than `limits.MAX_RANGE_PATIENTS`.
        """
        first, stop = _whole("start", start), _whole("end", end)
        if not 0 <= first <= stop <= self.n_patients:
            raise InvalidInputError(
                f"Patients {first:,} to {stop:,} (excluded) were asked for, but this run has "
                f"patients 0 to {self.n_patients:,} (excluded).",
                "Give start and end as in Python's range(start, end).",
            )
        if stop - first > MAX_RANGE_PATIENTS:
            raise InvalidInputError(
                f"{stop - first:,} patients were asked for at once; at most "
                f"{MAX_RANGE_PATIENTS:,} are returned.",
                "Go through more of them with iterate_patients(batch_size=100).",
            )
        return self._patients(first, stop)

    def get_patient(self, patient_id: int | str) -> Patient:
        """Return one patient; reads a few thousand rows, whatever the size of the run.

        Raises
        ------
        InvalidInputError
            When there is no such patient.
        """
        number = _patient_number(patient_id)
        if not 0 <= number < self.n_patients:
            raise InvalidInputError(
                f"There is no patient {number:,} in this run of {self.n_patients:,} patients.",
                f"Patients are numbered 0 to {self.n_patients - 1:,}.",
            )
        return self._patients(number, number + 1)[0]

    def find_patients(
        self,
        criteria: Criteria | None = None,
        order: str = "number",
        limit: int = DEFAULT_LIMIT,
        seed: int = 1,
    ) -> Found:
        """Return patients who are like that, reading only what is needed to tell.

        Parameters
        ----------
        criteria
            Who is looked for; anybody when not given.
        order
            "number" stops as soon as there are enough. The others look at everybody: "best" and
            "worst" by letters gained from the first to the last visit, "typical" by nearness to
            the middle of the run (`summary.middle()`) in age, acuity at the first visit and at
            each year's end, and injections; "random" by lot.
        limit
            Patients to find, at most `limits.MAX_RANGE_PATIENTS`.
        seed
            Of the lot: the same seed finds the same patients.

        Raises
        ------
        InvalidInputError
            When a criterion, the order, the limit or the seed cannot be.
        """
        return self.search_patients(criteria, order, limit, seed).run()

    def search_patients(
        self,
        criteria: Criteria | None = None,
        order: str = "number",
        limit: int = DEFAULT_LIMIT,
        seed: int = 1,
    ) -> Search:
        """Begin what `find_patients` does, to be continued block by block with `step()`."""
        return Search(
            self._eyes(), criteria or Criteria(), ordering(order, seed, self._middle), limit
        )

    def iterate_batches(self, columns: Sequence[str] | None = None) -> Iterator[RecordBatch]:
        """Return all visits in order as Arrow record batches, with all columns or some.

        Parameters
        ----------
        columns
            Names of columns of `schema.VISITS`; all of them when not given. They come in the
            order of the schema.

        Raises
        ------
        InvalidInputError
            When a column does not exist.
        """
        return self._batches("visits", _wanted("visits", columns), 0, self.n_patients)

    def iterate_eyes(self, columns: Sequence[str] | None = None) -> Iterator[Rows]:
        """Return the rows of `patients`, one per patient and eye, in order, a block at a time.

        Parameters
        ----------
        columns
            Names of columns of `schema.PATIENTS`; all of them when not given.

        Returns
        -------
        Iterator
            Of NumPy arrays by name of the column; categories are codes.

        Raises
        ------
        InvalidInputError
            When a column does not exist.
        """
        return self._eyes().blocks(_wanted("patients", columns))

    def query(
        self,
        sql: str,
        max_rows: int = MAX_QUERY_ROWS,
        memory_mb: float | None = None,
        seconds: float = QUERY_SECONDS,
    ) -> QueryAnswer:
        """Answer a question in SQL about the tables `visits` and `patients` of the run.

        DuckDB answers, over the rows as they are read, a block at a time: only the columns that
        the question needs, and of `WHERE patient_id < 10000` only these patients. It can change
        nothing and reach nothing else. The columns are those of `schema.VISITS` and
        `schema.PATIENTS`.

        Parameters
        ----------
        sql
            One SELECT.
        max_rows
            Rows to return, at most `limits.MAX_QUERY_ROWS`; the answer says whether there were
            more.
        memory_mb
            Memory that DuckDB may take; half of what is left unless given.
        seconds
            Time after which it stops.

        Raises
        ------
        InvalidInputError
            The question cannot be answered, takes too much memory or too long, or a number is not
            allowed.
        CorruptRunError
            A file of the run is damaged.
        """
        from ape_core.results.sql import Limits, Rows, answer

        if self.years is None:
            raise empty_error(self)
        if memory_mb is None and self.query_memory is None:
            raise InvalidInputError(
                "Nothing says how much memory the question may take.",
                "Say it, as query(sql, memory_mb=500), or open the run with ape.open_run(run_id).",
            )
        room = self.query_memory() if memory_mb is None and self.query_memory else memory_mb
        tables = {
            table: Rows(
                self._schema(table), self._n_rows(table), self.n_patients,
                partial(self._batches, table),
            )
            for table in TABLES
        }  # fmt: skip
        return answer(tables, sql, Limits(max_rows, room, seconds))

    def __repr__(self) -> str:
        name = type(self).__name__
        if self.years is None:
            return f"{name}: empty, for {self.n_patients:,} patients"
        years = "1 year" if self.years == 1 else f"{self.years} years"
        return (
            f"{name}: {self.n_patients:,} patients, {years}, "
            f"{self.n_visits:,} visits {self._whereabouts()}"
        )

    @abstractmethod
    def _whereabouts(self) -> str:
        """Where the rows are and what they take, as a phrase."""

    @abstractmethod
    def _eyes(self) -> Eyes:
        """The patients table."""

    @abstractmethod
    def _blocks(self) -> Iterator[tuple[int, int]]:
        """Patients `(first, stop)` that are best read together, in order, covering all."""

    @abstractmethod
    def _rows(self, table: str, first: int, stop: int) -> ArrowTable:
        """Rows of a table of the patients `first <= patient_id < stop`."""

    @abstractmethod
    def _batches(
        self, table: str, columns: tuple[str, ...], first: int, stop: int
    ) -> Iterator[RecordBatch]:
        """Rows of the patients `first <= patient_id < stop` in order, block by block.

        They have some columns, in the order of the schema.
        """

    @abstractmethod
    def _n_rows(self, table: str) -> int:
        """Rows of a table."""

    @abstractmethod
    def _schema(self, table: str) -> ArrowSchema:
        """Arrow schema of the rows of a table."""

    def _middle(self) -> Middle:
        """The middle of the run."""
        if self._summary is None:
            raise no_middle(self)
        return self._summary.middle()

    def _patients(self, first: int, stop: int) -> list[Patient]:
        """Build the patients `first <= patient_id < stop`, a bounded number."""
        if first == stop:
            return []
        if self.years is None:
            raise empty_error(self)
        return _build(self._rows("patients", first, stop), self._rows("visits", first, stop))

    def _iterate(self, size: int) -> Iterator[list[Patient]]:
        """Go through all patients block by block, a batch at a time."""
        from ape_core.storage.arrow import slice_patients

        waiting: list[Patient] = []
        for first, stop in self._blocks():
            patients = self._rows("patients", first, stop)
            visits = self._rows("visits", first, stop)
            for start in range(first, stop, size):
                end = min(start + size, stop)
                waiting += _build(
                    slice_patients(patients, start, end), slice_patients(visits, start, end)
                )
                if len(waiting) >= size:
                    yield waiting[:size]
                    waiting = waiting[size:]
        if waiting:
            yield waiting


def _build(patients: ArrowTable, visits: ArrowTable) -> list[Patient]:
    """Build patients from Arrow rows."""
    from ape_core.storage.arrow import to_numpy

    return build_patients(to_numpy("patients", patients), to_numpy("visits", visits))


def empty_error(results: SimulationResults) -> InvalidInputError:
    """Return the error for a question to a container that no run has filled."""
    return InvalidInputError(
        f"There is nothing in these results ({results!r}).",
        "ape.run(spec) returns results that hold a run.",
    )


def _wanted(table: str, columns: Sequence[str] | None) -> tuple[str, ...]:
    """Columns that are asked for, in the order of the schema; all of them unless told."""
    known = column_names(TABLES[table])
    if columns is None:
        return known
    wanted = [columns] if isinstance(columns, str) else list(columns)
    unknown = [name for name in wanted if name not in known]
    if unknown or not wanted:
        what = f"{table.capitalize()} have no column {unknown[0]!r}." if unknown else ""
        hint = f"The columns are {', '.join(known)}."
        raise InvalidInputError(what or "No column is named.", hint)
    return tuple(name for name in known if name in wanted)


def _whole(name: str, value: object) -> int:
    """The value as a whole number."""
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise InvalidInputError(
            f"{name} is {value!r}, but it must be a whole number.", "Give a number of patients."
        ) from None


def _patient_number(patient_id: int | str) -> int:
    """The number of a patient, who may be named by the key that `get_all_patients` gives."""
    if isinstance(patient_id, str) and patient_id.isdecimal():
        return int(patient_id)
    return _whole("patient_id", patient_id)
