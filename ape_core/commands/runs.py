"""`ape list`, `show`, `progress`, `cancel` and `delete`."""

from __future__ import annotations

import argparse
from typing import Any, Final

from ape_core.clocks import instant, local_text
from ape_core.commands.answer import Answer, counted, listing, megabytes, table
from ape_core.commands.results import results_table
from ape_core.errors import CorruptRunError, InvalidInputError, StoreError
from ape_core.runs.console import describe, duration
from ape_core.runs.handle import Run
from ape_core.runs.memory import MB
from ape_core.runs.starting import list_runs as runs_of_store
from ape_core.runs.starting import open_run
from ape_core.spec.protocol_guide import DRUG
from ape_core.storage.changes import changes_in_list, changes_in_short
from ape_core.storage.last_use import idle_seconds, last_used, now
from ape_core.storage.names import matches, read_names
from ape_core.storage.of_study import is_of_study
from ape_core.storage.places import shown
from ape_core.storage.store import Store
from ape_core.storage.tiers import COLD, ELSEWHERE, HOT, WARM
from ape_core.terms import OF_STUDY, run_state, runs_of_studies

CANCEL_SECONDS: Final = 30.0
"""A worker that was asked to stop is waited for this long."""


def list_runs(asked: argparse.Namespace) -> Answer:
    """The runs of the store, the newest first; with --search those that the words are said of.

    People are shown those of studies only with --all; programs are told of each which it is.
    """
    found = [_listed(run) for run in runs_of_store()]
    if not found:
        return Answer([], f"There is no run in {Store().path}. Start one with `ape run`.")
    runs = [run for run in found if matches(asked.search, *_said(run))]
    if not runs:
        return Answer([], f"Of {len(found):,} runs none has all of the words {asked.search!r}.")
    shown = runs if asked.all else [run for run in runs if not run["of_study"]]
    hidden = len(runs) - len(shown)
    said = [_runs_table(shown)] if shown else []
    if hidden:
        them, are = ("it", "is") if hidden == 1 else ("them", "are")
        said.append(f"{runs_of_studies(hidden)} {are} hidden; `ape list --all` shows {them}.")
    return Answer(runs, "\n".join(said))


def _runs_table(runs: list[dict[str, Any]]) -> str:
    """One line for each run."""
    titles = (
        *("run", "status", "tier", "protocol", "patients", "years", "seed", "done"),
        *("size", "created", "last used", "name", "other than usual"),
    )
    rows = [
        (
            run["run_id"][:12],
            _state_in_words(run),
            run["tier"],
            run["protocol"],
            f"{run['n_patients']:,}",
            str(run["years"] or ""),
            "" if run["seed"] is None else str(run["seed"]),
            f"{run['share_done']:.0%}",
            megabytes(run["disk_mb"]),
            local_text(instant(run["created"])),
            _last_used(run),
            run["name"],
            ", ".join(filter(None, (_of_study(run), str(run.get("other_than_usual", ""))))),
        )
        for run in runs
    ]
    return table(titles, rows, right=("patients", "years", "seed", "done", "size"))


def _said(run: dict[str, Any]) -> list[str]:
    """Everything that is said of a listed run and that words are looked for in."""
    keys = ("run_id", "name", "note", "protocol", "title", "population", "tier", "other_than_usual")
    archived = "archived" if run["tier"] == COLD else ""
    return [
        _state_in_words(run),
        archived,
        _of_study(run),
        *(str(run.get(key, "")) for key in keys),
    ]


def _of_study(run: dict[str, Any]) -> str:
    """That a listed run was simulated for a study; empty where it was not."""
    return OF_STUDY if run["of_study"] else ""


def _last_used(run: dict[str, Any]) -> str:
    """How long nobody has used a run."""
    days = int(run["idle_days"])
    return "today" if days < 1 else f"{counted(days, 'day')} ago"


def show(asked: argparse.Namespace) -> Answer:
    """One run: its question, its state and its results in short."""
    run = open_run(asked.run)
    progress = run.progress()
    summary = run.summary() if progress.status != "failed" else None
    data = {
        **_listed(run),
        "store": str(Store().path),
        "folder": str(run.folder.path),
        "story": progress.story,
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
        "story": now.story,
        "queue_place": now.queue_place,
        "ahead": list(now.ahead),
    }
    return Answer(data, "\n".join(filter(None, (describe(now), now.story, now.error, now.hint))))


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
    """Remove a run and its files; one with a name or a note only with --yes."""
    run = open_run(asked.run)
    if not asked.yes:
        _check_nobody_named(run)
    Store().delete(run.run_id)
    data = {"run_id": run.run_id, "status": "deleted"}
    return Answer(data, f"Run {run.run_id[:12]} is deleted.")


def _check_nobody_named(run: Run) -> None:
    """Refuse to delete what a person named or noted something about.

    Raises
    ------
    InvalidInputError
        Saying what the run has.
    """
    given = read_names(run.folder)
    if not given.are_given:
        return
    named = f'is named "{given.name}"' if given.name else ""
    has = " and ".join(filter(None, (named, "has a note" if given.note else "")))
    short = run.run_id[:12]
    raise InvalidInputError(
        f"Run {short} is not deleted: it {has or 'has a name or a note that cannot be read'}.",
        f"If nobody needs it, delete it with `ape delete {short} --yes`.",
    )


def _state(run: Run, text: str) -> Answer:
    """Answer with the state of a run."""
    now = run.progress()
    data = {"run_id": run.run_id, "status": now.status, "cancelled": now.cancelled}
    return Answer(data, text)


def _state_in_words(run: dict[str, Any]) -> str:
    """Status of a listed run for people."""
    status = "corrupt" if run["years"] is None else run["status"]
    return run_state(status, cancelled=run["cancelled"])


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
        "tier": "",
        "idle_days": idle_seconds(last_used(run.folder), now()) / 86_400,
        "name": run.name,
        "note": run.note,
        "of_study": is_of_study(run.folder),
    }
    try:
        spec, checkpoint = run.spec, run.folder.checkpoint()
    except (CorruptRunError, StoreError):
        return facts
    return facts | {
        "protocol": spec.protocol.name,
        "drug": spec.protocol.drug,
        "other_than_usual": changes_in_list(spec, Store().path),
        "title": spec.protocol.title,
        "tier": run.tier,
        "population": spec.people.name,
        "n_visits": checkpoint.n_visits,
        "years": spec.years,
        "seed": spec.seed,
        "disk_mb": checkpoint.n_bytes / MB,
        "parts": checkpoint.place,
    }


def _tier_in_words(tier: str) -> str:
    """Where the rows of a run are, and what that means."""
    return {
        HOT: "hot: it is being simulated",
        WARM: "warm: on disk as it was written",
        ELSEWHERE: "elsewhere: in an object store; it is read as before",
        COLD: "cold: archived at maximum compression; it is read as before",
    }[tier]


def _shown(run: Run, data: dict[str, Any]) -> str:
    """Question and state of a run in words."""
    if data["years"] is None:
        return listing(
            [
                ("run", run.run_id),
                ("status", _state_in_words(data)),
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
            ("what happened", data["story"]),
            ("why", f"{data['error']} {data['hint']}".strip()),
            ("protocol", f"{spec.protocol.title} ({spec.protocol.name})"),
            ("drug", DRUG.say(spec.protocol.drug)),
            ("", " ".join(spec.protocol.summary_sentences())),
            ("other than usual", changes_in_short(spec, Store().path)),
            ("name", data["name"]),
            ("note", data["note"]),
            ("population", spec.people.title),
            ("patients", f"{spec.cohort.n_patients:,}"),
            ("recruitment", spec.cohort.recruitment.describe()),
            ("slots", spec.capacity.describe() if spec.capacity else ""),
            ("years, seed", f"{spec.years}, {spec.seed}"),
            ("visits", f"{data['n_visits']:,}"),
            ("size", megabytes(data["disk_mb"])),
            ("tier", _tier_in_words(data["tier"])),
            ("rows", shown(data["parts"])),
            ("time", duration(seconds) if seconds else ""),
            ("created", local_text(instant(data["created"]))),
            ("folder", str(run.folder.path)),
        ]
    )
