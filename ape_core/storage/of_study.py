"""Which runs were begun as one of the many of a study, which lists leave out until asked for.

A mark in the folder of a run says so, and nothing else depends on it. Whoever asks the question of
such a run for its own sake takes the mark away; so does a name or a note, which make it somebody's.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from ape_core.storage.names import read_names
from ape_core.storage.run_folder import RunFolder

STUDY_FILE: Final = "study"


def is_of_study(folder: RunFolder) -> bool:
    """Whether a run was simulated for nothing but a study: draws, a tornado or a sweep."""
    return (folder.path / STUDY_FILE).exists() and not read_names(folder).are_given


def mark_of_study(folder: RunFolder) -> None:
    """Note that a run was begun for a study; where that cannot be written, lists show the run."""
    with suppress(OSError):
        (folder.path / STUDY_FILE).touch()


def unmark_of_study(folder: RunFolder) -> None:
    """Note that somebody asked for the run itself."""
    with suppress(OSError):
        (folder.path / STUDY_FILE).unlink(missing_ok=True)
