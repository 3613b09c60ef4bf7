"""Slots and the queue for them, with real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from ape_core import limits
from ape_core.runs import slots
from ape_core.runs.slots import Ticket, n_running, queue_place, queued_runs, wait_for_slot
from support.workers import until

HOLD = """
import sys, time
from pathlib import Path
from ape_core.runs.slots import wait_for_slot
store, run_id, note, seconds = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), float(sys.argv[4])
slot = wait_for_slot(store, run_id, 0.0, lambda place: True)
with note.open("a") as file:
    file.write(run_id + "\\n")
time.sleep(seconds)
"""


@pytest.fixture
def one_slot(monkeypatch):
    monkeypatch.setattr(limits, "MAX_CONCURRENT_SIMULATIONS", 1)
    monkeypatch.setenv("APE_MAX_CONCURRENT_SIMULATIONS", "1")


@pytest.fixture
def hold(tmp_path):
    """Start processes that wait for a slot of the store, note when they have it and keep it."""
    started = []

    def start(run_id: str, seconds: float) -> subprocess.Popen[bytes]:
        words = [str(tmp_path), run_id, str(tmp_path / "order"), str(seconds)]
        started.append(subprocess.Popen([sys.executable, "-c", HOLD, *words]))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def noted(store):
    """Runs that have had a slot, in order."""
    return (store / "order").read_text().split() if (store / "order").exists() else []


def test_slots_are_given_until_there_are_none(tmp_path):
    held = [
        wait_for_slot(tmp_path, f"run{number}", 0.0, lambda place: True)
        for number in range(limits.MAX_CONCURRENT_SIMULATIONS)
    ]
    assert all(held)
    assert n_running(tmp_path) == limits.MAX_CONCURRENT_SIMULATIONS
    assert wait_for_slot(tmp_path, "late", 0.0, lambda place: False) is None
    assert queued_runs(tmp_path) == []
    held[1].close()
    late = wait_for_slot(tmp_path, "late", 0.0, lambda place: False)
    assert late is not None
    for slot in [*held, late]:
        slot.close()


def test_the_queue_is_served_in_order(tmp_path, one_slot):
    first, second = Ticket.take(tmp_path, "aa"), Ticket.take(tmp_path, "bb")
    assert queued_runs(tmp_path) == ["aa", "bb"]
    assert queue_place(tmp_path, "bb") == 2
    assert second.try_slot() is None
    slot = first.try_slot()
    assert slot is not None
    assert queued_runs(tmp_path) == ["bb"]
    assert second.try_slot() is None
    slot.close()
    taken = second.try_slot()
    assert taken is not None
    assert queue_place(tmp_path, "bb") is None
    taken.close()


def test_processes_are_served_in_the_order_in_which_they_came(tmp_path, one_slot, hold):
    slot = wait_for_slot(tmp_path, "before", 0.0, lambda place: False)
    names = ["run0", "run1", "run2", "run3"]
    for place, name in enumerate(names, start=1):
        hold(name, 0.05)
        until(lambda name=name, place=place: queue_place(tmp_path, name) == place)
    slot.close()
    until(lambda: len(noted(tmp_path)) == len(names))
    assert noted(tmp_path) == names


def test_a_slot_and_a_place_are_free_when_their_holder_is_killed(tmp_path, one_slot, hold):
    holder = hold("holder", 600)
    until(lambda: noted(tmp_path) == ["holder"])
    waiter = hold("waiter", 600)
    until(lambda: queue_place(tmp_path, "waiter") == 1)
    hold("next", 0)
    until(lambda: queue_place(tmp_path, "next") == 2)
    os.kill(waiter.pid, signal.SIGKILL)
    waiter.wait()
    assert queue_place(tmp_path, "next") == 1
    os.kill(holder.pid, signal.SIGKILL)
    until(lambda: "next" in noted(tmp_path))
    assert queued_runs(tmp_path) == []


def test_waiting_needs_no_heavy_import(tmp_path):
    code = f"import sys; import {slots.__name__}; print(*sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"numba", "numpy", "pandas", "pyarrow"}.isdisjoint(shown.stdout.split())
