"""Workers killed by SIGKILL at random moments, alone and in pairs, also in the middle of a commit.

After every kill: nothing that was committed is lost, damaged or written again, and the lock is
free. In the end: the digest of an undisturbed run, and no file too many.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ape_core.runs.handle import Run
from ape_core.runs.starting import submit
from benchmarks.chaos.common import (
    Broken,
    PartFiles,
    Row,
    alive,
    await_that,
    check_ended,
    check_kept,
    check_sound,
    check_summary,
    demand,
    new_run,
    part_files,
    question,
    reopened,
    row,
    tell,
    undisturbed,
    workplace,
)
from benchmarks.chaos.nursery import Nursery
from benchmarks.chaos.watching import Watch

_SEED = 20_260_101
_CHUNK = 50

_MOMENTS = (
    ("created", ".checkpoint.json."),
    ("renamed", "checkpoint.json"),
    ("created", ".summary-"),
    ("renamed", "summary-"),
    ("removed", "summary-"),
    ("created", ".part-"),
    ("renamed", "part-"),
    ("created", ".provenance.json."),
)
"""Events in the folder of the run right after which a worker is killed."""


@dataclass(frozen=True)
class Scale:
    """How much is done: patients of a run, and how long a worker lives, in seconds.

    `longest` is for a random moment, `patience` for an event, which a slow machine brings late.
    """

    n_patients: int
    longest: float
    patience: float


@dataclass
class Tally:
    """What happened in many kills."""

    kills: int = 0
    runs: int = 0
    at: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    @property
    def in_commit(self) -> int:
        """Kills that left a commit half done."""
        return self.found["checkpoint"] + self.found["summary"]

    def detail(self) -> str:
        """What was seen, in words."""
        if self.broken:
            return "; ".join(self.broken[:3])
        return (
            f"{self.runs} runs, all with the digest of an undisturbed run; {self.in_commit} kills "
            f"left a commit half done, {self.found['part']} a part half written or not committed; "
            "no committed part lost, damaged or written again; no temporary file left"
        )


def rows(*, short: bool = False) -> list[Row]:
    """Kill 200 workers, or a few."""
    n_alone, n_pairs, n_detached = (8, 5, 2) if short else (110, 70, 20)
    scale = Scale(1_000, 0.8, 3.0) if short else Scale(3_000, 1.5, 10.0)
    rng = random.Random(_SEED)
    with workplace() as place, Nursery() as nursery:
        alone = _campaign(place / "alone", nursery, rng, n_alone, 1, scale)
        pairs = _campaign(place / "pairs", nursery, rng, n_pairs, 2, scale)
        detached = _detached(place / "detached", rng, n_detached, scale)
    return [
        _row("killed alone", alone),
        _row("killed in pairs on one run", pairs),
        _row("killed as started by a page", detached),
    ]


def _row(check: str, tally: Tally) -> Row:
    """One line of the table."""
    return row(check, tally.kills, tally.detail(), "failed" if tally.broken else "held")


def _campaign(
    place: Path,
    nursery: Nursery,
    rng: random.Random,
    n_kills: int,
    n_workers: int,
    scale: Scale,
) -> Tally:
    """Start workers on run after run and kill them until there were so many kills."""
    place.mkdir()
    tally = Tally()
    plan = _plan(rng)
    while tally.kills < n_kills and len(tally.broken) < 3:
        spec = question(scale.n_patients, seed=rng.randrange(1 << 30))
        run = new_run(place / "store", spec, _CHUNK)
        try:
            while tally.kills < n_kills and reopened(run).status != "complete":
                _kill_once(place, run, nursery, n_workers, next(plan), tally, rng, scale)
            _let_end(place, run, nursery)
            check_ended(run, undisturbed(spec))
            check_summary(run)
        except Broken as broken:
            tally.broken.append(f"run {run.run_id[:12]}: {broken}")
        tally.runs += 1
        tell(f"  {tally.kills} of {n_kills} kills, {n_workers} at a time, {tally.runs} runs")
    return tally


def _plan(rng: random.Random) -> Iterator[tuple[str, str] | None]:
    """When to kill: every other time at a random moment, else right after some event."""
    while True:
        for moment in rng.sample(_MOMENTS, len(_MOMENTS)):
            yield moment
            yield None


def _kill_once(
    place: Path,
    run: Run,
    nursery: Nursery,
    n_workers: int,
    moment: tuple[str, str] | None,
    tally: Tally,
    rng: random.Random,
    scale: Scale,
) -> None:
    """Start workers, kill one of them and see that nothing is lost."""
    before = part_files(run)
    watched = [run.folder.path, run.folder.path / "visits", run.folder.path / "patients"]
    with Watch(watched) as watch:
        pids = [nursery.start(run.folder.path, place / f"log-{i}") for i in range(n_workers)]
        _wait(watch, moment, pids, rng, scale)
        victims = [_holder(run, pids)] if n_workers == 1 or rng.random() < 0.5 else pids
        killed = [pid for pid in victims if _kill(pid)]
    tally.kills += len(killed)
    _see(run, before, tally)
    for pid in set(pids) - set(killed):  # the other one takes over; its turn comes at once
        time.sleep(rng.uniform(0.0, 0.6))
        before = part_files(run)
        tally.kills += _kill(pid)
        _see(run, before, tally)


def _wait(
    watch: Watch,
    moment: tuple[str, str] | None,
    pids: list[int],
    rng: random.Random,
    scale: Scale,
) -> None:
    """Wait for the moment of the kill."""
    if moment is None:
        time.sleep(rng.uniform(0.0, scale.longest))
        return
    deadline = time.monotonic() + scale.patience
    for _ in range(rng.randint(1, 3)):
        while not watch.until(*moment, seconds=0.2):
            if time.monotonic() > deadline or not any(map(alive, pids)):
                return
    time.sleep(rng.choice((0.0, 0.0, rng.uniform(0.0, 0.004))))


def _holder(run: Run, pids: list[int]) -> int:
    """The worker that says it is simulating; any when none does."""
    said = run.folder.read_progress() or {}
    return said["pid"] if said.get("pid") in pids else pids[0]


def _kill(pid: int) -> bool:
    """Kill a worker as the system would; return whether it was still there."""
    if not alive(pid):
        return False
    os.kill(pid, signal.SIGKILL)
    await_that(lambda: not alive(pid), "a killed worker ended")
    return True


def _see(run: Run, before: PartFiles, tally: Tally) -> None:
    """Check what a kill left behind."""
    check_kept(before, part_files(run))
    check_sound(run)
    for kind in _unfinished(run):
        tally.found[kind] += 1


def _unfinished(run: Run) -> set[str]:
    """What was being done when the worker was killed, as the files tell."""
    folder = run.folder.path
    kinds = set()
    if any(folder.glob(".checkpoint.json.*.tmp")):
        kinds.add("checkpoint")
    strays = {path.name.partition("-")[0] for path in run.folder.stray_files()}
    if "summary" in strays or any(folder.glob(".summary-*.tmp")):
        kinds.add("summary")
    if "part" in strays or any(folder.glob("*/.part-*.tmp")):
        kinds.add("part")
    return kinds


def _let_end(place: Path, run: Run, nursery: Nursery) -> None:
    """Bring a run to its end, asking for it again even when it is complete."""
    before = part_files(run)
    pid = nursery.start(run.folder.path, place / "log-end", threads=2)
    await_that(lambda: not alive(pid), "the last worker ended", seconds=120)
    check_kept(before, part_files(run))
    said = (place / "log-end").read_text()
    demand('"outcome": "complete"' in said, f"the last worker said {said[-300:]}")


def _detached(place: Path, rng: random.Random, n_kills: int, scale: Scale) -> Tally:
    """Kill workers that were started as a page starts them, in processes of their own."""
    tally = Tally()
    while tally.kills < n_kills and len(tally.broken) < 3:
        spec = question(scale.n_patients, seed=rng.randrange(1 << 30))
        store = place / "store"
        run = new_run(store, spec, _CHUNK)
        try:
            for _ in range(min(3, n_kills - tally.kills)):
                _kill_detached(run, store, rng, tally)
            submit(spec, store)
            demand(run.wait(120) == "complete", f"it is {run.status}")
            await_that(lambda run=run: not run.folder.is_locked(), "the worker let go")
            check_ended(run, undisturbed(spec))
            check_summary(run)
        except Broken as broken:
            tally.broken.append(f"run {run.run_id[:12]}: {broken}")
        tally.runs += 1
        tell(f"  {tally.kills} of {n_kills} kills of detached workers")
    return tally


def _kill_detached(run: Run, store: Path, rng: random.Random, tally: Tally) -> None:
    """Start a worker as a page does, and kill it at a random moment after its first words."""
    before = part_files(run)
    submit(run.spec, store, workers=1)
    began = time.monotonic()
    await_that(lambda: _said_pid(run) or reopened(run).status == "complete", "it began")
    time.sleep(rng.uniform(0.0, max(0.1, time.monotonic() - began)))
    pid = _said_pid(run)
    if pid and _kill(pid):
        tally.kills += 1
    await_that(lambda: not run.folder.is_locked(), "the lock was free")
    (run.folder.path / "progress.json").unlink(missing_ok=True)
    _see(run, before, tally)


def _said_pid(run: Run) -> int:
    """Number of the worker's process, once it has said it."""
    return int((run.folder.read_progress() or {}).get("pid", 0))
