"""What is wrong in a store, found without reading rows, and said in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ape_core.errors import ApeError
from ape_core.runs.handle import Run
from ape_core.runs.slots import dead_tickets
from ape_core.storage.files import SET_ASIDE
from ape_core.storage.names import read_names
from ape_core.storage.store import Store
from ape_core.storage.tiers import COLD
from ape_core.storage.verify import glance

_LEFTOVERS: Final = ("runs/.new-*", "runs/.trash-*", "runs/*/.*.tmp", "runs/*/*/.*.tmp")


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong in a store.

    Attributes
    ----------
    where
        The run, or "store".
    kind
        "interrupted", "failed", "damaged", "half archived", "leftover" or "foreign".
    what, what_to_do
        In words.
    is_error
        Whether something cannot be used until it is repaired.
    """

    where: str
    kind: str
    what: str
    what_to_do: str
    is_error: bool = False


def find(store: Store, runs: list[Run]) -> list[Finding]:
    """Look at every run of a store, and at what else is in it."""
    found = [finding for run in runs for finding in _of_run(run)]
    return [*found, *_leftover_findings(store), *_foreign(store)]


def leftovers(store: Store) -> list[Path]:
    """Files and folders that killed processes left behind."""
    found = {path for pattern in _LEFTOVERS for path in store.path.glob(pattern)}
    for folder in store.list():
        with suppress(ApeError):  # of a damaged run nobody can say what belongs to it
            found |= set() if folder.is_locked() else set(folder.stray_files())
    with suppress(ApeError):
        found |= set(dead_tickets(store.path))
    return sorted(found)


def _of_run(run: Run) -> Iterator[Finding]:
    """What is wrong with a run."""
    short = run.run_id[:12]
    progress = run.progress()
    if progress.status in ("running", "queued"):
        return
    damage = list(_damage(run))
    yield from damage
    if progress.status == "failed" and not damage:
        what = f"{progress.story} {progress.error}".strip()
        yield Finding(short, "failed", what, progress.hint, is_error=True)
    if progress.status == "interrupted":
        again = f"`ape resume {short}` goes on from there, `ape delete {short}` removes it."
        yield Finding(short, "interrupted", progress.story or progress.error, again)
    if progress.status == "complete" and not damage:
        yield from _tier_findings(run)
    if not read_names(run.folder).is_readable:
        what = "The file with its name and note cannot be read; nothing else is affected."
        yield Finding(short, "damaged", what, f"Name it again: `ape rename {short} NAME`.")


def _damage(run: Run) -> Iterator[Finding]:
    """Files of a run that are not what was committed."""
    short = run.run_id[:12]
    try:
        problems = glance(run.folder)
    except ApeError as error:
        yield Finding(short, "damaged", error.message, error.hint, is_error=True)
        return
    for problem in problems[:_MOST_FILES]:
        what = problem.what.replace(f"{run.folder.path}/", "")
        yield Finding(short, "damaged", what, problem.what_to_do, is_error=True)
    if len(problems) > _MOST_FILES:
        what = f"{len(problems) - _MOST_FILES:,} more of its files are damaged or missing."
        yield Finding(short, "damaged", what, f"`ape verify {short}` names them.", is_error=True)


_MOST_FILES: Final = 5
"""So many files of one run are named."""


def _tier_findings(run: Run) -> Iterator[Finding]:
    """Why a complete run could not be archived, or where that was interrupted."""
    short = run.run_id[:12]
    error = run.folder.read_error()
    if error is not None:
        what, hint = str(error.get("error", "")), str(error.get("hint", ""))
        yield Finding(short, "half archived", what, hint)
    parts = run.folder.checkpoint().parts
    n_cold = sum(part.tier == COLD for part in parts)
    if 0 < n_cold < len(parts):
        yield Finding(
            short,
            "half archived",
            f"It is archived in part, {n_cold:,} of {len(parts):,} parts; all of it can be read.",
            f"`ape archive {short}` goes on, `ape restore {short}` goes back.",
        )


def _leftover_findings(store: Store) -> Iterator[Finding]:
    """What killed processes left, in one sentence."""
    number = len(leftovers(store))
    if number:
        yield Finding(
            "store",
            "leftover",
            f"Processes that were killed left temporary files or folders: {number}.",
            "They do no harm; `ape doctor --clean` removes them.",
        )


def _foreign(store: Store) -> Iterator[Finding]:
    """What is in the store and no part of it: nobody but a person may remove it."""
    keep = "APE neither uses nor removes it; remove it yourself if nobody needs it."
    for path in sorted(store.runs_path.glob("*")):
        if path.name not in store and not path.name.startswith("."):
            what = f"{path} is no run, as its name is not the hash of a question."
            yield Finding("store", "foreign", what, keep)
    for path in sorted(store.runs_path.glob(f"*/**/*.{SET_ASIDE}-*")):
        what = f"{path} stood in the place of a file of the run and was set aside."
        yield Finding(path.relative_to(store.runs_path).parts[0][:12], "foreign", what, keep)
