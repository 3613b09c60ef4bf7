"""Makes good, from its question, what is damaged in a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ape_core.errors import CorruptRunError
from ape_core.runs.sizes import chunk_size_of
from ape_core.storage.checkpoint import CHECKPOINT_FILE
from ape_core.storage.files import make_room, read_bytes, set_aside, write_atomic
from ape_core.storage.run_folder import PROVENANCE_FILE, SPEC_FILE, RunFolder
from ape_core.storage.tables import TABLES
from ape_core.storage.verify import Problem, known_files, verify

if TYPE_CHECKING:
    from ape_core.runs.runner import Runner


def repair_question(folder: RunFolder) -> list[Problem]:
    """Put back a question that cannot be read, from the copy in the checkpoint.

    Only for the holder of the lock of the run. Everything else can be made again from it.

    Returns
    -------
    list of Problem
        What was wrong; empty when the question could be read.

    Raises
    ------
    CorruptRunError
        When no copy is left either.
    """
    try:
        folder.spec()
    except CorruptRunError as error:
        if folder.spec_copy() is None:
            raise
        folder.restore_spec()
        again = "It was written again, as the checkpoint holds a copy."
        return [Problem(SPEC_FILE, error.message, again)]
    return []


def repair(folder: RunFolder, runner: Runner) -> list[Problem]:
    """Check every file of a run and make good what is not as it was committed.

    A damaged summary is only dropped: running makes it again.

    Parameters
    ----------
    folder
        The run, whose question can be read and whose lock this process holds.
    runner
        Simulates the patients of damaged parts again.

    Returns
    -------
    list of Problem
        What was wrong and is made good: without parts that are still to do when it was stopped.
    """
    problems = verify(folder)
    parts = _set_right(folder, problems)
    done = runner.recompute([_patients(folder, index) for index in parts]) if parts else set()
    return [
        problem
        for problem in problems
        if problem.part is None or problem.part in done or problem.part not in parts
    ]


def forget_damaged(folder: RunFolder) -> list[Problem]:
    """Make good what is damaged in a run that is not complete, without simulating anything.

    What cannot be written again at once is no longer committed: whoever goes on with the run
    simulates it with the rest.

    Parameters
    ----------
    folder
        The run, whose question can be read and whose lock this process holds.
    """
    problems = verify(folder)
    parts = _set_right(folder, problems)
    summary = folder.checkpoint().summary_file
    if parts or any(problem.file == summary for problem in problems):
        folder.committed.drop_parts(parts)
    return problems


def _set_right(folder: RunFolder, problems: list[Problem]) -> list[int]:
    """Make good all that needs no simulation; return the parts that are left to do."""
    files = {problem.file for problem in problems}
    for name in sorted(files & {*known_files(folder), *TABLES}):  # a folder before what is in it
        _put_file(folder.path / name)
    if PROVENANCE_FILE in files:
        (folder.path / PROVENANCE_FILE).unlink(missing_ok=True)
    if CHECKPOINT_FILE in files and not _has_checkpoint(folder):
        folder.reset(chunk_size_of(folder.spec()))
        return []
    if SPEC_FILE in files:
        folder.restore_spec()
    return sorted({problem.part for problem in problems if problem.part is not None})


def _has_checkpoint(folder: RunFolder) -> bool:
    """Whether it can be read what is committed."""
    try:
        folder.checkpoint()
    except CorruptRunError:
        return False
    return True


def _put_file(path: Path) -> None:
    """Put a file in the place of a link to it, and clear the place of anything else."""
    if path.name in TABLES:
        if path.exists() and not path.is_dir():
            set_aside(path)
        return
    if path.is_symlink():
        try:
            write_atomic(path, read_bytes(path))
        except CorruptRunError:
            path.unlink(missing_ok=True)
    else:
        make_room(path)


def _patients(folder: RunFolder, index: int) -> tuple[int, int]:
    """Patients that a part has to hold."""
    size = folder.checkpoint().chunk_size
    first, n_patients = index * size, folder.spec().cohort.n_patients
    if first >= n_patients:
        raise CorruptRunError(
            f"Part {index} of run {folder.run_id[:12]} is beyond the last patient.",
            f"Delete the run with `ape delete {folder.run_id[:12]}` and ask again.",
        )
    return first, min(first + size, n_patients)
