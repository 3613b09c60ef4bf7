"""Files that are either complete or absent, whatever is killed and when."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import Any, BinaryIO, Final, cast

from ape_core.errors import CorruptRunError
from ape_core.storage.locks import is_locked, lock_open_file
from ape_core.storage.os_errors import os_errors

_TEMPORARY: Final = re.compile(r"\..+\.[0-9a-f]{16}\.tmp")
_RUN_ID: Final = re.compile(r"[0-9a-f]{64}")
_BLOCK_BYTES: Final = 1 << 20


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
    with os_errors("write", path), _temporary(path) as (temporary, file):
        file.write(data)
        file.flush()
        if durable:
            os.fsync(file.fileno())
        temporary.replace(path)
        if durable:
            sync_folder(path.parent)


def write_json(path: Path, content: dict[str, Any], *, durable: bool = True) -> None:
    """Replace a file by a JSON object."""
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False)
    write_atomic(path, f"{text}\n".encode(), durable=durable)


def read_bytes(path: Path) -> bytes:
    """Return the content of a file of a run.

    Raises
    ------
    CorruptRunError
        When the file is missing.
    StoreError
        When the operating system refuses.
    """
    with os_errors("read", path):
        try:
            return path.read_bytes()
        except FileNotFoundError as error:
            raise missing_file(path) from error


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file of a run; CorruptRunError when there is none."""
    try:
        content = json.loads(read_bytes(path))
    except ValueError as error:
        raise damaged_file(path, "it is not JSON") from error
    if not isinstance(content, dict):
        raise damaged_file(path, "it is not a JSON object")
    return content


def sha256_file(path: Path) -> str:
    """Return the SHA-256 of a file, read block by block; CorruptRunError when it is missing."""
    digest = hashlib.sha256()
    with os_errors("read", path):
        try:
            with path.open("rb") as file:
                while block := file.read(_BLOCK_BYTES):
                    digest.update(block)
        except FileNotFoundError as error:
            raise missing_file(path) from error
    return digest.hexdigest()


def make_folder(path: Path) -> None:
    """Create a folder, and those above it, unless it is there."""
    with os_errors("create", path):
        path.mkdir(parents=True, exist_ok=True)


def sync_folder(path: Path) -> None:
    """Wait until the disk has the names in a folder."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_temporary(folder: Path) -> list[Path]:
    """Remove what killed writers left in a folder; return what was removed.

    A file that is still being written is locked by its writer, and stays.
    """
    removed = []
    with os_errors("tidy", folder):
        for path in sorted(folder.iterdir()):
            if _TEMPORARY.fullmatch(path.name) and not is_locked(path):
                path.unlink(missing_ok=True)
                removed.append(path)
    return removed


def missing_file(path: Path) -> CorruptRunError:
    """Return the error for a file that a run should have and does not."""
    return CorruptRunError(f"{path} is missing.", _how_to_repair(path))


def damaged_file(path: Path, why: str) -> CorruptRunError:
    """Return the error for a file of a run that is not what was committed."""
    return CorruptRunError(f"{path} is damaged: {why}.", _how_to_repair(path))


def _how_to_repair(path: Path) -> str:
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
