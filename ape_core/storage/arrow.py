"""Tables as Arrow and Parquet: with `objects`, the only module that imports pyarrow.

pyarrow takes 0.2 s and 40 MB to import, so that others import this module where they need it. From
and to NumPy it would import pandas too (0.2 s, 40 MB in every worker), so that is done here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ape_core.schema import Column
from ape_core.simulation.chunk import Chunk, list_length
from ape_core.storage.cold import PREDICTED, cold_name, from_residuals, to_residuals
from ape_core.storage.files import damaged_file
from ape_core.storage.places import PartPath
from ape_core.storage.tables import KEYS, TABLES
from ape_core.storage.tiers import COLD, WARM

ROW_GROUP_PATIENTS: Final = {"visits": 2_500, "patients": 5_000}
"""Patients in a row group, the least that is read. Smaller groups find one patient sooner (2 ms
for 1,000 against 6 ms for 2,500) but take more bytes (2%) and time to write (10%)."""

FORMAT: Final = "1"

COMPRESSION_LEVEL: Final = {WARM: {"day": 4, "calendar_day": 4}, COLD: 19}
"""Of zstd; columns without one have Arrow's own, 1. The two of days are over half of the visits,
which get 5% smaller by it. Beyond 19, what is left of the columns gets no smaller."""

_BATCH_ROWS: Final = 65_536
"""Rows encoded in one go: the same bytes as with pyarrow's 1,024, a tenth to a fifth sooner."""

_TIER: Final = b"ape.tier"


@cache
def arrow_schema(table: str, years: int) -> pa.Schema:
    """Return the Arrow schema of a table of a run of so many years."""
    fields = [_field(column, years) for column in TABLES[table]]
    return pa.schema(fields, metadata={"ape.format": FORMAT, "ape.table": table})


def to_arrow(table: str, arrays: Mapping[str, np.ndarray], years: int) -> pa.Table:
    """Return the columns of a chunk as an Arrow table; nothing is copied but truth values."""
    columns = [_arrow_array(column, arrays[column.name]) for column in TABLES[table]]
    return pa.Table.from_arrays(columns, schema=arrow_schema(table, years))


def to_numpy(table: str, rows: pa.Table | pa.RecordBatch) -> dict[str, np.ndarray]:
    """Return the columns of some rows with the dtypes of the schema; categories as codes."""
    columns = {column.name: column for column in TABLES[table]}
    return {name: _numpy_array(columns[name], rows.column(name)) for name in rows.schema.names}


def encode(table: str, chunk: Chunk) -> pa.Buffer:
    """Return a table of a chunk as a Parquet file: the same bytes for the same chunk."""
    encoder = Encoder(table, chunk.years)
    encoder.add(chunk)
    return encoder.finish()


class Encoder:
    """Writes a table of a chunk, given in slices of patients, as a Parquet file in memory.

    Numbers are split into streams of bytes, which for these columns is both smaller (by a tenth)
    and faster to write than delta or dictionary encoding; pages carry checksums. The bytes do not
    depend on the slices.

    Parameters
    ----------
    table
        "visits" or "patients".
    years
        Length of the run.
    """

    def __init__(self, table: str, years: int) -> None:
        self._table = table
        self._years = years
        self._step = ROW_GROUP_PATIENTS[table]
        self._sink = pa.BufferOutputStream()
        schema = arrow_schema(table, years)
        self._writer = pq.ParquetWriter(self._sink, schema, **_writer_settings(table, schema))
        self._held: list[pa.Table] = []
        self._n_held = 0

    def add(self, chunk: Chunk) -> None:
        """Add the next patients; only the last slice may end within a row group."""
        arrays = chunk.visits if self._table == "visits" else chunk.patients
        rows = to_arrow(self._table, arrays, self._years)
        first_end = chunk.first + self._step - self._n_held
        ends = [*range(first_end, chunk.stop, self._step), chunk.stop]
        cuts = np.searchsorted(arrays["patient_id"], ends).tolist()
        for (start, stop), end in zip(pairwise([0, *cuts]), ends, strict=True):
            self._held.append(rows.slice(start, stop - start))
            if (end - first_end) % self._step == 0:
                self._write_held()
        self._n_held = (chunk.stop - first_end) % self._step

    def finish(self) -> pa.Buffer:
        """Return the file."""
        self._write_held()
        self._writer.close()
        return self._sink.getvalue()

    def _write_held(self) -> None:
        """Write the rows that are held as one row group, if there are any."""
        held, self._held = self._held, []
        if n_rows := sum(rows.num_rows for rows in held):
            rows = held[0] if len(held) == 1 else join_tables(held)
            self._writer.write_table(rows, row_group_size=n_rows)


def release_unused() -> None:
    """Give memory that Arrow keeps for later back to the system."""
    pa.default_memory_pool().release_unused()


def encode_groups(table: str, groups: Iterable[pa.Table], kind: pa.Schema, tier: str) -> pa.Buffer:
    """Return row groups of a table as a Parquet file: the same bytes for the same rows.

    Parameters
    ----------
    table
        "visits" or "patients".
    groups
        Rows of whole patients, in order.
    kind
        Their schema, as `arrow_schema` gives it.
    tier
        `COLD` for maximum compression; `WARM` gives the bytes that `Encoder` gave.
    """
    written = _cold_schema(table, kind) if tier == COLD else kind
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, written, **_writer_settings(table, written, tier)) as writer:
        for group in groups:
            rows = _to_cold(table, group, written) if tier == COLD else group.combine_chunks()
            writer.write_table(rows, row_group_size=rows.num_rows)
    return sink.getvalue()


class PartFile:
    """One Parquet file of a part, of either tier, read by row groups.

    It is given whole, and only once its checksum has been found right: of a damaged file, pyarrow
    may not only raise but end the process. Compressed, a file is a small part of its chunk.

    Parameters
    ----------
    path
        Where the file is, for messages.
    table
        "visits" or "patients".
    content
        The file.

    Raises
    ------
    CorruptRunError
        From the constructor and every read, when the content cannot be decoded.
    """

    def __init__(self, path: PartPath, table: str, content: bytes) -> None:
        self.path = path
        self.table = table
        with self._decoding():
            self._file = pq.ParquetFile(pa.BufferReader(content))
            metadata = self._file.schema_arrow.metadata or {}
            self._is_cold = metadata.get(_TIER) == COLD.encode()

    @property
    def n_groups(self) -> int:
        """Number of row groups."""
        return int(self._file.num_row_groups)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self._file.metadata.num_rows)

    @property
    def schema(self) -> pa.Schema:
        """Arrow schema of the rows, as they are read."""
        with self._decoding():
            kind = self._file.schema_arrow
            return _warm_schema(self.table, kind) if self._is_cold else kind

    def patients_of(self, group: int) -> tuple[int, int]:
        """Return the first and last patient of a row group, from its statistics."""
        with self._decoding():
            statistics = self._file.metadata.row_group(group).column(0).statistics
        if statistics is None or not statistics.has_min_max:
            raise damaged_file(self.path, f"row group {group} has no statistics")
        return statistics.min, statistics.max

    def read(self, group: int, columns: Sequence[str] | None = None) -> pa.Table:
        """Return the rows of a row group, with the columns in the order of the schema."""
        with self._decoding():
            names = None if columns is None else list(columns)
            if self._is_cold:
                return self._read_cold(group, names)
            rows: pa.Table = self._file.read_row_group(group, columns=names, use_threads=False)
            return rows

    def read_patients(self, first: int, stop: int) -> pa.Table:
        """Return the rows of the patients `first <= patient_id < stop` that are in this file."""
        rows = [
            slice_patients(self.read(group), first, stop)
            for group in range(self.n_groups)
            if _overlap(self.patients_of(group), first, stop)
        ]
        return pa.concat_tables(rows) if rows else self.schema.empty_table()

    def iterate(self, columns: Sequence[str], first: int, stop: int) -> Iterator[pa.RecordBatch]:
        """Return the rows of the patients `first <= patient_id < stop`, a row group at a time."""
        for group in range(self.n_groups):
            patients = self.patients_of(group)
            if not _overlap(patients, first, stop):
                continue
            if first <= patients[0] and patients[1] < stop:
                rows = self.read(group, columns)
            else:
                rows = self.read(group, [*columns, *{"patient_id"}.difference(columns)])
                rows = slice_patients(rows, first, stop).select(columns)
            yield from rows.combine_chunks().to_batches()

    def _read_cold(self, group: int, names: list[str] | None) -> pa.Table:
        """Return rows of an archived part; to undo a prediction takes nearly all columns."""
        untouched = names is not None and not set(names) & set(PREDICTED[self.table])
        stored: pa.Table = self._file.read_row_group(
            group, columns=names if untouched else None, use_threads=False
        )
        if untouched:
            return stored.replace_schema_metadata(self.schema.metadata)
        rows = _from_cold(self.table, stored, self.schema)
        return rows if names is None else rows.select(names)

    @contextmanager
    def _decoding(self) -> Iterator[None]:
        """Name the file when it cannot be decoded."""
        try:
            yield
        except (OSError, LookupError, ValueError, pa.ArrowException) as error:
            raise damaged_file(self.path, f"it cannot be decoded ({error})") from error


def to_stream(
    schema: pa.Schema, columns: Sequence[str], batches: Iterator[pa.RecordBatch]
) -> object:
    """Return batches for whoever reads Arrow's C interface, with the columns in this order."""
    kind = pa.schema([schema.field(name) for name in columns])
    ordered = (batch.select(columns) for batch in batches)
    return pa.RecordBatchReader.from_batches(kind, ordered).__arrow_c_stream__()


def slice_patients(rows: pa.Table, first: int, stop: int) -> pa.Table:
    """Return the rows of the patients `first <= patient_id < stop` of a sorted table."""
    ids = _flat(rows.column("patient_id").combine_chunks())
    start, end = np.searchsorted(ids, [first, stop])
    return rows.slice(start, end - start)


def join_tables(tables: Sequence[pa.Table]) -> pa.Table:
    """Return the rows of some tables, one after another."""
    return pa.concat_tables(tables).combine_chunks()


def _overlap(patients: tuple[int, int], first: int, stop: int) -> bool:
    """Whether any of the patients from the one to the other is in `first <= patient_id < stop`."""
    return patients[0] < stop and first <= patients[1]


def _field(column: Column, years: int) -> pa.Field:
    """Arrow field of a column; unit and meaning travel with it."""
    about = {"unit": column.unit, "meaning": column.meaning}
    return pa.field(column.name, _arrow_type(column, years), nullable=False, metadata=about)


def _arrow_type(column: Column, years: int) -> pa.DataType:
    """Arrow type of a column."""
    numbers = pa.from_numpy_dtype(np.dtype(column.dtype))
    if column.categories is not None:
        return pa.dictionary(numbers, pa.string())
    if column.every_weeks is not None:
        element = pa.field("element", numbers, nullable=False)
        return pa.list_(element, list_length(column, years))
    return numbers


def _arrow_array(column: Column, values: np.ndarray) -> pa.Array:
    """Arrow array of a column."""
    numbers = _arrow_numbers(values)
    if column.categories is not None:
        words = pa.lib.StringBuilder()
        words.append_values(column.categories)
        return pa.DictionaryArray.from_arrays(numbers, words.finish())
    if column.every_weeks is not None:
        element = pa.field("element", numbers.type, nullable=False)
        kind = pa.list_(element, values.shape[1])
        return pa.FixedSizeListArray.from_arrays(numbers, type=kind)
    return numbers


def _arrow_numbers(values: np.ndarray) -> pa.Array:
    """Arrow array of numbers, row by row and not copied, or of truth values."""
    kind, flat = pa.from_numpy_dtype(values.dtype), np.ascontiguousarray(values)
    content = np.packbits(flat, bitorder="little") if flat.dtype == np.bool_ else flat
    return pa.Array.from_buffers(kind, flat.size, [None, pa.py_buffer(content)])


def _numpy_array(column: Column, values: pa.ChunkedArray | pa.Array) -> np.ndarray:
    """Values of a column with the dtype of the schema."""
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if column.categories is not None:
        return _codes(column.categories, values)
    if column.every_weeks is not None:
        return _flat(values.flatten()).reshape(len(values), -1)
    return _flat(values)


def _flat(values: pa.Array) -> np.ndarray:
    """Values of an array without lists or categories, not copied but for truth values."""
    if values.type == pa.bool_():
        return _flat(values.cast(pa.uint8())).view(bool)
    array: np.ndarray = np.from_dlpack(values)
    return array


def _codes(categories: tuple[str, ...], values: pa.DictionaryArray) -> np.ndarray:
    """Codes of categories by the schema, whichever codes the file gives them."""
    names = values.dictionary.to_pylist()
    by_schema = np.array([categories.index(name) for name in names], dtype=np.int8)
    codes: np.ndarray = by_schema[_flat(values.indices)]
    return codes


def _cold_schema(table: str, kind: pa.Schema) -> pa.Schema:
    """Schema of archived rows: the predicted columns under names of their own."""
    fields = [field.with_name(cold_name(table, field.name)) for field in kind]
    return pa.schema(fields, metadata={**kind.metadata, _TIER: COLD.encode()})


def _warm_schema(table: str, kind: pa.Schema) -> pa.Schema:
    """Schema of the rows that archived ones are read as."""
    names = {cold_name(table, column.name): column.name for column in TABLES[table]}
    fields = [field.with_name(names.get(field.name, field.name)) for field in kind]
    kept = {key: value for key, value in kind.metadata.items() if key != _TIER}
    return pa.schema(fields, metadata=kept)


def _to_cold(table: str, rows: pa.Table, written: pa.Schema) -> pa.Table:
    """Rows as they are archived."""
    left = to_residuals(table, to_numpy(table, rows))
    columns = [_arrow_array(column, left[column.name]) for column in TABLES[table]]
    return pa.Table.from_arrays(columns, schema=written)


def _from_cold(table: str, stored: pa.Table, kind: pa.Schema) -> pa.Table:
    """Rows as they were before they were archived."""
    left = to_numpy(table, pa.Table.from_arrays(stored.columns, schema=kind))
    whole = from_residuals(table, left)
    columns = [_arrow_array(column, whole[column.name]) for column in TABLES[table]]
    return pa.Table.from_arrays(columns, schema=kind)


def _writer_settings(table: str, kind: pa.Schema, tier: str = WARM) -> dict[str, Any]:
    """Settings of the Parquet writer."""
    columns = TABLES[table]
    left = PREDICTED[table] if tier == COLD else ()
    few = [c for c in columns if c.categories is not None or c.name in left]
    split = [c for c in columns if c not in few and c.dtype != "bool"]
    encodings = {_leaf(column, column.name): "BYTE_STREAM_SPLIT" for column in split}
    written = {c.name: cold_name(table, c.name) if tier == COLD else c.name for c in few}
    return {
        "compression": "zstd",
        "compression_level": COMPRESSION_LEVEL[tier],
        "use_dictionary": [_leaf(column, written[column.name]) for column in few],
        "column_encoding": encodings | {"patient_id": "DELTA_BINARY_PACKED"},
        "write_statistics": True,
        "write_page_checksum": True,
        "write_batch_size": _BATCH_ROWS,
        "sorting_columns": pq.SortingColumn.from_ordering(
            kind, [(key, "ascending") for key in KEYS[table] if key in kind.names]
        ),
    }


def _leaf(column: Column, name: str) -> str:
    """Path in Parquet of the values of a column that is written under a name."""
    return name if column.every_weeks is None else f"{name}.list.element"
