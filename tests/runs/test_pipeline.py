"""Threads that work through tasks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

import pytest

from ape_core.runs.pipeline import Pipeline


def begin(work: Callable[[int], int], tasks: Iterable[int], n_threads: int) -> Pipeline[int, int]:
    """Tasks of which there is nothing to write."""
    return Pipeline(work, tasks, n_threads, lambda computed: computed)


def take_all(pipeline: Pipeline[int, int]) -> list[int]:
    results = []
    while pipeline.active:
        result = pipeline.take(timeout=1.0)
        if result is not None:
            results.append(result)
    return results


@pytest.mark.parametrize("n_threads", [1, 2, 5])
def test_every_task_is_done_once(n_threads: int) -> None:
    with begin(lambda task: task * 10, range(1, 101), n_threads) as pipeline:
        results = take_all(pipeline)
    assert sorted(results) == list(range(10, 1010, 10))


def test_results_that_nobody_takes_hold_the_threads_back() -> None:
    begun = []
    with begin(lambda task: begun.append(task) or task, range(1, 100), 2) as pipeline:
        time.sleep(0.2)
        assert len(begun) <= 4
        assert len(take_all(pipeline)) == 99


def test_others_are_computed_while_one_is_written() -> None:
    at_work = most = 0
    counting, written = threading.Lock(), threading.Event()

    def compute(task: int) -> int:
        nonlocal at_work, most
        with counting:
            at_work += 1
            most = max(most, at_work)
        time.sleep(0.01)
        with counting:
            at_work -= 1
        if task == 3:
            written.set()
        return task

    def write(computed: int) -> int:
        if computed == 1:
            assert written.wait(10), "nothing was computed meanwhile"
        return computed

    with Pipeline(compute, range(1, 20), 1, write) as pipeline:
        assert sorted(take_all(pipeline)) == list(range(1, 20))
        pipeline.raise_failure()
    assert most == 1


def test_what_cannot_be_written_stops_all_threads() -> None:
    def write(computed: int) -> int:
        if computed == 5:
            raise OSError("the disk is full")
        return computed

    with Pipeline(lambda task: task, range(1, 1000), 2, write) as pipeline:
        results = take_all(pipeline)
        with pytest.raises(OSError, match="the disk is full"):
            pipeline.raise_failure()
    assert set(range(1, 5)) <= set(results)
    assert len(results) < 20


def test_a_failure_stops_all_threads_and_keeps_what_was_done() -> None:
    def work(task: int) -> int:
        if task == 5:
            raise ValueError("task 5 cannot be done")
        return task

    with begin(work, range(1, 1000), 1) as pipeline:
        results = take_all(pipeline)
        with pytest.raises(ValueError, match="task 5 cannot be done"):
            pipeline.raise_failure()
    assert results == [1, 2, 3, 4]


def test_stop_begins_nothing_more() -> None:
    with begin(lambda task: task, range(1, 1000), 2) as pipeline:
        pipeline.stop()
        assert len(take_all(pipeline)) <= 4


def test_leaving_early_ends_the_threads() -> None:
    before = threading.active_count()
    with begin(lambda task: task, range(1, 1000), 3) as pipeline:
        pipeline.take(timeout=1.0)
    assert threading.active_count() == before
