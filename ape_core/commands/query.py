"""`ape query`."""

from __future__ import annotations

import argparse
import decimal
import math
from typing import Any

from ape_core.commands.answer import Answer, table
from ape_core.limits import QUERY_SECONDS
from ape_core.runs.starting import open_run

_SHOWN_LETTERS = 60


def query(asked: argparse.Namespace) -> Answer:
    """Answer a question in SQL about the rows of a run."""
    run = open_run(asked.run)
    seconds = QUERY_SECONDS if asked.seconds is None else asked.seconds
    found = run.results().query(asked.sql, asked.rows, asked.memory_mb, seconds)
    data = {
        "run_id": run.run_id,
        "columns": found.columns,
        "types": found.types,
        "rows": [[_plain(value) for value in row] for row in found.rows],
        "is_cut": found.is_cut,
    }
    if asked.csv:
        return Answer(data, found.to_csv().rstrip("\n"))
    numbers = [
        name
        for place, name in enumerate(found.columns)
        if all(isinstance(row[place], int | float) for row in found.rows)
    ]
    shown = [[_shown(value) for value in row] for row in found.rows]
    return Answer(data, f"{table(found.columns, shown, numbers)}\n{found.words()}")


def _shown(value: Any) -> str:
    """Value in a table for people."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    text = " ".join(str(value).split())
    return text if len(text) <= _SHOWN_LETTERS else f"{text[: _SHOWN_LETTERS - 3]}..."


def _plain(value: Any) -> Any:
    """Value that JSON has, text for what it has not; what is no number is none."""
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return value if value is None or isinstance(value, bool | int | str) else str(value)
