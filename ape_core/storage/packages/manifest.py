"""The manifest: the first file of a package, which says what the others have to be."""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from ape_core import limits
from ape_core.errors import InvalidInputError
from ape_core.spec.checks import shown
from ape_core.storage.packages import layout
from ape_core.storage.packages.layout import Entry
from ape_core.storage.tables import TABLES

FORMAT: Final = 1
MANIFEST_FILE: Final = "manifest.json"
SPEC_FILE: Final = "spec.json"
PROVENANCE_FILE: Final = "provenance.json"
NAMES_FILE: Final = "names.json"
SUMMARY_FILE: Final = "summary.npz"

MAX_MANIFEST_BYTES: Final = 24_000_000
MAX_PROVENANCE_BYTES: Final = 1_000_000
MAX_NAMES_BYTES: Final = 20_000
"""Twice the longest name and note."""

MAX_SUMMARY_BYTES: Final = 32_000_000
"""The summary of 40 years of a long recruitment is a tenth of it."""

_KIND: Final = "run of APE"
_KEYS: Final = ("format", "kind", "run_id", "chunk_size", "with_data", "parts", "files")
_SEAL: Final = b',"checksum":"'
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_SMALL: Final = {
    SPEC_FILE: limits.MAX_YAML_BYTES,
    PROVENANCE_FILE: MAX_PROVENANCE_BYTES,
    NAMES_FILE: MAX_NAMES_BYTES,
    SUMMARY_FILE: MAX_SUMMARY_BYTES,
}


@dataclass(frozen=True, slots=True)
class PackedPart:
    """A part in a package: its number and its rows."""

    index: int
    n_visits: int
    n_eyes: int


@dataclass(frozen=True, slots=True)
class PackedFile:
    """A file in a package: its name, size and checksums."""

    name: str
    n_bytes: int
    crc32: int
    sha256: str

    @property
    def entry(self) -> Entry:
        """The file as the archive around it sees it."""
        return Entry(self.name, self.n_bytes, self.crc32)


@dataclass(frozen=True)
class Manifest:
    """What is in a package.

    Attributes
    ----------
    run_id
        The run.
    chunk_size
        Patients in a part.
    with_data
        Whether the rows are in it.
    parts
        The parts whose rows are in it, in order of patients.
    files
        Every file after the manifest, in the order in which they follow.
    """

    run_id: str
    chunk_size: int
    with_data: bool
    parts: tuple[PackedPart, ...]
    files: tuple[PackedFile, ...]

    @property
    def n_bytes(self) -> int:
        """Size of the whole package."""
        return layout.total_size(self.entries())

    def entries(self) -> list[Entry]:
        """All files of the archive, this one first."""
        content = self.to_bytes()
        return [entry_of(content), *(file.entry for file in self.files)]

    def to_bytes(self) -> bytes:
        """Write as JSON that ends with a checksum over all that stands before it."""
        content = {
            "format": FORMAT,
            "kind": _KIND,
            "run_id": self.run_id,
            "chunk_size": self.chunk_size,
            "with_data": self.with_data,
            "parts": [[part.index, part.n_visits, part.n_eyes] for part in self.parts],
            "files": [[file.name, file.n_bytes, file.crc32, file.sha256] for file in self.files],
        }
        return _sealed(json.dumps(content, separators=(",", ":")).encode()[:-1])

    @classmethod
    def from_bytes(cls, data: bytes) -> Manifest:
        """Read and check a manifest.

        Raises
        ------
        InvalidInputError
            Saying what is wrong with it.
        """
        content = _parsed(data)
        if content["format"] != FORMAT:
            raise InvalidInputError(
                f"it has format {shown(content['format'])}, and this version of APE reads {FORMAT}",
                "Import it with the version of APE that wrote it, or a newer one.",
            )
        for key in content:
            if key not in _KEYS:
                _refuse(f"its manifest has the unknown field {shown(key)}")
        try:
            manifest = _from_content(content)
        except (KeyError, TypeError, ValueError) as error:
            _refuse(f"its manifest does not say what a manifest says ({error})")
        _check_names(manifest)
        if manifest.to_bytes() != data:
            _refuse("its manifest is not written as APE writes one")
        return manifest


def entry_of(content: bytes) -> Entry:
    """The manifest itself, as the archive around it sees it."""
    return Entry(MANIFEST_FILE, len(content), zlib.crc32(content))


def part_name(table: str, index: int) -> str:
    """Name of a table of a part."""
    return f"{table}/part-{index:06d}.parquet"


def _sealed(body: bytes) -> bytes:
    """Close a JSON object with the checksum of what it holds."""
    return body + _SEAL + hashlib.sha256(body).hexdigest().encode() + b'"}\n'


def _parsed(data: bytes) -> dict[str, Any]:
    """Plain data of a manifest, after comparing its checksum."""
    if _sealed(data.rpartition(_SEAL)[0]) != data:
        _refuse("its manifest was edited or damaged")
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        _refuse("its manifest is not JSON")
    if not isinstance(content, dict) or content.get("kind") != _KIND:
        _refuse("it holds something else than a run of APE")
    del content["checksum"]
    return {"format": None, **content}


def _from_content(content: dict[str, Any]) -> Manifest:
    """Read the fields of a manifest."""
    if not isinstance(content["with_data"], bool):
        raise TypeError("with_data is neither true nor false")
    most = limits.MAX_PACKAGE_FILES
    for name in ("parts", "files"):
        if not isinstance(content[name], list) or len(content[name]) > most:
            raise ValueError(f"{name} is no list of at most {most:,}")
    return Manifest(
        run_id=_hash("run_id", content["run_id"]),
        chunk_size=_whole("chunk_size", content["chunk_size"], limits.MAX_CHUNK_SIZE, least=1),
        with_data=content["with_data"],
        parts=tuple(_part(*part) for part in content["parts"]),
        files=tuple(_file(*file) for file in content["files"]),
    )


def _part(index: Any, n_visits: Any, n_eyes: Any) -> PackedPart:
    """One part."""
    return PackedPart(
        _whole("a part", index, limits.MAX_PATIENTS),
        _whole("the visits of a part", n_visits, layout.MAX_FILE_BYTES),
        _whole("the eyes of a part", n_eyes, 2 * limits.MAX_CHUNK_SIZE),
    )


def _file(name: Any, n_bytes: Any, crc32: Any, sha256: Any) -> PackedFile:
    """One file."""
    if not isinstance(name, str):
        raise TypeError("the name of a file is no text")
    most = _SMALL.get(name, layout.MAX_FILE_BYTES)
    return PackedFile(
        name,
        _whole(f"the size of {shown(name)}", n_bytes, most),
        _whole(f"the CRC of {shown(name)}", crc32, 0xFFFFFFFF),
        _hash(f"the checksum of {shown(name)}", sha256),
    )


def _whole(what: str, value: Any, most: int, least: int = 0) -> int:
    """A whole number in a range."""
    if type(value) is not int or not least <= value <= most:
        raise ValueError(f"{what} is {shown(value)}, not {least} to {most:,}")
    return value


def _hash(what: str, value: Any) -> str:
    """A SHA-256."""
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        raise ValueError(f"{what} is {shown(value)}, not a SHA-256")
    return value


def _check_names(manifest: Manifest) -> None:
    """Refuse a manifest that names other files than its parts and fields call for."""
    indices = [part.index for part in manifest.parts]
    if indices != sorted(set(indices)):
        _refuse("its parts are not in order, or one is there twice")
    if manifest.parts and not manifest.with_data:
        _refuse("it says to be without data, but lists parts")
    names = [file.name for file in manifest.files]
    expected = list(_expected(manifest.parts, set(names)))
    if names == expected:
        return
    allowed = set(expected)
    for name, number in Counter(names).items():
        if name not in allowed:
            _refuse(f"it holds {_described(name)}")
        if number > 1:
            _refuse(f"it holds {name} twice")
    missing = sorted(allowed.difference(names))
    _refuse(f"it lacks {missing[0]}" if missing else "its files are not in order")


def _expected(parts: Sequence[PackedPart], names: Collection[str]) -> Iterator[str]:
    """Names that a package must have, in order; some may be missing."""
    yield SPEC_FILE
    yield from (name for name in (PROVENANCE_FILE, NAMES_FILE, SUMMARY_FILE) if name in names)
    for part in parts:
        yield from (part_name(table, part.index) for table in TABLES)


def _described(name: str) -> str:
    """A name that has no place in a package, and why it could be dangerous."""
    if ".." in name.split("/") or ".." in name.split("\\"):
        return f"{shown(name)}, which leads out of its folder"
    if name.startswith(("/", "\\")) or name[1:2] == ":":
        return f"{shown(name)}, an absolute path"
    return f"{shown(name)}, which is no file of a run"


def _refuse(why: str) -> NoReturn:
    """Refuse a package for a reason that continues "... cannot be imported: "."""
    raise InvalidInputError(why)
