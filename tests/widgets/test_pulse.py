"""The kernel makes its page count, however late the page comes."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from itertools import pairwise

import pytest

from widgets import pulse
from widgets.pulse import Pulse


class Clock:
    """Time that passes only while the pulse waits."""

    def __init__(self):
        self.now = 0

    async def sleep(self, seconds):
        self.now += seconds


@contextmanager
def started(clock, monkeypatch):
    """A pulse whose starts are noted, by the time at which they come."""
    monkeypatch.setattr(pulse.asyncio, "sleep", clock.sleep)
    beating, starts = Pulse(lambda: None), []
    beating.play.observe(lambda change: change.new and starts.append(clock.now), names="playing")
    yield beating, starts
    beating.view.close()
    beating.play.close()


async def all_of(beating):
    """Begin, and wait for the end of all tries."""
    beating.begin()
    await beating._task


def test_a_page_that_comes_late_is_made_to_count(monkeypatch):
    clock = Clock()
    with started(clock, monkeypatch) as (beating, starts):
        asyncio.run(all_of(beating))
    assert starts[0] == 1
    late = [start for start in starts if 600 < start < 660]
    assert len(late) >= 5
    assert max(later - start for start, later in pairwise(starts)) <= 10


@pytest.mark.parametrize("seconds", [3, 500])
def test_once_a_page_counts_nothing_more_is_sent(monkeypatch, seconds):
    clock = Clock()
    with started(clock, monkeypatch) as (beating, starts):

        def come(_):
            if clock.now >= seconds:
                beating.play.value += 1

        beating.play.observe(come, names="playing")
        asyncio.run(all_of(beating))
        assert beating.ticks > 0
    assert starts[-1] - seconds < 10
    assert clock.now - starts[-1] <= 10


@pytest.mark.parametrize(("there_after", "looks"), [(3, 3), (10_000, 25)])
def test_what_was_asked_for_is_looked_for_more_often_for_some_seconds(
    monkeypatch, there_after, looks
):
    clock, seen = Clock(), []
    monkeypatch.setattr(pulse.asyncio, "sleep", clock.sleep)
    beating = Pulse(lambda: seen.append(clock.now))

    async def ask():
        """Ask twice; the second time while it is looked for already."""
        for _ in range(2):
            beating.hurry(lambda: len(seen) < there_after)
        task = beating._hurrying
        if task is not None:
            await task

    asyncio.run(ask())
    assert seen == []  # nobody counts: no page is there
    beating.ticks = 1
    asyncio.run(ask())
    assert len(seen) == looks
    assert seen[-1] <= 5.01
    assert beating._hurrying is None
    beating.view.close()
    beating.play.close()
