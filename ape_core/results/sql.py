"""Questions in SQL about the rows of a run: the only module that imports duckdb.

The rows are handed over as they are read, checked against their checksums, from either tier: the
columns that a question needs, of the patients that it is about. So DuckDB needs no file, and is
given no way to one, nor to the network, to extensions, to variables of Python, or to its own
settings. It takes 0.1 s and 40 MB to import.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import duckdb
from duckdb._sources.arrow import ArrowScanSource
from duckdb._sources.nodes import Binary, Col, Lit, Node

from ape_core.errors import ApeError, InvalidInputError
from ape_core.limits import MAX_QUERY_BYTES, MAX_QUERY_ROWS, MAX_SQL_LETTERS
from ape_core.results.query_answer import QueryAnswer
from ape_core.spec import checks
from ape_core.storage.tables import TABLES

if TYPE_CHECKING:
    import pyarrow as pa

LEAST_MB: Final = 50.0
"""Memory with which DuckDB can do something useful."""

_MOST_MB: Final = 1_000_000.0
_MOST_SECONDS: Final = 86_400.0
_BATCH_ROWS: Final = 500
_HINT: Final = "Ask one SELECT about the tables visits and patients."
_SETTINGS: Final = {
    "enable_external_access": "false",
    "python_enable_replacements": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "temp_directory": "",
    "threads": "2",
}

Watch = Callable[[Iterator[Any]], Iterator[Any]]
"""Passes batches on, and sees what goes wrong while they are read."""


@dataclass(frozen=True, slots=True)
class Rows:
    """A table that can be asked about.

    Attributes
    ----------
    schema
        Of all columns.
    n_rows
        Rows of the table.
    n_patients
        They are numbered from 0.
    read
        Gives the rows of the patients `first <= patient_id < stop`, with some columns, in batches.
    """

    schema: pa.Schema
    n_rows: int
    n_patients: int
    read: Callable[[tuple[str, ...], int, int], Iterator[Any]]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a question may take.

    Attributes
    ----------
    max_rows
        Rows of the answer.
    memory_mb
        Memory of DuckDB, in megabytes.
    seconds
        Time.
    """

    max_rows: int
    memory_mb: float | None
    seconds: float

    def __post_init__(self) -> None:
        checks.whole("max_rows", self.max_rows, 1, MAX_QUERY_ROWS)
        checks.number("seconds", self.seconds, 0.001, _MOST_SECONDS)
        if isinstance(self.memory_mb, float | int) and self.memory_mb < LEAST_MB:
            raise InvalidInputError(
                f"A question in SQL needs {LEAST_MB:.0f} MB of memory or more; "
                f"{max(self.memory_mb, 0):,.0f} MB may be used.",
                "Close pages or notebooks that are not needed, or wait for runs to end.",
            )
        checks.number("memory_mb", self.memory_mb, LEAST_MB, _MOST_MB)


class _Source(ArrowScanSource):
    """A table as DuckDB reads it, which says what of it a question needs."""

    schema_is_stable = True

    def __init__(self, table: Rows, watch: Watch) -> None:
        super().__init__(table)
        self._table, self._watch = table, watch

    def __arrow_c_schema__(self) -> object:
        """Return the schema of all columns."""
        return self._table.schema.__arrow_c_schema__()

    def rows(self) -> int:
        """Return the number of rows."""
        return self._table.n_rows

    def accepts(self, predicate: Node) -> bool:
        """Return whether only the rows of which a condition is true will be read."""
        return _patients_within(predicate, self._table.n_patients) is not None

    def stream(self, columns: Sequence[int] | None, filters: Sequence[Node]) -> tuple[object, bool]:
        """Return the rows with these columns of which all accepted conditions are true."""
        from ape_core.storage.arrow import to_stream

        table = self._table
        first, stop = 0, table.n_patients
        for predicate in filters:
            within = _patients_within(predicate, table.n_patients)
            assert within is not None, "it was accepted"
            first, stop = max(first, within[0]), min(stop, within[1])
        stop = max(first, stop)
        names = table.schema.names
        chosen = names if columns is None else [names[i] for i in columns]
        read = tuple(name for name in names if name in chosen)
        batches = self._watch(table.read(read, first, stop))
        return to_stream(table.schema, chosen, batches), columns is not None


def _patients_within(predicate: Node, n_patients: int) -> tuple[int, int] | None:
    """Patients `(first, stop)` of whom alone a condition is true; None if it is of another kind."""
    match predicate:
        case Binary(op="AND", left=left, right=right):
            one, other = _patients_within(left, n_patients), _patients_within(right, n_patients)
            if one is None or other is None:
                return None
            return max(one[0], other[0]), min(one[1], other[1])
        case Binary(op=op, left=Col(parts=("patient_id",)), right=Lit(value=int(value))):
            return {
                "=": (value, value + 1),
                "<": (0, value),
                "<=": (0, value + 1),
                ">": (value + 1, n_patients),
                ">=": (value, n_patients),
            }.get(op)
    return None


def answer(tables: Mapping[str, Rows], sql: str, limits: Limits) -> QueryAnswer:
    """Answer one SELECT about the tables of a run.

    Parameters
    ----------
    tables
        By name.
    sql
        The question.
    limits
        What it may take.

    Raises
    ------
    InvalidInputError
        It is no single SELECT, cannot be answered, or takes more than it may.
    CorruptRunError
        A file of the run is damaged.
    """
    troubles: list[ApeError] = []

    def watch(batches: Iterator[Any]) -> Iterator[Any]:
        """Keep what goes wrong while rows are read, of which DuckDB passes on only words."""
        try:
            yield from batches
        except ApeError as error:
            troubles.append(error)
            raise

    settings: dict[str, Any] = {**_SETTINGS, "memory_limit": f"{limits.memory_mb:.0f}MB"}
    with closing(duckdb.connect(":memory:", config=settings)) as connection:
        for name, table in tables.items():
            # What may be registered in public is asked for all columns, or imports pyarrow.dataset.
            connection._register_arrow_source(name, _Source(table, watch))  # noqa: SLF001
        connection.execute("SET lock_configuration = true")
        timer = threading.Timer(limits.seconds, connection.interrupt)
        try:
            _check_select(connection, sql)
            timer.start()
            return _bounded(connection.execute(sql), limits.max_rows)
        except duckdb.Error as error:
            if troubles:
                raise troubles[0] from error
            raise _refusal(error, limits) from error
        except RecursionError as error:
            raise InvalidInputError("The question is nested too deeply.", _HINT) from error
        finally:
            timer.cancel()


def _check_select(connection: duckdb.DuckDBPyConnection, sql: object) -> None:
    """Refuse what is not one SELECT: nothing else can only read."""
    if not isinstance(sql, str) or not sql.strip():
        raise InvalidInputError("The question is empty or no text.", _HINT)
    if len(sql) > MAX_SQL_LETTERS:
        raise InvalidInputError(
            f"The question has {len(sql):,} letters; it can have {MAX_SQL_LETTERS:,}.", _HINT
        )
    found = connection.extract_statements(sql)
    if len(found) != 1:
        raise InvalidInputError(f"{len(found)} statements were given, not one.", _HINT)
    if found[0].type != duckdb.StatementType.SELECT:
        kind = found[0].type.name.replace("_", " ")
        raise InvalidInputError(f"A statement of the kind {kind} cannot be asked.", _HINT)


def _bounded(found: duckdb.DuckDBPyConnection, max_rows: int) -> QueryAnswer:
    """Fetch as many rows as are wanted, and no more than can be held."""
    described = found.description or []
    rows: list[tuple[Any, ...]] = []
    size = 0
    while len(rows) <= max_rows:
        batch = found.fetchmany(min(_BATCH_ROWS, max_rows + 1 - len(rows)))
        if not batch:
            break
        rows += batch
        size += sum(_size(value) for row in batch for value in row)
        if size > MAX_QUERY_BYTES:
            raise InvalidInputError(
                f"The answer is larger than {MAX_QUERY_BYTES / 1e6:,.0f} MB.",
                "Ask for fewer columns, or let the question count.",
            )
    return QueryAnswer(
        tuple(column[0] for column in described),
        tuple(str(column[1]) for column in described),
        tuple(tuple(_plain(value) for value in row) for row in rows[:max_rows]),
        len(rows) > max_rows,
    )


def _size(value: Any) -> int:
    """About how many bytes a value takes."""
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, list | tuple):
        return sum(_size(item) for item in value) + 8
    if isinstance(value, dict):
        return sum(_size(item) for pair in value.items() for item in pair) + 8
    return 8


def _plain(value: Any) -> Any:
    """Value as plain Python: what DuckDB gives as tuples are lists."""
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _refusal(error: duckdb.Error, limits: Limits) -> InvalidInputError:
    """Why a question was not answered, in a sentence."""
    if isinstance(error, duckdb.InterruptException):
        return InvalidInputError(
            f"The question took longer than {limits.seconds:g} seconds and was stopped.",
            "Ask of fewer patients, as WHERE patient_id < 10000, or allow more time.",
        )
    if isinstance(error, duckdb.OutOfMemoryException):
        return InvalidInputError(
            f"The question needs more than the {limits.memory_mb:,.0f} MB of memory that it may "
            "use.",
            "Ask of fewer patients or columns, group by less, or allow more memory.",
        )
    said = str(error).split("\n", maxsplit=1)[0].strip().rstrip(".!")
    kind, _, rest = said.partition(" Error: ")
    if isinstance(error, duckdb.PermissionException):
        return InvalidInputError(
            "The question reaches for something outside of the run, which it may not.", _HINT
        )
    what = "The SQL cannot be read" if kind == "Parser" else "The question cannot be answered"
    return InvalidInputError(f"{what}: {rest or said}.", _columns_hint())


def _columns_hint() -> str:
    """Names that can be used."""
    tables = (
        f"{table} has the columns {', '.join(column.name for column in columns)}"
        for table, columns in TABLES.items()
    )
    return "; ".join(tables) + "."
