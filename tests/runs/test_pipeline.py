"""Threads that work through tasks."""

from __future__ import annotations

import threading
import time

import pytest

from ape_core.runs.pipeline import Pipeline


def take_all(pipeline: Pipeline[int, int]) -> list[int]:
    results = []
    while pipeline.active:
        result = pipeline.take(timeout=1.0)
        if result is not None:
            results.append(result)
    return results


@pytest.mark.parametrize("n_threads", [1, 2, 5])
def test_every_task_is_done_once(n_threads: int) -> None:
    with Pipeline(lambda task: task * 10, range(1, 101), n_threads) as pipeline:
        results = take_all(pipeline)
    assert sorted(results) == list(range(10, 1010, 10))


def test_results_that_nobody_takes_hold_the_threads_back() -> None:
    begun = []
    with Pipeline(lambda task: begun.append(task) or task, range(1, 100), 2) as pipeline:
        time.sleep(0.2)
        assert len(begun) <= 4
        assert len(take_all(pipeline)) == 99


def test_a_failure_stops_all_threads_and_keeps_what_was_done() -> None:
    def work(task: int) -> int:
        if task == 5:
            raise ValueError("task 5 cannot be done")
        return task

    with Pipeline(work, range(1, 1000), 1) as pipeline:
        results = take_all(pipeline)
        with pytest.raises(ValueError, match="task 5 cannot be done"):
            pipeline.raise_failure()
    assert results == [1, 2, 3, 4]


def test_stop_begins_nothing_more() -> None:
    with Pipeline(lambda task: task, range(1, 1000), 2) as pipeline:
        pipeline.stop()
        assert len(take_all(pipeline)) <= 4


def test_leaving_early_ends_the_threads() -> None:
    before = threading.active_count()
    with Pipeline(lambda task: task, range(1, 1000), 3) as pipeline:
        pipeline.take(timeout=1.0)
    assert threading.active_count() == before
