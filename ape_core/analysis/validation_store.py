"""Validations and counted records in a store: computed once, in a process of their own."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ape_core.analysis.arms import CALIBRATION_ARMS
from ape_core.analysis.records import Records, records_from
from ape_core.analysis.targets import CALIBRATION_TARGETS
from ape_core.analysis.validation import Validation, validation_from
from ape_core.errors import InvalidInputError
from ape_core.runs.spawning import start_detached
from ape_core.spec.model import load_model
from ape_core.spec.population import load_population
from ape_core.spec.run_spec import MODEL_VERSION
from ape_core.storage.files import make_folder, read_json, write_json
from ape_core.storage.locks import FileLock, is_locked
from ape_core.storage.store import Store

FORMAT: Final = 2
"""Raised whenever what is kept changes its meaning: it is then computed afresh."""

DEFAULT_PATIENTS: Final = 5_000
LEAST_PATIENTS: Final = 100
MOST_PATIENTS: Final = 100_000
_FILES: Final = (CALIBRATION_ARMS, CALIBRATION_TARGETS)


@dataclass(frozen=True, slots=True)
class State:
    """How far a validation is.

    Attributes
    ----------
    status
        "complete", "running", "failed" or "absent".
    phase
        What is being done, in words.
    share
        Part that is done, 0 to 1.
    error, hint
        Why it failed and what to do; empty when it did not.
    """

    status: str
    phase: str = ""
    share: float = 0.0
    error: str = ""
    hint: str = ""


class ValidationStore:
    """Where one validation, and one file of records counted, are kept.

    Parameters
    ----------
    store
        Folder of runs; what is kept lies in its folder `validation`.
    n_patients
        To simulate in each arm.
    records
        Path of a file of records; empty for none.

    Raises
    ------
    InvalidInputError
        The number of patients is not allowed.
    """

    def __init__(
        self,
        store: str | Path | None = None,
        n_patients: int = DEFAULT_PATIENTS,
        records: str | Path = "",
    ) -> None:
        self.store = Store(store or None)
        self.n_patients = _checked(n_patients)
        self.records_path = Path(records).expanduser().absolute() if str(records) else None
        self.folder = self.store.path / "validation"
        self.key = _key(n_patients)

    @property
    def lock_path(self) -> Path:
        """Held by the process that computes."""
        return self._path("lock", self.key, "lock")

    def state(self) -> State:
        """How far the validation is; the records, which take a second, come before it."""
        # Asked first: whoever has given up the lock has written what it computed.
        at_work = is_locked(self.lock_path)
        if self._path("arms", self.key).is_file() and self._records_are_settled():
            return State("complete", share=1.0)
        if at_work:
            progress = self._read("progress", self.key) or {}
            return State("running", progress.get("phase", "starting"), progress.get("share", 0.0))
        failure = self._read("failure", self.key)
        if failure:
            return State("failed", error=failure["error"], hint=failure["hint"])
        return State("absent")

    def start(self) -> None:
        """Compute what is missing in a process of its own, unless one is at it."""
        make_folder(self.folder)
        lock = FileLock.acquire(self.lock_path)
        if lock is None:
            return
        with lock:
            self._path("failure", self.key).unlink(missing_ok=True)
            self.say("starting", 0.0)
            self._spawn(lock)

    def validation(self) -> Validation | None:
        """Return the validation; None until it is computed."""
        plain = self._read("arms", self.key)
        return validation_from(plain) if plain else None

    def records(self) -> Records | None:
        """Return the counted records; None when none are given, or until they are counted.

        Raises
        ------
        InvalidInputError
            There is no such file, or it cannot be used.
        """
        if self.records_path is None:
            return None
        plain = self._read("records", self.records_key())
        if plain and "error" in plain:
            raise InvalidInputError(plain["error"], plain["hint"])
        return records_from(plain) if plain else None

    def records_key(self) -> str:
        """Name of the counted records; another when the file changes.

        Raises
        ------
        InvalidInputError
            There is no such file.
        """
        path = self.records_path
        if path is None or not path.is_file():
            raise InvalidInputError(
                f"There is no file of records at {path}.",
                "Check the path in `records` or APE_RECORDS, or leave it empty.",
            )
        facts = path.stat()
        kept = {"path": str(path), "size": facts.st_size, "changed": facts.st_mtime_ns}
        return _hash({"format": FORMAT, **kept})

    def keep_validation(self, plain: dict[str, Any]) -> None:
        """Keep what was simulated."""
        write_json(self._path("arms", self.key), plain)

    def keep_records(self, plain: dict[str, Any]) -> None:
        """Keep what was counted, or why it could not be."""
        write_json(self._path("records", self.records_key()), plain)

    def keep_failure(self, error: str, hint: str) -> None:
        """Keep why the attempt failed."""
        write_json(self._path("failure", self.key), {"error": error, "hint": hint})

    def say(self, phase: str, share: float) -> None:
        """Write how far this process is."""
        content = {"phase": phase, "share": share}
        write_json(self._path("progress", self.key), content, durable=False)

    def _records_are_settled(self) -> bool:
        """Whether there is nothing to count, or it is counted; a missing file is not waited for."""
        if self.records_path is None or not self.records_path.is_file():
            return True
        return self._path("records", self.records_key()).is_file()

    def _spawn(self, lock: FileLock) -> None:
        """Start the process that computes and hand it the lock; it outlives whoever asked."""
        words = [
            *("--store", str(self.store.path), "--patients", str(self.n_patients)),
            *("--records", str(self.records_path or "")),
        ]
        log_path = self.folder / "worker.log"
        start_detached("ape_core.analysis.validating", words, lock, log_path, "The validation")

    def _read(self, what: str, key: str) -> dict[str, Any] | None:
        """Return what is kept under a name; None when there is nothing."""
        path = self._path(what, key)
        return read_json(path) if path.is_file() else None

    def _path(self, what: str, key: str, ending: str = "json") -> Path:
        """Path of a file."""
        return self.folder / f"{what}-{key[:24]}.{ending}"


def _checked(n_patients: object) -> int:
    """Return the number of patients, if it is allowed."""
    whole = n_patients if type(n_patients) is int else -1
    if not LEAST_PATIENTS <= whole <= MOST_PATIENTS:
        raise InvalidInputError(
            f"n_patients is {n_patients!r}, but must be a whole number from {LEAST_PATIENTS:,} to "
            f"{MOST_PATIENTS:,}.",
            f"{DEFAULT_PATIENTS:,} in each arm take some seconds.",
        )
    return whole


def _key(n_patients: int) -> str:
    """Name of a validation: all that can change a figure of it."""
    model = load_model()
    return _hash(
        {
            "format": FORMAT,
            "model_version": MODEL_VERSION,
            "model": model.question("none"),
            "drugs": {name: model.question(name)["drug"] for name in model.drugs},
            "populations": [
                load_population(name).question() for name in ("trial", "uk-routine-care")
            ],
            "files": [hashlib.sha256(path.read_bytes()).hexdigest() for path in _FILES],
            "n_patients": n_patients,
        }
    )


def _hash(content: dict[str, Any]) -> str:
    """SHA-256 of plain data."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
