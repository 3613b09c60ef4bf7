"""`ape doctor`: what this machine allows, and what is wrong with the store."""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from ape_core import limits
from ape_core.commands.answer import Answer, counted, listing, megabytes, paragraph
from ape_core.commands.question import DEFAULT_POPULATION
from ape_core.commands.repairs import repairs
from ape_core.errors import StoreError
from ape_core.runs import slots
from ape_core.runs.console import ProgressLine, duration
from ape_core.runs.estimating import DISK_MARGIN_MB, Estimate, disk_free_mb, estimate
from ape_core.runs.findings import Finding, find, leftovers
from ape_core.runs.handle import Run
from ape_core.runs.memory import check_memory
from ape_core.runs.mending import Mended, mend_store
from ape_core.runs.starting import list_runs
from ape_core.spec.cohort import Cohort
from ape_core.spec.protocol_yaml import load_protocol
from ape_core.spec.run_spec import RunSpec
from ape_core.storage.store import Store

_EXAMPLE_PROTOCOL: Final = "aflibercept-2mg-treat-and-extend"
_EXAMPLE_PATIENTS: Final = 1_000_000
_EXAMPLE_YEARS: Final = 5
_ROWS_UNREAD: Final = (
    "The rows of the runs were not read: `ape verify RUN` reads those of one, "
    "`ape doctor --repair` those of all."
)


def doctor(asked: argparse.Namespace) -> Answer:
    """Look at the machine, the store and every run; --clean removes leftovers, --repair repairs."""
    store = Store()
    runs = list_runs(store)
    unusable = list(_unusable(store))
    mended = Mended()
    if not unusable and asked.repair:
        mended = _mend(store, runs)
    elif not unusable and asked.clean:
        mended.removed = store.clean_temporary()
    problems = [asdict(finding) for finding in (*unusable, *find(store, runs))]
    data = {
        **_machine(store),
        **(_no_disk() if unusable else _disk(store)),
        "runs": dict(Counter(run.status for run in runs)),
        "running": slots.n_running(store.path),
        "queued": slots.queued_runs(store.path),
        "leftovers": [str(path) for path in leftovers(store)],
        "cleaned": mended.removed,
        "repaired": _repaired(store, mended),
        "not_repaired": mended.refused,
        "in_use": mended.in_use,
        "rows_read": bool(asked.repair and not unusable),
        "problems": problems,
    }
    status = 2 if any(problem["is_error"] for problem in problems) else 0
    return Answer(data, _shown(data), status)


def _mend(store: Store, runs: list[Run]) -> Mended:
    """Repair what can be repaired, with a line of progress."""
    line = ProgressLine()
    try:
        return mend_store(store, runs, observe=line.show)
    finally:
        line.close()


def _repaired(store: Store, mended: Mended) -> dict[str, list[str]]:
    """What was made good in each run, in sentences."""
    return {
        run_id: repairs(Run(store.folder(run_id)), problems)
        for run_id, problems in mended.repaired.items()
    }


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
    from ape_core.simulation.code_cache import SUFFIX, cache_folder

    folder = Path(os.environ.get("NUMBA_CACHE_DIR") or cache_folder())
    return any(folder.rglob(f"*{SUFFIX}"))


def _unusable(store: Store) -> Iterator[Finding]:
    """Why runs cannot be created in the store."""
    try:
        store.check_writable()
    except StoreError as error:
        yield Finding("store", "failed", error.message, error.hint, is_error=True)


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
    done = _shown_repairs(data)
    if not data["problems"]:
        return "\n".join([head, "", *done, "Nothing is wrong.", *_unread(data)])
    found = [f"{p['where']}: {p['what']}\n    {p['what_to_do']}" for p in data["problems"]]
    if not done and any(problem["kind"] == "damaged" for problem in data["problems"]):
        found += ["", "`ape doctor --repair` makes good whatever can be made good."]
    return "\n".join([head, "", *done, *found, *_unread(data)])


def _unread(data: dict[str, Any]) -> list[str]:
    """Say that the rows were not read, where there are any that could be wrong."""
    return [] if data["rows_read"] or not data["runs"] else ["", _ROWS_UNREAD]


def _shown_repairs(data: dict[str, Any]) -> list[str]:
    """What was repaired, what could not be and what was left alone, a paragraph each."""
    lines = []
    for run_id, sentences in data["repaired"].items():
        lines += [f"{run_id[:12]} was repaired:", *map(paragraph, sentences)]
    for run_id, why in data["not_repaired"].items():
        lines += [f"{run_id[:12]} could not be repaired:", paragraph(why)]
    for run_id in data["in_use"]:
        lines.append(f"{run_id[:12]} is in use, and was left alone.")
    return [*lines, ""] if lines else []
