"""`ape verify` and `ape digest`."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from ape_core.commands.answer import Answer, paragraph
from ape_core.commands.repairs import repairs
from ape_core.runs.completing import complete
from ape_core.runs.console import ProgressLine
from ape_core.runs.handle import Run
from ape_core.runs.starting import open_run
from ape_core.storage.verify import Problem


def verify(asked: argparse.Namespace) -> Answer:
    """Check every file of a run; with --repair compute again what is damaged or missing."""
    run = open_run(asked.run)
    problems = run.verify()
    if not problems:
        text = f"Run {run.run_id[:12]} is sound: every file is as it was committed."
        if not run.folder.is_complete():
            done = run.progress()
            text += (
                f" It is not complete: {done.patients_committed:,} of {done.n_patients:,} patients "
                "are committed."
            )
        return Answer(_found(run, [], repaired=False), text)
    if asked.repair:
        return _repair(run, problems)
    text = f"Run {run.run_id[:12]} is damaged:\n\n{_shown(run, problems)}"
    return Answer(_found(run, problems, repaired=False), text, status=2)


def digest(asked: argparse.Namespace) -> Answer:
    """One SHA-256 over all rows of a run in patient order."""
    run = open_run(asked.run)
    value = run.digest()
    return Answer({"run_id": run.run_id, "digest": value}, value)


def _repair(run: Run, problems: list[Problem]) -> Answer:
    """Compute again what is damaged, and check everything once more."""
    line = ProgressLine()
    try:
        complete(run, observe=line.show, check=True)
    finally:
        line.close()
    left = run.verify()
    if left:
        text = f"Run {run.run_id[:12]} is still damaged:\n\n{_shown(run, left)}"
        return Answer(_found(run, left, repaired=False), text, status=2)
    repaired = "\n".join(map(paragraph, repairs(run, problems)))
    text = f"Run {run.run_id[:12]} is sound again. It had been damaged:\n\n{repaired}"
    return Answer(_found(run, problems, repaired=True), text)


def _found(run: Run, problems: list[Problem], *, repaired: bool) -> dict[str, Any]:
    """What programs are told."""
    return {
        "run_id": run.run_id,
        "sound": repaired or not problems,
        "repaired": repaired,
        "problems": [asdict(problem) for problem in problems],
    }


def _shown(run: Run, problems: list[Problem]) -> str:
    """Problems for people, with files as they are named in the folder of the run."""
    sentences = []
    for problem in problems:
        what = problem.what.replace(f"{run.folder.path}/", "")
        named = what if what.startswith(problem.file) else f"{problem.file}: {what}"
        sentences.append(f"{named} {problem.what_to_do}")
    return "\n".join(map(paragraph, sentences))
