"""`ape export` and `ape import`."""

from __future__ import annotations

import argparse
from pathlib import Path

from ape_core.commands.answer import Answer, listing, megabytes
from ape_core.commands.results import results_table
from ape_core.runs.importing import Imported, import_package
from ape_core.runs.memory import MB
from ape_core.runs.starting import open_run


def export(asked: argparse.Namespace) -> Answer:
    """Write a run into one file."""
    run = open_run(asked.run)
    exported = run.export(Path(asked.file), with_data=asked.with_data)
    data = {
        "run_id": run.run_id,
        "file": str(exported.path),
        "bytes": exported.n_bytes,
        "sha256": exported.sha256,
        "with_data": exported.with_data,
        "n_patients": exported.n_patients,
    }
    held = f"{exported.n_patients:,} patients"
    text = listing(
        [
            ("run", run.run_id),
            ("file", str(exported.path)),
            ("size", megabytes(exported.n_bytes / MB)),
            ("holds", f"the rows and figures of {held}" if asked.with_data else f"figures: {held}"),
            ("sha256", exported.sha256),
        ]
    )
    return Answer(data, f"{text}\n\nTake it in elsewhere with `ape import FILE`.")


def import_(asked: argparse.Namespace) -> Answer:
    """Take in a run that was exported."""
    imported = import_package(asked.file)
    progress = imported.run.progress()
    data = {
        "run_id": imported.run.run_id,
        "status": progress.status,
        "is_new": imported.is_new,
        "with_data": imported.with_data,
        "patients_added": imported.n_added,
        "patients_done": progress.patients_done,
        "n_patients": progress.n_patients,
        "note": imported.note or _what_is_new(imported),
    }
    figures = results_table(imported.run) if imported.is_new else ""
    return Answer(data, f"{data['note']}\n\n{figures}".rstrip())


def _what_is_new(imported: Imported) -> str:
    """What a new run has, and what is to be done with it."""
    run, short = imported.run, imported.run.run_id[:12]
    done, n_patients = imported.n_added, run.n_patients
    if done == n_patients:
        return f"Run {short} is imported with all rows of its {n_patients:,} patients."
    rows = f"rows of {done:,} of its {n_patients:,} patients" if done else "its figures but no rows"
    if run.spec.is_current:
        what = "the others" if done else "the rows"
        return f"Run {short} is imported with {rows}. `ape resume {short}` simulates {what} again."
    return (
        f"Run {short} is imported with {rows}. It is of model version {run.spec.model_version}, "
        "which this version of APE can read but not simulate."
    )
