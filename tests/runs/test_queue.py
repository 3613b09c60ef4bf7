"""Who may start: by what memory is left, and what it costs to wait."""

from __future__ import annotations

from pathlib import Path

import pytest

from ape_core import limits
from ape_core.runs import slots
from ape_core.runs.claims import Claim
from ape_core.runs.costs import PAGE_MB
from ape_core.runs.memory import MB, pause_mark_mb, process_memory_bytes
from ape_core.runs.slots import (
    Ticket,
    has_elder,
    memory_left_mb,
    queue_position,
    running_claims,
    wait_for_slot,
)
from ape_core.runs.starting import submit
from support.patience import PATIENCE
from support.runs import small_spec
from support.workers import until, workers_of

HEAVY = ("numpy", "numba", "llvmlite", "pyarrow", "pandas")


@pytest.fixture
def free(monkeypatch):
    """Set the memory that is free."""

    def set_free(megabytes):
        monkeypatch.setattr(slots, "free_memory_mb", lambda: megabytes)

    set_free(2_000.0)
    return set_free


def growing_by(megabytes):
    """Memory of a run for which this process would have to grow by so much."""
    return process_memory_bytes() / MB + megabytes


def test_a_run_waits_until_what_others_will_take_leaves_enough(tmp_path, free):
    """2,000 MB are free, but 1,200 of them are what the first has yet to take."""
    first = Ticket.take(tmp_path, "first", growing_by(1_200.0)).try_slot()
    assert first is not None
    assert memory_left_mb(tmp_path) == pytest.approx(800.0, abs=20)
    second = Ticket.take(tmp_path, "second", growing_by(700.0))
    assert second.try_slot() is None
    waiting = queue_position(tmp_path, "second")
    assert (waiting.place, waiting.ahead) == (1, ("first",))
    assert waiting.memory_left_mb == pytest.approx(800.0, abs=20)
    needed = 700.0 + pause_mark_mb() + PAGE_MB
    assert waiting.memory_needed_mb == pytest.approx(needed, abs=20)
    free(2_000.0 + needed - 800.0 + 50.0)
    slot = second.try_slot()
    assert slot is not None
    assert queue_position(tmp_path, "second") is None
    first.close()
    slot.close()


def test_a_run_that_is_alone_waits_for_its_own_memory_only(tmp_path, free):
    ticket = Ticket.take(tmp_path, "only", growing_by(500.0))
    free(450.0)
    assert ticket.try_slot() is None
    assert queue_position(tmp_path, "only").memory_left_mb == pytest.approx(450.0)
    free(550.0)
    slot = ticket.try_slot()
    assert slot is not None
    slot.close()


def test_nobody_overtakes_a_run_that_waits_for_memory(tmp_path, free):
    large, small = (
        Ticket.take(tmp_path, name, growing_by(mb)) for name, mb in [("a", 3e3), ("b", 1)]
    )
    assert large.try_slot() is None
    assert small.try_slot() is None
    large.close()
    slot = small.try_slot()
    assert slot is not None
    slot.close()


def test_what_a_slot_says_of_a_holder_that_is_gone_counts_for_nothing(tmp_path, free):
    wait_for_slot(tmp_path, "gone", growing_by(1_900.0), lambda _: False).close()
    assert running_claims(tmp_path) == []
    assert memory_left_mb(tmp_path) == 2_000.0


def test_a_slot_whose_words_are_damaged_is_a_slot_all_the_same(tmp_path, free):
    slot = wait_for_slot(tmp_path, "some", 1.0, lambda _: False)
    [path] = (tmp_path / "slots").iterdir()
    path.write_text("{")
    assert slots.n_running(tmp_path) == 1
    assert running_claims(tmp_path) == []
    assert memory_left_mb(tmp_path) == 2_000.0
    slot.close()


def test_who_asked_later_knows_that_somebody_asked_before(tmp_path, free):
    first = wait_for_slot(tmp_path, "first", 1.0, lambda _: False)
    assert not has_elder(tmp_path)
    path = tmp_path / "slots" / "slot-0.lock"
    Claim("first", 1, 1.0, pid=1).write(path, first)
    second = wait_for_slot(tmp_path, "second", 1.0, lambda _: False)
    assert has_elder(tmp_path)
    first.close()
    assert not has_elder(tmp_path)
    second.close()


def test_a_run_that_waits_costs_next_to_nothing(store, monkeypatch):
    monkeypatch.setattr(limits, "MAX_CONCURRENT_SIMULATIONS", 1)
    monkeypatch.setenv("APE_MAX_CONCURRENT_SIMULATIONS", "1")
    with wait_for_slot(store.path, "before", 0.0, lambda _: False):
        found = submit(small_spec(500, years=1), store)
        until(lambda: found.progress().queue_place == 1)
        [waiting] = workers_of(found)
        resident = waiting.memory_info().rss / MB
        print(f"resident memory of a worker that waits: {resident:.1f} MB")
        assert resident < 20
        loaded = Path(f"/proc/{waiting.pid}/maps").read_text()
        assert not [name for name in HEAVY if name in loaded]
        found.cancel()
        assert found.wait(PATIENCE) == "interrupted"
