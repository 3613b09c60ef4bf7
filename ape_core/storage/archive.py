"""Archiving: the rows of a complete run at maximum compression, and everything else as it is.

The question, the checkpoint, the summary and the provenance stay readable where they are, so that
charts of an archived run open at once. Rows are read from the archived parts themselves.
"""

from __future__ import annotations

from ape_core.errors import CorruptRunError, InvalidInputError
from ape_core.storage.rewriting import Observer, rewrite
from ape_core.storage.run_folder import RunFolder
from ape_core.storage.tiers import COLD
from ape_core.storage.verify import verify


def archive(folder: RunFolder, observe: Observer) -> bool:
    """Archive a complete run that verifies; return whether it is archived, or was stopped before.

    Parameters
    ----------
    folder
        The run, whose lock this process holds.
    observe
        Told how many patients are archived; false stops at the next commit.

    Raises
    ------
    InvalidInputError
        When the run is not complete.
    CorruptRunError
        When it does not verify.
    StoreError
        When the operating system refuses, for instance because the disk is full.
    """
    check_can_be_archived(folder)
    return rewrite(folder, COLD, observe)


def check_can_be_archived(folder: RunFolder) -> None:
    """Raise unless a run is complete and every byte of it is as it was committed."""
    short = folder.run_id[:12]
    if not folder.is_complete():
        raise InvalidInputError(
            f"Run {short} is not complete; only complete runs are archived or deleted by policy.",
            f"Complete it with `ape resume {short}`.",
        )
    problems = verify(folder)
    if problems:
        more = f" And {len(problems) - 1} more." if len(problems) > 1 else ""
        raise CorruptRunError(
            f"Run {short} does not verify and stays as it is: {problems[0].what}{more}",
            problems[0].what_to_do,
        )
