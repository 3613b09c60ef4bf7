"""Threads that compute tasks, and write what came of one while others compute the next."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable
from functools import partial
from types import TracebackType
from typing import Generic, TypeVar

Task = TypeVar("Task")
Computed = TypeVar("Computed")
Result = TypeVar("Result")


class _Ended:
    """Last thing that a thread hands over."""


class Pipeline(Generic[Task, Result]):
    """Threads that take one task after another.

    At most `n_threads` tasks are computed at a time; whoever waits for the disk does not count, so
    that no processor waits with it. At most as many results, and one, are written or wait to be
    taken. The first task that fails stops all threads; what the others were doing is still handed
    over.

    Parameters
    ----------
    compute
        Called in a thread for every task.
    tasks
        What is to be done, taken lazily and in order.
    n_threads
        Threads that compute; one more is started.
    write
        Called in the same thread with what was computed; gives the result.
    """

    def __init__(
        self,
        compute: Callable[[Task], Computed],
        tasks: Iterable[Task],
        n_threads: int,
        write: Callable[[Computed], Result],
    ) -> None:
        self._compute: Callable[[Task], Callable[[], Result]]
        self._compute = lambda task: partial(write, compute(task))
        self._tasks = iter(tasks)
        self._changed = threading.Condition()
        self._stopping = False
        self._allowed = n_threads
        self._n_at_work = 0
        self._results: queue.Queue[Result | _Ended] = queue.Queue(max(1, n_threads - 1))
        self._failure: Exception | None = None
        self._threads = [
            threading.Thread(target=self._run, name=f"simulate-{number}", daemon=True)
            for number in range(n_threads + 1)
        ]
        self._n_active = 0

    def __enter__(self) -> Pipeline[Task, Result]:
        """Start the threads."""
        self._n_active = len(self._threads)
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the threads and wait until they have ended."""
        self.stop()
        while self.active:
            self.take(timeout=1.0)
        for thread in self._threads:
            thread.join()

    @property
    def active(self) -> bool:
        """Whether results may still come."""
        return self._n_active > 0

    @property
    def words(self) -> str:
        """What is waited for; nothing, as the threads are there."""
        return ""

    def stop(self) -> None:
        """Begin no further task."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def allow(self, n_tasks: int) -> None:
        """Begin a task only while fewer than so many are computed; with 0, none until allowed."""
        with self._changed:
            self._allowed = n_tasks
            self._changed.notify_all()

    def take(self, timeout: float) -> Result | None:
        """Next result; None when there was none within `timeout` seconds."""
        try:
            result = self._results.get(timeout=timeout)
        except queue.Empty:
            return None
        if isinstance(result, _Ended):
            self._n_active -= 1
            return None
        return result

    def raise_failure(self) -> None:
        """Raise what stopped the threads, if anything did."""
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        """Work through tasks until there are no more, one fails or all are to stop."""
        try:
            while (task := self._next_task()) is not None:
                write = self._compute(task)
                self._end_task()
                result = write()
                del write  # or it would be kept while the result waits to be taken
                self._results.put(result)
                del result
        except Exception as error:  # noqa: BLE001  raised again where the results are taken
            self._failure = error
            self.stop()
        finally:
            self._results.put(_Ended())

    def _next_task(self) -> Task | None:
        """A task that no other thread has taken; None when no more is to be begun."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopping or self._n_at_work < self._allowed)
            task = None if self._stopping else next(self._tasks, None)
            if task is not None:
                self._n_at_work += 1
            return task

    def _end_task(self) -> None:
        """Let another thread begin a task."""
        with self._changed:
            self._n_at_work -= 1
            self._changed.notify_all()
