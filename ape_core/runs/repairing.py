"""Computes again, from its question, what is damaged in a run."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from ape_core.errors import CorruptRunError
from ape_core.limits import CHUNK_SIZE
from ape_core.runs.runner import Runner
from ape_core.storage.checkpoint import CHECKPOINT_FILE
from ape_core.storage.files import write_atomic
from ape_core.storage.run_folder import PROVENANCE_FILE, SPEC_FILE, RunFolder
from ape_core.storage.verify import Problem, verify


def repair(folder: RunFolder, runner: Runner) -> list[Problem]:
    """Check every file of a run and make good what is not as it was committed.

    A damaged summary is only dropped: running makes it again.

    Parameters
    ----------
    folder
        The run, whose lock this process holds.
    runner
        Simulates the patients of damaged parts again.

    Returns
    -------
    list of Problem
        What was wrong.

    Raises
    ------
    CorruptRunError
        When the question itself is damaged, from which everything else could be made again.
    """
    folder.spec()
    problems = verify(folder)
    files = {problem.file for problem in problems}
    if PROVENANCE_FILE in files:
        (folder.path / PROVENANCE_FILE).unlink(missing_ok=True)
    if any(problem.file == CHECKPOINT_FILE and problem.part is None for problem in problems):
        folder.reset(CHUNK_SIZE)
        return problems
    if SPEC_FILE in files:
        _rewrite_spec(folder)
    parts = {problem.part for problem in problems if problem.part is not None}
    if parts:
        runner.recompute([_patients(folder, index) for index in sorted(parts)])
    return problems


def _rewrite_spec(folder: RunFolder) -> None:
    """Write the question as a new run would have it, and commit that."""
    text = folder.spec().to_json().encode()
    write_atomic(folder.path / SPEC_FILE, text)
    digest = hashlib.sha256(text).hexdigest()
    folder.committed.save(replace(folder.checkpoint(), spec_sha256=digest))


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
