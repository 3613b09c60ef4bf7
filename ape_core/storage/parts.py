"""Parts: the two Parquet files of a chunk."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from ape_core.errors import CorruptRunError
from ape_core.simulation.chunk import Chunk
from ape_core.storage.checkpoint import PartRecord, SimulationCheckpoint
from ape_core.storage.files import damaged_file, make_folder, read_bytes, size_of, write_atomic
from ape_core.storage.places import ObjectPath, PartPath
from ape_core.storage.tables import TABLES
from ape_core.storage.tiers import COLD, WARM

if TYPE_CHECKING:
    from ape_core.storage.arrow import PartFile

_MARK: Final = {WARM: "", COLD: ".cold"}


@dataclass(frozen=True)
class EncodedPart:
    """Both files of a part in memory, compressed, and what is in them; not yet on disk."""

    first: int
    stop: int
    n_visits: int
    n_eyes: int
    files: Mapping[str, memoryview]


def part_path(folder: Path, table: str, index: int, tier: str = WARM) -> Path:
    """Return where a table of a part is, in the folder of a run.

    The tiers have names of their own, so that neither is ever written over the other.
    """
    return folder / table / f"part-{index:06d}{_MARK[tier]}.parquet"


def record_path(folder: Path, table: str, record: PartRecord) -> PartPath:
    """Return where a table of a committed part is, in the tier and place that it is in."""
    if record.place:
        return object_path(record.place, table, record.index)
    return part_path(folder, table, record.index, record.tier)


def local_path(folder: Path, table: str, record: PartRecord) -> Path:
    """Return where a table of a part is that is known to be in the folder of its run."""
    assert not record.place
    return cast("Path", record_path(folder, table, record))


def object_path(place: str, table: str, index: int) -> ObjectPath:
    """Return where a table of a part is, in an object store."""
    return ObjectPath(place, f"{table}-part-{index:06d}.parquet")


def part_size(folder: Path, table: str, record: PartRecord) -> int:
    """Return the size of a table of a committed part; CorruptRunError when it is missing."""
    path = record_path(folder, table, record)
    if isinstance(path, ObjectPath):
        from ape_core.storage.objects import size_of_object

        return size_of_object(path)
    return size_of(path)


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
    return write_slices(folder, index, chunk.years, [chunk])


def write_slices(
    folder: Path, index: int, years: int, slices: Iterable[Chunk], place: str = ""
) -> PartRecord:
    """Write both tables of a chunk that is given in slices, as `write_part` does.

    The bytes are the same; only one slice and what is compressed are in memory at a time.

    Parameters
    ----------
    folder
        The folder of the run.
    index
        Which part.
    years
        Length of the run.
    slices
        Neighbouring ranges of the patients of the chunk, in order.
    place
        Where the parts of the run are; in its folder unless given.
    """
    return write_encoded(folder, index, encode_slices(years, slices), place)


def encode_slices(years: int, slices: Iterable[Chunk]) -> EncodedPart:
    """Encode both tables of a chunk that is given in neighbouring slices, in order."""
    from ape_core.storage.arrow import Encoder

    encoders = {table: Encoder(table, years) for table in TABLES}
    bounds: list[int] = []
    n_visits = n_eyes = 0
    for chunk in slices:
        for encoder in encoders.values():
            encoder.add(chunk)
        bounds += [chunk.first, chunk.stop]
        n_visits += chunk.n_visits
        n_eyes += chunk.n_eyes
        del chunk
    files = {table: memoryview(encoder.finish()) for table, encoder in encoders.items()}
    return EncodedPart(bounds[0], bounds[-1], n_visits, n_eyes, files)


def write_encoded(folder: Path, index: int, part: EncodedPart, place: str = "") -> PartRecord:
    """Write both files of a part, as `write_part` does; may be called from any thread."""
    visits, patients = part.files["visits"], part.files["patients"]
    record = PartRecord(
        index=index,
        first=part.first,
        stop=part.stop,
        n_visits=part.n_visits,
        n_eyes=part.n_eyes,
        visits_sha256=file_sha256(visits),
        visits_bytes=visits.nbytes,
        patients_sha256=file_sha256(patients),
        patients_bytes=patients.nbytes,
        place=place,
    )
    for table, content in part.files.items():
        _write_file(_new_path(folder, place, table, index), content)
    return record


def open_part(folder: Path, table: str, record: PartRecord) -> PartFile:
    """Open one table of a committed part for reading.

    The whole file is read and its checksum compared first, which takes a millisecond: no damage
    goes unnoticed, or reaches a decoder. When the part has been archived or restored since its
    record was read, it is read where it is now.

    Raises
    ------
    CorruptRunError
        When the file is missing, or is not the one that was committed.
    """
    try:
        return _open_file(folder, table, record)
    except CorruptRunError:
        moved = _moved(folder, record)
        if moved is None:
            raise
    return open_part(folder, table, moved)


def _open_file(folder: Path, table: str, record: PartRecord) -> PartFile:
    """Open one table of a part where its record says that it is."""
    from ape_core.storage.arrow import PartFile

    path = record_path(folder, table, record)
    content = _read(path)
    if hashlib.sha256(content).hexdigest() != record.sha256_of(table):
        raise damaged_file(path, "its checksum is not the one that was committed")
    return PartFile(path, table, content)


def file_sha256(content: bytes | memoryview) -> str:
    """Return the SHA-256 of the content of a file."""
    return hashlib.sha256(content).hexdigest()


def _moved(folder: Path, record: PartRecord) -> PartRecord | None:
    """Record of the same rows in another tier, when the checkpoint names that by now."""
    with suppress(CorruptRunError):
        for part in SimulationCheckpoint(folder).load().parts:
            if part.index == record.index and part.tier != record.tier:
                return part if part.rows == record.rows else None
    return None


def _read(path: PartPath) -> bytes:
    """Content of a file of a part."""
    if isinstance(path, ObjectPath):
        from ape_core.storage.objects import read_object

        return read_object(path)
    return read_bytes(path)


def _new_path(folder: Path, place: str, table: str, index: int) -> PartPath:
    """Where a table of a new part is to be."""
    return object_path(place, table, index) if place else part_path(folder, table, index)


def _write_file(path: PartPath, content: memoryview) -> None:
    """Write one file of a part."""
    if isinstance(path, ObjectPath):
        from ape_core.storage.objects import write_object

        write_object(path, content)
        return
    make_folder(path.parent)
    write_atomic(path, content)
