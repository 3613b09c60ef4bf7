"""Chunks that workers of a Dask cluster work through, a bounded number at a time."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeVar

from ape_core.errors import ApeError
from ape_core.runs.chunks import FinishedChunk, PatientRange
from ape_core.runs.dask_cluster import GONE, Cluster, why_failed
from ape_core.runs.dask_work import Errand, count_there, finish_there, versions
from ape_core.runs.engine import DASK, Engine
from ape_core.runs.executors import Tasks
from ape_core.storage import arrays
from ape_core.storage.checkpoint import PartRecord
from ape_core.storage.run_folder import RunFolder
from ape_core.summaries.summary import Summary

Result = TypeVar("Result")

AHEAD: Final = 2
"""Chunks sent for each thread of the cluster, so that none waits for its next one."""

LEAST_SENT: Final = 4
"""Chunks sent even where there is no worker: clusters that grow on demand start some for them."""

FETCH_SECONDS: Final = 30.0
STOP_SECONDS: Final = 10.0
"""Once it is to stop, chunks in work are waited for as long as one comes within this time."""


class DaskExecutor:
    """Workers of a Dask cluster.

    Parameters
    ----------
    cluster
        The connection to it.
    """

    name = DASK

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    @property
    def n_threads(self) -> int:
        """Threads of all workers together, when there were most."""
        return self._cluster.most_threads

    def finish(self, folder: RunFolder, ranges: Iterable[PatientRange]) -> Tasks[FinishedChunk]:
        """Simulate ranges of patients, count them and write their parts."""

        def received(answer: tuple[PartRecord, bytes]) -> FinishedChunk:
            """A chunk as it is to be committed."""
            record, summary = answer
            return FinishedChunk(record, Summary.from_arrays(arrays.from_bytes(summary)))

        return DaskTasks(self._cluster, finish_there, errand_of(folder), ranges, received)

    def count(self, folder: RunFolder, ranges: Iterable[PatientRange]) -> Tasks[Summary]:
        """Simulate ranges of patients and count them, without writing."""

        def received(answer: bytes) -> Summary:
            """Summary of a range."""
            return Summary.from_arrays(arrays.from_bytes(answer))

        return DaskTasks(self._cluster, count_there, errand_of(folder), ranges, received)


@contextmanager
def dask_executor(engine: Engine, n_workers: int) -> Iterator[DaskExecutor]:
    """Workers of a cluster, for as long as the body lasts."""
    with Cluster(engine, n_workers) as cluster:
        yield DaskExecutor(cluster)


def errand_of(folder: RunFolder) -> Errand:
    """What workers have to know of a run."""
    begun = folder.checkpoint()
    return Errand(
        question=folder.spec().to_json(),
        folder=str(folder.path),
        chunk_size=begun.chunk_size,
        place=begun.place,
        versions=versions(),
    )


class DaskTasks(Generic[Result]):
    """Ranges of patients in work on a cluster, as `Pipeline` has them on threads.

    What a lost scheduler or worker was doing is sent again. So a range may be simulated twice, to
    the same rows and files; its result is taken once.

    Parameters
    ----------
    cluster
        The connection.
    work
        What workers do, with the errand, the first patient and the one after the last.
    errand
        What all ranges have in common.
    ranges
        What is to be done, taken lazily and in order.
    received
        Turns the answer of a worker into a result.
    """

    def __init__(
        self,
        cluster: Cluster,
        work: Callable[..., Any],
        errand: Errand,
        ranges: Iterable[PatientRange],
        received: Callable[[Any], Result],
    ) -> None:
        self._cluster = cluster
        self._work = work
        self._errand = errand
        self._ranges = iter(ranges)
        self._received = received
        self._again: deque[PatientRange] = deque()
        self._sent: dict[Any, PatientRange] = {}
        self._allowed = LEAST_SENT
        self._more = True
        self._stopped_at: float | None = None
        self._failure: Exception | None = None
        self._changed = threading.Event()

    def __enter__(self) -> Self:
        """Nothing is sent before the first result is asked for."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Forget what is still in work."""
        self.stop()
        self._give_up()

    @property
    def active(self) -> bool:
        """Whether results may still come."""
        return bool(self._sent) or (self._stopped_at is None and self._more)

    @property
    def words(self) -> str:
        """What is waited for; empty when nothing is."""
        return self._cluster.words

    def stop(self) -> None:
        """Send no further task."""
        if self._stopped_at is None:
            self._stopped_at = time.monotonic()

    def allow(self, n_tasks: int) -> None:
        """Send a task only while fewer than so many are in work."""
        self._allowed = n_tasks

    def raise_failure(self) -> None:
        """Raise what stopped the tasks, if anything did."""
        if self._failure is not None:
            raise self._failure

    def take(self, timeout: float) -> Result | None:
        """Next result; None when there was none within `timeout` seconds."""
        try:
            self._cluster.look()
        except ApeError as error:
            self._fail(error)
            self._give_up()
            return None
        self._send()
        self._changed.clear()
        result = self._next()
        if result is None and self._sent:
            self._changed.wait(timeout)
            result = self._next()
        elif result is None and self.active:
            time.sleep(timeout)  # nothing is in work: paused, or the scheduler is gone
        if result is None:
            self._end_waiting()
        elif self._stopped_at is not None:
            self._stopped_at = time.monotonic()
        return result

    def _send(self) -> None:
        """Send as many ranges as workers can have ahead."""
        most = min(self._allowed, max(LEAST_SENT, AHEAD * self._cluster.n_threads))
        while self._stopped_at is None and len(self._sent) < most and self._cluster.is_connected:
            patients = self._again.popleft() if self._again else next(self._ranges, None)
            if patients is None:
                self._more = False
                return
            future = self._cluster.submit(self._work, self._errand, *patients)
            if future is None:
                self._again.appendleft(patients)
                return
            self._sent[future] = patients
            future.add_done_callback(lambda _: self._changed.set())

    def _next(self) -> Result | None:
        """A result that has come; what was lost is to be sent again."""
        for future, patients in list(self._sent.items()):
            status = future.status
            if status == "cancelled":
                self._send_again(future)
            elif status == "error":
                del self._sent[future]
                self._fail(_error_of(future, patients))
            elif status == "finished" and (result := self._fetched(future)) is not None:
                return result
        return None

    def _fetched(self, future: Any) -> Result | None:
        """The result of a task; None when whoever had it is gone by now."""
        try:
            answer = future.result(timeout=FETCH_SECONDS)
        except GONE:
            return None  # it is computed again, and comes later
        except Exception as error:  # noqa: BLE001  raised again where results are taken
            if future.status == "cancelled":
                self._send_again(future)
            elif future in self._sent:
                self._fail(why_failed(error, *self._sent.pop(future)))
            return None
        result = self._received(answer)
        del self._sent[future]
        return result

    def _send_again(self, future: Any) -> None:
        """Put a range back whose scheduler is gone."""
        self._again.append(self._sent.pop(future))
        self._more = True

    def _fail(self, error: Exception) -> None:
        """Stop because of an error; the first one counts."""
        self._failure = self._failure or error
        self.stop()

    def _end_waiting(self) -> None:
        """Give up what is in work when it is to stop and nothing comes."""
        if self._stopped_at is not None and time.monotonic() - self._stopped_at >= STOP_SECONDS:
            self._give_up()

    def _give_up(self) -> None:
        """Forget what is in work."""
        futures = list(self._sent)
        self._sent.clear()
        self._cluster.cancel(futures)


def _error_of(future: Any, patients: PatientRange) -> Exception:
    """Why a task failed."""
    error = future.exception(timeout=FETCH_SECONDS)
    assert error is not None
    return why_failed(error, *patients)
