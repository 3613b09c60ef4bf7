"""A worker stays within the memory that is left, and no row depends on it."""

from __future__ import annotations

import subprocess
import sys
from itertools import chain, repeat
from pathlib import Path

import pytest

from ape_core.errors import InvalidInputError, MemoryShortError
from ape_core.limits import SLICE_PATIENTS, THRIFTY_SLICE_PATIENTS
from ape_core.runs import estimating, guard, memory
from ape_core.runs.guard import (
    JUNIOR_PATIENCE_SECONDS,
    LOOK_SECONDS,
    PATIENCE_SECONDS,
    Guard,
    give_back,
)
from ape_core.runs.memory import MB, process_memory_bytes
from ape_core.runs.starting import ask, list_runs, run, submit
from ape_core.simulation.simulate import simulate
from ape_core.storage.digest import digest_chunks
from ape_core.storage.parts import part_path, write_part, write_slices
from benchmarks.chaos.memory_groups import Hog, memory_group
from support.patience import PATIENCE
from support.runs import small_spec
from support.workers import until, workers_of

TESTS = str(Path(__file__).parents[1])
PLENTY, TIGHT, SHORT, NONE_LEFT = 500.0, 120.0, 50.0, 5.0
"""Megabytes left of a limit of 1,024 MB."""


class Watch:
    """A clock and a gauge that a test sets."""

    def __init__(self, left_mb: float = PLENTY):
        self.now, self.left_mb = 0.0, left_mb

    def look(self, watched: Guard, left_mb: float, seconds: float = LOOK_SECONDS) -> Guard:
        self.now += seconds
        self.left_mb = left_mb
        watched.look()
        return watched


@pytest.fixture
def one_gigabyte(monkeypatch):
    monkeypatch.setattr(memory, "memory_limit_mb", lambda: 1_024.0)
    monkeypatch.setattr(estimating, "memory_limit_mb", lambda: 1_024.0)


@pytest.fixture
def watch():
    return Watch()


@pytest.fixture
def watched(watch, one_gigabyte):
    return Guard(2, free_mb=lambda: watch.left_mb, clock=lambda: watch.now)


def test_where_there_is_plenty_nothing_changes(watch, watched):
    watch.look(watched, PLENTY)
    assert (watched.n_tasks, watched.slice_patients(), watched.words) == (2, SLICE_PATIENTS, "")


def test_where_memory_is_tight_one_thread_goes_on_in_smaller_slices(watch, watched):
    watch.look(watched, TIGHT)
    assert (watched.n_tasks, watched.slice_patients()) == (1, THRIFTY_SLICE_PATIENTS)
    assert "one thread" in watched.words
    watch.look(watched, 160.0)
    assert watched.n_tasks == 1, "a little more is not enough to go to and fro"
    watch.look(watched, PLENTY)
    assert watched.n_tasks == 2


def test_where_memory_is_short_the_worker_pauses_and_goes_on(watch, watched):
    watch.look(watched, SHORT)
    assert (watched.n_tasks, watched.paused) == (0, True)
    assert watched.words == "paused: only 50 MB of memory are left"
    watch.look(watched, TIGHT)
    assert watched.paused
    watch.look(watched, PLENTY)
    assert (watched.n_tasks, watched.exhausted) == (1, False) or watched.n_tasks == 2


def test_a_pause_that_lasts_too_long_ends_the_run(watch, watched):
    watch.look(watched, SHORT)
    watch.look(watched, SHORT, PATIENCE_SECONDS - 1)
    assert not watched.exhausted
    watch.look(watched, SHORT, 1.0)
    assert watched.exhausted
    assert "ape resume 0123456789ab" in watched.error("0123456789abcdef").hint


def test_who_asked_later_gives_way_sooner(watch, one_gigabyte):
    junior = Guard(2, lambda: True, free_mb=lambda: watch.left_mb, clock=lambda: watch.now)
    watch.look(junior, SHORT)
    watch.look(junior, SHORT, JUNIOR_PATIENCE_SECONDS)
    assert junior.exhausted


def test_with_hardly_anything_left_it_stops_at_once(watch, watched):
    watch.look(watched, NONE_LEFT)
    assert watched.paused
    watch.look(watched, NONE_LEFT)
    assert watched.exhausted


def test_what_is_not_in_use_is_given_back():
    kept = [bytes(50_000) for _ in range(4_000)]
    del kept[::2]  # leaves holes that the C library keeps for later
    before = process_memory_bytes()
    del kept
    give_back()
    assert process_memory_bytes() < before - 50 * MB


@pytest.mark.parametrize("size", [700, 2_500, 5_000])
def test_slices_do_not_change_a_byte(tmp_path, size):
    spec, n_patients = small_spec(6_000, years=1), 6_000
    whole = write_part(tmp_path / "whole", 0, simulate(spec, 0, n_patients))
    starts = range(0, n_patients, size)
    slices = (simulate(spec, first, min(first + size, n_patients)) for first in starts)
    sliced = write_slices(tmp_path / "sliced", 0, 1, slices)
    assert sliced == whole
    for table in ("visits", "patients"):
        one, other = (part_path(tmp_path / name, table, 0) for name in ("whole", "sliced"))
        assert one.read_bytes() == other.read_bytes()


def test_a_run_under_pressure_has_the_rows_of_any_other(store, monkeypatch, one_gigabyte):
    """Tight, short and plenty in turn: it shrinks, pauses, goes on, and says so."""
    spec = small_spec(30_000, years=1)
    said = []
    left = chain([TIGHT] * 4, [SHORT] * 4, repeat(PLENTY))
    monkeypatch.setattr(guard, "free_memory_mb", lambda: next(left))
    monkeypatch.setattr(guard, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(
        "ape_core.runs.progress.ProgressReporter.enter",
        lambda self, phase: said.append(phase),
    )
    run(spec, store, 2, 5_000, progress=False)
    assert ask(spec, store).digest() == digest_chunks([simulate(spec, 0, 30_000)])
    assert "simulating on one thread, as memory is short" in said
    assert "paused: only 50 MB of memory are left" in said
    last_pause = max(place for place, phase in enumerate(said) if phase.startswith("paused"))
    assert "simulating" in said[last_pause:]


def test_as_the_last_resort_a_run_stops_at_a_commit_and_can_go_on(store, monkeypatch, one_gigabyte):
    spec = small_spec(20_000, years=1)
    left = chain([PLENTY] * 6, repeat(NONE_LEFT))
    monkeypatch.setattr(guard, "LOOK_SECONDS", 0.0)
    with monkeypatch.context() as patch:
        patch.setattr(guard, "free_memory_mb", lambda: next(left))
        with pytest.raises(MemoryShortError, match="only 5 MB of memory are left"):
            run(spec, store, 1, 500, progress=False)
    found = ask(spec, store)
    stopped = found.progress()
    assert stopped.status == "interrupted"
    assert "only 5 MB of memory are left. What was done is kept." in stopped.error
    assert 0 < stopped.patients_done < 20_000
    assert found.verify() == []
    run(spec, store, progress=False)
    assert found.progress().error == ""
    assert found.digest() == digest_chunks([simulate(spec, 0, 20_000)])


def test_a_request_that_cannot_fit_is_refused_with_what_would(store, monkeypatch):
    def refusal(limit_mb, years, **how):
        for module in (memory, estimating):
            monkeypatch.setattr(module, "memory_limit_mb", lambda: limit_mb)
        with pytest.raises(InvalidInputError, match=r"needs about .* MB of memory, but of") as no:
            submit(small_spec(1_000_000, years), store, **how)
        return no.value.hint

    def room_for(n_threads, chunk_size):
        needed = estimating.worker_memory_mb(small_spec(1_000_000, 40), n_threads, chunk_size)
        return (needed + 1) / (1 - memory.PAUSE_SHARE)

    assert "It would fit on 3 threads" in refusal(room_for(3, 5_000), 40, workers=4)
    assert "in chunks of 6,250" in refusal(room_for(1, 6_250), 40, chunk_size=50_000)
    assert "Give it at least" in refusal(120.0, 1)
    assert list_runs(store) == []


PRESSED = f"""
import sys; sys.path.insert(0, {TESTS!r})
from support.runs import small_spec
from ape_core.runs.starting import submit
submit(small_spec(int(sys.argv[2]), years=2), sys.argv[1], workers=2, chunk_size=1_000)
"""


@pytest.fixture
def group():
    with memory_group(600) as made:
        if made is None:
            pytest.skip("this machine does not let us make a control group with a memory limit")
        yield made


@pytest.fixture
def hog(group):
    hog = Hog(group)
    yield hog
    hog.end()


def test_a_worker_gives_its_memory_back_waits_and_finishes(store, group, hog):
    """In a real group: pressed out of memory, it waits for next to nothing and then goes on."""
    spec = small_spec(150_000, years=2)
    found = ask(spec, store, 1_000)
    words = [sys.executable, "-c", PRESSED, str(store.path), "150000"]
    subprocess.run(group.command(words), check=True)
    until(lambda: found.progress().patients_committed > 0)
    hog.leave(5)
    until(lambda: found.progress().phase.startswith("waiting for memory: "))
    [worker] = workers_of(found)
    assert worker.memory_info().rss < 25 * MB
    assert int(Path(f"/proc/{worker.pid}/oom_score_adj").read_text()) > 0, "it would go first"
    waiting = found.progress()
    assert waiting.queue_place == 1
    assert 0 < waiting.patients_done < 150_000
    hog.leave(600)
    assert found.wait(PATIENCE) == "complete"
    until(lambda: not found.folder.is_locked())
    outcomes = [attempt["outcome"] for attempt in found.folder.read_provenance()["attempts"]]
    assert outcomes == ["stopped", "complete"]
    assert found.verify() == []
    assert group.n_killed() == 0
