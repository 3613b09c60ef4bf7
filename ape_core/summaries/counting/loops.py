"""Compiled: all that is counted of the rows of a chunk, but for what wanting slots did.

Everything that decides where a row is counted comes in as an argument.
"""

# ruff: noqa: ANN001, ANN201  numba infers the types of compiled functions

from __future__ import annotations

from ape_core.simulation.compiled import entry
from ape_core.summaries.counting.letter_loop import add_letters, add_pairs
from ape_core.summaries.counting.visit_loop import add_visits
from ape_core.summaries.counting.year_loop import add_years


@entry
def add_rows(visits, eyes, stays, assessed, clock, codes, room, totals):  # type: ignore[no-untyped-def]
    """Count rows: see `columns`, `clock`, `codes`, `room` and `totals` for what is handed over."""
    add_visits(visits, eyes, stays, clock, codes, room, totals)
    add_letters(assessed, eyes, stays, codes, room, totals)
    if eyes.eye.size > stays.row.size:
        add_pairs(assessed, eyes, codes, totals)
    add_years(assessed, eyes, stays, clock, codes, room, totals)
