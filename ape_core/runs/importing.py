"""Importing a run from one file: everything is checked before any of it is seen in the store."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ape_core.clocks import utc_now, utc_text
from ape_core.errors import CorruptRunError, InvalidInputError, StoreError
from ape_core.runs.checking import CheckProcess, check_part_sizes
from ape_core.runs.completing import acquire
from ape_core.runs.estimating import DISK_MARGIN_MB, as_store, disk_free_mb
from ape_core.runs.handle import Run
from ape_core.runs.import_check import INCOMING, incoming
from ape_core.runs.memory import MB
from ape_core.storage import arrays
from ape_core.storage.checkpoint import Checkpoint, PartRecord, SimulationCheckpoint, load_summary
from ape_core.storage.files import sync_folder, write_sealed
from ape_core.storage.names import Names, offer_names
from ape_core.storage.os_errors import os_errors
from ape_core.storage.packages import naming
from ape_core.storage.packages.manifest import NAMES_FILE, PROVENANCE_FILE, SUMMARY_FILE
from ape_core.storage.packages.reading import PackageReader
from ape_core.storage.parts import part_path
from ape_core.storage.places import shown
from ape_core.storage.run_folder import RunFolder
from ape_core.storage.tables import TABLES
from ape_core.summaries.summary import Summary

if TYPE_CHECKING:
    from ape_core.storage.store import Store

_DISK_SHARE: Final = 1.1
"""What is checked is written again, in layouts that can differ a little in size."""


@dataclass(frozen=True)
class Imported:
    """A run that was imported, and what that changed.

    Attributes
    ----------
    run
        The run.
    is_new
        Whether it was not in the store before.
    with_data
        Whether the package held rows.
    n_added
        Patients whose rows were added.
    note
        What was kept as it was and why, as a sentence; empty for a new run.
    """

    run: Run
    is_new: bool
    with_data: bool
    n_added: int
    note: str = ""

    @property
    def has_figures(self) -> bool:
        """Whether the run has its figures: those of another version are counted again."""
        return self.run.folder.checkpoint().summary_file is not None


def import_run(path: str | Path, store: Store | str | Path | None = None) -> Run:
    """Take a run that was exported to a file into a store.

    Everything is checked before any of it can be seen: the package byte for byte, its rows value by
    value, in a process of their own. A run that is there already keeps all that it has.

    Parameters
    ----------
    path
        A file that `Run.export` or `ape export` wrote.
    store
        Folder of the runs; by default APE_STORE, or else the user's data directory.

    Returns
    -------
    Run
        The run. Imported without data it has figures but no rows: `run.resume()` simulates them,
        and they are the same.

    Raises
    ------
    InvalidInputError
        When the file is not a package as it was exported, or its run is being simulated.
    StoreError
        When the store cannot be written, or has no room.
    """
    return import_package(path, store).run


def import_package(path: str | Path, store: Store | str | Path | None = None) -> Imported:
    """Import a run and say what that changed; see `import_run`."""
    found = as_store(store)
    with PackageReader.open(Path(path).expanduser().absolute()) as package:
        manifest, spec = package.manifest, package.spec
        check_part_sizes(manifest, spec)
        if spec.run_id in found:
            reason = _nothing_to_add(RunFolder(found.runs_path / spec.run_id), package)
            if reason:
                names = _take_small(package, None).names
                package.finish()
                run = _run(found, spec.run_id)
                return _named(run, names, Imported(run, False, manifest.with_data, 0, reason))
        _check_readable(package)
        found.check_writable()
        _check_disk(found, manifest.n_bytes)
        with (
            os_errors("import into", found.runs_path),
            found.staging(spec, manifest.chunk_size) as staged,
        ):
            n_patients, names = _take_in(package, staged)
            is_new = found.place(staged, spec.run_id)
            run = _run(found, spec.run_id)
            if is_new:
                return _named(run, names, Imported(run, True, manifest.with_data, n_patients))
            return _named(run, names, _add(staged, run, with_data=manifest.with_data))


def _named(run: Run, names: Names, imported: Imported) -> Imported:
    """Let a run that nobody named have the name and note of the package; say so of an old one."""
    taken = offer_names(run.folder, names)
    if not taken or imported.is_new:
        return imported
    told = f"{imported.note} It had no name or note, and has those of the package now."
    return replace(imported, note=told)


def _take_in(package: PackageReader, staged: Path) -> tuple[int, Names]:
    """Put the run together in a folder that nobody sees; return patients with rows and names."""
    records: list[PartRecord] = []
    committed = SimulationCheckpoint(staged)
    (staged / INCOMING).mkdir()
    with CheckProcess(staged, package.spec, package.manifest) as check:
        small = _take_small(package, staged)
        for part in package.manifest.parts:
            for table in TABLES:
                package.copy(incoming(staged, table, part.index))
            asked = {"index": part.index, "n_visits": part.n_visits, "n_eyes": part.n_eyes}
            records.append(PartRecord(**check.ask("part", **asked)))
        package.finish()
        checkpoint = committed.load().with_parts(records)
        if (staged / INCOMING / "summary").exists():
            counted = _totals(checkpoint) if package.manifest.with_data else {}
            check.ask("summary", counted=counted, keep_other=not package.spec.is_current)
    _commit(staged, committed, records)
    (staged / INCOMING).rmdir()
    _write_provenance(staged, package, small.exporter)
    return checkpoint.patients_done, small.names


@dataclass
class _Small:
    """What stands before the parts: what the exporter recorded, and what people wrote."""

    exporter: dict[str, Any]
    names: Names


def _take_small(package: PackageReader, staged: Path | None) -> _Small:
    """Read what stands before the parts; the summary is kept where the run is put together."""
    found = _Small({}, Names())
    while (file := package.next_file) is not None:
        if file.name == PROVENANCE_FILE:
            found.exporter = _parsed(package.read())
        elif file.name == NAMES_FILE:
            found.names = naming.from_bytes(package.read())
        elif file.name == SUMMARY_FILE and staged is not None:
            package.copy(staged / INCOMING / "summary")
        else:
            break
    return found


def _parsed(content: bytes) -> dict[str, Any]:
    """What the exporter recorded of versions and times; kept, and used for nothing."""
    try:
        record = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"its {PROVENANCE_FILE} is not JSON") from error
    if not isinstance(record, dict):
        raise InvalidInputError(f"its {PROVENANCE_FILE} is not a JSON object")
    return record


def _totals(checkpoint: Checkpoint) -> dict[str, int]:
    """What a summary over the parts of a checkpoint has to count."""
    return {
        "n_patients": checkpoint.patients_done,
        "n_visits": checkpoint.n_visits,
        "n_eyes": checkpoint.n_eyes,
    }


def _commit(staged: Path, committed: SimulationCheckpoint, records: list[PartRecord]) -> None:
    """Commit the parts and the summary that were checked."""
    checked = staged / INCOMING / "summary"
    if not checked.exists():
        committed.save(committed.load().with_parts(records))
        return
    committed.save_progress(records, arrays.from_bytes(checked.read_bytes()))
    checked.unlink()


def _write_provenance(staged: Path, package: PackageReader, exporter: dict[str, Any]) -> None:
    """Record where the run came from; attempts of another machine say nothing of this one."""
    imported = {
        "at": utc_text(utc_now()),
        "with_data": package.manifest.with_data,
        "exporter": exporter,
    }
    spec = package.spec
    provenance = {
        "run_id": spec.run_id,  # the folder is not named by it yet
        "model_version": spec.model_version,
        "imported": imported,
    }
    write_sealed(staged / PROVENANCE_FILE, provenance)


def _nothing_to_add(folder: RunFolder, package: PackageReader) -> str:
    """Why a package adds nothing to a run that is there, as a sentence; empty when it can."""
    checkpoint, short = folder.checkpoint(), folder.run_id[:12]
    folder.spec()
    have = {part.index for part in checkpoint.parts}
    missing = [part for part in package.manifest.parts if part.index not in have]
    if not missing and (have or checkpoint.summary_file):
        what = "is complete here" if folder.is_complete() else "has all that the package holds"
        return f"Run {short} {what} and was left as it is."
    if have and checkpoint.chunk_size != package.manifest.chunk_size:
        return (
            f"Run {short} was left as it is: its parts have {checkpoint.chunk_size:,} patients and "
            f"those of the package {package.manifest.chunk_size:,}, so that they cannot be mixed. "
            f"`ape resume {short}` simulates what is missing."
        )
    if checkpoint.place and package.manifest.parts:
        return (
            f"Run {short} was left as it is: its rows are in {shown(checkpoint.place)}, where a "
            f"package adds none. `ape resume {short}` simulates what is missing."
        )
    if folder.is_locked():
        raise _in_use(folder)
    return ""


def _add(staged: Path, run: Run, *, with_data: bool) -> Imported:
    """Add to a run that is there what it lacks; what it has is kept."""
    folder = run.folder
    lock = acquire(folder)
    if lock is None:
        raise _in_use(folder)
    with lock:
        mine, theirs = folder.checkpoint(), SimulationCheckpoint(staged).load()
        have = {part.index for part in mine.parts}
        added = [part for part in theirs.parts if part.index not in have]
        fits = not have or mine.chunk_size == theirs.chunk_size
        if not fits or not (added or not (have or mine.summary_file)):
            return Imported(run, False, with_data, 0, f"Run {run.run_id[:12]} was left as it is.")
        summary = _joined_summary(folder, mine, staged, theirs)
        _move(staged, folder.path, added)
        begun = replace(mine, chunk_size=theirs.chunk_size)
        if summary is None:
            folder.committed.save(begun.without_parts(()).with_parts(added))
        else:
            folder.committed.save(begun)
            folder.committed.save_progress(added, summary.to_arrays())
    n_added = sum(part.stop - part.first for part in added)
    what = f"{n_added:,} patients" if n_added else "Figures"
    kept = f"; the {mine.patients_done:,} that were here are kept" if have else ""
    note = f"{what} were added to run {run.run_id[:12]}{kept}."
    return Imported(run, False, with_data, n_added, note)


def _joined_summary(
    folder: RunFolder, mine: Checkpoint, staged: Path, theirs: Checkpoint
) -> Summary | None:
    """Summary over the parts of both; None when it has to be made again."""
    here, there = ({part.index for part in checkpoint.parts} for checkpoint in (mine, theirs))
    try:
        second = load_summary(staged, theirs)
        first = load_summary(folder.path, mine) if here else None
    except CorruptRunError:
        return None
    if second is None:
        return None
    if here <= there:
        return Summary.from_arrays(second)
    if here & there or first is None:
        return None
    return Summary.from_arrays(first).merge(Summary.from_arrays(second))


def _move(staged: Path, folder: Path, parts: list[PartRecord]) -> None:
    """Give parts that were checked their place in a run; they count once they are committed."""
    for table in TABLES:
        (folder / table).mkdir(exist_ok=True)
        for part in parts:
            part_path(staged, table, part.index).replace(part_path(folder, table, part.index))
        sync_folder(folder / table)


def _check_readable(package: PackageReader) -> None:
    """Refuse what would be a run that has nothing and can never have."""
    spec, names = package.spec, {file.name for file in package.manifest.files}
    if not spec.is_current and SUMMARY_FILE not in names and not package.manifest.parts:
        raise InvalidInputError(
            f"it holds neither rows nor figures, and is of model version {spec.model_version}, "
            "which this version of APE cannot simulate",
            "Have it exported with its data.",
        )


def _check_disk(store: Store, n_bytes: int) -> None:
    """Refuse a package for which the disk of the store has no room."""
    needed, free = n_bytes * _DISK_SHARE / MB, disk_free_mb(store.path)
    if needed > free - DISK_MARGIN_MB:
        raise StoreError(
            f"The package needs {needed:,.0f} MB, but the disk of {store.path} has room for "
            f"{max(0.0, free - DISK_MARGIN_MB):,.0f} MB: {free:,.0f} MB are free, and "
            f"{DISK_MARGIN_MB:,.0f} MB are kept free.",
            "Free some space, or choose another store with --store or APE_STORE.",
        )


def _in_use(folder: RunFolder) -> InvalidInputError:
    """Error for a run that a worker is simulating."""
    short = folder.run_id[:12]
    return InvalidInputError(
        f"Run {short} is being simulated, so nothing can be added to it.",
        f"Wait until it is done, or stop it with `ape cancel {short}` and import again.",
    )


def _run(store: Store, run_id: str) -> Run:
    """A run of a store."""
    return Run(store.folder(run_id))
