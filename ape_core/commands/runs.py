"""`ape list`, `show`, `progress`, `cancel` and `delete`."""

from __future__ import annotations

import argparse
from typing import Any, Final

from ape_core.clocks import instant, local_text
from ape_core.commands.answer import Answer, listing, megabytes, table
from ape_core.commands.results import results_table
from ape_core.errors import CorruptRunError, StoreError
from ape_core.runs.console import describe, duration
from ape_core.runs.handle import Run
from ape_core.runs.memory import MB
from ape_core.runs.starting import list_runs as runs_of_store
from ape_core.runs.starting import open_run
from ape_core.storage.store import Store

CANCEL_SECONDS: Final = 30.0
"""A worker that was asked to stop is waited for this long."""


def list_runs(asked: argparse.Namespace) -> Answer:  # noqa: ARG001  all commands take the same
    """The runs of the store, the newest first."""
    runs = [_listed(run) for run in runs_of_store()]
    if not runs:
        return Answer([], f"There is no run in {Store().path}. Start one with `ape run`.")
    titles = ("run", "status", "protocol", "patients", "years", "seed", "done", "size", "created")
    rows = [
        (
            run["run_id"][:12],
            _state_in_words(run),
            run["protocol"],
            f"{run['n_patients']:,}",
            str(run["years"] or ""),
            "" if run["seed"] is None else str(run["seed"]),
            f"{run['share_done']:.0%}",
            megabytes(run["disk_mb"]),
            local_text(instant(run["created"])),
        )
        for run in runs
    ]
    return Answer(runs, table(titles, rows, right=("patients", "years", "seed", "done", "size")))


def show(asked: argparse.Namespace) -> Answer:
    """One run: its question, its state and its results in short."""
    run = open_run(asked.run)
    progress = run.progress()
    summary = run.summary() if progress.status != "failed" else None
    data = {
        **_listed(run),
        "store": str(Store().path),
        "folder": str(run.folder.path),
        "error": progress.error,
        "hint": progress.hint,
        "provenance": run.folder.provenance(),
        "statistics": summary.statistics() if summary is not None else None,
    }
    text = f"{_shown(run, data)}\n\n{results_table(run) if summary else ''}".rstrip()
    cannot_be_read = data["years"] is None
    return Answer(data, text, CorruptRunError.exit_status if cannot_be_read else 0)


def progress(asked: argparse.Namespace) -> Answer:
    """How far a run is."""
    now = open_run(asked.run).progress()
    data = {
        "run_id": now.run_id,
        "status": now.status,
        "cancelled": now.cancelled,
        "phase": now.phase,
        "patients_done": now.patients_done,
        "n_patients": now.n_patients,
        "per_second": now.per_second,
        "seconds_left": now.seconds_left,
        "memory_mb": now.memory_mb,
        "queue_place": now.queue_place,
    }
    return Answer(data, "\n".join(filter(None, (describe(now), now.error, now.hint))))


def cancel(asked: argparse.Namespace) -> Answer:
    """Ask the worker of a run to stop, and wait until it has."""
    run = open_run(asked.run)
    before = run.progress()
    if before.status not in {"running", "queued"}:
        return _state(run, f"Run {run.run_id[:12]} is {before.state}; there is nothing to stop.")
    run.cancel()
    if run.wait(CANCEL_SECONDS) in {"running", "queued"}:
        return _state(run, f"Run {run.run_id[:12]} was asked to stop and will, at its next commit.")
    now = run.progress()
    kept = f"{now.patients_done:,} of {run.n_patients:,} patients are kept"
    return _state(run, f"Run {run.run_id[:12]} is {now.state}; {kept}.")


def delete(asked: argparse.Namespace) -> Answer:
    """Remove a run and its files."""
    run = open_run(asked.run)
    Store().delete(run.run_id)
    data = {"run_id": run.run_id, "status": "deleted"}
    return Answer(data, f"Run {run.run_id[:12]} is deleted.")


def _state(run: Run, text: str) -> Answer:
    """Answer with the state of a run."""
    now = run.progress()
    data = {"run_id": run.run_id, "status": now.status, "cancelled": now.cancelled}
    return Answer(data, text)


def _state_in_words(run: dict[str, Any]) -> str:
    """Status of a listed run for people."""
    return f"{run['status']} (cancelled)" if run["cancelled"] else str(run["status"])


def _listed(run: Run) -> dict[str, Any]:
    """What a list says of a run; less of one whose question cannot be read."""
    progress = run.progress()
    facts: dict[str, Any] = {
        "run_id": run.run_id,
        "status": progress.status,
        "cancelled": progress.cancelled,
        "protocol": "(damaged)",
        "n_patients": progress.n_patients,
        "patients_done": progress.patients_done,
        "share_done": progress.share,
        "years": None,
        "seed": None,
        "disk_mb": 0.0,
        "created": run.folder.created(),
    }
    try:
        spec, checkpoint = run.spec, run.folder.checkpoint()
    except (CorruptRunError, StoreError):
        return facts
    return facts | {
        "protocol": spec.protocol.name,
        "population": spec.people.name,
        "n_visits": checkpoint.n_visits,
        "years": spec.years,
        "seed": spec.seed,
        "disk_mb": checkpoint.n_bytes / MB,
    }


def _shown(run: Run, data: dict[str, Any]) -> str:
    """Question and state of a run in words."""
    if data["years"] is None:
        return listing(
            [
                ("run", run.run_id),
                ("status", data["status"]),
                ("why", data["error"]),
                ("what to do", data["hint"]),
                ("created", local_text(instant(data["created"]))),
                ("folder", str(run.folder.path)),
            ]
        )
    spec = run.spec
    seconds = data["provenance"].get("seconds")
    return listing(
        [
            ("run", run.run_id),
            ("status", describe(run.progress()) if data["share_done"] < 1 else data["status"]),
            ("why", f"{data['error']} {data['hint']}".strip()),
            ("protocol", f"{spec.protocol.title} ({spec.protocol.name})"),
            ("", " ".join(spec.protocol.summary_sentences())),
            ("population", spec.people.title),
            ("patients", f"{spec.cohort.n_patients:,}"),
            ("years, seed", f"{spec.years}, {spec.seed}"),
            ("visits", f"{data['n_visits']:,}"),
            ("size", megabytes(data["disk_mb"])),
            ("time", duration(seconds) if seconds else ""),
            ("created", local_text(instant(data["created"]))),
            ("folder", str(run.folder.path)),
        ]
    )
