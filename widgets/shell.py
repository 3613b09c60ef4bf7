"""An answer of the command line, given by a process of its own: it takes more than a page has."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from ape_core.runs.spawning import detached_environment


class Shell:
    """A command of `ape` that is being carried out.

    Parameters
    ----------
    store
        Folder of runs.
    command
        Name of the command.
    words
        What follows it; none is taken for an option.
    options
        Options before these words.
    """

    def __init__(
        self, store: Path, command: str, *words: str, options: tuple[str, ...] = ()
    ) -> None:
        self._out: IO[bytes] = TemporaryFile()  # noqa: SIM115  closed by `end`
        line = [
            *(sys.executable, "-P", "-m", "ape_core.cli", command, "--json", *options),
            *("--store", str(store), "--", *words),
        ]
        self._process = subprocess.Popen(
            line, stdin=subprocess.DEVNULL, stdout=self._out, stderr=subprocess.DEVNULL,
            env=detached_environment(),
        )  # fmt: skip

    @property
    def is_done(self) -> bool:
        """Whether the process has ended."""
        return self._process.poll() is not None

    def answer(self) -> dict[str, Any] | str:
        """Give the answer of a process that has ended, or the sentence why there is none."""
        self._out.seek(0)
        try:
            said: dict[str, Any] = json.loads(self._out.read())
        except ValueError:
            return "The process that answers has ended without an answer. Ask again."
        if "error" in said:
            return f"{said['error']} {said['hint']}".strip()
        return said

    def end(self) -> None:
        """Stop, if it still goes on, and let go of everything."""
        if not self.is_done:
            self._process.kill()
            self._process.wait()
        self._out.close()
