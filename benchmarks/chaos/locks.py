"""The file of a run's lock removed by hand while a worker holds it, so that a second one comes in.

Two workers on one run are what the lock is for. Without it, whoever commits second has to notice,
and the run has to end with the rows and the summary of an undisturbed one all the same.
"""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import Counter
from pathlib import Path

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

_N_PATIENTS, _CHUNK = 1_000, 50
_SEED = 20_260_103


def rows(*, short: bool = False) -> list[Row]:
    """Remove the lock under a worker, ten times or twice."""
    n, rng = 2 if short else 10, random.Random(_SEED)
    outcomes: Counter[str] = Counter()
    broken = []
    with workplace() as place, Nursery() as nursery:
        for number in range(n):
            try:
                outcomes.update(_once(place / f"{number}", nursery, rng, kills=number % 2 == 1))
            except Broken as problem:
                broken.append(str(problem))
    if broken:
        return [row("lock removed by hand", n, "; ".join(broken[:3]), "failed")]
    seen = ", ".join(f"{times} {outcome}" for outcome, times in outcomes.items())
    detail = f"{2 * n} workers, two at a time ({seen}); resumed to the undisturbed rows and summary"
    return [row("lock removed by hand", n, detail)]


def _once(place: Path, nursery: Nursery, rng: random.Random, *, kills: bool) -> list[str]:
    """Let two workers in on one run, and kill the slower one or not; return how each ended."""
    place.mkdir()
    spec = question(_N_PATIENTS, seed=rng.randrange(1 << 30))
    run = new_run(place / "store", spec, _CHUNK)
    logs = [place / "first", place / "second"]
    pids = [nursery.start(run.folder.path, logs[0])]
    await_that(lambda: len(run.folder.checkpoint().parts) > 0, "something was committed")
    (run.folder.path / "worker.lock").unlink()
    time.sleep(rng.uniform(0.0, 0.3))
    pids.append(nursery.start(run.folder.path, logs[1]))
    if kills:  # what it has committed by then stays, and must not count too little
        await_that(lambda: not all(map(alive, pids)), "one ended")
        for pid in filter(alive, pids):
            os.kill(pid, signal.SIGKILL)
    await_that(lambda: not any(map(alive, pids)), "both ended")
    texts = [log.read_text() for log in logs]
    said = [json.loads(text) if text else {"outcome": "killed"} for text in texts]
    for words in said:
        known = words["outcome"] in ("complete", "StoreError", "CorruptRunError", "killed")
        demand(known, f"a worker ended with {words}")
    pid = nursery.start(run.folder.path, place / "last", check=True)
    await_that(lambda: not alive(pid), "the last worker ended")
    check_ended(run, undisturbed(spec))
    check_summary(run)
    return [words["outcome"] for words in said]
