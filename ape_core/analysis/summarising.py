"""Simulating in memory, chunk by chunk: a summary of each run is kept, and no row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from ape_core.limits import CHUNK_SIZE
from ape_core.runs.threads import check_threads
from ape_core.spec.run_spec import RunSpec
from ape_core.summaries.summary import Summary

_Task = tuple[int, int, int]


def summarise(specs: Sequence[RunSpec], workers: int | None = None) -> list[Summary]:
    """Simulate runs without storing them.

    Memory is that of one chunk per thread, whatever the number of patients.

    Parameters
    ----------
    specs
        The runs.
    workers
        Threads; one per core unless given.

    Returns
    -------
    list of Summary
        One for each run, in the same order.
    """
    tasks = [
        (place, first, min(first + CHUNK_SIZE, spec.cohort.n_patients))
        for place, spec in enumerate(specs)
        for first in range(0, spec.cohort.n_patients, CHUNK_SIZE)
    ]
    whole = [Summary.empty(spec.years) for spec in specs]
    for place, part in _parts(specs, tasks, check_threads(workers)):
        whole[place] = whole[place].merge(part)
    return whole


def _parts(
    specs: Sequence[RunSpec], tasks: Sequence[_Task], n_threads: int
) -> Iterator[tuple[int, Summary]]:
    """Summaries of the chunks, in order; what has not begun is dropped when one fails."""
    pool = ThreadPoolExecutor(n_threads)
    try:
        parts = pool.map(partial(_part, specs), tasks)
        yield from zip((place for place, _, _ in tasks), parts, strict=True)
    finally:
        pool.shutdown(cancel_futures=True)


def _part(specs: Sequence[RunSpec], task: _Task) -> Summary:
    """Summary of one chunk, whose rows are dropped with it."""
    from ape_core.simulation.simulate import simulate

    place, first, stop = task
    return Summary.of_chunk(simulate(specs[place], first, stop))
