"""What a runner needs of whoever works through chunks, and the threads of this process that do."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

from ape_core.runs.chunks import (
    FinishedChunk,
    PatientRange,
    count_chunk,
    encode_chunk,
    write_chunk,
)
from ape_core.runs.engine import LOCAL
from ape_core.runs.guard import Guard
from ape_core.runs.pipeline import Pipeline
from ape_core.storage.run_folder import RunFolder
from ape_core.summaries.summary import Summary

if TYPE_CHECKING:
    from collections.abc import Callable

Result_co = TypeVar("Result_co", covariant=True)


class Tasks(Protocol[Result_co]):
    """Ranges of patients in work, whose results come in any order. As `Pipeline`, which see."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    @property
    def active(self) -> bool:
        """Whether results may still come."""

    @property
    def words(self) -> str:
        """What is waited for, as the phase of the run; empty when nothing is."""

    def stop(self) -> None:
        """Begin no further task."""

    def allow(self, n_tasks: int) -> None:
        """Begin a task only while fewer than so many are in work."""

    def take(self, timeout: float) -> Result_co | None:
        """Next result; None when there was none within `timeout` seconds."""

    def raise_failure(self) -> None:
        """Raise what stopped the tasks, if anything did."""


class Executor(Protocol):
    """Whoever simulates the chunks of a run. No row depends on who does."""

    name: str

    @property
    def n_threads(self) -> int:
        """Threads that simulate, all workers together."""

    def finish(self, folder: RunFolder, ranges: Iterable[PatientRange]) -> Tasks[FinishedChunk]:
        """Simulate ranges of patients, count them and write their parts."""

    def count(self, folder: RunFolder, ranges: Iterable[PatientRange]) -> Tasks[Summary]:
        """Simulate ranges of patients and count them, without writing."""


class ThreadExecutor:
    """Threads of this process.

    Parameters
    ----------
    n_threads
        Threads that simulate; rows of so many slices are in memory at a time.
    guard
        Says how many patients may be simulated at a time with the memory that is left.
    """

    name = LOCAL

    def __init__(self, n_threads: int, guard: Guard) -> None:
        self.n_threads = n_threads
        self._slice_patients: Callable[[], int] = guard.slice_patients

    def finish(self, folder: RunFolder, ranges: Iterable[PatientRange]) -> Tasks[FinishedChunk]:
        """Simulate ranges of patients, count them and write their parts."""
        begun = folder.checkpoint()
        encode = encode_chunk(folder.spec(), self._slice_patients)
        write = write_chunk(folder.path, begun.chunk_size, begun.place)
        return Pipeline(encode, ranges, self.n_threads, write)

    def count(self, folder: RunFolder, ranges: Iterable[PatientRange]) -> Tasks[Summary]:
        """Simulate ranges of patients and count them, without writing."""
        count = count_chunk(folder.spec(), self._slice_patients)
        return Pipeline(count, ranges, self.n_threads, lambda counted: counted)
