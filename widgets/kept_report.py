"""Reports that a page has asked for: made by a process of their own, kept in the store."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ape_core.errors import InvalidInputError
from ape_core.runs.slots import memory_left_mb
from ape_core.runs.spawning import start_detached
from ape_core.spec.canonical import canonical_json, sha256_text
from ape_core.storage.files import make_folder, read_bytes, read_json
from ape_core.storage.locks import FileLock, is_locked
from ape_core.storage.store import Store
from widgets.reported import Reported, options_of

REPORT_MB: Final = 300.0
"""Memory that making a report takes: papermill, and the kernel that draws the charts."""


REPORTS: Final = "reports"
"""Folder of a store that holds the reports of its runs."""
_NAMED: Final = 12
"""Characters of a run's id that the files of its reports are named by."""


@dataclass(frozen=True, slots=True)
class ReportState:
    """How far a report is: "absent", "running", "complete" or "failed", then with the reason."""

    status: str
    error: str = ""
    hint: str = ""


class KeptReport:
    """The report of one run or of several; it is kept in the folder `reports` of the store.

    Parameters
    ----------
    store
        Folder of runs.
    what
        What is reported.
    """

    def __init__(self, store: Path, what: Reported) -> None:
        self._store, self._what = store, what
        self._folder = store / REPORTS
        short = [run_id[:_NAMED] for run_id in what.run_ids]
        # The reference comes last and is no id; nor is what tells other prices apart.
        self._name = "-".join(short if len(short) == 1 else [*short, f"ref{what.reference}"])
        if what.prices:
            told = canonical_json([what.prices, what.utility, what.draws, what.draw_patients])
            self._name += f"-ref{sha256_text(told)[:8]}"

    @property
    def path(self) -> Path:
        """Where the report is, once it is complete."""
        return self._named("html")

    def state(self) -> ReportState:
        """How far it is."""
        # Asked first: whoever has given up the lock has written what it made.
        if is_locked(self._named("lock")):
            return ReportState("running")
        if self.path.is_file():
            return ReportState("complete")
        if self._named("json").is_file():
            failure = read_json(self._named("json"))
            return ReportState("failed", failure["error"], failure["hint"])
        return ReportState("absent")

    def start(self) -> None:
        """Have it made anew, unless somebody is at it.

        Raises
        ------
        InvalidInputError
            When too little memory is left.
        """
        left = memory_left_mb(self._store)
        if left < REPORT_MB:
            raise InvalidInputError(
                f"A report takes about {REPORT_MB:.0f} MB of memory while it is made, and "
                f"{left:,.0f} MB are left.",
                f"Close other pages, or make it later with `ape report {self._ids()}`.",
            )
        make_folder(self._folder)
        lock = FileLock.acquire(self._named("lock"))
        if lock is None:
            return
        with lock:
            for ending in ("html", "json"):
                self._named(ending).unlink(missing_ok=True)
            self._forget_others()
            self._spawn(lock)

    def content(self) -> bytes:
        """The report."""
        return read_bytes(self.path)

    def _forget_others(self) -> None:
        """Remove reports of runs that were deleted."""
        known = {folder.run_id[:_NAMED] for folder in Store(self._store).list()}
        for path in self._folder.glob("*.html"):
            named = {part for part in path.stem.split("-") if not part.startswith("ref")}
            if not named <= known:
                path.unlink(missing_ok=True)

    def _ids(self) -> str:
        """Runs as a command names them."""
        return " ".join(run_id[:_NAMED] for run_id in self._what.run_ids)

    def _spawn(self, lock: FileLock) -> None:
        """Start the process that makes it and hand it the lock; it outlives whoever asked."""
        words = [
            *options_of(self._what, self._store, self.path),
            *("--failure", str(self._named("json"))),
        ]
        log_path = self._folder / "report.log"
        start_detached("widgets.report_process", words, lock, log_path, "The report")

    def _named(self, ending: str) -> Path:
        """Path of a file."""
        return self._folder / f"{self._name}.{ending}"
