"""Files that are either complete or absent, whatever is killed and when."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import Any, BinaryIO, Final, cast

from ape_core.errors import CorruptRunError
from ape_core.storage.locks import is_locked, lock_open_file
from ape_core.storage.os_errors import os_errors
from ape_core.storage.places import PartPath

_TEMPORARY: Final = re.compile(r"\..+\.[0-9a-f]{16}\.tmp")
_RUN_ID: Final = re.compile(r"[0-9a-f]{64}")
_BLOCK_BYTES: Final = 1 << 20
_CHECKSUM: Final = "checksum"

SET_ASIDE: Final = "set-aside"
"""In the name of what stood in the place of a file of a run."""


def write_atomic(path: Path, data: bytes | memoryview, *, durable: bool = True) -> None:
    """Replace a file by new content, so that readers see the old or the new and nothing else.

    Parameters
    ----------
    path
        The file; its folder must exist.
    data
        The whole content.
    durable
        Whether to wait until the disk has it. A file that is only advisory need not.

    Raises
    ------
    StoreError
        When the operating system refuses; the file is then as it was.
    """
    with atomic_file(path, durable=durable) as file:
        file.write(data)


@contextmanager
def atomic_file(path: Path, *, durable: bool = True) -> Iterator[BinaryIO]:
    """Open a file that replaces another when the body ends, and leaves nothing when it fails.

    Parameters
    ----------
    path
        The file; its folder must exist.
    durable
        Whether to wait until the disk has it.

    Raises
    ------
    StoreError
        When the operating system refuses; the file is then as it was.
    """
    with os_errors("write", path), _temporary(path) as (temporary, file):
        yield file
        file.flush()
        if durable:
            os.fsync(file.fileno())
        _put(temporary, path)
        if durable:
            sync_folder(path.parent)


def write_json(path: Path, content: dict[str, Any], *, durable: bool = True) -> None:
    """Replace a file by a JSON object."""
    write_atomic(path, _json(content), durable=durable)


def read_bytes(path: Path) -> bytes:
    """Return the content of a file of a run.

    Raises
    ------
    CorruptRunError
        When the file is missing, or something else stands in its place.
    StoreError
        When the operating system refuses.
    """
    with _reading(path):
        return path.read_bytes()


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file of a run; CorruptRunError when there is none."""
    try:
        content = json.loads(read_bytes(path))
    except ValueError as error:
        raise damaged_file(path, "it is not JSON") from error
    if not isinstance(content, dict):
        raise damaged_file(path, "it is not a JSON object")
    return content


def size_of(path: Path) -> int:
    """Return the size of a file of a run; CorruptRunError when there is no such file."""
    with _reading(path):
        return path.stat().st_size


def sha256_file(path: Path) -> str:
    """Return the SHA-256 of a file, read block by block; CorruptRunError when it is missing."""
    digest = hashlib.sha256()
    with _reading(path), path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def write_sealed(path: Path, content: dict[str, Any]) -> None:
    """Replace a file by a JSON object that also holds the checksum of all else in it."""
    write_atomic(path, _sealed(content))


def read_sealed(path: Path) -> dict[str, Any]:
    """Return what `write_sealed` wrote; CorruptRunError when it is not that, byte for byte."""
    content = read_json(path)
    content.pop(_CHECKSUM, None)
    if _sealed(content) != read_bytes(path):
        raise damaged_file(path, "it was edited, or is not what was written")
    return content


def what_stands_at(path: Path) -> str:
    """What is in the place of a file, as a phrase; empty for a file, or for nothing at all."""
    with os_errors("look at", path):
        try:
            mode = path.lstat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            return ""
    if stat.S_ISREG(mode):
        return ""
    if stat.S_ISLNK(mode):
        return "a link stands in its place, and what that leads to may change or go"
    return f"a {'folder' if stat.S_ISDIR(mode) else 'device'} stands in its place"


def make_room(path: Path) -> None:
    """Clear the place of a file: what is no file goes, but a folder with content is only renamed.

    A link goes; what it leads to is left alone. A file stays.
    """
    with os_errors("clear", path):
        try:
            mode = path.lstat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            return
        if stat.S_ISDIR(mode):
            _clear_folder(path)
        elif not stat.S_ISREG(mode):
            path.unlink(missing_ok=True)


def set_aside(path: Path) -> None:
    """Rename what stands in the way, so that nothing of whoever put it there is lost."""
    with os_errors("rename", path):
        path.rename(path.with_name(f"{path.name}.{SET_ASIDE}-{token_hex(4)}"))


def make_folder(path: Path) -> None:
    """Create a folder, and those above it, unless it is there."""
    with os_errors("create", path):
        if not path.is_dir():
            path.mkdir(parents=True, exist_ok=True)


def sync_folder(path: Path) -> None:
    """Wait until the disk has the names in a folder."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def is_temporary(path: Path) -> bool:
    """Whether a file has the name of one that is being written."""
    return _TEMPORARY.fullmatch(path.name) is not None


def remove_temporary(folder: Path, of: str = "") -> list[Path]:
    """Remove what killed writers left in a folder; return what was removed.

    A file that is still being written is locked by its writer, and stays.

    Parameters
    ----------
    folder
        The folder.
    of
        The name of the file that they were writing; any unless given.
    """
    removed = []
    begin = f".{of}." if of else "."
    with os_errors("tidy", folder):
        for path in sorted(folder.iterdir()):
            is_left = is_temporary(path) and path.name.startswith(begin)
            if is_left and path.is_file() and not is_locked(path):
                path.unlink(missing_ok=True)
                removed.append(path)
    return removed


def missing_file(path: PartPath) -> CorruptRunError:
    """Return the error for a file that a run should have and does not."""
    return CorruptRunError(f"{path} is missing.", _how_to_repair(path))


def damaged_file(path: PartPath, why: str) -> CorruptRunError:
    """Return the error for a file of a run that is not what was committed."""
    return CorruptRunError(f"{path} is damaged: {why}.", _how_to_repair(path))


def _put(temporary: Path, path: Path) -> None:
    """Give a file its name; a folder that stands there makes room."""
    try:
        temporary.replace(path)
    except IsADirectoryError:
        make_room(path)
        temporary.replace(path)


def _clear_folder(path: Path) -> None:
    """Remove an empty folder; set aside one that holds something."""
    try:
        path.rmdir()
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        set_aside(path)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Name a file that is missing, or is none: reading a device might never end."""
    with os_errors("read", path):
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                raise damaged_file(path, what_stands_at(path))
            yield
        except (FileNotFoundError, NotADirectoryError) as error:
            raise missing_file(path) from error
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise damaged_file(path, "it is a link that leads to itself") from error
            raise


def _json(content: dict[str, Any]) -> bytes:
    """JSON for people: one line for each value, in the order of names."""
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False)
    return f"{text}\n".encode(errors="replace")


def _sealed(content: dict[str, Any]) -> bytes:
    """JSON that holds the checksum of all else in it."""
    return _json({**content, _CHECKSUM: hashlib.sha256(_json(content)).hexdigest()})


def _how_to_repair(path: PartPath) -> str:
    """Sentence that names the run in whose folder a file is or should be."""
    run = next((name[:12] for name in path.parts if _RUN_ID.fullmatch(name)), "RUN")
    return (
        f"Find out what else is wrong with `ape verify {run}`; what is missing can be simulated "
        f"again from the question with `ape resume {run}`."
    )


@contextmanager
def _temporary(path: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """Open a new file beside the path, locked while it is written, removed if that fails."""
    temporary = path.with_name(f".{path.name}.{token_hex(8)}.tmp")
    descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
    with cast("BinaryIO", os.fdopen(descriptor, "wb")) as file:
        try:
            lock_open_file(descriptor)
            yield temporary, file
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
