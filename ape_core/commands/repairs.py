"""What was made good in a run, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from ape_core.runs.handle import Run
from ape_core.storage.checkpoint import CHECKPOINT_FILE
from ape_core.storage.verify import Problem


def repairs(run: Run, problems: Sequence[Problem]) -> list[str]:
    """Say which patients were simulated again, and what else was made again, each once.

    Parameters
    ----------
    run
        The run: complete again, or as far as it was.
    problems
        What was wrong with it.
    """
    return list(dict.fromkeys(_repair(run, problem, problems) for problem in problems))


def _repair(run: Run, problem: Problem, problems: Sequence[Problem]) -> str:
    """What was done about one problem."""
    if problem.part is None:
        if problem.file == CHECKPOINT_FILE and run.folder.is_complete():
            return f"All patients were simulated again, as {problem.file} was damaged or missing."
        if problem.file == CHECKPOINT_FILE:
            return (
                f"All patients are to be simulated again, as {problem.file} was damaged or missing."
            )
        return f"{problem.file} was damaged or missing and has been written again."
    files = sorted({other.file for other in problems if other.part == problem.part})
    size = run.folder.checkpoint().chunk_size
    first = problem.part * size
    last = min(first + size, run.n_patients) - 1
    verb = "was" if len(files) == 1 else "were"
    done = {part.index for part in run.folder.checkpoint().parts}
    again = (
        "were simulated again" if problem.part in done else "are simulated again when it goes on"
    )
    return (
        f"Patients {first:,} to {last:,} {again}, as {' and '.join(files)} {verb} damaged or "
        "missing."
    )
