"""`ape patient` and `ape find`: single patients of a run, also of one that goes on."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any, Final

from ape_core.commands.answer import Answer, table
from ape_core.errors import InvalidInputError
from ape_core.results import Criteria, Patient
from ape_core.results.criteria import Range
from ape_core.results.telling import tell
from ape_core.runs.starting import open_run
from ape_core.terms import END_REASONS, end_reason_code

_RANGES: Final = {
    "age": "age_years",
    "baseline": "baseline_letters",
    "last": "last_letters",
    "gained": "letters_gained",
    "injections": "n_injections",
    "visits": "n_visits",
}
"""Options of `ape find`, and the criteria that they are."""


def patient(asked: argparse.Namespace) -> Answer:
    """One patient: the history in words, and every visit of each eye."""
    run = open_run(asked.run)
    one = run.results_so_far().get_patient(asked.patient)
    data = {"run_id": run.run_id, "history": list(tell(one)), **asdict(one)}
    for eye in data["eyes"]:
        eye["visits"] = [visit._asdict() for visit in eye["visits"]]
    return Answer(data, "\n\n".join([f"Patient {one.patient_id:,}. {' '.join(tell(one))}",
                                     *_visits(one)]))  # fmt: skip


def find(asked: argparse.Namespace) -> Answer:
    """Patients who are like that, and how many were looked at."""
    run = open_run(asked.run)
    given = {name: _range(option, getattr(asked, option)) for option, name in _RANGES.items()}
    criteria = Criteria(
        **given,
        by_year=asked.by_year,
        sex=asked.sex,
        end_reason=None if asked.ended is None else tuple(map(end_reason_code, asked.ended)),
        second_eye=asked.second_eye,
    )
    found = run.results_so_far().find_patients(criteria, asked.order, asked.limit, asked.seed)
    rows = [asdict(one) for one in found.patients]
    data = {
        "run_id": run.run_id,
        "n_matching": found.n_matching,
        "n_looked_at": found.n_looked_at,
        "patients": rows,
    }
    said = f"{found.n_matching:,} of the {found.n_looked_at:,} patients looked at are like that."
    return Answer(data, f"{_listed(rows)}\n{said}" if rows else said)


def _range(option: str, text: str | None) -> Range | None:
    """The range that "70:80", "70:", ":80" or "75" means."""
    if text is None:
        return None
    low, colon, high = text.partition(":")
    try:
        least = int(low) if low.strip() else None
        most = (int(high) if high.strip() else None) if colon else least
    except ValueError:
        raise InvalidInputError(
            f"--{option} is {text!r}, but must be a range of whole numbers.",
            f"Give it as --{option}=LOW:HIGH, and leave out an end that is open.",
        ) from None
    return least, most


def _listed(rows: list[dict[str, Any]]) -> str:
    """Found patients as a table."""
    titles = ("patient", "age", "sex", "first", "last", "injections", "visits", "ended")
    columns = (
        *("patient_id", "age_years", "sex", "baseline_letters", "last_letters", "n_injections"),
        *("n_visits", "end_reason"),
    )
    named = [row | {"end_reason": END_REASONS[row["end_reason"]]} for row in rows]
    cells = [[str(row[name]) for name in columns] for row in named]
    return table(titles, cells, right=tuple(t for t in titles if t not in ("sex", "ended")))


def _visits(one: Patient) -> list[str]:
    """Every visit of each eye as a table."""
    titles = ("day", "letters", "scan", "injected", "phase", "next in", "late by")
    tables = []
    for eye in one.eyes:
        rows = [
            [
                str(visit.day),
                str(visit.letters),
                "fluid" if visit.fluid else "dry",
                visit.drug if visit.injected else "",
                visit.phase,
                str(visit.interval_days or ""),
                str(visit.delay_days or ""),
            ]
            for visit in eye.visits
        ]
        heading = "Second eye\n" if eye.eye else ""
        tables.append(heading + table(titles, rows, ("day", "letters", "next in", "late by")))
    return tables
