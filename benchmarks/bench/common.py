"""What the sections share: how much to measure, the question, and the largest run so far."""

from __future__ import annotations

import multiprocessing
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, Final

import ape_core as ape
from benchmarks.bench.runs_from_shell import Measured, measure_run

PROTOCOL: Final = "aflibercept-2mg-treat-and-extend"
SEED: Final = 1
YEARS: Final = 5
LARGEST: Final = 10_000_000


class Bench:
    """How much is measured, and where.

    Parameters
    ----------
    folder
        An empty one for stores, removed at the end.
    quick
        Measure everything once, and little of it.
    full
        Measure 10 million patients as well.
    """

    def __init__(self, folder: Path, *, quick: bool = False, full: bool = False) -> None:
        self.folder, self.quick, self.full = folder, quick, full
        self.largest: tuple[Path, Measured] | None = None
        self.fastest: dict[int, float] = {}
        """Visits per second of the largest run, by its number of workers."""
        self._n_stores = 0

    def times(self, usual: int) -> int:
        """How often something is measured."""
        return 1 if self.quick else usual

    def few(self, usual: int, quick: int) -> int:
        """How much of something is measured."""
        return quick if self.quick else usual

    def sizes(self) -> list[int]:
        """Patients of the runs, the smallest first."""
        if self.quick:
            return [1_000, 2_000]
        return [10_000, 100_000, 1_000_000] + [LARGEST] * self.full

    def run(self, n_patients: int, workers: int, years: int = YEARS) -> Measured:
        """Run in a store of its own, of which that of the largest run of two workers is kept."""
        self._n_stores += 1
        store = self.folder / f"store-{self._n_stores}"
        run = measure_run(store, PROTOCOL, n_patients, years, workers, SEED)
        visits = self.largest[1].n_visits if self.largest else 0
        if years == YEARS and run.n_visits > visits:
            if self.largest:
                shutil.rmtree(self.largest[0])
            self.largest = store, run
        else:
            shutil.rmtree(store)
        return run

    def largest_run(self) -> tuple[Path, Measured]:
        """Return the store and the run of the most patients, which is made if there is none."""
        if self.largest is None:
            self.run(self.sizes()[-1], 2)
        assert self.largest is not None
        return self.largest


def question(n_patients: int, years: int = YEARS) -> ape.RunSpec:
    """Return the question that all measurements ask."""
    return ape.RunSpec(
        protocol=ape.load_protocol(PROTOCOL),
        cohort=ape.Cohort(n_patients=n_patients),
        years=years,
        seed=SEED,
    )


def apart(work: Callable[..., Any], *arguments: Any) -> Any:
    """Do something in a process of its own.

    The system counts the peak memory of whoever starts a process as that of the process, so this
    one has to stay smaller than what it measures.
    """
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def seconds_of(work: Callable[[], object]) -> float:
    """Return the seconds by the clock that something takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def tell(text: str) -> None:
    """Say on standard error what is going on."""
    print(f"  {text} ...", file=sys.stderr, flush=True)


def median(values: list[float]) -> float:
    """Return the middle one."""
    return statistics.median(values)
