"""Making good whatever can be made good in a store, without touching runs that are in use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ape_core.errors import ApeError, CorruptRunError
from ape_core.runs.completing import complete
from ape_core.runs.execution import Observer
from ape_core.runs.handle import Run
from ape_core.runs.slots import remove_dead_tickets

if TYPE_CHECKING:
    from ape_core.storage.store import Store
    from ape_core.storage.verify import Problem


@dataclass
class Mended:
    """What repairing a store came to.

    Attributes
    ----------
    removed
        What killed processes had left, relative to the store.
    repaired
        What was damaged in each run and is made good.
    refused
        Runs that could not be repaired, and why.
    in_use
        Runs that were left alone, as somebody uses them.
    """

    removed: list[str] = field(default_factory=list)
    repaired: dict[str, list[Problem]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    in_use: list[str] = field(default_factory=list)


def mend_store(
    store: Store,
    runs: list[Run],
    looking_at: Callable[[Run], None] | None = None,
    observe: Observer | None = None,
) -> Mended:
    """Check every file of every run that nobody uses, and make good what is damaged.

    A complete run is complete and sound afterwards. One that was interrupted stays so: what was
    damaged is simulated again with the rest when it is resumed. Nothing is lost, since everything
    follows from the question; nothing that is not known to be of APE is removed.

    Parameters
    ----------
    store
        The store.
    runs
        Its runs.
    looking_at
        Told which run is looked at.
    observe
        Told how far the repair of a run is.
    """
    mended = Mended()
    n_dead = remove_dead_tickets(store.path)
    mended.removed += [f"queue: {n_dead} places of processes that are gone"] if n_dead else []
    for run in runs:
        if looking_at is not None:
            looking_at(run)
        try:
            problems = mend(run, observe)
        except ApeError as error:
            mended.refused[run.run_id] = str(error)
            continue
        if problems is None:
            mended.in_use.append(run.run_id)
        elif problems:
            mended.repaired[run.run_id] = problems
    mended.removed += store.clean_temporary()
    return mended


def mend(run: Run, observe: Observer | None = None) -> list[Problem] | None:
    """Make good what is damaged in a run; None when somebody uses it.

    Raises
    ------
    CorruptRunError
        When its question is lost, from which everything else could be made again.
    ApeError
        When it cannot be simulated or written here.
    """
    from ape_core.runs.repairing import forget_damaged, repair_question
    from ape_core.storage.verify import verify

    lock = run.folder.acquire()
    if lock is None:
        return None
    with lock:
        mended = repair_question(run.folder)
        found = verify(run.folder)
        if not found:
            return mended
        if _is_unfinished(run):
            return [*mended, *forget_damaged(run.folder)]
    complete(run, observe=observe, check=True)
    return [*mended, *found]


def _is_unfinished(run: Run) -> bool:
    """Whether a run is known to be incomplete; of one without a checkpoint nobody knows."""
    try:
        return not run.folder.is_complete()
    except CorruptRunError:
        return False
