"""A question in SQL, answered by a process of its own: what answers takes more than a page has."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Final

from ape_core.results.query_answer import QueryAnswer
from ape_core.runs.spawning import detached_environment

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
        self._out: IO[bytes] = TemporaryFile()  # noqa: SIM115  closed by `end`
        command = [
            *(sys.executable, "-P", "-m", "ape_core.cli", "query", "--json"),
            *("--rows", str(ASKED_ROWS), "--seconds", str(ASKED_SECONDS)),
            *("--store", str(store), "--", run_id, sql),
        ]
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=self._out, stderr=subprocess.DEVNULL,
            env=detached_environment(),
        )  # fmt: skip

    @property
    def is_done(self) -> bool:
        """Whether the process has ended."""
        return self._process.poll() is not None

    def answer(self) -> QueryAnswer | str:
        """Give the answer of a process that has ended, or the sentence why there is none."""
        self._out.seek(0)
        try:
            said: dict[str, Any] = json.loads(self._out.read())
        except ValueError:
            return "The process that answers has ended without an answer. Ask again."
        if "error" in said:
            return f"{said['error']} {said['hint']}".strip()
        rows = tuple(tuple(row) for row in said["rows"])
        return QueryAnswer(tuple(said["columns"]), tuple(said["types"]), rows, said["is_cut"])

    def end(self) -> None:
        """Stop, if it still goes on, and let go of everything."""
        if not self.is_done:
            self._process.kill()
            self._process.wait()
        self._out.close()
