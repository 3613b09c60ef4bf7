"""A folder of runs, shared by every process of a host: the folders are the truth, no index."""

from __future__ import annotations

import builtins
import errno
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryFile
from typing import Final

from ape_core.errors import CorruptRunError, InvalidInputError, NoSuchRunError, StoreError
from ape_core.limits import CHUNK_SIZE, MAX_CHUNK_SIZE
from ape_core.spec.run_spec import RunSpec
from ape_core.storage.checkpoint import Checkpoint, SimulationCheckpoint
from ape_core.storage.files import make_folder, sync_folder, write_atomic
from ape_core.storage.location import default_store_path
from ape_core.storage.locks import FileLock, is_locked
from ape_core.storage.os_errors import os_errors
from ape_core.storage.parts_elsewhere import clear_place, open_place
from ape_core.storage.places import place_of_run
from ape_core.storage.run_folder import SPEC_FILE, RunFolder
from ape_core.storage.tables import TABLES

_RUN_ID: Final = re.compile(r"[0-9a-f]{64}")
_PREFIX: Final = re.compile(r"[0-9a-f]{4,64}")
_UNFINISHED: Final = re.compile(r"\.(new|trash)-[0-9a-f]{64}-[0-9a-f]{16}(\.lock)?")


class Store:
    """A folder of runs.

    Nothing is created before the first run is.

    Parameters
    ----------
    path
        The folder; by default APE_STORE, or else the user's data directory.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self.path = default_store_path() if path is None else Path(path).expanduser().absolute()

    def __repr__(self) -> str:
        return f"Store({str(self.path)!r})"

    @property
    def runs_path(self) -> Path:
        """Folder that holds a folder for each run."""
        return self.path / "runs"

    def list(self) -> builtins.list[RunFolder]:
        """Return every run, in the order of their ids."""
        return [RunFolder(self.runs_path / name) for name in self._names(_RUN_ID)]

    def find(self, prefix: str) -> RunFolder:
        """Return the run whose id begins like this.

        Parameters
        ----------
        prefix
            The id, or its first characters: at least 4, enough to be the only one.

        Raises
        ------
        NoSuchRunError
            When no run, or more than one, is meant.
        """
        if not _PREFIX.fullmatch(prefix):
            raise NoSuchRunError(
                f"{prefix[:80]!r} is not the id of a run, nor how one begins: 4 to 64 of the "
                "characters 0-9 and a-f.",
                _LIST_THEM,
            )
        names = [name for name in self._names(_RUN_ID) if name.startswith(prefix)]
        if len(names) > 1:
            several = ", ".join(name[:12] for name in names[:5])
            raise NoSuchRunError(
                f"{prefix!r} begins the ids of {len(names)} runs: {several}.",
                "Give more characters of the one you mean.",
            )
        if not names:
            raise NoSuchRunError(f"There is no run {prefix[:12]} in {self.path}.", _LIST_THEM)
        return RunFolder(self.runs_path / names[0])

    def folder(self, run_id: str) -> RunFolder:
        """Return the folder of a run by its full id; NoSuchRunError when there is none."""
        if not _RUN_ID.fullmatch(run_id):
            raise NoSuchRunError(f"{run_id[:80]!r} is not the id of a run.", _LIST_THEM)
        return self.find(run_id)

    def __contains__(self, run_id: object) -> bool:
        """Whether there is a run of that full id."""
        is_id = isinstance(run_id, str) and _RUN_ID.fullmatch(run_id) is not None
        return is_id and (self.runs_path / str(run_id)).is_dir()

    def create(self, spec: RunSpec, chunk_size: int | None = None, place: str = "") -> RunFolder:
        """Return the run that answers a question, created unless it is there.

        It appears at once with all that a run has, so that of any number of processes that ask
        the same question at the same instant one creates it and the others find it.

        Parameters
        ----------
        spec
            The question.
        chunk_size
            Patients in a part, `limits.CHUNK_SIZE` by default. Fixed by whoever creates the run;
            it changes no row.
        place
            Where the parts are to be, see `places`; in the folder of the run unless given.

        Raises
        ------
        StoreError
            When the store cannot be written to.
        """
        size = check_chunk_size(chunk_size)
        make_folder(self.runs_path)
        while spec.run_id not in self:
            with os_errors("create a run in", self.runs_path):
                self._create(spec, size, place)
        return RunFolder(self.runs_path / spec.run_id)

    def delete(self, run_id: str, lock: FileLock | None = None) -> None:
        """Remove a run. It is gone at once, though its files may take a moment.

        Parameters
        ----------
        run_id
            Its full id.
        lock
            Its lock, if the caller holds it. It is given up.

        Raises
        ------
        InvalidInputError
            When a worker is simulating, archiving or restoring it.
        NoSuchRunError
            When there is none.
        """
        folder = self.folder(run_id)
        lock = lock or folder.acquire()
        if lock is None:
            raise in_use(folder, "deleted")
        with lock:
            _clear_elsewhere(folder)
            with os_errors("delete", folder.path), self._scratch("trash", run_id) as trash:
                folder.path.rename(trash)
                sync_folder(self.runs_path)

    def clean_temporary(self) -> builtins.list[str]:
        """Remove what killed processes left: half-created and half-deleted runs, loose files.

        Returns
        -------
        list of str
            What was removed, relative to the store.
        """
        removed = [f"runs/{name}" for name in self._names(_UNFINISHED) if self._discard(name)]
        for run in self.list():
            try:
                names = run.clean_temporary()
            except (CorruptRunError, NoSuchRunError):
                continue  # what is damaged is for `verify` to name, and stays
            removed += [f"runs/{run.run_id}/{name}" for name in names]
        return removed

    def check_writable(self) -> None:
        """Raise a StoreError that says what to do unless runs can be created here."""
        make_folder(self.runs_path)
        with os_errors("write to", self.runs_path):
            TemporaryFile(dir=self.runs_path).close()
        with os_errors("write to", self.runs_path), self._scratch("new", "0" * 64) as probe:
            probe.mkdir()
            write_atomic(probe / SPEC_FILE, b"")

    @contextmanager
    def staging(self, spec: RunSpec, chunk_size: int, place: str = "") -> Iterator[Path]:
        """Folder of a whole run that nobody sees until `place` gives it its name.

        Removed at the end, or by `clean_temporary` after this process was killed.
        """
        with self._scratch("new", spec.run_id) as new:
            new.mkdir()
            _fill(new, spec, chunk_size, place)
            number = 1 + max((run.number() for run in self.list()), default=0)
            RunFolder(new).write_created(number, place)
            yield new

    def place(self, staged: Path, run_id: str) -> bool:
        """Give a run its name, unless somebody was faster; return whether it was done."""
        try:
            staged.rename(self.runs_path / run_id)
        except OSError as error:
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                raise
            return False
        finally:
            sync_folder(self.runs_path)
        return True

    def _create(self, spec: RunSpec, chunk_size: int, place: str) -> None:
        """Make a whole run under another name and give it its own, unless somebody was faster."""
        if place:
            place = place_of_run(place, spec.run_id)
            open_place(place, spec.to_json().encode())
        with self.staging(spec, chunk_size, place) as new:
            if not self.place(new, spec.run_id) and place:
                clear_place(place)

    @contextmanager
    def _scratch(self, kind: str, run_id: str) -> Iterator[Path]:
        """Path for a folder that is no run, or is none any more; removed at the end.

        A lock beside it, taken before there is a folder, tells others that it is in use.
        """
        path = self.runs_path / f".{kind}-{run_id}-{token_hex(8)}"
        lock_path = path.with_name(f"{path.name}.lock")
        lock = FileLock.acquire(lock_path)
        if lock is None:
            raise StoreError(f"{lock_path} is locked by another process.", "Try again.")
        with lock:
            try:
                yield path
            finally:
                if path.exists():
                    shutil.rmtree(path)
                lock_path.unlink(missing_ok=True)

    def _discard(self, name: str) -> bool:
        """Remove a half-created or half-deleted run, or its lock, unless it is in use."""
        path = self.runs_path / name
        with os_errors("remove", path):
            if path.is_dir():
                if is_locked(path.with_name(f"{name}.lock")):
                    return False
                shutil.rmtree(path)
                return True
            if is_locked(path):
                return False
            path.unlink(missing_ok=True)
            return True

    def _names(self, pattern: re.Pattern[str]) -> builtins.list[str]:
        """Names in the folder of runs that match, sorted; none when there is no store yet."""
        with os_errors("read", self.runs_path):
            try:
                names = [path.name for path in self.runs_path.iterdir()]
            except FileNotFoundError:
                return []
        return sorted(name for name in names if pattern.fullmatch(name))


def in_use(folder: RunFolder, done: str) -> InvalidInputError:
    """Return the error for a run that cannot be deleted, or otherwise touched, by now."""
    short = folder.run_id[:12]
    try:
        complete = folder.is_complete()
    except (CorruptRunError, StoreError):
        complete = False
    if complete:
        return InvalidInputError(
            f"Run {short} is in use and cannot be {done}.",
            "Another process archives, restores or checks it; try again when that is done.",
        )
    return InvalidInputError(
        f"Run {short} is running and cannot be {done}.",
        f"Stop it with `ape cancel {short}` first.",
    )


_LIST_THEM: Final = "`ape list` shows the runs of the store; --store or APE_STORE names another."


def check_chunk_size(chunk_size: int | None) -> int:
    """The chunk size, checked; the usual one when none is given."""
    size = CHUNK_SIZE if chunk_size is None else chunk_size
    if not 1 <= size <= MAX_CHUNK_SIZE:
        raise InvalidInputError(
            f"The chunk size is {size:,}, but it can be from 1 to {MAX_CHUNK_SIZE:,} patients.",
            f"Leave it out for {CHUNK_SIZE:,}.",
        )
    return size


def _fill(folder: Path, spec: RunSpec, chunk_size: int, place: str) -> None:
    """Write what a run has before anything is simulated."""
    for table in TABLES:
        (folder / table).mkdir()
    text = spec.to_json().encode()
    write_atomic(folder / SPEC_FILE, text)
    SimulationCheckpoint(folder).save(Checkpoint.begin(spec.run_id, text, chunk_size, place))


def _clear_elsewhere(folder: RunFolder) -> None:
    """Remove the parts of a run that are not in its folder; StoreError when any is left."""
    if place := folder.place():
        checkpoint = None
        with suppress(CorruptRunError):
            checkpoint = folder.checkpoint()
        clear_place(place, checkpoint)
