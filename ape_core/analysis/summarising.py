"""Simulating in memory, chunk by chunk: counts of each run are kept, and no row."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from ape_core.analysis.follow_up import FollowUp
from ape_core.limits import CHUNK_SIZE
from ape_core.runs.threads import check_threads
from ape_core.spec.run_spec import RunSpec
from ape_core.summaries.summary import Summary

AHEAD_PER_THREAD: Final = 2
"""Chunks that each thread may be ahead of the merging."""

_Task = tuple[int, int, int]


@dataclass(frozen=True)
class Counted:
    """What is counted of a simulated arm: its summary, and what records show beyond it."""

    summary: Summary
    follow_up: FollowUp

    @classmethod
    def empty(cls, years: int) -> Counted:
        """Of no patients."""
        return cls(Summary.empty(years), FollowUp.empty(years))

    def merge(self, other: Counted) -> Counted:
        """Of the patients of both."""
        return Counted(self.summary.merge(other.summary), self.follow_up.merge(other.follow_up))


def summarise(specs: Sequence[RunSpec], workers: int | None = None) -> list[Counted]:
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
    list of Counted
        One for each run, in the same order.
    """
    whole = [Counted.empty(spec.years) for spec in specs]
    for place, part in _parts(specs, check_threads(workers)):
        whole[place] = whole[place].merge(part)
    return whole


def _tasks(specs: Sequence[RunSpec]) -> Iterator[_Task]:
    """Chunks of all runs, one run after another: place of the run, first patient, stop."""
    for place, spec in enumerate(specs):
        n_patients = spec.cohort.n_patients
        for first in range(0, n_patients, CHUNK_SIZE):
            yield place, first, min(first + CHUNK_SIZE, n_patients)


def _parts(specs: Sequence[RunSpec], n_threads: int) -> Iterator[tuple[int, Counted]]:
    """Counts of the chunks, in order; few are ahead, and none begins after one has failed."""
    pool = ThreadPoolExecutor(n_threads)
    ahead: deque[tuple[int, Future[Counted]]] = deque()
    try:
        for task in _tasks(specs):
            ahead.append((task[0], pool.submit(_part, specs, task)))
            if len(ahead) > AHEAD_PER_THREAD * n_threads:
                place, part = ahead.popleft()
                yield place, part.result()
        yield from ((place, part.result()) for place, part in ahead)
    finally:
        pool.shutdown(cancel_futures=True)


def _part(specs: Sequence[RunSpec], task: _Task) -> Counted:
    """Counts of one chunk, whose rows are dropped with it."""
    from ape_core.simulation.simulate import simulate

    place, first, stop = task
    chunk = simulate(specs[place], first, stop)
    return Counted(Summary.of_chunk(chunk), FollowUp.of_chunk(chunk))
