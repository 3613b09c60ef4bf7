"""Moves a run from one tier to the other, part by part, without a moment in which rows are at risk.

A part is written beside the one that it replaces, under a name of its own, flushed to the disk,
read back from there and compared row by row. Then the checkpoint names it, and only then the other
is removed. Whatever is killed in between leaves a checkpoint that names sound files, and at most
some that it does not name.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ape_core.errors import ApeError, StoreError
from ape_core.limits import COMMIT_SECONDS
from ape_core.storage.checkpoint import PartRecord
from ape_core.storage.digest import RowDigest
from ape_core.storage.files import write_atomic
from ape_core.storage.os_errors import os_errors
from ape_core.storage.parts import file_sha256, local_path, open_part
from ape_core.storage.run_folder import RunFolder
from ape_core.storage.tables import TABLES

if TYPE_CHECKING:
    import pyarrow as pa

    from ape_core.storage.arrow import PartFile

Observer = Callable[[int], bool]
"""Told how many patients are done; false ends the work at the next commit."""


def rewrite(folder: RunFolder, tier: str, observe: Observer) -> bool:
    """Bring every part of a run into a tier; return whether all of them are.

    Parameters
    ----------
    folder
        The run, whose lock this process holds.
    tier
        `tiers.COLD` or `tiers.WARM`.
    observe
        Asked before every part.

    Raises
    ------
    CorruptRunError
        When a part is not what was committed. It stays as it is.
    StoreError
        When the operating system refuses, or the disk does not give back what was written.
    """
    folder.clean_temporary(holding_lock=True)
    try:
        return _rewrite_all(folder, tier, observe)
    except BaseException:
        with suppress(ApeError):
            folder.clean_temporary(holding_lock=True)
        raise


def _rewrite_all(folder: RunFolder, tier: str, observe: Observer) -> bool:
    """Rewrite part by part; commit about once a second."""
    parts = folder.checkpoint().parts
    done = sum(part.stop - part.first for part in parts if part.tier == tier)
    waiting = [part for part in parts if part.tier != tier]
    moved: dict[PartRecord, PartRecord] = {}
    due = time.monotonic() + COMMIT_SECONDS
    for part in waiting:
        if not observe(done):
            break
        moved[part] = _rewrite_part(folder, part, tier)
        done += part.stop - part.first
        if time.monotonic() >= due:
            _commit(folder, moved)
            due = time.monotonic() + COMMIT_SECONDS
    _commit(folder, moved)
    observe(done)
    return all(part.tier == tier for part in folder.checkpoint().parts)


def _commit(folder: RunFolder, moved: dict[PartRecord, PartRecord]) -> None:
    """Let the checkpoint name the new files, and then remove the old ones."""
    if not moved:
        return
    folder.committed.replace_parts(moved.values())
    for old in moved:
        for table in TABLES:
            path = local_path(folder.path, table, old)
            with os_errors("remove", path):
                path.unlink(missing_ok=True)
    moved.clear()


def _rewrite_part(folder: RunFolder, part: PartRecord, tier: str) -> PartRecord:
    """Write a part in another tier and make sure that it holds the same rows."""
    new = replace(part, tier=tier)
    for table in TABLES:
        sha256, n_bytes = _rewrite_table(folder.path, table, part, new)
        if table == "visits":
            new = replace(new, visits_sha256=sha256, visits_bytes=n_bytes)
        else:
            new = replace(new, patients_sha256=sha256, patients_bytes=n_bytes)
    return new


def _rewrite_table(folder: Path, table: str, part: PartRecord, new: PartRecord) -> tuple[str, int]:
    """Write one table of a part in another tier; return its SHA-256 and size."""
    from ape_core.storage.arrow import encode_groups

    source = open_part(folder, table, part)
    rows = RowDigest()
    groups = _digested(source, rows)
    data = memoryview(encode_groups(table, groups, source.schema, new.tier))
    path = local_path(folder, table, new)
    write_atomic(path, data)
    _compare(path, source, rows.hexdigest(), file_sha256(data))
    return file_sha256(data), data.nbytes


def _digested(file: PartFile, rows: RowDigest) -> Iterator[pa.Table]:
    """Row groups of a file, which are added to a digest as they pass."""
    from ape_core.storage.arrow import to_numpy

    for number in range(file.n_groups):
        group = file.read(number)
        rows.update(file.table, to_numpy(file.table, group))
        yield group


def _compare(path: Path, source: PartFile, rows_sha256: str, sha256: str) -> None:
    """Read from the disk what was just written, and make sure that it holds the same rows."""
    from ape_core.storage.arrow import PartFile

    content = _read_from_disk(path)
    if file_sha256(content) != sha256:
        raise _not_the_same(path, "the disk does not give back what was written")
    copy = PartFile(path, source.table, content)
    rows = RowDigest()
    for _ in _digested(copy, rows):
        pass
    if rows.hexdigest() != rows_sha256 or not copy.schema.equals(source.schema):
        raise _not_the_same(path, "it does not hold the same rows")


def _read_from_disk(path: Path) -> bytes:
    """Content of a file, which the system is asked to forget first."""
    with os_errors("read", path), path.open("rb") as file:
        with suppress(OSError):
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return file.read()


def _not_the_same(path: Path, why: str) -> StoreError:
    """Error for a rewritten part that must not replace the one before."""
    return StoreError(
        f"{path} was written and read back, but {why}.",
        "Nothing was replaced or removed. Check the disk and the memory of this machine.",
    )
