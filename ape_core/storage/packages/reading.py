"""Reads a package from its first byte to its last, once, and refuses it at the first wrong one."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from ape_core import limits
from ape_core.errors import CorruptRunError, InvalidInputError
from ape_core.spec.run_spec import RunSpec
from ape_core.storage.os_errors import os_errors
from ape_core.storage.packages import layout
from ape_core.storage.packages.layout import Entry
from ape_core.storage.packages.manifest import (
    MANIFEST_FILE,
    MAX_MANIFEST_BYTES,
    SPEC_FILE,
    Manifest,
    PackedFile,
    entry_of,
)

BLOCK_BYTES: Final = 1 << 20
_AGAIN: Final = "Copy the file again, or have it exported again."
_WHAT: Final = "Give a file that `ape export` wrote, as it wrote it."


class PackageReader:
    """A package that is being read; what comes first is checked before anything else is read.

    Attributes
    ----------
    manifest
        What the files of the package have to be.
    spec
        The question.
    """

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path = path
        self._file = file
        self.manifest = self._read_manifest()
        self._check_size()
        self._left = list(reversed(self.manifest.files))
        self.spec = self._read_spec()

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator[PackageReader]:
        """Open a package.

        Raises
        ------
        InvalidInputError
            From here and every call, when it is not what `write_package` writes.
        """
        with os_errors("read", path):
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise InvalidInputError(f"{path} is no ordinary file.", _WHAT)
        with os.fdopen(descriptor, "rb") as file, _named(path):
            yield cls(path, file)

    @property
    def next_file(self) -> PackedFile | None:
        """The file that is read next; None after the last."""
        return self._left[-1] if self._left else None

    def read(self) -> bytes:
        """Return the content of the next file, which is small."""
        content: list[bytes] = []
        self._take(content.append)
        return b"".join(content)

    def copy(self, path: Path) -> None:
        """Write the content of the next file into a new file."""
        with os_errors("write", path), path.open("xb") as file:
            self._take(file.write)

    def skip(self) -> None:
        """Check the next file and keep nothing of it."""
        self._take(len)

    def finish(self) -> None:
        """Check the files that are left and the end of the package."""
        while self._left:
            self.skip()
        expected = layout.directory(self.manifest.entries())
        if self._exactly(len(expected), "its end") != expected or self._file.read(1):
            raise InvalidInputError("its list of files is not the one that its manifest gives")

    def _read_manifest(self) -> Manifest:
        """Read the first file, whose size is not known before."""
        header = self._exactly(layout.header_size(MANIFEST_FILE), "its beginning", short="")
        size, crc = layout.parse_local_header(header)
        if layout.local_header(Entry(MANIFEST_FILE, size, crc)) != header:
            raise InvalidInputError("it is no package of APE", _WHAT)
        if size > MAX_MANIFEST_BYTES:
            raise InvalidInputError(
                f"its manifest is said to have {size:,} bytes; at most are {MAX_MANIFEST_BYTES:,}"
            )
        content = self._exactly(size, MANIFEST_FILE)
        manifest = Manifest.from_bytes(content)
        if entry_of(content).crc32 != crc:
            raise InvalidInputError("the checksum of its manifest is wrong", _AGAIN)
        return manifest

    def _check_size(self) -> None:
        """Refuse a file that is larger than allowed, or than its manifest says, or smaller."""
        said, found = self.manifest.n_bytes, os.fstat(self._file.fileno()).st_size
        if said > limits.MAX_PACKAGE_BYTES:
            raise InvalidInputError(
                f"it has {said:,} bytes, and at most {limits.MAX_PACKAGE_BYTES:,} are allowed",
                "APE_MAX_PACKAGE_BYTES sets a lower limit than APE's own, if it is set.",
            )
        if found < said:
            raise InvalidInputError(f"it ends after {found:,} of {said:,} bytes", _AGAIN)
        if found > said:
            raise InvalidInputError(f"it has {found:,} bytes, {found - said:,} too many", _AGAIN)

    def _read_spec(self) -> RunSpec:
        """Read the question, which has to be the one that the run is named after."""
        try:
            spec = RunSpec.from_json(self.read())
        except CorruptRunError as error:
            why = error.message.rstrip(".")
            raise InvalidInputError(f"its {SPEC_FILE} is wrong: {why}") from error
        if spec.run_id != self.manifest.run_id:
            raise InvalidInputError(
                f"its question is that of run {spec.run_id[:12]}, but it is said to be run "
                f"{self.manifest.run_id[:12]}"
            )
        _check_parts(self.manifest, spec.cohort.n_patients)
        return spec

    def _take(self, use: Callable[[bytes], object]) -> None:
        """Read the next file block by block and compare it with the manifest."""
        file = self._left.pop()
        header = layout.local_header(file.entry)
        if self._exactly(len(header), file.name) != header:
            raise InvalidInputError(f"what stands before {file.name} is not what belongs there")
        digest, left = hashlib.sha256(), file.n_bytes
        while left:
            block = self._exactly(min(left, BLOCK_BYTES), file.name)
            digest.update(block)
            use(block)
            left -= len(block)
        if digest.hexdigest() != file.sha256:
            raise InvalidInputError(f"the checksum of {file.name} is wrong", _AGAIN)

    def _exactly(self, size: int, what: str, short: str = _AGAIN) -> bytes:
        """Read so many bytes."""
        with os_errors("read", self._path):
            block = self._file.read(size)
        if len(block) == size:
            return block
        if not short:
            raise InvalidInputError("it is no package of APE", _WHAT)
        raise InvalidInputError(f"it ends in the middle of {what}", short)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Complete a reason to a sentence that names the package."""
    try:
        yield
    except InvalidInputError as error:
        if type(error) is not InvalidInputError or error.message.endswith("."):
            raise
        hint = error.hint or _WHAT
        raise InvalidInputError(f"{path} cannot be imported: {error.message}.", hint) from error


def _check_parts(manifest: Manifest, n_patients: int) -> None:
    """Refuse parts that cannot be of a run of so many patients."""
    size = manifest.chunk_size
    for part in manifest.parts:
        if part.index * size >= n_patients:
            raise InvalidInputError(
                f"it holds part {part.index} of {size:,} patients each, but the run has "
                f"{n_patients:,} patients"
            )
