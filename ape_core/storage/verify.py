"""Whether every file of a run is what was committed, and what to do where it is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ape_core.errors import CorruptRunError, StoreError
from ape_core.simulation.chunk import rows_increase
from ape_core.storage.checkpoint import CHECKPOINT_FILE, Checkpoint, PartRecord, load_summary
from ape_core.storage.files import damaged_file, sha256_file, what_stands_at
from ape_core.storage.parts import open_part, part_path, part_size, record_path
from ape_core.storage.run_folder import (
    CANCEL_FILE,
    ERROR_FILE,
    PROGRESS_FILE,
    PROVENANCE_FILE,
    SPEC_FILE,
    RunFolder,
)
from ape_core.storage.tables import KEYS, TABLES

if TYPE_CHECKING:
    from ape_core.storage.arrow import PartFile

_PartCheck = Callable[[RunFolder, PartRecord, str, int | None], None]
"""Checks one table of a part of a run of so many years."""

_NOT_READ: Final = (PROGRESS_FILE, ERROR_FILE, CANCEL_FILE)
_ALWAYS: Final = (SPEC_FILE, CHECKPOINT_FILE, PROVENANCE_FILE, *_NOT_READ)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a run.

    Attributes
    ----------
    file
        The file, relative to the folder of the run.
    what
        What is wrong with it.
    what_to_do
        How to repair it.
    part
        Index of the part, where a part has to be computed again.
    """

    file: str
    what: str
    what_to_do: str
    part: int | None = None


def verify(folder: RunFolder) -> list[Problem]:
    """Check every file that is committed: checksums, schema, order, rows and patients.

    Reads every byte, a row group at a time. A run that is not complete can be verified too: what
    is committed of it is checked.

    Returns
    -------
    list of Problem
        Empty when the run is as it was committed.

    Raises
    ------
    StoreError
        When the operating system refuses to let files be read.
    """
    return list(_problems(folder, _check_part))


def glance(folder: RunFolder) -> list[Problem]:
    """Check the same without reading rows: of the parts, only that they are there in full.

    Takes milliseconds, however large the run is.
    """
    return list(_problems(folder, _check_size))


def _problems(folder: RunFolder, check_part: _PartCheck) -> Iterator[Problem]:
    """Find what is wrong, file by file."""
    run = folder.run_id[:12]
    yield from _misplaced(folder)
    years = n_patients = None
    try:
        years, n_patients = folder.spec().years, folder.spec().cohort.n_patients
    except CorruptRunError as error:
        yield Problem(SPEC_FILE, error.message, error.hint)
    try:
        checkpoint = folder.checkpoint()
    except CorruptRunError as error:
        again = f"Simulate the run again from its question: `ape resume {run}`."
        yield Problem(CHECKPOINT_FILE, error.message, again)
        return
    if n_patients is not None:
        yield from _spec_copy_problems(folder, checkpoint)
        yield from _range_problems(checkpoint, n_patients)
    for part in checkpoint.parts:
        yield from _part_problems(folder, part, years, check_part)
    yield from _summary_problems(folder, checkpoint)
    yield from _provenance_problems(folder)


def known_files(folder: RunFolder) -> list[str]:
    """Return the files that a run has or may have, relative to its folder, without its lock."""
    try:
        checkpoint = folder.checkpoint()
    except (CorruptRunError, StoreError):
        return list(_ALWAYS)
    parts = [
        str(part_path(folder.path, table, part.index, part.tier).relative_to(folder.path))
        for part in checkpoint.parts
        for table in TABLES
        if not part.place
    ]
    return [*_ALWAYS, *([checkpoint.summary_file] if checkpoint.summary_file else []), *parts]


def _misplaced(folder: RunFolder) -> Iterator[Problem]:
    """Find what stands in the place of a file, and files in the place of folders."""
    again = f"Have it set right: `ape resume {folder.run_id[:12]}`."
    for name in known_files(folder):
        path = folder.path / name
        # Whoever reads one of the others finds a folder there by itself.
        what = what_stands_at(path) if name in _NOT_READ or path.is_symlink() else ""
        if what:
            yield Problem(name, f"{path} is damaged: {what}.", again)
    for table in TABLES:
        path = folder.path / table
        if path.exists() and not path.is_dir():
            yield Problem(table, f"{path} is damaged: a file stands in its place.", again)


def _spec_copy_problems(folder: RunFolder, checkpoint: Checkpoint) -> Iterator[Problem]:
    """Find a change of what is said about the question, which its own hash does not cover."""
    if sha256_file(folder.path / SPEC_FILE) != checkpoint.spec_sha256:
        yield Problem(
            SPEC_FILE,
            f"{folder.path / SPEC_FILE} was edited or damaged: its question is intact, but not "
            "the names, titles or layout around it.",
            f"Have it written again: `ape resume {folder.run_id[:12]}`.",
        )


def _range_problems(checkpoint: Checkpoint, n_patients: int) -> Iterator[Problem]:
    """Find parts that do not hold the patients that their index says, each once."""
    size = checkpoint.chunk_size
    for part in checkpoint.parts:
        expected = (part.index * size, min((part.index + 1) * size, n_patients))
        if (part.first, part.stop) != expected or part.first >= part.stop:
            yield Problem(
                CHECKPOINT_FILE,
                f"Part {part.index} is said to hold patients {part.first} to {part.stop - 1}, "
                f"not {expected[0]} to {expected[1] - 1}.",
                "Simulate the part again.",
                part.index,
            )


def _part_problems(
    folder: RunFolder, part: PartRecord, years: int | None, check_part: _PartCheck
) -> Iterator[Problem]:
    """Find the first thing that is wrong with each file of a part."""
    again = (
        f"Patients {part.first} to {part.stop - 1} can be simulated again from the question: "
        f"`ape resume {folder.run_id[:12]}`."
    )
    for table in TABLES:
        name = str(record_path(folder.path, table, part)).removeprefix(f"{folder.path}/")
        try:
            check_part(folder, part, table, years)
        except CorruptRunError as error:
            yield Problem(name, error.message, again, part.index)


def _check_size(folder: RunFolder, part: PartRecord, table: str, _years: int | None) -> None:
    """Raise CorruptRunError unless there is a file of the size that was committed.

    Of what is in an object store, nothing is asked: that takes its time and may cost money.
    """
    if part.place:
        return
    path, expected = record_path(folder.path, table, part), part.bytes_of(table)
    found = part_size(folder.path, table, part)
    if found != expected:
        raise damaged_file(path, f"it has {found:,} bytes, not {expected:,}")


def _check_part(folder: RunFolder, part: PartRecord, table: str, years: int | None) -> None:
    """Raise CorruptRunError unless a file is what was committed and follows the schema."""
    from ape_core.storage.arrow import arrow_schema

    file = open_part(folder.path, table, part)
    if years is not None and not file.schema.equals(arrow_schema(table, years)):
        raise damaged_file(file.path, "its columns are not those of the schema")
    if file.n_rows != part.rows_of(table):
        raise damaged_file(file.path, f"it has {file.n_rows} rows, not {part.rows_of(table)}")
    _check_rows(file, part)


def _check_rows(file: PartFile, part: PartRecord) -> None:
    """Raise CorruptRunError unless the rows are sorted and those of the patients of the part."""
    from ape_core.storage.arrow import to_numpy

    keys = KEYS[file.table]
    last: dict[str, np.ndarray] = {}
    n_patients = 0
    for group in range(file.n_groups):
        rows = to_numpy(file.table, file.read(group, keys))
        joined = {key: np.concatenate([last.get(key, rows[key][:0]), rows[key]]) for key in keys}
        if not rows_increase(joined, keys):
            raise damaged_file(file.path, f"its rows are not sorted by {', '.join(keys)}")
        ids = rows["patient_id"]
        if len(ids) and not part.first <= ids[0] <= ids[-1] < part.stop:
            raise damaged_file(file.path, f"it holds patients {ids[0]} to {ids[-1]}")
        n_patients += len(np.unique(ids))
        last = {key: rows[key][-1:] for key in keys}
    if file.table == "patients" and n_patients != part.stop - part.first:
        raise damaged_file(file.path, f"it holds {n_patients} patients")


def _summary_problems(folder: RunFolder, checkpoint: Checkpoint) -> Iterator[Problem]:
    """Find a summary that is missing, or is not the one that was committed."""
    again = f"Make it again from the question: `ape resume {folder.run_id[:12]}`."
    if checkpoint.parts and checkpoint.summary_file is None:
        yield Problem("summary", "There is no summary of the committed parts.", again)
    try:
        load_summary(folder.path, checkpoint)
    except CorruptRunError as error:
        now = folder.checkpoint()
        if now.summary_file != checkpoint.summary_file:
            # A worker has committed meanwhile, which replaces the summary.
            yield from _summary_problems(folder, now)
            return
        yield Problem(checkpoint.summary_file or "summary", error.message, again)


def _provenance_problems(folder: RunFolder) -> Iterator[Problem]:
    """Find a record of versions and times that cannot be read."""
    try:
        folder.read_provenance()
    except CorruptRunError as error:
        yield Problem(
            PROVENANCE_FILE,
            error.message,
            "The rows are not affected; versions and times are unknown. Have it removed: "
            f"`ape resume {folder.run_id[:12]}`.",
        )
