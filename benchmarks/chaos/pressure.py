"""A worker whose neighbour takes the memory away, in a real group: it does less, waits, goes on.

The neighbour leaves so little that the worker must work on one thread, then pause, then go back to
the queue; and gives it back each time. The rows must be those of an undisturbed run, and the system
must not have killed anything.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

from ape_core.runs.handle import Run
from ape_core.runs.slots import queued_runs
from benchmarks.chaos.common import (
    PROTOCOL,
    Row,
    await_that,
    demand,
    new_run,
    question,
    reopened,
    row,
    tell,
    undisturbed,
    workplace,
)
from benchmarks.chaos.memory_groups import MB, Hog, MemoryGroup, memory_group
from benchmarks.chaos.one_gigabyte import workers

LIMIT_MB: Final = 600
N_PATIENTS: Final = 3_000_000
"""So many that a fast machine is still at work when the memory is taken for the third time."""

CHUNK_SIZE: Final = 1_000
YEARS: Final = 2
TIGHT_MB, SHORT_MB, NOTHING_MB = 70, 35, 12
"""Left by the neighbour of 600 MB: below 15%, below 7%, and below half of that."""

ROOT: Final = Path(__file__).parents[2]


def rows(*, short: bool = False) -> list[Row]:
    """Rows of the table."""
    with workplace() as folder, memory_group(LIMIT_MB) as group:
        if group is None:
            return [row("pressure", 0, "this machine allows no control group", "skipped")]
        return [_press(group, folder / "store", N_PATIENTS // (4 if short else 1))]


def _press(group: MemoryGroup, store: Path, n_patients: int) -> Row:
    """Take memory away in three degrees, and see that the run ends as any other."""
    spec = question(n_patients, YEARS)
    run = new_run(store, spec, CHUNK_SIZE)
    said: list[str] = []
    most = [0.0, 0.0]
    ended = threading.Event()
    watch = threading.Thread(target=_watch, args=(run, said, most, ended), daemon=True)
    watch.start()
    hog = Hog(group)
    try:
        _start(group, store, n_patients)
        await_that(lambda: run.progress().patients_committed > 0, "the worker begins")
        degrees = ((TIGHT_MB, "on one thread"), (SHORT_MB, "paused"), (NOTHING_MB, "waiting for"))
        for megabytes, words in degrees:
            left = hog.leave(megabytes)
            tell(f"{left:.0f} MB are left")
            _await_words(run, said, words)
            hog.leave(LIMIT_MB)
            await_that(lambda: run.status in {"running", "complete"}, "the run goes on")
        demand(run.wait(600) == "complete", "the run is complete")
    finally:
        ended.set()
        hog.end()
        watch.join()
    demand(group.n_killed() == 0, "nothing was killed")
    demand(not reopened(run).verify(), "everything is sound")
    demand(reopened(run).digest() == undisturbed(spec), "the rows are those of any other run")
    detail = (
        f"{n_patients:,} patients x {YEARS} years in {LIMIT_MB} MB: one thread, a pause and a "
        f"retreat to the queue; nothing killed, same digest; worker at most {most[0]:.0f} MB RSS, "
        f"waiting {most[1]:.0f} MB; peak of the group {group.peak_mb():.0f} MB"
    )
    return row("pressure", 3, detail)


def _await_words(run: Run, said: list[str], words: str) -> None:
    """Wait until the run has said something like that; a run that has ended says no more."""

    def is_said() -> bool:
        return any(words in phase for phase in said)

    await_that(lambda: is_said() or run.status == "complete", f"the run says {words!r}")
    demand(is_said(), f"the run ended before it said {words!r}")


def _watch(run: Run, said: list[str], most: list[float], ended: threading.Event) -> None:
    """Note what the run says, and the memory of its worker at work and waiting."""
    store = run.folder.path.parents[1]
    while not ended.wait(0.02):
        phase = run.progress().phase
        if not said or said[-1] != phase:
            said.append(phase)
        worker = workers(store).get(run.run_id)
        if worker is None:
            continue
        with suppress(psutil.Error):
            waits = run.run_id in queued_runs(store)
            megabytes = worker.memory_info().rss / MB
            if waits == (run.run_id in queued_runs(store)):
                most[waits] = max(most[waits], megabytes)


def _start(group: MemoryGroup, store: Path, n_patients: int) -> None:
    """Ask the question from within the group."""
    words = [sys.executable, "-m", "ape_core.cli", "run", PROTOCOL, "--detach", "--json"]
    words += ["--patients", str(n_patients), "--years", str(YEARS), "--seed", "1"]
    environment = {**os.environ, "APE_STORE": str(store)}
    subprocess.run(
        group.command(words), cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=True
    )
