"""Parts: the two Parquet files of a chunk."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from ape_core.simulation.chunk import Chunk
from ape_core.storage.checkpoint import PartRecord
from ape_core.storage.files import damaged_file, make_folder, read_bytes, write_atomic

if TYPE_CHECKING:
    from ape_core.storage.arrow import PartFile


def part_path(folder: Path, table: str, index: int) -> Path:
    """Return where a table of a part is, in the folder of a run."""
    return folder / table / f"part-{index:06d}.parquet"


def write_part(folder: Path, index: int, chunk: Chunk) -> PartRecord:
    """Write both tables of a chunk; they exist once a checkpoint names the returned record.

    The same chunk always gives the same bytes, so that two workers on one run do no harm.
    May be called from any thread.

    Parameters
    ----------
    folder
        The folder of the run.
    index
        Which part: `chunk.first // chunk_size`.
    chunk
        The rows.

    Raises
    ------
    StoreError
        When the operating system refuses; nothing that was committed is touched.
    """
    visits_sha256, visits_bytes = _write_table(folder, "visits", index, chunk)
    patients_sha256, patients_bytes = _write_table(folder, "patients", index, chunk)
    return PartRecord(
        index=index,
        first=chunk.first,
        stop=chunk.stop,
        n_visits=chunk.n_visits,
        n_eyes=chunk.n_eyes,
        visits_sha256=visits_sha256,
        visits_bytes=visits_bytes,
        patients_sha256=patients_sha256,
        patients_bytes=patients_bytes,
    )


def open_part(folder: Path, table: str, record: PartRecord) -> PartFile:
    """Open one table of a committed part for reading.

    The whole file is read and its checksum compared first, which takes a millisecond: no damage
    goes unnoticed, or reaches a decoder.

    Raises
    ------
    CorruptRunError
        When the file is missing, or is not the one that was committed.
    """
    from ape_core.storage.arrow import PartFile

    path = part_path(folder, table, record.index)
    content = read_bytes(path)
    if hashlib.sha256(content).hexdigest() != record.sha256_of(table):
        raise damaged_file(path, "its checksum is not the one that was committed")
    return PartFile(path, table, content)


def _write_table(folder: Path, table: str, index: int, chunk: Chunk) -> tuple[str, int]:
    """Write one table of a chunk; return its SHA-256 and size."""
    from ape_core.storage.arrow import encode

    path = part_path(folder, table, index)
    make_folder(path.parent)
    data = memoryview(encode(table, chunk))
    write_atomic(path, data)
    return hashlib.sha256(data).hexdigest(), data.nbytes
