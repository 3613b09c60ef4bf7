"""Many processes at the same instant, killed holders, and clocks that are set."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from ape_core import limits
from ape_core.runs import slots
from ape_core.runs.slots import (
    Ticket,
    n_running,
    queue_position,
    queued_runs,
    running_claims,
    wait_for_slot,
)
from ape_core.runs.starting import ask, list_runs, submit
from benchmarks.chaos.clocks import another_clock, clock_library
from support.patience import PATIENCE
from support.runs import small_spec
from support.workers import kill_workers, submit_when_told, suspend_at, until, workers_of

TESTS = str(Path(__file__).parents[1])
N_PROCESSES = 20
DAY = 86_400


@pytest.fixture
def ample_memory(monkeypatch):
    """Whatever else this machine does, the number of slots decides."""
    monkeypatch.delenv("MEM_LIMIT", raising=False)


@pytest.fixture
def one_slot(monkeypatch):
    monkeypatch.setattr(limits, "MAX_CONCURRENT_SIMULATIONS", 1)
    monkeypatch.setenv("APE_MAX_CONCURRENT_SIMULATIONS", "1")


def ask_at_once(store, specs):
    """Submit each question in a process of its own, all at the same instant."""
    context = multiprocessing.get_context("fork")
    start = context.Event()
    askers = [
        context.Process(target=submit_when_told, args=(store.path, spec, start)) for spec in specs
    ]
    for asker in askers:
        asker.start()
    start.set()
    for asker in askers:
        asker.join(PATIENCE)
        assert asker.exitcode == 0


def running_now(store):
    """Runs with a slot, at one instant, in the order in which they asked."""
    with slots._queue_locked(store.path):
        return [claim.run_id for claim in running_claims(store.path)]


def attempts(run):
    until(lambda: not run.folder.is_locked())  # an attempt is noted after the last commit
    return run.folder.read_provenance()["attempts"]


def test_twenty_processes_with_one_question_have_one_worker(store, ample_memory):
    ask_at_once(store, [small_spec(10_000, years=1)] * N_PROCESSES)
    [found] = list_runs(store)
    assert found.wait(PATIENCE) == "complete"
    assert [attempt["patients"] for attempt in attempts(found)] == [10_000]
    assert found.verify() == []


def test_same_and_different_questions_at_once_are_each_computed_once(store, ample_memory):
    seeds = [number % 5 for number in range(N_PROCESSES)]
    ask_at_once(store, [small_spec(2_000, years=1, seed=seed) for seed in seeds])
    found = list_runs(store)
    assert sorted(run.spec.seed for run in found) == [0, 1, 2, 3, 4]
    assert {run.wait(PATIENCE) for run in found} == {"complete"}
    assert [attempt["patients"] for run in found for attempt in attempts(run)] == [2_000] * 5
    assert queued_runs(store.path) == []
    assert n_running(store.path) == 0


def test_eight_workers_share_three_slots(store, ample_memory):
    """All are started while every slot is taken; then at most three of them run at a time."""
    held = [wait_for_slot(store.path, f"before{n}", 0.0, lambda _: False) for n in range(3)]
    specs = [small_spec(1_000, years=1, seed=seed) for seed in range(8)]
    ask_at_once(store, specs)
    runs = [ask(spec, store) for spec in specs]
    until(lambda: len(queued_runs(store.path)) == 8)
    order = queued_runs(store.path)
    last = ask(next(spec for spec in specs if spec.run_id == order[-1]), store)
    waiting = last.progress()
    assert waiting.queue_place == 8
    assert waiting.ahead == ("before0", "before1", "before2", *order[:7])
    for lock in held:
        lock.close()
    most, begun = 0, []
    while any(run.status in {"queued", "running"} for run in runs):
        now = running_now(store)
        most = max(most, len(now))
        begun += [run_id for run_id in now if run_id not in begun]
    assert most <= 3
    assert {run.wait(PATIENCE) for run in runs} == {"complete"}
    assert all(len(attempts(run)) == 1 for run in runs)
    assert begun == [run_id for run_id in order if run_id in begun], "first come, first served"
    assert n_running(store.path) == 0


def test_a_worker_killed_while_it_holds_a_slot_leaves_it_to_the_next(store, one_slot):
    first = submit(small_spec(20_000, years=2), store, workers=1, chunk_size=500)
    suspend_at(first, 0)
    second = submit(small_spec(500, years=1), store)
    until(lambda: second.status == "queued")
    assert second.progress().ahead == (first.run_id,)
    kill_workers(first)
    assert second.wait(PATIENCE) == "complete"
    assert first.status == "interrupted"
    assert n_running(store.path) == 0


def test_a_worker_killed_in_the_queue_holds_nobody_up(store, one_slot):
    with wait_for_slot(store.path, "before", 0.0, lambda _: False):
        runs = []
        for seed in range(3):
            runs.append(submit(small_spec(500, years=1, seed=seed), store))
            until(lambda: runs[-1].status == "queued")
        [waiting] = workers_of(runs[0])
        os.kill(waiting.pid, signal.SIGKILL)
        until(lambda: runs[1].progress().queue_place == 1)
        assert runs[2].progress().ahead == ("before", runs[1].run_id)
    assert [run.wait(PATIENCE) for run in runs] == ["interrupted", "complete", "complete"]


def test_a_number_is_never_given_twice_while_somebody_has_it(tmp_path, one_slot):
    """The queue is empty when the second comes, but the first still simulates."""
    first = Ticket.take(tmp_path, "aa")
    slot = first.try_slot()
    later = Ticket.take(tmp_path, "bb")
    again = Ticket.take(tmp_path, "aa", number=running_claims(tmp_path)[0].number)
    assert queued_runs(tmp_path) == ["aa", "bb"], "who gives way keeps its place"
    assert queue_position(tmp_path, "bb").ahead == ("aa", "aa")
    for held in (slot, later, again):
        held.close()


WITH_A_CLOCK = f"""
import json, sys, time
sys.path.insert(0, {TESTS!r})
from support.runs import small_spec
from ape_core.runs.starting import submit
run = submit(small_spec(int(sys.argv[2]), years=1, seed=int(sys.argv[3])), sys.argv[1],
             workers=1, chunk_size=500)
print(json.dumps({{"run_id": run.run_id, "time": time.time()}}))
"""


@pytest.fixture(params=[-DAY, DAY], ids=["a day back", "a day on"])
def under_another_clock(request, tmp_path_factory):
    """Start a process, and all that it starts, whose clock is a day off."""
    library = clock_library(tmp_path_factory.mktemp("clock"))
    if library is None:
        pytest.skip("there is no C compiler, which makes the library that sets the clock")

    def start(*words: str) -> dict:
        environment = {**os.environ, **another_clock(library, request.param)}
        command = [sys.executable, "-c", WITH_A_CLOCK, *words]
        shown = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        said = json.loads(shown.stdout)
        assert abs(said["time"] - time.time() - request.param) < 600
        return said

    return start


def submit_here(store, n_patients, seed):
    spec = small_spec(n_patients, years=1, seed=seed)
    return submit(spec, store, workers=1, chunk_size=500)


def test_clocks_a_day_apart_keep_the_order_and_do_no_work_twice(
    store, one_slot, under_another_clock
):
    """Processes of both clocks ask in turn, for the same questions and for others."""
    path = str(store.path)
    with wait_for_slot(store.path, "before", 0.0, lambda _: False):
        order = []
        for seed in range(3):
            if seed % 2:
                order.append(under_another_clock(path, "1000", str(seed))["run_id"])
            else:
                order.append(submit_here(store, 1_000, seed).run_id)
            until(lambda: queued_runs(store.path) == order)
        here = submit_here(store, 1_000, 1)
        there = under_another_clock(path, "1000", "0")
        assert [here.run_id, there["run_id"]] == [order[1], order[0]]
        assert queued_runs(store.path) == order
    runs = {run.run_id: run for run in list_runs(store)}
    begun = []
    while any(run.status in {"queued", "running"} for run in runs.values()):
        now = running_now(store)
        assert len(now) <= 1
        begun += [run_id for run_id in now if run_id not in begun]
    assert begun == [run_id for run_id in order if run_id in begun]
    assert Counter(run.wait(PATIENCE) for run in runs.values()) == {"complete": 3}
    assert all(len(attempts(run)) == 1 for run in runs.values())
    assert all(0 <= attempts(run)[0]["seconds"] < DAY / 2 for run in runs.values())


def test_a_run_of_yesterday_or_tomorrow_is_joined_and_taken_over(store, under_another_clock):
    """Its worker lives in another day; whether it is alive does not depend on that."""
    said = under_another_clock(str(store.path), "40000", "1")
    found = submit_here(store, 40_000, 1)
    assert found.run_id == said["run_id"]
    worker = suspend_at(found, 0)
    assert submit_here(store, 40_000, 1).status == "running"
    assert [process.pid for process in workers_of(found)] == [worker.pid]
    kill_workers(found)
    assert found.status == "interrupted"
    kept = found.folder.checkpoint().patients_done
    submit_here(store, 40_000, 1)
    assert found.wait(PATIENCE) == "complete"
    assert attempts(found)[-1]["patients"] == 40_000 - kept
