"""The commit point of a run: which parts exist. What it does not name does not exist."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from ape_core.errors import StoreError
from ape_core.limits import MAX_YAML_BYTES
from ape_core.storage import arrays
from ape_core.storage.files import damaged_file, read_bytes, write_atomic
from ape_core.storage.os_errors import os_errors
from ape_core.storage.tiers import ON_DISK, WARM

CHECKPOINT_FILE: Final = "checkpoint.json"
FORMAT: Final = 1
_FORMAT_ELSEWHERE: Final = 2
"""Of runs whose parts are elsewhere, so that an older APE does not take them for lost."""

_SUMMARY_NAME: Final = re.compile(r"summary-\d+\.npz")
_SEAL: Final = b',"checksum":"'


@dataclass(frozen=True, slots=True)
class PartRecord:
    """One committed part: patients `first <= patient_id < stop`, its rows and its files.

    They are in the folder of the run, or where `place` says.
    """

    index: int
    first: int
    stop: int
    n_visits: int
    n_eyes: int
    visits_sha256: str
    visits_bytes: int
    patients_sha256: str
    patients_bytes: int
    tier: str = WARM
    place: str = ""

    @property
    def rows(self) -> tuple[int, ...]:
        """What is in it, whichever tier it is in: patients, visits, eyes."""
        return self.first, self.stop, self.n_visits, self.n_eyes

    @property
    def n_bytes(self) -> int:
        """Size of both files."""
        return self.visits_bytes + self.patients_bytes

    def sha256_of(self, table: str) -> str:
        """Return the SHA-256 of the file of a table."""
        return self.visits_sha256 if table == "visits" else self.patients_sha256

    def bytes_of(self, table: str) -> int:
        """Return the size of the file of a table."""
        return self.visits_bytes if table == "visits" else self.patients_bytes

    def rows_of(self, table: str) -> int:
        """Return the number of rows of a table."""
        return self.n_visits if table == "visits" else self.n_eyes


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What is committed of a run.

    Attributes
    ----------
    run_id
        The run.
    spec_sha256
        SHA-256 of `spec.json`, byte for byte.
    chunk_size
        Patients in a part, fixed when the run was created.
    parts
        The parts that exist, in order of patients.
    summary_file, summary_sha256
        The summary merged over exactly these parts; None when it has to be made again.
    spec_copy
        `spec.json` once more, compressed: the question is all that nothing else could bring back.
    place
        Where the parts are, see `places`; empty when they are in the folder of the run.
    """

    run_id: str
    spec_sha256: str
    chunk_size: int
    parts: tuple[PartRecord, ...] = ()
    summary_file: str | None = None
    summary_sha256: str | None = None
    spec_copy: str = ""
    place: str = ""

    @classmethod
    def begin(cls, run_id: str, spec: bytes, chunk_size: int, place: str = "") -> Checkpoint:
        """Return the checkpoint of a run of which nothing is simulated."""
        return cls(run_id, "", chunk_size, place=place).with_spec(spec)

    def with_spec(self, spec: bytes) -> Checkpoint:
        """Return a checkpoint that holds this text of `spec.json`."""
        copy = base64.b64encode(zlib.compress(spec, 9)).decode()
        return replace(self, spec_sha256=hashlib.sha256(spec).hexdigest(), spec_copy=copy)

    def spec_text(self) -> bytes | None:
        """Return the text of `spec.json` as it was committed; None when there is no copy."""
        try:
            packed = base64.b64decode(self.spec_copy, validate=True)
            text = zlib.decompressobj().decompress(packed, MAX_YAML_BYTES)
        except (ValueError, zlib.error):
            return None
        return text if hashlib.sha256(text).hexdigest() == self.spec_sha256 else None

    @property
    def patients_done(self) -> int:
        """Patients in the committed parts."""
        return sum(part.stop - part.first for part in self.parts)

    @property
    def n_visits(self) -> int:
        """Visits in the committed parts."""
        return sum(part.n_visits for part in self.parts)

    @property
    def n_eyes(self) -> int:
        """Rows of the patients table in the committed parts."""
        return sum(part.n_eyes for part in self.parts)

    @property
    def n_bytes(self) -> int:
        """Size of the committed parts on disk."""
        return sum(part.n_bytes for part in self.parts)

    def with_parts(self, parts: Iterable[PartRecord]) -> Checkpoint:
        """Return a checkpoint that names these parts too; a part of the same index gives way."""
        named = {part.index: part for part in (*self.parts, *parts)}
        assert {part.place for part in named.values()} <= {self.place}
        return replace(self, parts=tuple(named[index] for index in sorted(named)))

    def without_parts(self, indices: Iterable[int]) -> Checkpoint:
        """Return a checkpoint without these parts, whose summary therefore has to be made again."""
        dropped = frozenset(indices)
        kept = tuple(part for part in self.parts if part.index not in dropped)
        return replace(self, parts=kept, summary_file=None, summary_sha256=None)


class SimulationCheckpoint:
    """The checkpoint of a run on disk.

    One process at a time saves: the one that holds the run's worker lock. Anybody reads.

    Parameters
    ----------
    folder
        The folder of the run.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / CHECKPOINT_FILE

    def load(self) -> Checkpoint:
        """Return what is committed.

        Raises
        ------
        CorruptRunError
            When the file is missing, edited or damaged.
        StoreError
            When it was written by a newer APE, or cannot be read.
        """
        return _from_bytes(self.path, read_bytes(self.path))

    def save(self, checkpoint: Checkpoint) -> None:
        """Commit: replace the checkpoint on disk. Returns when the disk has it."""
        write_atomic(self.path, _to_bytes(checkpoint))

    def save_progress(
        self,
        parts: Iterable[PartRecord],
        summary: Mapping[str, np.ndarray],
        after: Checkpoint | None = None,
    ) -> Checkpoint:
        """Commit parts that were written since the last commit, and the summary over all of them.

        Parameters
        ----------
        parts
            The new parts, as `write_part` returned them.
        summary
            Named arrays, merged over every committed part and the new ones.
        after
            What the caller committed last, if it knows.

        Returns
        -------
        Checkpoint
            What is committed now.

        Raises
        ------
        StoreError
            When somebody else has committed since: then the lock of the run does not hold.
        """
        before = self.load()
        if after is not None and before != after:
            raise StoreError(
                f"Another process committed to {self.folder} while this one was simulating it.",
                "Its worker.lock was removed, or the file system keeps no locks. Resume the run: "
                "what was committed is checked and kept.",
            )
        return self._commit(before.with_parts(parts), summary)

    def save_summary(self, summary: Mapping[str, np.ndarray]) -> Checkpoint:
        """Commit a summary that was made again over exactly the parts that are committed."""
        return self._commit(self.load(), summary)

    def drop_parts(self, indices: Iterable[int]) -> Checkpoint:
        """Commit that these parts do not exist, so that resuming computes them again.

        The summary counted them and is dropped too: make it again over the parts that are left,
        with `save_summary`, or over all with the next `save_progress`.
        """
        checkpoint = self.load().without_parts(indices)
        self.save(checkpoint)
        remove_summaries(self.folder, keep=None)
        return checkpoint

    def replace_parts(self, parts: Iterable[PartRecord]) -> Checkpoint:
        """Commit parts that were computed again; the summary still counts exactly them."""
        checkpoint = self.load().with_parts(parts)
        self.save(checkpoint)
        return checkpoint

    def _commit(self, checkpoint: Checkpoint, summary: Mapping[str, np.ndarray]) -> Checkpoint:
        """Write the summary, then the checkpoint that names it, then remove older summaries."""
        name = f"summary-{len(checkpoint.parts)}.npz"
        data = arrays.to_bytes(summary)
        write_atomic(self.folder / name, data)
        digest = hashlib.sha256(data).hexdigest()
        committed = replace(checkpoint, summary_file=name, summary_sha256=digest)
        self.save(committed)
        remove_summaries(self.folder, keep=name)
        return committed


def load_summary(folder: Path, checkpoint: Checkpoint) -> dict[str, np.ndarray] | None:
    """Return the summary that a checkpoint names; None when it names none.

    Raises
    ------
    CorruptRunError
        When the file is missing or is not what was committed.
    """
    if checkpoint.summary_file is None:
        return None
    path = folder / checkpoint.summary_file
    data = read_bytes(path)
    if hashlib.sha256(data).hexdigest() != checkpoint.summary_sha256:
        raise damaged_file(path, "its checksum is not the one that was committed")
    return arrays.from_bytes(data)


def remove_summaries(folder: Path, keep: str | None) -> None:
    """Remove every summary of a run but one."""
    with os_errors("tidy", folder):
        for path in folder.iterdir():
            if _SUMMARY_NAME.fullmatch(path.name) and path.name != keep:
                path.unlink(missing_ok=True)


def _to_bytes(checkpoint: Checkpoint) -> bytes:
    """Write as JSON that ends with a checksum over all that stands before it."""
    columns = [field.name for field in fields(PartRecord) if field.name != "place"]
    elsewhere = {"place": checkpoint.place} if checkpoint.place else {}
    content = {
        "format": _FORMAT_ELSEWHERE if checkpoint.place else FORMAT,
        "run_id": checkpoint.run_id,
        "spec_sha256": checkpoint.spec_sha256,
        "chunk_size": checkpoint.chunk_size,
        "patients_done": checkpoint.patients_done,
        "summary_file": checkpoint.summary_file,
        "summary_sha256": checkpoint.summary_sha256,
        "spec_copy": checkpoint.spec_copy,
        **elsewhere,
        "part_columns": columns,
        "parts": [astuple(part)[: len(columns)] for part in checkpoint.parts],
    }
    return _sealed(json.dumps(content, separators=(",", ":")).encode()[:-1])


def _sealed(body: bytes) -> bytes:
    """Close a JSON object with the checksum of what it holds."""
    return body + _SEAL + hashlib.sha256(body).hexdigest().encode() + b'"}\n'


def _from_bytes(path: Path, data: bytes) -> Checkpoint:
    """Check and read the content of a checkpoint."""
    if _sealed(data.rpartition(_SEAL)[0]) != data:
        raise damaged_file(path, "it was edited, or is not what was committed")
    content = json.loads(data)
    if content.get("format") not in {FORMAT, _FORMAT_ELSEWHERE}:
        raise StoreError(
            f"{path} has format {content.get('format')}; this version of APE reads {FORMAT} "
            f"and {_FORMAT_ELSEWHERE}.",
            "Open the run with the version of APE that wrote it, or a newer one.",
        )
    try:
        return _from_content(content)
    except (KeyError, TypeError, ValueError) as error:
        raise damaged_file(path, f"it does not hold what a checkpoint holds ({error})") from error


def _from_content(content: dict[str, Any]) -> Checkpoint:
    """Read the fields of a checkpoint."""
    summary_file = content["summary_file"]
    if summary_file is not None and not _SUMMARY_NAME.fullmatch(summary_file):
        raise ValueError(f"{summary_file!r} is not the name of a summary")
    place = str(content.get("place", ""))
    parts = tuple(PartRecord(*part) for part in content["parts"])
    if place:
        parts = tuple(replace(part, place=place) for part in parts)
    if not {part.tier for part in parts} <= set(ON_DISK):
        raise ValueError("a part is in a tier that there is not")
    return Checkpoint(
        run_id=content["run_id"],
        spec_sha256=content["spec_sha256"],
        chunk_size=content["chunk_size"],
        parts=parts,
        summary_file=summary_file,
        summary_sha256=content["summary_sha256"],
        spec_copy=str(content.get("spec_copy", "")),
        place=place,
    )
