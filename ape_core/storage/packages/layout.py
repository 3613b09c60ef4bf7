"""Bytes of a ZIP archive around its files: all of them follow from names, sizes and checksums.

Nothing is compressed (rows and counts already are), nothing carries a time, owner or comment.
A reader compares what it finds with what these functions give, and so needs no rules for twice
described, overlapping, hidden, encrypted or linked files: none of them can be equal.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_LOCAL: Final = struct.Struct("<4s5H3L2H")
_CENTRAL: Final = struct.Struct("<4s6H3L5H2L")
_END_64: Final = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64: Final = struct.Struct("<4sLQL")
_END: Final = struct.Struct("<4s4H2LH")

_STORED: Final = 0
_VERSION: Final = 20
_VERSION_64: Final = 45
_UNIX: Final = 3 << 8
_ORDINARY_FILE: Final = 0o100644 << 16
_DAY: Final = 0x21
"""1 January 1980, the first day that ZIP knows."""
_MOST_16: Final = 0xFFFF
_MOST_32: Final = 0xFFFFFFFF

MAX_FILE_BYTES: Final = _MOST_32 - 1
"""A file of a package needs no long sizes; the archive around it may be larger."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in an archive: its name, size and CRC-32."""

    name: str
    n_bytes: int
    crc32: int


def local_header(entry: Entry) -> bytes:
    """Return what stands before the content of a file."""
    name = entry.name.encode("ascii")
    sizes = (entry.crc32, entry.n_bytes, entry.n_bytes, len(name), 0)
    return _LOCAL.pack(b"PK\3\4", _VERSION, 0, _STORED, 0, _DAY, *sizes) + name


def header_size(name: str) -> int:
    """Size of what stands before the content of a file of that name."""
    return _LOCAL.size + len(name)


def parse_local_header(header: bytes) -> tuple[int, int]:
    """Return the size and CRC-32 that a header states, which is then to be compared whole."""
    fields = _LOCAL.unpack_from(header)
    return fields[7], fields[6]


def directory(entries: Sequence[Entry]) -> bytes:
    """Return what stands after the last file: the list of all files and the end of the archive."""
    records, offset = [], 0
    for entry in entries:
        records.append(_central_record(entry, offset))
        offset += header_size(entry.name) + entry.n_bytes
    listed = b"".join(records)
    return listed + _end(len(entries), len(listed), offset)


def total_size(entries: Sequence[Entry]) -> int:
    """Size of a whole archive."""
    files = sum(header_size(entry.name) + entry.n_bytes for entry in entries)
    return files + len(directory(entries))


def _central_record(entry: Entry, offset: int) -> bytes:
    """One line of the list of files."""
    name = entry.name.encode("ascii")
    extra = struct.pack("<2HQ", 1, 8, offset) if offset >= _MOST_32 else b""
    version = _VERSION_64 if extra else _VERSION
    return (
        _CENTRAL.pack(
            b"PK\1\2", _UNIX | version, version, 0, _STORED, 0, _DAY,
            entry.crc32, entry.n_bytes, entry.n_bytes, len(name), len(extra), 0, 0, 0,
            _ORDINARY_FILE, min(offset, _MOST_32),
        )
        + name
        + extra
    )  # fmt: skip


def _end(n_files: int, size: int, offset: int) -> bytes:
    """End of the archive, preceded by a longer one where numbers do not fit."""
    longer = b""
    if n_files >= _MOST_16 or offset >= _MOST_32 or size >= _MOST_32:
        longer = _END_64.pack(
            b"PK\6\6", _END_64.size - 12, _UNIX | _VERSION_64, _VERSION_64, 0, 0,
            n_files, n_files, size, offset,
        ) + _LOCATOR_64.pack(b"PK\6\7", 0, offset + size, 1)  # fmt: skip
    n_short = min(n_files, _MOST_16)
    short = (n_short, n_short, min(size, _MOST_32), min(offset, _MOST_32), 0)
    return longer + _END.pack(b"PK\5\6", 0, 0, *short)
