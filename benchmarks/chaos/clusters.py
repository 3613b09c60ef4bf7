"""A Dask cluster and an object store whose processes are killed at random moments.

Workers, the scheduler with all workers, and the coordinator die by SIGKILL while a run goes on; the
object store is stopped for some seconds while parts are written to it. After every event: what was
committed is committed still, and sound. In the end: the digest of an undisturbed run.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ape_core.runs.engine import DASK
from ape_core.runs.handle import Run
from ape_core.runs.starting import ask, submit
from benchmarks.chaos.common import (
    Broken,
    Row,
    alive,
    await_that,
    check_ended,
    check_summary,
    demand,
    question,
    reopened,
    row,
    tell,
    undisturbed,
    workplace,
)
from benchmarks.servers.clusters import Cluster
from benchmarks.servers.object_stores import BUCKET, KEYS, ObjectStore

_SEED: Final = 20_260_102
_CHUNK: Final = 100
_WORKERS: Final = 2
_LONGEST: Final = 0.8
"""Seconds from the first commit after one event to the next event, at most."""

_KINDS: Final = ("worker", "scheduler", "coordinator")


@dataclass
class Tally:
    """What was done, and what it broke."""

    runs: int = 0
    done: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    def row(self, check: str, what: str) -> Row:
        """The line of the table."""
        told = ", ".join(f"{n} {kind}s" for kind, n in sorted(self.done.items()))
        detail = f"{self.runs} runs, all with the digest of an undisturbed run; {told} {what}"
        outcome = "failed" if self.broken else "held"
        return row(check, self.done.total(), "; ".join(self.broken[:3]) or detail, outcome)


def rows(*, short: bool = False) -> list[Row]:
    """Kill 60 processes or more and stop 15 servers, or a few."""
    rng = random.Random(_SEED)
    n_kills, n_stops, n_patients = (3, 1, 10_000) if short else (60, 15, 40_000)
    with workplace() as place, _keys_are_known():
        killed = _kill(place / "kills", rng, n_kills, n_patients)
        stopped = _stop(place / "stops", rng, n_stops, n_patients)
    return [
        killed.row("Dask processes killed", "killed; no committed part lost or damaged"),
        stopped.row("object store stopped and started", "stopped; no run failed"),
    ]


@contextmanager
def _keys_are_known() -> Iterator[None]:
    """The keys of the object store in the environment, as a coordinator needs them."""
    before = dict(os.environ)
    os.environ.update(KEYS)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _kill(place: Path, rng: random.Random, n_kills: int, n_patients: int) -> Tally:
    """Kill one process after the other, of each kind equally often."""
    place.mkdir()
    tally = Tally()
    kinds = [kind for _ in range(-(-n_kills // len(_KINDS))) for kind in rng.sample(_KINDS, 3)]
    with Cluster(place, _WORKERS) as cluster:
        while kinds and len(tally.broken) < 3:
            run = ask(question(n_patients, seed=rng.randrange(1 << 30)), place / "store", _CHUNK)
            with _ended(run, cluster, tally):
                while kinds and reopened(run).status != "complete":
                    before = _committed(run)
                    _disturb(run, cluster, kinds[-1], rng)
                    tally.done[kinds.pop()] += 1
                    demand(before <= _committed(run), "a committed part was lost")
                    _check_parts(run)
            tell(f"  {tally.done.total()} kills, {tally.runs} runs")
    return tally


def _committed(run: Run) -> set[tuple[int, str]]:
    """Parts that are committed, by the checksum of their visits."""
    parts = reopened(run).folder.checkpoint().parts
    return {(part.index, part.visits_sha256) for part in parts}


def _check_parts(run: Run) -> None:
    """Raise Broken unless all that is committed is sound; a coordinator may be at work."""
    problems = reopened(run).verify()
    demand(not problems, f"not sound: {[problem.what for problem in problems][:2]}")


def _disturb(run: Run, cluster: Cluster, kind: str, rng: random.Random) -> None:
    """Have the run go on, wait for a random moment after its next commit and kill."""
    before = _committed(run)
    _go_on(run, cluster)
    await_that(
        lambda: _committed(run) > before or not reopened(run).folder.is_locked(), "it went on"
    )
    time.sleep(rng.uniform(0.0, _LONGEST))
    if kind == "worker":
        cluster.replace_worker(rng.randrange(_WORKERS))
    elif kind == "scheduler":
        cluster.restart()
    else:
        pid = int((run.folder.read_progress() or {}).get("pid", 0))
        if pid and alive(pid):
            os.kill(pid, signal.SIGKILL)
            await_that(lambda: not alive(pid), "a killed coordinator ended")


def _stop(place: Path, rng: random.Random, n_stops: int, n_patients: int) -> Tally:
    """Stop the object store for a while in each of so many runs, which must not notice."""
    place.mkdir()
    tally = Tally()
    (place / "objects").mkdir()
    with ExitStack() as opened:
        server = opened.enter_context(ObjectStore(place, str(place / "objects")))
        cluster = opened.enter_context(Cluster(place, _WORKERS, KEYS))
        where = f"s3://{BUCKET}/ape?{server.query}"
        for _ in range(n_stops):
            spec = question(n_patients, seed=rng.randrange(1 << 30))
            run = ask(spec, place / "store", _CHUNK, parts=where)
            with _ended(run, cluster, tally):
                _go_on(run, cluster)
                await_that(lambda run=run: _committed(run), "it began")
                time.sleep(rng.uniform(0.0, 0.5))
                server.stop()
                time.sleep(rng.uniform(0.5, 5.0))
                server.start()
            tally.done["server"] += 1
            tell(f"  {tally.done.total()} stops of the object store")
    return tally


def _go_on(run: Run, cluster: Cluster) -> None:
    """Have a coordinator work on a run, unless one does."""
    submit(run.spec, run.folder.path.parents[1], executor=DASK, scheduler=cluster.address)


@contextmanager
def _ended(run: Run, cluster: Cluster, tally: Tally) -> Iterator[None]:
    """Bring a run to its end after the block, and compare it with an undisturbed one."""
    try:
        yield
        _go_on(run, cluster)
        demand(run.wait(120) == "complete", f"it is {run.status}: {run.progress().error}")
        await_that(lambda: not run.folder.is_locked(), "the coordinator let go")
        check_ended(run, undisturbed(run.spec))
        check_summary(run)
    except Broken as broken:
        tally.broken.append(f"run {run.run_id[:12]}: {broken}")
    tally.runs += 1
