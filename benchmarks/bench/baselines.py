"""The same model in plain Python, NumPy and SimPy, on one core and in memory, beside APE."""

from __future__ import annotations

import importlib
import resource
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.bench.common import Bench, apart, median, question, seconds_of
from benchmarks.bench.report import Figure, Target, at_least, median_of

LEAST_TIMES_PLAIN = 100.0


@dataclass(frozen=True)
class Baseline:
    """One of those that APE is compared with.

    Attributes
    ----------
    what
        Its name in the report.
    module
        Where its `simulate` is.
    n_patients, few_patients
        Patients simulated, usually and for a quick look.
    target
        How many times as fast APE has to be.
    """

    what: str
    module: str
    n_patients: int
    few_patients: int
    target: Target | None = None


BASELINES = (
    Baseline("plain Python", "plain", 4_000, 200, at_least(LEAST_TIMES_PLAIN)),
    Baseline("plain Python with APE's own draws", "same_rows", 400, 20),
    Baseline("NumPy, all patients at once", "with_numpy", 50_000, 2_000),
    Baseline("SimPy", "with_simpy", 2_000, 100),
)


def figures(bench: Bench) -> Iterator[Figure]:
    """Each baseline, and how many times as fast APE is."""
    bench.largest_run()
    ape = _of_ape(bench)
    yield from ape.values()
    for baseline in BASELINES:
        n_patients = bench.few(baseline.n_patients, baseline.few_patients)
        took = [apart(_simulate, baseline.module, n_patients) for _ in range(bench.times(3))]
        speeds = [n_visits / seconds for n_visits, seconds, _ in took]
        what = f"{baseline.what}, {n_patients:,} patients"
        yield median_of(f"{what}: visits in memory", speeds, "visits/s")
        yield Figure(f"{what}: most memory", max(peak for _, _, peak in took), "MB")
        for number, (name, figure) in enumerate(ape.items()):
            times = figure.value / median(speeds)
            # To disk with summaries is more than a baseline does; the last does just as much.
            target = baseline.target if number in {0, len(ape) - 1} else None
            yield Figure(f"{name} / {baseline.what}", times, "times", target)


def _of_ape(bench: Bench) -> dict[str, Figure]:
    """What the baselines are compared with, the fastest run to disk first."""
    run = bench.largest_run()[1]
    if not bench.fastest:
        bench.fastest[2] = run.n_visits / run.seconds
    n_patients = bench.few(20_000, 1_000)
    took = [apart(_kernel, n_patients) for _ in range(bench.times(3))]
    found = {}
    for workers in sorted(bench.fastest, reverse=True):
        name = f"APE, {workers} worker{'s' * (workers > 1)}, to disk with summaries"
        what = f"{name}, {run.n_patients:,} patients"
        found[name] = Figure(what, bench.fastest[workers], "visits/s")
    name = "APE, 1 core, in memory"
    what = f"{name}, {n_patients:,} patients"
    found[name] = median_of(what, [visits / s for visits, s in took], "visits/s")
    return found


def _simulate(module: str, n_patients: int) -> tuple[int, float, float]:
    """Simulate with a baseline: visits, seconds, most memory in megabytes."""
    baseline = importlib.import_module(f"benchmarks.baselines.{module}")
    found: list[int] = []

    def simulate() -> None:
        visits, _ = baseline.simulate(question(n_patients))
        found.append(len(visits["day"] if isinstance(visits, dict) else visits))

    seconds = seconds_of(simulate)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    return found[0], seconds, peak


def _kernel(n_patients: int) -> tuple[int, float]:
    """Simulate with APE, on one core, and neither write nor summarise: visits, seconds.

    In a process that is set up like a worker.
    """
    from ape_core.runs.threads import keep_freed_memory
    from ape_core.simulation.simulate import simulate

    keep_freed_memory()
    spec = question(n_patients)
    simulate(spec, 0, 10)
    found: list[int] = []
    step = min(n_patients, 5_000)
    seconds = seconds_of(
        lambda: found.extend(
            simulate(spec, first, first + step).n_visits for first in range(0, n_patients, step)
        )
    )
    return sum(found), seconds
