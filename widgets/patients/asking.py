"""A question in SQL, answered by a process of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ape_core.results.query_answer import QueryAnswer
from widgets.shell import Shell

ASKED_ROWS: Final = 1_000
"""Rows that a page asks for, shows the first of and hands out as CSV."""

ASKED_SECONDS: Final = 60


class Asking:
    """A question that is being answered.

    Parameters
    ----------
    store
        Folder of runs.
    run_id
        The run.
    sql
        The question.
    """

    def __init__(self, store: Path, run_id: str, sql: str) -> None:
        self.run_id = run_id
        options = ("--rows", str(ASKED_ROWS), "--seconds", str(ASKED_SECONDS))
        self._shell = Shell(store, "query", run_id, sql, options=options)

    @property
    def is_done(self) -> bool:
        """Whether the process has ended."""
        return self._shell.is_done

    def answer(self) -> QueryAnswer | str:
        """Give the answer of a process that has ended, or the sentence why there is none."""
        said = self._shell.answer()
        if isinstance(said, str):
            return said
        rows = tuple(tuple(row) for row in said["rows"])
        return QueryAnswer(tuple(said["columns"]), tuple(said["types"]), rows, said["is_cut"])

    def end(self) -> None:
        """Stop, if it still goes on, and let go of everything."""
        self._shell.end()
