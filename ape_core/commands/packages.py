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
    shown = imported.is_new and imported.has_figures
    figures = results_table(imported.run) if shown else ""
    return Answer(data, f"{data['note']}\n\n{figures}".rstrip())


def _what_is_new(imported: Imported) -> str:
    """What a new run has, and what is to be done with it."""
    run, done, n_patients = imported.run, imported.n_added, imported.run.n_patients
    held = f"the rows of {done:,} of its {n_patients:,} patients" if done else "no rows"
    held = f"all rows of its {n_patients:,} patients" if done == n_patients else held
    figures = "its figures" if imported.has_figures else "no figures"
    what = f"Run {run.run_id[:12]} is imported with {figures} and {held}."
    if done == n_patients and imported.has_figures:
        return what
    if run.spec.is_current:
        again = "simulates the rest" if done < n_patients else "counts them again"
        return f"{what} `ape resume {run.run_id[:12]}` {again}, with the same result."
    return (
        f"{what} It is of model version {run.spec.model_version}, which this version of APE can "
        "read but not simulate."
    )
