"""The folder of one run: its question, what is committed, and what its worker says."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import numpy as np

from ape_core.clocks import parse_utc, utc_now, utc_text
from ape_core.errors import (
    ApeError,
    CorruptRunError,
    InvalidInputError,
    NoSuchRunError,
    StoreError,
)
from ape_core.spec.run_spec import RunSpec
from ape_core.storage.checkpoint import (
    Checkpoint,
    SimulationCheckpoint,
    load_summary,
    remove_summaries,
)
from ape_core.storage.files import (
    damaged_file,
    is_temporary,
    make_room,
    read_json,
    read_sealed,
    remove_temporary,
    write_atomic,
    write_json,
    write_sealed,
)
from ape_core.storage.locks import FileLock, is_locked
from ape_core.storage.os_errors import os_errors
from ape_core.storage.parts import record_path
from ape_core.storage.parts_elsewhere import remove_stray_objects
from ape_core.storage.question import read_question
from ape_core.storage.tables import TABLES

SPEC_FILE: Final = "spec.json"
LOCK_FILE: Final = "worker.lock"
PROGRESS_FILE: Final = "progress.json"
ERROR_FILE: Final = "error.json"
PROVENANCE_FILE: Final = "provenance.json"
CANCEL_FILE: Final = "cancel"
CREATED_FILE: Final = "created.json"
_MOST_READS: Final = 20


class RunFolder:
    """A run on disk.

    Everything is read anew at each call, since other processes write; only the question,
    which cannot change, is kept.

    Parameters
    ----------
    path
        The folder, named by the run_id.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.committed = SimulationCheckpoint(path)
        self._spec: RunSpec | None = None

    def __repr__(self) -> str:
        return f"RunFolder({str(self.path)!r})"

    @property
    def run_id(self) -> str:
        """Name of the folder: the SHA-256 of the question."""
        return self.path.name

    def spec(self) -> RunSpec:
        """Return the question, read and checked once.

        Raises
        ------
        CorruptRunError
            When `spec.json` is missing, or not the question that the folder is named after.
        """
        if self._spec is None:
            path = self.path / SPEC_FILE
            self._spec = read_question(path, lambda: self.spec_copy() is not None)
        return self._spec

    def created(self) -> float:
        """Return when the run was created, in seconds since 1970; 0 when it is being deleted.

        Told to people; no order follows from it. The time of a file stands in where it was not
        noted.
        """
        noted = self._created_note().get("at")
        with suppress(ValueError):
            return parse_utc(str(noted)).timestamp()
        for path in (self.path / SPEC_FILE, self.path):
            with suppress(OSError):
                return path.stat().st_mtime
        return 0.0

    def number(self) -> int:
        """Return the place of the run in the order in which runs were created; 0 if not noted."""
        number = self._created_note().get("number")
        return number if isinstance(number, int) else 0

    def order(self) -> tuple[int, float, str]:
        """Return what runs are sorted by, the oldest first: their numbers, and so by no clock."""
        number = self.number()
        return number, 0.0 if number else self.created(), self.run_id

    def write_created(self, number: int, place: str = "") -> None:
        """Note the place of a new run in the order of runs, when that was, and where parts go."""
        note = {"number": number, "at": utc_text(utc_now()), "parts": place}
        write_json(self.path / CREATED_FILE, note, durable=False)

    def _created_note(self) -> dict[str, Any]:
        """What was noted as the run was created; empty when it cannot be read."""
        return _read_note(self.path / CREATED_FILE) or {}

    def checkpoint(self) -> Checkpoint:
        """Return what is committed; CorruptRunError when the checkpoint is not what was written."""
        checkpoint = self.committed.load()
        if checkpoint.run_id != self.run_id:
            raise CorruptRunError(
                f"{self.committed.path} belongs to run {checkpoint.run_id[:12]}, not to this one.",
                f"Delete the run with `ape delete {self.run_id[:12]}` and ask again.",
            )
        return checkpoint

    def place(self) -> str:
        """Return where the parts are, see `places`; empty when they are in this folder."""
        try:
            return self.checkpoint().place
        except (CorruptRunError, StoreError):
            return str(self._created_note().get("parts", ""))

    def missing_ranges(self) -> list[tuple[int, int]]:
        """Return the patients `(first, stop)` of each part that is not committed, in order."""
        checkpoint = self.checkpoint()
        done = {part.index for part in checkpoint.parts}
        n_patients, size = self.spec().cohort.n_patients, checkpoint.chunk_size
        return [
            (first, min(first + size, n_patients))
            for first in range(0, n_patients, size)
            if first // size not in done
        ]

    def is_complete(self) -> bool:
        """Whether every patient of the question is committed, with the summary."""
        checkpoint = self.checkpoint()
        done = checkpoint.patients_done == self.spec().cohort.n_patients
        return done and checkpoint.summary_file is not None

    def load_summary(self) -> tuple[Checkpoint, dict[str, np.ndarray] | None]:
        """Return what is committed and the arrays of its summary; None before the first commit.

        A worker may commit between the reading of the one and the other, and remove the older
        summary: then both are read again.

        Raises
        ------
        CorruptRunError
            When the checkpoint or the summary is not what was committed.
        """
        checkpoint = self.checkpoint()
        for _ in range(_MOST_READS):
            try:
                return checkpoint, load_summary(self.path, checkpoint)
            except CorruptRunError:
                latest = self.checkpoint()
                if latest == checkpoint:
                    raise
                checkpoint = latest
        return checkpoint, load_summary(self.path, checkpoint)

    def acquire(self) -> FileLock | None:
        """Take the worker lock; None when a worker is alive.

        Raises
        ------
        NoSuchRunError
            When the run has been deleted.
        """
        self.check_exists()
        if (self.path / LOCK_FILE).is_dir():  # nobody can hold a folder
            make_room(self.path / LOCK_FILE)
        return FileLock.acquire(self.path / LOCK_FILE)

    def check_exists(self) -> None:
        """Raise NoSuchRunError when the run has been deleted."""
        if not self.path.is_dir():
            raise NoSuchRunError(
                f"Run {self.run_id[:12]} is not in the store any more.",
                "Ask the question again to compute it anew.",
            )

    def is_locked(self) -> bool:
        """Whether a worker holds the lock; disturbs nobody."""
        return is_locked(self.path / LOCK_FILE)

    def write_progress(self, progress: Mapping[str, Any]) -> None:
        """Say what the worker is doing now."""
        write_json(self.path / PROGRESS_FILE, dict(progress), durable=False)

    def read_progress(self) -> dict[str, Any] | None:
        """Return what the worker said last; None when it said nothing that can be read."""
        return _read_note(self.path / PROGRESS_FILE)

    def write_error(self, message: str, hint: str, *, interrupted: bool = False) -> None:
        """Say why an attempt failed, or was only interrupted."""
        why = {"error": message, "hint": hint, "interrupted": interrupted}
        write_json(self.path / ERROR_FILE, why)

    def read_error(self) -> dict[str, Any] | None:
        """Return `error` and `hint` of the last attempt; None when it did not fail."""
        path = self.path / ERROR_FILE
        if not path.exists():
            return None
        unreadable = {"error": f"The last attempt failed, and {path} cannot be read.", "hint": ""}
        return _read_note(path) or unreadable

    def clear_error(self) -> None:
        """Forget why an earlier attempt failed, as a new one begins."""
        self._remove(ERROR_FILE)

    def request_cancel(self) -> None:
        """Ask the worker to stop at its next commit."""
        with os_errors("write", self.path / CANCEL_FILE):
            (self.path / CANCEL_FILE).touch()

    def cancel_requested(self) -> bool:
        """Whether the worker has been asked to stop."""
        return (self.path / CANCEL_FILE).exists()

    def clear_cancel(self) -> None:
        """Forget that a worker was asked to stop, as it did or as a new one begins."""
        self._remove(CANCEL_FILE)

    def write_provenance(self, provenance: Mapping[str, Any]) -> None:
        """Record versions, machine and times."""
        write_sealed(self.path / PROVENANCE_FILE, {**provenance, "run_id": self.run_id})

    def read_provenance(self) -> dict[str, Any]:
        """Return versions, machine and times; empty before they are recorded.

        Raises
        ------
        CorruptRunError
            When the record is not what was written.
        """
        path = self.path / PROVENANCE_FILE
        if not path.exists():
            return {}
        provenance = read_sealed(path)
        if provenance.pop("run_id", None) != self.run_id:
            raise damaged_file(path, "it is that of another run")
        return provenance

    def provenance(self) -> dict[str, Any]:
        """Return versions, machine and times, as far as they are known: no row depends on them."""
        try:
            return self.read_provenance()
        except CorruptRunError:
            return {}

    def reset(self, chunk_size: int) -> Checkpoint:
        """Commit that nothing is done, for a run whose checkpoint is lost.

        What the parts held is then simulated again, to the same rows. Only for the holder of the
        worker lock.
        """
        place = self.place()
        checkpoint = Checkpoint.begin(self.run_id, self._write_spec(), chunk_size, place)
        self.committed.save(checkpoint)
        remove_summaries(self.path, keep=None)
        return checkpoint

    def spec_copy(self) -> bytes | None:
        """Return `spec.json` as the checkpoint holds it; None when neither is there."""
        try:
            return self.checkpoint().spec_text()
        except (CorruptRunError, StoreError):
            return None

    def restore_spec(self, spec: RunSpec | None = None) -> None:
        """Write the question again, and commit that.

        Parameters
        ----------
        spec
            The question as somebody asks it again; by default as the checkpoint, or else the
            damaged file, still tells.

        Raises
        ------
        InvalidInputError
            When that is another question than this run's.
        CorruptRunError
            When neither tells.
        """
        copy = self.spec_copy()
        if spec is not None:
            self._check_asked(spec)
        if copy is not None:
            write_atomic(self.path / SPEC_FILE, copy)
            self._spec = None
            self.spec()
            return
        self._spec = spec or self.spec()
        self.committed.save(self.checkpoint().with_spec(self._write_spec()))

    def _check_asked(self, spec: RunSpec) -> None:
        """Refuse another question than this run's."""
        if spec.run_id != self.run_id:
            raise InvalidInputError(
                f"This is question {spec.run_id[:12]}, not that of run {self.run_id[:12]}.",
                "Ask exactly the question that the run was created for.",
            )

    def clean_temporary(self, *, holding_lock: bool = False) -> list[str]:
        """Remove what killed workers left; return the names.

        Unfinished files go unless somebody is writing them. Parts and summaries that the
        checkpoint does not name go unless a worker is alive, which may be about to commit them.

        Parameters
        ----------
        holding_lock
            Whether the caller is that worker, and has nothing that is yet to be committed.
        """
        removed = [path for folder in self._folders() for path in remove_temporary(folder)]
        lock = None if holding_lock else self.acquire()
        if lock is not None:
            with lock:
                removed += self._remove_strays()
        elif holding_lock:
            removed += self._remove_strays()
            remove_stray_objects(self.checkpoint(), self.spec().cohort.n_patients)
        return [str(path.relative_to(self.path)) for path in removed]

    def has_leftovers(self) -> bool:
        """Whether there are files that a worker is writing or was, or had not yet removed."""
        files = (path for folder in self._folders() for path in folder.iterdir())
        return any(is_temporary(path) for path in files) or bool(self.stray_files())

    def stray_files(self) -> list[Path]:
        """Return the parts and summaries that the checkpoint does not name."""
        checkpoint = self.checkpoint()
        named = {
            record_path(self.path, table, part) for part in checkpoint.parts for table in TABLES
        }
        named.add(self.path / (checkpoint.summary_file or ""))
        found = [path for folder in self._folders() for path in folder.glob("part-*.parquet")]
        found += self.path.glob("summary-*.npz")
        return sorted(path for path in found if path not in named)

    def _remove_strays(self) -> list[Path]:
        """Remove parts and summaries that the checkpoint does not name."""
        strays = self.stray_files()
        for path in strays:
            make_room(path)
            with os_errors("remove", path):
                path.unlink(missing_ok=True)
        return strays

    def _folders(self) -> list[Path]:
        """Folders of the run in which files are written."""
        inner = [self.path / table for table in TABLES]
        return [self.path, *(folder for folder in inner if folder.is_dir())]

    def _remove(self, name: str) -> None:
        """Remove a file of the run if it is there."""
        make_room(self.path / name)
        with os_errors("remove", self.path / name):
            (self.path / name).unlink(missing_ok=True)

    def _write_spec(self) -> bytes:
        """Write the question as a new run would have it; return the text of the file."""
        text = self.spec().to_json().encode()
        write_atomic(self.path / SPEC_FILE, text)
        return text


def _read_note(path: Path) -> dict[str, Any] | None:
    """Content of a file that is only advisory; None when there is none that can be read."""
    try:
        return read_json(path)
    except ApeError:
        return None
