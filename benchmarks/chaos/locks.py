"""The file of a run's lock removed by hand while a worker holds it, so that a second one comes in.

Two workers on one run are what the lock is for. Without it, whoever commits second has to notice,
and the run has to end with the rows and the summary of an undisturbed one all the same. Every
other time the first worker stands still while the second one overtakes it, and both are ended at
the very commit that has to be refused: let through, it would name parts that its summary does not
count, and nobody would be there to count them.
"""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

from ape_core.runs.handle import Run
from benchmarks.chaos.common import (
    Broken,
    Row,
    alive,
    await_that,
    check_ended,
    check_summary,
    demand,
    new_run,
    question,
    row,
    undisturbed,
    workplace,
)
from benchmarks.chaos.nursery import Nursery

_N_PATIENTS, _CHUNK = 4_000, 50
_OVERTAKEN_BY = 10
"""Parts that the second worker commits while the first stands still."""

_SEED = 20_260_103
_ENDS = ("complete", "StoreError", "CorruptRunError", "killed")


def rows(*, short: bool = False) -> list[Row]:
    """Remove the lock under a worker, ten times or twice."""
    n, rng = 2 if short else 10, random.Random(_SEED)
    outcomes: Counter[str] = Counter()
    broken = []
    with workplace() as place, Nursery() as nursery:
        for number in range(n):
            try:
                outcomes.update(_once(place / f"{number}", nursery, rng, overtakes=number % 2 == 1))
            except Broken as problem:
                broken.append(str(problem))
    if not outcomes["StoreError"]:
        broken.append("no worker was refused a commit")
    if broken:
        return [row("lock removed by hand", n, "; ".join(broken[:3]), "failed")]
    seen = ", ".join(f"{times} {outcome}" for outcome, times in outcomes.items())
    detail = f"{2 * n} workers, two at a time ({seen}); resumed to the undisturbed rows and summary"
    return [row("lock removed by hand", n, detail)]


def _once(place: Path, nursery: Nursery, rng: random.Random, *, overtakes: bool) -> list[str]:
    """Let two workers in on one run, side by side or one after the other; return their ends."""
    place.mkdir()
    spec = question(_N_PATIENTS, seed=rng.randrange(1 << 30))
    run = new_run(place / "store", spec, _CHUNK)
    logs = [place / "first", place / "second"]
    first = nursery.start(run.folder.path, logs[0])
    await_that(lambda: _n_parts(run) > 0, "something was committed")
    (run.folder.path / "worker.lock").unlink()
    time.sleep(rng.uniform(0.0, 0.3))
    if overtakes:
        os.kill(first, signal.SIGSTOP)
    had = _n_parts(run)
    second = nursery.start(run.folder.path, logs[1])
    if overtakes:
        await_that(lambda: _n_parts(run) >= had + _OVERTAKEN_BY, "the second one committed")
        _end(second)
        before = run.folder.checkpoint()
        os.kill(first, signal.SIGCONT)
        await_that(lambda: not alive(first) or run.folder.checkpoint() != before, "it went on")
        _end(first)
    await_that(lambda: not alive(first) and not alive(second), "both ended")
    said = [_said(log) for log in logs]
    for words in said:
        demand(words["outcome"] in _ENDS, f"a worker ended with {words}")
    last = nursery.start(run.folder.path, place / "last", check=True)
    await_that(lambda: not alive(last), "the last worker ended")
    check_ended(run, undisturbed(spec))
    check_summary(run)
    return [words["outcome"] for words in said]


def _n_parts(run: Run) -> int:
    """Parts that are committed."""
    return len(run.folder.checkpoint().parts)


def _end(pid: int) -> None:
    """Kill a worker, unless it has ended."""
    if alive(pid):
        os.kill(pid, signal.SIGKILL)
    await_that(lambda: not alive(pid), "a killed worker ended")


def _said(log: Path) -> dict[str, Any]:
    """How a worker ended; one that was killed may not even have begun to say so."""
    text = log.read_text() if log.exists() else ""
    return dict(json.loads(text)) if text else {"outcome": "killed"}
