"""Writes a package: a run of a name gives the same bytes, whenever and wherever it is written."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from ape_core import limits
from ape_core.errors import CorruptRunError, InvalidInputError
from ape_core.storage.checkpoint import Checkpoint
from ape_core.storage.files import atomic_file, damaged_file, missing_file, remove_temporary
from ape_core.storage.names import read_names
from ape_core.storage.os_errors import os_errors
from ape_core.storage.packages import layout, naming
from ape_core.storage.packages.manifest import (
    MAX_MANIFEST_BYTES,
    NAMES_FILE,
    PROVENANCE_FILE,
    SPEC_FILE,
    SUMMARY_FILE,
    Manifest,
    PackedFile,
    PackedPart,
    entry_of,
    part_name,
)
from ape_core.storage.parts import local_path
from ape_core.storage.places import shown
from ape_core.storage.run_folder import RunFolder
from ape_core.storage.tables import TABLES

BLOCK_BYTES: Final = 1 << 20
_MOST_READS: Final = 20


@dataclass(frozen=True)
class Exported:
    """A package that was written.

    Attributes
    ----------
    path
        The file.
    n_bytes, sha256
        Its size and checksum.
    with_data
        Whether the rows are in it.
    n_patients
        Patients whose rows are in it, or whose figures are, without the rows.
    """

    path: Path
    n_bytes: int
    sha256: str
    with_data: bool
    n_patients: int


@dataclass(frozen=True)
class _Source:
    """A file of the package and where its content comes from."""

    file: PackedFile
    content: bytes | Path

    def blocks(self) -> Iterator[bytes]:
        """The content block by block, which has to be what was measured before."""
        digest = hashlib.sha256()
        for block in _blocks(self.content):
            digest.update(block)
            yield block
        if digest.hexdigest() != self.file.sha256:
            raise damaged_file(Path(self.file.name), "it changed while it was exported")


def write_package(folder: RunFolder, path: Path, *, with_data: bool) -> Exported:
    """Write what is committed of a run into one file, under another name until it is whole.

    A run that is being simulated can be exported, too: as far as it is. Every part is compared
    with its checksum first.

    Parameters
    ----------
    folder
        The run.
    path
        The file. One that is there already is replaced.
    with_data
        Whether to put in the rows; without them they are simulated again, to the same rows.

    Raises
    ------
    CorruptRunError
        When a file of the run is not what was committed.
    StoreError
        When the operating system refuses.
    InvalidInputError
        When the file cannot be there, or would be larger than can be imported.
    """
    checkpoint, summary = _committed(folder)
    if with_data and checkpoint.place:
        raise InvalidInputError(
            f"The rows of run {folder.run_id[:12]} are in {shown(checkpoint.place)}, and only rows "
            "that are in the store itself can be put into a package.",
            "Export it without the rows: whoever imports it simulates them again, to the same.",
        )
    sources = list(_sources(folder, checkpoint, summary, with_data=with_data))
    parts = checkpoint.parts if with_data else ()
    manifest = Manifest(
        run_id=folder.run_id,
        chunk_size=checkpoint.chunk_size,
        with_data=with_data,
        parts=tuple(PackedPart(part.index, part.n_visits, part.n_eyes) for part in parts),
        files=tuple(source.file for source in sources),
    )
    _check_size(manifest)
    digest = hashlib.sha256()
    n_bytes = 0
    target = _checked_target(path, folder)
    remove_temporary(target.parent, of=target.name)
    with atomic_file(target) as file:
        for block in _archive(manifest, sources):
            file.write(block)
            digest.update(block)
            n_bytes += len(block)
    n_patients = checkpoint.patients_done if with_data or summary is not None else 0
    return Exported(path, n_bytes, digest.hexdigest(), with_data, n_patients)


def _committed(folder: RunFolder) -> tuple[Checkpoint, bytes | None]:
    """What is committed and the content of its summary, which a worker may replace meanwhile."""
    for attempt in range(_MOST_READS):
        checkpoint = folder.checkpoint()
        if checkpoint.summary_file is None:
            return checkpoint, None
        path = folder.path / checkpoint.summary_file
        try:
            content = b"".join(_blocks(path))
        except CorruptRunError:
            if attempt == _MOST_READS - 1 or folder.checkpoint() == checkpoint:
                raise
            continue
        if hashlib.sha256(content).hexdigest() == checkpoint.summary_sha256:
            return checkpoint, content
        if folder.checkpoint() == checkpoint:
            raise damaged_file(path, "its checksum is not the one that was committed")
    raise missing_file(folder.path / "summary")


def _sources(
    folder: RunFolder, checkpoint: Checkpoint, summary: bytes | None, *, with_data: bool
) -> Iterator[_Source]:
    """Every file of the package after its manifest."""
    yield _measured(SPEC_FILE, folder.spec().to_json().encode())
    provenance = folder.provenance()
    if provenance:
        text = json.dumps(provenance, indent=1, sort_keys=True, ensure_ascii=False)
        yield _measured(PROVENANCE_FILE, f"{text}\n".encode())
    names = read_names(folder)
    if names.name or names.note:
        yield _measured(NAMES_FILE, naming.to_bytes(names))
    if summary is not None:
        yield _measured(SUMMARY_FILE, summary)
    for part in checkpoint.parts if with_data else ():
        for table in TABLES:
            path = local_path(folder.path, table, part)
            source = _measured(part_name(table, part.index), path)
            if source.file.sha256 != part.sha256_of(table):
                raise damaged_file(path, "its checksum is not the one that was committed")
            yield source


def _measured(name: str, content: bytes | Path) -> _Source:
    """Size and checksums of a file."""
    digest, crc, n_bytes = hashlib.sha256(), 0, 0
    for block in _blocks(content):
        digest.update(block)
        crc = zlib.crc32(block, crc)
        n_bytes += len(block)
    return _Source(PackedFile(name, n_bytes, crc, digest.hexdigest()), content)


def _blocks(content: bytes | Path) -> Iterator[bytes]:
    """Content in blocks, of a file or of what is in memory."""
    if isinstance(content, bytes):
        yield content
        return
    with ExitStack() as stack:
        stack.enter_context(os_errors("read", content))
        try:
            file: BinaryIO = stack.enter_context(content.open("rb"))
        except FileNotFoundError as error:
            raise missing_file(content) from error
        while block := file.read(BLOCK_BYTES):
            yield block


def _archive(manifest: Manifest, sources: list[_Source]) -> Iterator[bytes]:
    """The archive from its first byte to its last."""
    content = manifest.to_bytes()
    yield layout.local_header(entry_of(content)) + content
    for source in sources:
        yield layout.local_header(source.file.entry)
        yield from source.blocks()
    yield layout.directory(manifest.entries())


def _check_size(manifest: Manifest) -> None:
    """Refuse to write what nobody could import."""
    n_files, n_bytes = len(manifest.files), manifest.n_bytes
    most_files, most_bytes = limits.MAX_PACKAGE_FILES, limits.MAX_PACKAGE_BYTES
    n_manifest = len(manifest.to_bytes())
    if n_files > most_files or n_bytes > most_bytes or n_manifest > MAX_MANIFEST_BYTES:
        raise InvalidInputError(
            f"The package would have {n_files:,} files and {n_bytes:,} bytes, but can have at "
            f"most {most_files:,} and {most_bytes:,}.",
            "Export the run without its data: they are simulated again, to the same rows.",
        )


def _checked_target(path: Path, folder: RunFolder) -> Path:
    """The file to write, unless it cannot be there."""
    name_it = "Give the name of a file, as in `ape export RUN my-run.ape.zip`."
    try:
        mode = path.stat().st_mode
    except OSError:
        mode = None
    if mode is not None and not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "no ordinary file"
        raise InvalidInputError(f"{path} is {kind}, so no package can be written there.", name_it)
    parent = Path(os.path.realpath(path.parent))
    if not parent.is_dir():
        raise InvalidInputError(f"There is no folder {path.parent}.", "Create it first.")
    if parent.is_relative_to(os.path.realpath(folder.path.parent)):
        raise InvalidInputError(f"{path} is among the runs of the store.", "Write it elsewhere.")
    return path
