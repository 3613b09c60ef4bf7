"""One number for all rows of a run, whatever the chunks, row groups, compression and workers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

import numpy as np

from ape_core.errors import InvalidInputError
from ape_core.schema import Column
from ape_core.simulation.chunk import Chunk
from ape_core.storage.checkpoint import PartRecord
from ape_core.storage.parts import open_part
from ape_core.storage.run_folder import RunFolder
from ape_core.storage.tables import TABLES


class RowDigest:
    """SHA-256 over rows that are given table by table, in the order of patients.

    Every column has a hash of its own over its values as little-endian numbers of the schema's
    type (truth values as bytes, categories as codes, lists value by value); the digest is the
    hash of the lines "<table> <column> <hash>".
    """

    def __init__(self) -> None:
        self._hashes = {
            (table, column.name): hashlib.sha256()
            for table, columns in TABLES.items()
            for column in columns
        }

    def update(self, table: str, arrays: Mapping[str, np.ndarray]) -> None:
        """Add rows of a table, after those that were added before."""
        for column in TABLES[table]:
            values = np.ascontiguousarray(arrays[column.name], dtype=_canonical(column))
            self._hashes[table, column.name].update(values.data.cast("B"))

    def hexdigest(self) -> str:
        """Return the digest of the rows added so far."""
        lines = [
            f"{table} {column} {digest.hexdigest()}\n"
            for (table, column), digest in self._hashes.items()
        ]
        return hashlib.sha256("".join(lines).encode()).hexdigest()


def digest_chunks(chunks: Iterable[Chunk]) -> str:
    """Return the digest of the rows of some chunks, in the order of patients."""
    digest = RowDigest()
    for chunk in chunks:
        digest.update("visits", chunk.visits)
        digest.update("patients", chunk.patients)
    return digest.hexdigest()


def digest(folder: RunFolder) -> str:
    """Return the digest of all rows of a run, read from disk one row group at a time.

    Raises
    ------
    InvalidInputError
        When the run is not complete.
    CorruptRunError
        When a part is missing or cannot be decoded.
    """
    if folder.missing_ranges():
        raise InvalidInputError(
            f"Run {folder.run_id[:12]} is not complete, and only all of its rows have a digest.",
            f"Complete it with `ape resume {folder.run_id[:12]}`.",
        )
    rows = RowDigest()
    for part in folder.checkpoint().parts:
        for table in TABLES:
            _add_part(rows, folder, table, part)
    return rows.hexdigest()


def _add_part(rows: RowDigest, folder: RunFolder, table: str, part: PartRecord) -> None:
    """Add a table of a part."""
    from ape_core.storage.arrow import to_numpy

    file = open_part(folder.path, table, part)
    for group in range(file.n_groups):
        rows.update(table, to_numpy(table, file.read(group)))


def _canonical(column: Column) -> str:
    """Type of the values that are hashed."""
    return "|u1" if column.dtype == "bool" else np.dtype(column.dtype).newbyteorder("<").str
