"""Runs of the store that are fit to be shown together to somebody who asked for none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ape_core.analysis.same_patients import LEAST_RUNS, MOST_RUNS
from ape_core.errors import ApeError
from ape_core.runs import Run, list_runs
from ape_core.storage.changes import is_varied
from widgets.several.protocols import is_listed

if TYPE_CHECKING:
    from ape_core.storage.store import Store

_MOST_LOOKED_AT: Final = 200
"""Newest runs among which one looks for some of the same patients."""


def usual_groups(store: Store, beside: str = "") -> list[list[str]]:
    """Give the runs that are of the same patients: those of a run, then complete ones, the newest.

    Parameters
    ----------
    store
        Where to look.
    beside
        The beginning of the id of a run whose patients come first; none when empty.
    """
    alike: dict[str, list[Run]] = {}
    for run in list_runs(store)[:_MOST_LOOKED_AT]:
        try:
            if is_usual(run, store):
                alike.setdefault(_patients_of(run), []).append(run)
        except ApeError:
            continue
    groups = [runs[:MOST_RUNS] for runs in alike.values() if len(runs) >= LEAST_RUNS]
    groups.sort(key=lambda runs: _rank(runs, beside))
    return [[run.run_id for run in runs[::-1]] for runs in groups]


def is_usual(run: Run, store: Store) -> bool:
    """Whether somebody who asked for nothing may expect to see a run.

    That is, whether it is complete or on its way, of the shipped numbers of the disease, and of a
    protocol of the list: a sweep leaves many that are not.

    Raises
    ------
    ApeError
        Its question cannot be read.
    """
    spec = run.spec
    if not spec.is_current or is_varied(spec):
        return False
    if not is_listed(spec.protocol, store.path):
        return False
    progress = run.progress()
    return progress.status != "failed" and not (progress.cancelled or progress.error)


def _rank(runs: list[Run], beside: str) -> tuple[bool, bool]:
    """Lower for what is shown first; the newest come first among equals."""
    asked = any(beside and run.run_id.startswith(beside) for run in runs)
    return not asked, any(run.status not in ("complete", "running", "queued") for run in runs)


def _patients_of(run: Run) -> str:
    """What two runs must share to be compared."""
    question = run.spec.question()
    shared = {name: question[name] for name in ("model_version", "cohort", "years", "seed")}
    return repr((shared, question.get("capacity"), question["model"]["parameters"]))
