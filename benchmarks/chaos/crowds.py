"""Crowds at one store: the same and other questions at once, few slots, kills, wrong clocks.

However many ask, each question is computed once; no more workers run than there are slots, and a
slot is never lost; who asked first begins first, whatever any clock says.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ape_core import limits
from ape_core.runs import slots
from ape_core.runs.handle import Run
from ape_core.runs.slots import n_running, queued_runs, running_claims, wait_for_slot
from ape_core.runs.starting import list_runs, submit
from ape_core.spec.run_spec import RunSpec
from ape_core.storage.locks import FileLock
from benchmarks.chaos.clocks import another_clock, clock_library
from benchmarks.chaos.common import Row, await_that, demand, question, row, tell, workplace

ROOT: Final = Path(__file__).parents[2]
N_PROCESSES: Final = 20
N_WORKERS: Final = 8
N_QUESTIONS: Final = 5
SIZE: Final = 2_000
DAY: Final = 86_400
_DAYS_OFF: Final = (0, -1, 1, 0, 1, -1)
_KILLS_A_ROUND: Final = 3
_SECONDS: Final = 600.0

_ASK: Final = """
import sys
from pathlib import Path
from ape_core.runs.starting import submit
from benchmarks.chaos.common import await_that, question
store, start, size, seed = sys.argv[1:]
await_that(Path(start).exists, "all begin", 120)
submit(question(int(size), seed=int(seed)), store, workers=1, chunk_size=500)
"""


def rows(*, short: bool = False) -> list[Row]:
    """Rows of the table."""
    rounds = 1 if short else 5
    return [_ask_at_once(rounds), _share_slots(rounds), _set_clocks(rounds)]


def _ask_at_once(rounds: int) -> Row:
    """Let 20 processes ask 5 questions at the same instant."""
    for number in range(rounds):
        with workplace() as folder:
            _let_ask(folder, [seed % N_QUESTIONS for seed in range(N_PROCESSES)])
            runs = list_runs(folder / "store")
            demand(len(runs) == N_QUESTIONS, f"{N_QUESTIONS} runs, not {len(runs)}")
            _check_each_computed_once(runs)
            tell(f"asked at once: round {number + 1} of {rounds}")
    said = f"{N_PROCESSES} processes at once, {N_QUESTIONS} questions: each was computed once"
    return row("crowds: asked at once", rounds * N_PROCESSES, said)


def _share_slots(rounds: int) -> Row:
    """Let 8 workers wait for 3 slots, and kill some that hold one."""
    n_killed = most = 0
    for number in range(rounds):
        luck = random.Random(number)
        with workplace() as folder:
            store = folder / "store"
            specs = [question(20 * SIZE, seed=seed) for seed in range(N_WORKERS)]
            runs, order = _line_up(store, specs)
            begun: list[str] = []
            while queued_runs(store) or n_running(store):
                claims = _at_one_instant(store)
                most = max(most, len(claims))
                begun += [run_id for run_id in claims if run_id not in begun]
                may_kill = claims and n_killed < _KILLS_A_ROUND * (number + 1)
                if may_kill and luck.random() < 0.02:
                    n_killed += _kill(store, luck.choice(list(claims.values())))
            demand(most <= limits.MAX_CONCURRENT_SIMULATIONS, f"at most 3 at once, not {most}")
            demand(begun == [run for run in order if run in begun], "who asked first began first")
            for run in runs:
                submit(run.spec, store, workers=1, chunk_size=500)
            _check_each_computed_once(runs, killed=True)
            tell(f"slots: round {number + 1} of {rounds}")
    said = (
        f"{N_WORKERS} workers for {limits.MAX_CONCURRENT_SIMULATIONS} slots: at most {most} at "
        f"once, in order; {n_killed} killed while they held a slot, none of which was lost"
    )
    return row("crowds: few slots", rounds * N_WORKERS, said)


def _set_clocks(rounds: int) -> Row:
    """Let processes whose clocks are a day back and a day on ask in turn."""
    with workplace() as folder:
        library = clock_library(folder)
        if library is None:
            return row("crowds: clocks", 0, "needs a C compiler", "skipped")
        for number in range(rounds):
            _check_each_computed_once(_ask_in_turn(folder / f"store{number}", library))
            tell(f"clocks: round {number + 1} of {rounds}")
    said = "clocks a day back and a day on: six questions asked twice in order, each computed once"
    return row("crowds: clocks", rounds * 6, said)


def _ask_in_turn(store: Path, library: Path) -> list[Run]:
    """Ask each question twice under its clock, while every slot is held; return the runs."""
    held = _hold_all(store)
    order: list[str] = []
    for seed, days in enumerate(_DAYS_OFF):
        order.append(question(SIZE, seed=seed).run_id)
        for _ in range(2):
            clock = another_clock(library, days * DAY)
            demand(_ask(store, store / "start", seed, clock).wait(_SECONDS) == 0, "it could ask")
            await_that(lambda: queued_runs(store) == order, "all wait in order", _SECONDS)
    for slot in held:
        slot.close()
    runs = list_runs(store)
    demand(len(runs) == len(order), "each question has one run")
    return runs


def _let_ask(folder: Path, seeds: Sequence[int]) -> None:
    """Start a process for each question, and let all go on at the same instant."""
    askers = [_ask(folder / "store", folder / "start", seed, {}) for seed in seeds]
    (folder / "start").touch()
    for asker in askers:
        demand(asker.wait(_SECONDS) == 0, "every process could ask")


def _ask(store: Path, start: Path, seed: int, clock: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start a process that asks once a file is there."""
    words = [sys.executable, "-c", _ASK, str(store), str(start), str(SIZE), str(seed)]
    if clock:
        start.touch()
    return subprocess.Popen(words, cwd=ROOT, env={**os.environ, **clock})


def _line_up(store: Path, specs: list[RunSpec]) -> tuple[list[Run], list[str]]:
    """Let workers wait while every slot is held; return the runs and their order."""
    held = _hold_all(store)
    runs = [submit(spec, store, workers=1, chunk_size=500) for spec in specs]
    await_that(lambda: len(queued_runs(store)) == len(specs), "all wait", _SECONDS)
    order = queued_runs(store)
    for slot in held:
        slot.close()
    return runs, order


def _hold_all(store: Path) -> list[FileLock]:
    """Take every slot."""
    taken = [
        wait_for_slot(store, f"held{number}", 0.0, lambda _: False)
        for number in range(limits.MAX_CONCURRENT_SIMULATIONS)
    ]
    return [slot for slot in taken if slot is not None]


def _at_one_instant(store: Path) -> dict[str, int]:
    """Runs that have a slot, and their processes, while nobody takes or is given one."""
    with slots._queue_locked(store):  # noqa: SLF001  the only way to see all of it at once
        return {claim.run_id: claim.pid for claim in running_claims(store)}


def _kill(store: Path, pid: int) -> int:
    """Kill a worker of ours that has a slot; return how many that were."""
    if pid == os.getpid() or pid not in _at_one_instant(store).values():
        return 0
    os.kill(pid, signal.SIGKILL)
    return 1


def _check_each_computed_once(runs: list[Run], *, killed: bool = False) -> None:
    """Wait for all; no patient may have been committed twice, and nothing may be left behind."""
    for run in runs:
        demand(run.wait(_SECONDS) == "complete", f"run {run.run_id[:12]} is complete")
        await_that(lambda run=run: not run.folder.is_locked(), "its worker has ended", _SECONDS)
        attempts = run.folder.read_provenance()["attempts"]
        demand(killed or len(attempts) == 1, f"it took one attempt, not {len(attempts)}")
        demand(
            sum(attempt["patients"] for attempt in attempts) <= run.n_patients,
            "no patient was committed twice",
        )
        demand(not run.verify(), "everything is sound")
    store = runs[0].folder.path.parents[1]
    demand(n_running(store) == 0 and not queued_runs(store), "no slot and no place is left over")


if __name__ == "__main__":
    for line in rows(short="--short" in sys.argv[1:]):
        print(line)
