"""What the parts of the proof share: small questions, undisturbed answers, rows of the table."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ape_core.runs.handle import Run
from ape_core.runs.starting import ask
from ape_core.simulation.simulate import simulate
from ape_core.spec.cohort import Cohort
from ape_core.spec.protocol_yaml import load_protocol
from ape_core.spec.run_spec import RunSpec
from ape_core.storage.digest import digest_chunks
from ape_core.storage.run_folder import RunFolder
from ape_core.summaries.summary import Summary

PROTOCOL = "aflibercept-2mg-treat-and-extend"
Row = dict[str, Any]
PartFiles = dict[str, tuple[int, int]]
"""Number and time of each file of the committed parts: they change when a file is written again."""


class Broken(Exception):  # noqa: N818  a promise is broken, which is what these programs look for
    """Something that must always hold did not."""


def question(n_patients: int, years: int = 1, seed: int = 1) -> RunSpec:
    """A question of that size."""
    return RunSpec(load_protocol(PROTOCOL), Cohort(n_patients), years=years, seed=seed)


def undisturbed(spec: RunSpec, step: int = 5_000) -> str:
    """Digest of all rows of a question, simulated here and never written."""
    n_patients = spec.cohort.n_patients
    ranges = ((first, min(first + step, n_patients)) for first in range(0, n_patients, step))
    return digest_chunks(simulate(spec, *patients) for patients in ranges)


def new_run(store: Path, spec: RunSpec, chunk_size: int) -> Run:
    """Create a run of which nothing is simulated."""
    return ask(spec, store, chunk_size)


def reopened(run: Run) -> Run:
    """The same run as another process sees it."""
    return Run(RunFolder(run.folder.path))


@contextmanager
def workplace() -> Iterator[Path]:
    """Folder outside the repository, removed at the end."""
    with tempfile.TemporaryDirectory(prefix="ape-chaos-") as path:
        yield Path(path)


def row(check: str, n: int, detail: str, outcome: str = "held") -> Row:
    """One line of the table."""
    return {"check": check, "n": n, "outcome": outcome, "detail": detail}


def tell(text: str) -> None:
    """Say on standard error what is going on."""
    print(text, file=sys.stderr, flush=True)


def demand(condition: object, what: str) -> None:
    """Raise Broken unless something holds."""
    if not condition:
        raise Broken(what)


def await_that(condition: Callable[[], object], what: str, seconds: float = 300.0) -> None:
    """Wait for a condition, which must come true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        demand(time.monotonic() < deadline, f"it did not happen in time that {what}")
        time.sleep(0.002)


def part_files(run: Run) -> PartFiles:
    """Files of the committed parts of a run."""
    found = {}
    for path in committed_paths(run.folder):
        facts = path.stat()
        found[str(path.relative_to(run.folder.path))] = (facts.st_ino, facts.st_mtime_ns)
    return found


def committed_paths(folder: RunFolder) -> list[Path]:
    """Files of the parts that the checkpoint names."""
    names = [f"part-{part.index:06d}.parquet" for part in folder.checkpoint().parts]
    return [folder.path / table / name for name in names for table in ("visits", "patients")]


def temporary_files(store: Path) -> list[str]:
    """Files and folders that only exist while something is being written."""
    return sorted(
        str(path.relative_to(store))
        for path in store.rglob(".*")
        if path.name.endswith(".tmp") or path.name.startswith((".new-", ".trash-"))
    )


def check_kept(before: PartFiles, after: PartFiles) -> None:
    """Raise Broken when a committed part was lost or written again."""
    demand(before.keys() <= after.keys(), f"lost: {sorted(before.keys() - after.keys())[:3]}")
    again = [name for name in before if before[name] != after[name]]
    demand(not again, f"written again: {again[:3]}")


def check_sound(run: Run) -> None:
    """Raise Broken unless everything that is committed is as it was committed."""
    problems = reopened(run).verify()
    demand(not problems, f"not sound: {[problem.what for problem in problems][:2]}")


def check_summary(run: Run) -> None:
    """Raise Broken unless the summary counts exactly the patients of the question, each once."""
    summary = Summary.of_chunk(simulate(run.spec, 0, run.n_patients))
    demand(reopened(run).summary() == summary, "the summary is not that of an undisturbed run")


def check_ended(run: Run, digest: str) -> None:
    """Raise Broken unless a run is complete, sound, tidy and the same as when undisturbed."""
    again = reopened(run)
    demand(again.status == "complete", f"the run is {again.status}: {again.progress().error}")
    check_sound(run)
    demand(again.digest() == digest, "the rows differ from those of an undisturbed run")
    left = temporary_files(run.folder.path.parents[1])
    demand(not left, f"left behind: {left[:3]}")
    strays = [path.name for path in run.folder.stray_files()]
    demand(not strays, f"left behind though not committed: {strays[:3]}")


def alive(pid: int) -> bool:
    """Whether a process of that number exists and is no zombie."""
    try:
        facts = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except (FileNotFoundError, ProcessLookupError):  # the second when it ends just now
        return False
    return facts.rpartition(")")[2].split()[0] != "Z"
