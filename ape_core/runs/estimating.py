"""Memory, disk and time that a run will need, before it is started."""

from __future__ import annotations

import math
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from ape_core.errors import ApeError, InvalidInputError, StoreError
from ape_core.runs import costs
from ape_core.runs.engine import LOCAL, THREADS, Engine
from ape_core.runs.memory import MB, memory_limit_mb, pause_mark_mb
from ape_core.runs.sizes import chunk_size_of, most_held
from ape_core.runs.threads import check_threads
from ape_core.schema import WEEKS_PER_YEAR
from ape_core.spec.population import Population
from ape_core.spec.run_spec import RunSpec
from ape_core.storage.run_folder import RunFolder
from ape_core.storage.store import Store

DISK_MARGIN_MB: Final = 100.0
"""Left free on the disk of the store, for summaries, logs and everybody else."""

MEMORY_SHARE: Final = 0.5
"""A worker takes as many threads as keep it below this share of the memory limit."""

MEASURED_SECONDS: Final = 0.5
MEASURED_VISITS: Final = 250_000
"""Attempts that were shorter than both say too little about the speed of a machine."""

_LATEST: Final = 5
"""Attempts that say how fast this machine is just now: it may be busier than it was last week."""

_MOST_RUNS_READ: Final = 50
_LEAST_CHUNK: Final = 500


@dataclass(frozen=True)
class Estimate:
    """What a run will need.

    Attributes
    ----------
    n_visits
        Visits of all eyes, give or take a quarter.
    memory_mb
        Peak resident memory of the worker, in megabytes. Does not depend on n_patients.
    disk_mb
        Size of the run on disk, in megabytes.
    seconds
        Time once it has a slot, in seconds; from earlier runs in the store where there are any.
    n_threads
        Threads, or worker processes, that it will simulate on; 1 where a cluster decides.
    """

    n_visits: int
    memory_mb: float
    disk_mb: float
    seconds: float
    n_threads: int


def estimate(
    spec: RunSpec,
    store: Store | str | Path | None = None,
    workers: int | None = None,
    chunk_size: int | None = None,
    engine: Engine = THREADS,
) -> Estimate:
    """Estimate memory, disk and time of a run before it is started.

    Parameters
    ----------
    spec
        The question.
    store
        Store whose earlier runs say how fast this machine is; the usual one unless given.
    workers
        Threads; one per core, as far as memory allows, unless given.
    chunk_size
        Patients in a part; `limits.CHUNK_SIZE` unless given.
    engine
        What simulates.
    """
    per_patient = expected_visits(spec)
    n_patients, size = spec.cohort.n_patients, chunk_size_of(spec, chunk_size)
    n_threads = 1 if engine.is_remote else fitting_threads(spec, workers, size, engine)
    n_visits = round(per_patient * n_patients)
    per_second = _measured_rate(as_store(store)) or 1 / costs.SECONDS_PER_VISIT
    per_patient_bytes = (
        costs.DISK_BYTES_PER_PATIENT + costs.DISK_BYTES_PER_PATIENT_YEAR * spec.years
    )
    at_work = min(n_threads, math.ceil(n_patients / size))
    return Estimate(
        n_visits=n_visits,
        memory_mb=memory_mb_of(engine, spec, n_threads, size),
        disk_mb=(n_visits * costs.DISK_BYTES_PER_VISIT + n_patients * per_patient_bytes) / MB,
        seconds=costs.START_SECONDS + n_visits / (per_second * at_work),
        n_threads=n_threads,
    )


def as_store(store: Store | str | Path | None) -> Store:
    """The store meant: one that is open, the one at a path, or the usual one."""
    return store if isinstance(store, Store) else Store(store)


def expected_visits(spec: RunSpec) -> float:
    """Visits per patient that are to be expected, over all years and both eyes.

    The visits planned for an eye that stays dry and for one that stays active, each weighted by
    the share of eyes that are in care by then.
    """
    schedule = spec.protocol.schedule_sketch(spec.years * WEEKS_PER_YEAR - 1)
    people = spec.people  # once: putting overrides together may need a distribution to be solved
    dry, active = (
        sum(
            _eyes_in_care(spec, people, week)
            for week in (*eye.injection_weeks, *eye.visit_only_weeks)
        )
        for eye in (schedule.dry, schedule.active)
    )
    share = costs.ACTIVE_SHARE.get(spec.protocol.regimen, 0.0)
    attendance = people.attendance
    away = attendance.breaks_per_year * attendance.break_weeks_mean / WEEKS_PER_YEAR
    return (dry + share * (active - dry)) * (1 - attendance.missed_share) / (1 + away)


def worker_memory_mb(spec: RunSpec, n_threads: int, chunk_size: int) -> float:
    """Peak resident memory of a worker, in megabytes."""
    patients = min(chunk_size, spec.cohort.n_patients)
    held = most_held(spec, chunk_size)
    visits = expected_visits(spec)
    row_bytes = (
        costs.BYTES_PER_VISIT_IN_CHUNK if spec.capacity is None else costs.BYTES_PER_VISIT_IN_CLINIC
    )
    rows = visits * held * row_bytes / MB
    written = visits * max(patients - held, 0) * costs.DISK_BYTES_PER_VISIT / MB
    summary = costs.SUMMARY_MB_PER_YEAR * spec.years
    each = costs.THREAD_MB + rows + written + costs.SUMMARIES_PER_THREAD * summary
    return costs.WORKER_MB + costs.SUMMARIES_PER_RUN * summary + n_threads * each


def memory_mb_of(engine: Engine, spec: RunSpec, n_threads: int, chunk_size: int) -> float:
    """Memory that a run takes on this machine, in megabytes."""
    if engine == THREADS:
        return worker_memory_mb(spec, n_threads, chunk_size)
    merged = costs.SUMMARIES_PER_RUN * costs.SUMMARY_MB_PER_YEAR * spec.years
    coordinator = costs.COORDINATOR_MB + merged
    if engine.is_remote:
        return coordinator
    return coordinator + n_threads * (costs.DASK_MB + worker_memory_mb(spec, 1, chunk_size))


def fitting_threads(
    spec: RunSpec, asked: int | None, chunk_size: int, engine: Engine = THREADS
) -> int:
    """Threads as asked for, or one per core as far as memory allows; processes likewise."""
    n_threads = check_threads(asked)
    room = memory_limit_mb() * MEMORY_SHARE
    while (
        asked is None and n_threads > 1 and memory_mb_of(engine, spec, n_threads, chunk_size) > room
    ):
        n_threads -= 1
    return n_threads


def check_memory_suffices(
    spec: RunSpec, n_threads: int, chunk_size: int, engine: Engine = THREADS
) -> None:
    """Refuse a run whose worker would not fit even if nothing else were going on.

    Raises
    ------
    InvalidInputError
        Saying what would fit.
    """
    limit = memory_limit_mb()
    room = limit - pause_mark_mb()
    needed = memory_mb_of(engine, spec, n_threads, chunk_size)
    if needed > room:
        raise InvalidInputError(
            f"The run needs about {needed:,.0f} MB of memory, but of {limit:,.0f} MB that this "
            f"machine or container allows, at most {room:,.0f} MB can be had.",
            _what_would_fit(spec, n_threads, chunk_size, room, engine),
        )


def _what_would_fit(
    spec: RunSpec, n_threads: int, chunk_size: int, room: float, engine: Engine
) -> str:
    """Sentence that says with what a run would fit into so much memory."""
    for fewer in range(n_threads - 1, 0, -1):
        if memory_mb_of(engine, spec, fewer, chunk_size) <= room:
            threads = "thread" if fewer == 1 else "threads"
            return f"It would fit on {fewer} {threads}: ask for no more with --workers {fewer}."
    size = chunk_size
    while size > _LEAST_CHUNK:
        size = max(_LEAST_CHUNK, size // 2)
        if memory_mb_of(engine, spec, 1, size) <= room:
            return (
                f"It would fit on one thread in chunks of {size:,} patients: ask with --workers 1 "
                f"--chunk-size {size}. The chunks of a run that has been begun stay as they are: "
                "delete it first."
            )
    least = memory_mb_of(engine, spec, 1, _LEAST_CHUNK) + pause_mark_mb()
    return (
        f"Give it at least {least:,.0f} MB (the limit of the container, or MEM_LIMIT), or ask for "
        "fewer years."
    )


def check_disk(store: Path, spec: RunSpec, disk_mb: float, share: float = 1.0) -> None:
    """Refuse a run for which the disk has no room.

    Parameters
    ----------
    store
        Folder of the store, which need not exist yet.
    spec
        The question.
    disk_mb
        Size of the whole run.
    share
        Part of it that is still to be written.

    Raises
    ------
    StoreError
        Saying how many patients would fit.
    """
    free = disk_free_mb(store)
    room = max(0.0, free - DISK_MARGIN_MB)
    if disk_mb * share > room:
        fits = math.floor(spec.cohort.n_patients * room / disk_mb)
        raise StoreError(
            f"The run needs about {disk_mb * share:,.0f} MB, but the disk of {store} has room for "
            f"{room:,.0f} MB: {free:,.0f} MB are free, and {DISK_MARGIN_MB:,.0f} MB are kept free.",
            f"About {fits:,} patients of this question would fit. Free some space, delete runs, "
            "or choose another store with --store or APE_STORE.",
        )


def disk_free_mb(store: Path) -> float:
    """Free space where a store is, or will be, in megabytes."""
    folder = next(path for path in (store, *store.parents) if path.is_dir())
    return shutil.disk_usage(folder).free / MB


def _eyes_in_care(spec: RunSpec, people: Population, week: int) -> float:
    """Eyes per patient that are still in care in a week."""
    years = week / WEEKS_PER_YEAR
    leaving = (people.leaving.lost_per_year + people.leaving.transferred_per_year) * years
    ageing = math.expm1(costs.AGEING_PER_YEAR * years) / costs.AGEING_PER_YEAR
    dying = costs.DEATHS_PER_YEAR * people.mortality_hazard_ratio * ageing
    fellow = 0.0
    if spec.cohort.two_eyes:
        fellow = -math.expm1(-spec.model.value("fellow_eye_conversion_per_year") * years)
    return (1 + fellow) * math.exp(-leaving - dying)


def _measured_rate(store: Store) -> float | None:
    """Visits per second and thread of the middle one of the latest attempts; None without any."""
    newest = sorted(store.list(), key=RunFolder.order, reverse=True)[:_MOST_RUNS_READ]
    told = (
        attempt
        for folder in newest
        for attempt in reversed(_attempts(folder))
        if _says_enough(attempt)
    )
    rates = sorted(
        attempt["paced_visits"] / (attempt["paced_seconds"] * attempt["threads"])
        for attempt in islice(told, _LATEST)
    )
    return rates[len(rates) // 2] if rates else None


def _says_enough(attempt: Mapping[str, Any]) -> bool:
    """Whether an attempt simulated here, for long enough after its start to tell the speed."""
    if attempt.get("executor", LOCAL) != LOCAL:
        return False
    visits, seconds = attempt.get("paced_visits", 0), attempt.get("paced_seconds", 0.0)
    long = seconds >= MEASURED_SECONDS or visits >= MEASURED_VISITS
    return bool(long and visits > 0 and seconds > 0)


def _attempts(folder: RunFolder) -> list[dict[str, Any]]:
    """Recorded attempts of a run; none when its record is damaged or it is being deleted."""
    try:
        attempts: list[dict[str, Any]] = folder.provenance().get("attempts", [])
    except ApeError:
        return []
    return attempts
