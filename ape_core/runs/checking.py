"""The other end of `import_check`: a process that decodes packages, asked and listened to."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from ape_core.errors import InvalidInputError, StoreError
from ape_core.runs.memory import check_memory
from ape_core.runs.spawning import detached_environment
from ape_core.spec.run_spec import RunSpec
from ape_core.storage.packages.manifest import Manifest, PackedPart
from ape_core.storage.packages.rows import most_rows, row_bytes
from ape_core.storage.tables import TABLES

PLAIN_MB: Final = 60
DECODER_MB: Final = 150
"""Memory of the process before it decodes anything: for a summary alone, and for rows (134 MB were
measured, with parts of 5,000 patients over 5 years)."""

COPIES: Final = 6
"""Rows are in memory so often at a time: decoded, as arrays, encoded."""

SPARE_MB: Final = 150
"""Added to what is needed before the system refuses more: what is reserved is not all used."""

ANSWER_SECONDS: Final = 120.0
ROWS_PER_SECOND: Final = 100_000
"""A part of millions of rows is checked within a second; what takes so much longer was made to."""

MAX_REASON: Final = 300
"""Characters of a reason that are shown."""

_MB: Final = 1 << 20


class CheckProcess:
    """A process that checks what came in one package; ended with the body.

    Parameters
    ----------
    folder
        The folder in which the run is put together.
    spec, manifest
        Of the package.
    """

    def __init__(self, folder: Path, spec: RunSpec, manifest: Manifest) -> None:
        rows = max((sum(_rows(part).values()) for part in manifest.parts), default=0)
        self._answer_seconds = ANSWER_SECONDS + rows / ROWS_PER_SECOND
        self._process = subprocess.Popen(
            _command(folder, spec, manifest),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=detached_environment(),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def ask(self, what: str, **asked: Any) -> Any:
        """Ask one question and wait for the answer.

        Raises
        ------
        InvalidInputError
            When what came is refused, or has ended the process that decoded it.
        StoreError
            When what was right cannot be written.
        """
        assert self._process.stdin is not None
        line = json.dumps({what: asked}) + "\n"
        try:
            self._process.stdin.write(line.encode())
            self._process.stdin.flush()
            said = self._listen()
        except BrokenPipeError:
            said = b""
        if not said.endswith(b"\n"):
            raise InvalidInputError(f"{_named(what, asked)} cannot be decoded: {self._ending()}")
        answer: dict[str, Any] = json.loads(said)
        if "failed" in answer:
            raise StoreError(*answer["failed"])
        if "refused" in answer:
            why = _printable(answer["refused"])
            raise InvalidInputError(f"{_named(what, asked)} is refused: {why}")
        return next(iter(answer.values()))

    def _listen(self) -> bytes:
        """One line of the answer; part of it when the process has ended or takes too long."""
        assert self._process.stdout is not None
        descriptor, said = self._process.stdout.fileno(), b""
        deadline = time.monotonic() + self._answer_seconds
        while not said.endswith(b"\n"):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([descriptor], [], [], left)[0]:
                self._process.kill()
                return b""
            block = os.read(descriptor, _MB)
            if not block:
                return b""
            said += block
        return said

    def _ending(self) -> str:
        """How the process that decoded it ended, in words."""
        self._process.kill()
        status = self._process.wait()
        if status == -signal.SIGKILL:
            return "it took too long, or too much memory"
        return f"it ended the process that tried (status {status})"


def check_part_sizes(manifest: Manifest, spec: RunSpec) -> None:
    """Refuse parts with more rows, or larger files, than their patients can have.

    Raises
    ------
    InvalidInputError
        Naming the part.
    """
    sizes = {file.name: file.n_bytes for file in manifest.files}
    for part in manifest.parts:
        for table, n_rows in _rows(part).items():
            most = most_rows(table, manifest.chunk_size, spec.years)
            name = f"{table}/part-{part.index:06d}.parquet"
            if not 0 < n_rows <= most:
                raise InvalidInputError(f"{name} has {n_rows:,} rows, not 1 to {most:,}")
            allowed = _MB + 2 * n_rows * row_bytes(table, spec.years)
            if sizes[name] > allowed:
                raise InvalidInputError(
                    f"{name} has {sizes[name]:,} bytes, but its rows take {allowed:,} at most"
                )


def _command(folder: Path, spec: RunSpec, manifest: Manifest) -> list[str]:
    """Command that starts the process."""
    return [
        *(sys.executable, "-m", "ape_core.runs.import_check", str(folder)),
        *("--years", str(spec.years), "--patients", str(spec.cohort.n_patients)),
        *("--chunk-size", str(manifest.chunk_size)),
        *("--memory-mb", str(_memory_mb(manifest, spec))),
    ]


def _memory_mb(manifest: Manifest, spec: RunSpec) -> int:
    """Memory that checking may take, some of which has to be free.

    Raises
    ------
    InvalidInputError
        When it is not.
    """
    sizes = [
        sum(n_rows * row_bytes(table, spec.years) for table, n_rows in _rows(part).items())
        for part in manifest.parts
    ]
    needed = DECODER_MB + COPIES * max(sizes) // _MB if sizes else PLAIN_MB
    free = check_memory().free_mb
    if needed > free:
        raise InvalidInputError(
            f"to check it takes {needed:,} MB of memory, and {free:,.0f} MB are free",
            "Wait until runs have ended or pages are closed, and try again.",
        )
    return needed + SPARE_MB


def _printable(text: str) -> str:
    """What a library says of a stranger's file, without what could steer a terminal."""
    plain = "".join(character if character.isprintable() else " " for character in text)
    return plain if len(plain) <= MAX_REASON else plain[: MAX_REASON - 1] + "…"


def _rows(part: PackedPart) -> dict[str, int]:
    """Rows of each table of a part."""
    return dict(zip(TABLES, (part.n_visits, part.n_eyes), strict=True))


def _named(what: str, asked: dict[str, Any]) -> str:
    """What was asked about, in words."""
    return f"part {asked['index']}" if what == "part" else "the summary"
