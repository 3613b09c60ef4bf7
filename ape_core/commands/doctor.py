"""`ape doctor`: what this machine allows, and what is wrong with the store."""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from ape_core import limits
from ape_core.commands.answer import Answer, counted, listing, megabytes
from ape_core.commands.question import DEFAULT_POPULATION
from ape_core.errors import ApeError, StoreError
from ape_core.runs import slots
from ape_core.runs.console import duration
from ape_core.runs.estimating import DISK_MARGIN_MB, Estimate, disk_free_mb, estimate
from ape_core.runs.handle import Run
from ape_core.runs.memory import check_memory
from ape_core.runs.starting import list_runs
from ape_core.spec.cohort import Cohort
from ape_core.spec.protocol_yaml import load_protocol
from ape_core.spec.run_spec import RunSpec
from ape_core.storage.store import Store
from ape_core.storage.tiers import COLD

_EXAMPLE_PROTOCOL: Final = "aflibercept-2mg-treat-and-extend"
_EXAMPLE_PATIENTS: Final = 1_000_000
_EXAMPLE_YEARS: Final = 5
_LEFTOVERS: Final = ("runs/.new-*", "runs/.trash-*", "runs/*/.*.tmp", "runs/*/*/.*.tmp")


def doctor(asked: argparse.Namespace) -> Answer:
    """Look at the machine, the store and every run in it; with --clean remove leftovers."""
    store = Store()
    runs = list_runs(store)
    unusable = list(_unusable(store))
    cleaned = store.clean_temporary() if asked.clean and not unusable else []
    problems = [*unusable, *_problems(store, runs)]
    data = {
        **_machine(store),
        **(_no_disk() if unusable else _disk(store)),
        "runs": dict(Counter(run.status for run in runs)),
        "running": slots.n_running(store.path),
        "queued": slots.queued_runs(store.path),
        "leftovers": [str(path) for path in _leftovers(store)],
        "cleaned": cleaned,
        "problems": problems,
    }
    status = 2 if any(problem["is_error"] for problem in problems) else 0
    return Answer(data, _shown(data), status)


def _machine(store: Store) -> dict[str, Any]:
    """Memory, cores, disk and the compiled simulator."""
    memory = check_memory()
    needed = _example(store)
    return {
        "store": str(store.path),
        "memory_limit_mb": round(memory.limit_mb),
        "memory_limit_source": memory.limit_source,
        "memory_used_mb": round(memory.used_mb),
        "memory_state": memory.state,
        "worker_mb": round(needed.memory_mb),
        "cores": len(os.sched_getaffinity(0)),
        "threads": needed.n_threads,
        "slots": limits.MAX_CONCURRENT_SIMULATIONS,
        "seconds_per_million": round(needed.seconds, 1),
        "compiled": _is_compiled(),
    }


def _example(store: Store) -> Estimate:
    """What a run of a million patients needs here."""
    cohort = Cohort(n_patients=_EXAMPLE_PATIENTS, population=DEFAULT_POPULATION)
    protocol = load_protocol(_EXAMPLE_PROTOCOL)
    spec = RunSpec(protocol=protocol, cohort=cohort, years=_EXAMPLE_YEARS, seed=0)
    return estimate(spec, store)


def _disk(store: Store) -> dict[str, int | None]:
    """Free space, and patients whose treat-and-extend over five years fits on it."""
    free_mb = disk_free_mb(store.path)
    room = max(0.0, free_mb - DISK_MARGIN_MB)
    fits = min(int(_EXAMPLE_PATIENTS * room / _example(store).disk_mb), limits.MAX_PATIENTS)
    return {"disk_free_mb": round(free_mb), "patients_that_fit": fits}


def _no_disk() -> dict[str, int | None]:
    """What can be said of the disk where a store cannot be written."""
    return {"disk_free_mb": None, "patients_that_fit": None}


def _is_compiled() -> bool:
    """Whether the compiled simulator is in its cache."""
    from ape_core.simulation.compiled import cache_folder

    folder = Path(os.environ.get("NUMBA_CACHE_DIR") or cache_folder())
    return any(folder.rglob("*.nbi"))


def _leftovers(store: Store) -> list[Path]:
    """Files and folders that killed processes left behind."""
    found = {path for pattern in _LEFTOVERS for path in store.path.glob(pattern)}
    for folder in store.list():
        with suppress(ApeError):  # of a damaged run nobody can say what belongs to it
            found |= set() if folder.is_locked() else set(folder.stray_files())
    return sorted(found)


def _unusable(store: Store) -> Iterator[dict[str, Any]]:
    """Why runs cannot be created in the store."""
    try:
        store.check_writable()
    except StoreError as error:
        yield _problem("store", error.message, error.hint, is_error=True)


def _problems(store: Store, runs: list[Run]) -> Iterator[dict[str, Any]]:
    """What is wrong in the store, with what to do about it."""
    for run in runs:
        yield from _run_problems(run)
    leftovers = len(_leftovers(store))
    if leftovers:
        yield _problem(
            "store",
            f"Processes that were killed left temporary files or folders: {leftovers}.",
            "They do no harm; `ape doctor --clean` removes them.",
        )


def _run_problems(run: Run) -> Iterator[dict[str, Any]]:
    """What is wrong with a run, without reading its rows."""
    short = run.run_id[:12]
    progress = run.progress()
    if progress.status == "failed":
        yield _problem(short, progress.error, progress.hint, is_error=True)
    if progress.status == "interrupted":
        done = f"{progress.patients_done:,} of {progress.n_patients:,} patients"
        yield _problem(
            short,
            f"It was {'cancelled' if progress.cancelled else 'interrupted'} at {done}.",
            f"`ape resume {short}` goes on from there, `ape delete {short}` removes it.",
        )
    if progress.status == "complete":
        try:
            run.summary()
        except ApeError as error:
            yield _problem(short, error.message, error.hint, is_error=True)
        yield from _tier_problems(run)


def _tier_problems(run: Run) -> Iterator[dict[str, Any]]:
    """Say of a complete run why it could not be archived, or where that was interrupted."""
    short = run.run_id[:12]
    error = run.folder.read_error()
    if error is not None:
        yield _problem(short, str(error.get("error", "")), str(error.get("hint", "")))
    parts, going_on = run.folder.checkpoint().parts, run.folder.is_locked()
    n_cold = sum(part.tier == COLD for part in parts)
    if 0 < n_cold < len(parts) and not going_on:
        yield _problem(
            short,
            f"It is archived in part, {n_cold:,} of {len(parts):,} parts; all of it can be read.",
            f"`ape archive {short}` goes on, `ape restore {short}` goes back.",
        )


def _problem(where: str, what: str, what_to_do: str, *, is_error: bool = False) -> dict[str, Any]:
    """One thing that is wrong."""
    return {"where": where, "what": what, "what_to_do": what_to_do, "is_error": is_error}


def _shown_disk(data: dict[str, Any]) -> list[tuple[str, str]]:
    """Free space in words; nothing of a disk that cannot be written to."""
    if data["disk_free_mb"] is None:
        return []
    return [
        ("disk", f"{megabytes(data['disk_free_mb'])} free"),
        ("which fits", f"{data['patients_that_fit']:,} patients over 5 years"),
    ]


def _shown(data: dict[str, Any]) -> str:
    """Everything in words."""
    used, limit = megabytes(data["memory_used_mb"]), megabytes(data["memory_limit_mb"])
    counts = ", ".join(f"{number} {status}" for status, number in data["runs"].items())
    million = duration(data["seconds_per_million"])
    threads = counted(data["threads"], "thread")
    compiled = "yes" if data["compiled"] else "no: the first run takes some seconds longer"
    head = listing(
        [
            ("store", data["store"]),
            ("memory", f"{used} of {limit} in use ({data['memory_limit_source']})"),
            ("a worker", f"{megabytes(data['worker_mb'])} on {threads}"),
            ("cores", str(data["cores"])),
            ("at a time", f"{counted(data['slots'], 'run')}; {data['running']} running"),
            ("waiting", counted(len(data["queued"]), "run") if data["queued"] else ""),
            *_shown_disk(data),
            ("a million", f"patients over 5 years in about {million}"),
            ("compiled", compiled),
            ("runs", counts or "none"),
            ("removed", ", ".join(data["cleaned"])),
        ]
    )
    if not data["problems"]:
        return f"{head}\n\nNothing is wrong."
    found = [f"{p['where']}: {p['what']}\n    {p['what_to_do']}" for p in data["problems"]]
    return "\n".join([head, "", *found])
