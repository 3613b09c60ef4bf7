"""The main figures of a run as a table for a terminal."""

from __future__ import annotations

from typing import Any, Final

from ape_core.commands.answer import table
from ape_core.runs.handle import Run

_COLUMNS: Final = (
    ("year", "year", "{:d}"),
    ("alive", "n_alive", "{:,d}"),
    ("in care", "n_in_care", "{:,d}"),
    ("letters", "letters_mean", "{:.1f}"),
    ("change", "letters_change_mean", "{:+.1f}"),
    ("gain >= 15", "pct_gain_ge15", "{:.0f}%"),
    ("loss >= 15", "pct_loss_ge15", "{:.0f}%"),
    ("injections", "injections_mean", "{:.1f}"),
    ("visits", "visits_mean", "{:.1f}"),
)


def results_table(run: Run) -> str:
    """Acuity, retention and treatment at the end of each year; empty before the first commit."""
    summary = run.summary()
    if summary is None or not summary.n_patients:
        return ""
    titles = [title for title, _, _ in _COLUMNS]
    rows = [[_cell(year, name, form) for _, name, form in _COLUMNS] for year in _years(summary)]
    notes = (
        "letters: of all living eyes; change: since baseline;\n"
        "injections, visits: in that year, of eyes in care all through it"
    )
    return f"{table(titles, rows, right=titles)}\n{notes}"


def _years(summary: Any) -> list[dict[str, Any]]:
    """Figures at the end of each year."""
    years: list[dict[str, Any]] = summary.statistics()["by_year"]
    return years


def _cell(year: dict[str, Any], name: str, form: str) -> str:
    """One figure; a dash where no eye is left that it could be of."""
    value = year.get(name)
    return "-" if value is None else form.format(value)
