"""The state of the page of patients: the run, who is looked for, who was found, who is shown."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ape_core.errors import ApeError, CorruptRunError, NoSuchRunError
from ape_core.results import Found
from ape_core.runs import Run, open_run
from ape_core.storage.changes import changes_in_short
from ape_core.storage.store import Store
from widgets.format import parse_count
from widgets.patients.wishes import criteria_of
from widgets.runs_in_store import ListedRun, RunsInStore, newest_to_see
from widgets.session import Notice

if TYPE_CHECKING:
    from ape_core.results import Patient, Search
    from ape_core.runs import Progress
    from ape_core.summaries import Summary

HITS: Final = 12
"""Patients that a search finds, and the list of them shows."""

STEP_SECONDS: Final = 0.4
"""A search goes on for so long at a time; in between the page answers."""

TYPICAL_UP_TO: Final = 200_000
"""In a run of more patients a page begins with one by lot, who is found without a search."""

_TICKS_PER_LISTING: Final = 2
_PUT_RIGHT: Final = "Put it right, below, checks every file and computes again what is damaged."


class PatientsSession:
    """One page's view of the patients of a run.

    Parameters
    ----------
    store
        Folder of runs; by default the user's.
    """

    def __init__(self, store: str | Path | None = None) -> None:
        self._store = Store(store)
        self._listing = RunsInStore(self._store)
        self._run: Run | None = None
        self._summary_of = -1
        self._changes = ""
        self._search: Search | None = None
        self._keeps = False
        self._ticks = 0
        self.runs: list[ListedRun] = []
        self.summary: Summary | None = None
        self.chosen: dict[str, int] = {}
        self.order = "typical"
        self.seed = 1
        self.found: Found | None = None
        self.patient: Patient | None = None
        self.notice: Notice | None = None
        self.is_damaged = False
        self.is_mending = False

    @property
    def run_id(self) -> str:
        """The run whose patients are shown; empty when there is none."""
        return self._run.run_id if self._run else ""

    @property
    def store(self) -> Path:
        """Folder of runs."""
        return self._store.path

    @property
    def listed(self) -> ListedRun | None:
        """What the list says of that run."""
        return next((run for run in self.runs if run.run_id == self.run_id), None)

    @property
    def progress(self) -> Progress | None:
        """How far that run is; None where there is none."""
        return self._run.progress() if self._run else None

    @property
    def changes(self) -> str:
        """What is other than usual in that run; empty where nothing is, or that cannot be read."""
        return self._changes

    @property
    def looked_at(self) -> int | None:
        """Patients that a search has looked at, while it goes on."""
        return None if self._search is None else self._search.n_looked_at

    @property
    def place(self) -> int | None:
        """Place of the patient who is shown among those who were found."""
        if self.found is None or self.patient is None:
            return None
        ids = [patient.patient_id for patient in self.found.patients]
        shown = self.patient.patient_id
        return ids.index(shown) if shown in ids else None

    def arrive(self, run_id: str = "", patient: str = "") -> None:
        """Begin with the run and the patient of a link, else the newest complete usual run.

        A link to what cannot be opened is reported, and the usual is shown instead.
        """
        self.runs = self._listing.read()
        trouble = self._try_to_open(run_id) if run_id else None
        if self._run is None and self.runs:
            complete = [run for run in self.runs if run.status == "complete"]
            trouble = self._try_to_open(newest_to_see(complete or self.runs).run_id) or trouble
        if patient and self._run is not None and trouble is None:
            self.show(patient)
        if trouble is not None:
            self.report(trouble.message, trouble.hint)

    def open(self, run_id: str) -> None:
        """Show patients of another run, beginning with a typical one."""
        run = open_run(run_id, self._store)
        changes = changes_in_short(run.spec, self.store)  # a question that is damaged raises
        self._let_go()
        self._run, self._changes, self.notice = run, changes, None
        self._read_summary()
        self._begin()

    def wish(self, name: str, choice: int) -> None:
        """Ask something else, and look again."""
        if self.chosen.get(name, 0) != choice:
            self.chosen = {**self.chosen, name: choice}
            self.find(self.order)

    def find(self, order: str) -> None:
        """Look for those who meet the wishes; by lot, look for others than the last time."""
        self.notice = None
        self._find(order)

    def choose(self, place: int) -> None:
        """Show one of those who were found."""
        self.notice = None
        self._choose(place)

    def step(self, by: int) -> None:
        """Show the next of those who were found, or the next by number."""
        self.notice = None
        if self.patient is None:
            return
        place = self.place
        if place is None:
            self._show(self.patient.patient_id + by)
        else:
            self._choose(place + by)

    def can_step(self, by: int) -> bool:
        """Whether there is a next one."""
        if self.patient is None or self._run is None:
            return False
        place = self.place
        if place is None or self.found is None:
            return 0 <= self.patient.patient_id + by < self._run.n_patients
        return 0 <= place + by < len(self.found.patients)

    def show(self, number: str) -> None:
        """Show the patient of that number, also when a search that goes on finds others."""
        self.notice = None
        if self._run is not None:
            self._show(parse_count(number, "Patient", 0, self._run.n_patients - 1))
            self._keeps = True

    @property
    def can_go_on(self) -> bool:
        """Whether a run that shows nobody has stopped, or has to be put right."""
        if self._run is None or self.patient is not None or self._search is not None:
            return False
        status = self.listed.status if self.listed else ""
        stopped = status in ("failed", "interrupted") and self.summary is None
        return (stopped or self.is_damaged) and not self.is_mending

    def go_on(self) -> None:
        """Check a run that stopped, compute what is damaged again, and go on with it."""
        if self._run is not None:
            self.notice = None
            self._run.resume()
            self.is_mending = True
            self.refresh()

    def refresh(self) -> None:
        """Read anew what may have changed, and go on with a search."""
        self._ticks += 1
        if self._ticks % _TICKS_PER_LISTING == 0:
            self.runs = self._listing.read()
        if self._run is None:
            if self.runs:
                self.arrive()
            return
        if self.run_id not in self._store:
            self._let_go()
            self.arrive()
            self.report("The run that was shown was deleted.", "Another one is shown, if there is.")
            return
        if self.is_mending:
            if self._run.folder.is_locked() or self._run.status in ("running", "queued"):
                return
            self.is_mending, self.is_damaged, self.found = False, False, None
        self._read_summary()
        if self._search is not None:
            self._go_on()
        elif self.patient is None and self.found is None:
            self._begin()

    def report(self, message: str, hint: str = "") -> None:
        """Tell the reader what went wrong."""
        self.notice = Notice(message, hint)

    def close(self) -> None:
        """Let go of everything that is held in memory; runs go on."""
        self._let_go()
        self.runs = []

    def _begin(self) -> None:
        """Find somebody to begin with, once anybody is there."""
        if self.summary is None or self._run is None:
            return
        large = self.summary.n_patients > TYPICAL_UP_TO
        self._find("random" if large and not any(self.chosen.values()) else "typical")

    def _find(self, order: str) -> None:
        """Begin to look."""
        if self._run is None:
            return
        self._keeps = False
        self.seed += order == "random" == self.order
        self.order = order
        results = self._run.results_so_far()
        self._search = results.search_patients(criteria_of(self.chosen), order, HITS, self.seed)
        self._go_on()

    def _go_on(self) -> None:
        """Search for a while; show the first who was found when the search is at its end."""
        search, until = self._search, time.monotonic() + STEP_SECONDS
        assert search is not None
        try:
            while search.step():
                if time.monotonic() >= until:
                    return
            self.found = search.found()
        except ApeError as error:
            self.found = self.found or Found((), 0, 0)
            self._search = None
            self.is_damaged = isinstance(error, CorruptRunError)
            raise
        self._search = None
        if not self._keeps:
            self._choose(0)

    def _choose(self, place: int) -> None:
        """Show one of those who were found, if there is such a one."""
        if self.found is not None and 0 <= place < len(self.found.patients):
            self._show(self.found.patients[place].patient_id)

    def _show(self, number: int) -> None:
        """Read a patient."""
        assert self._run is not None
        self.patient = self._run.results_so_far().get_patient(number)

    def _read_summary(self) -> None:
        """Read the summary, when more is committed than before."""
        assert self._run is not None
        try:
            self.summary = self._run.summary()
        except CorruptRunError as damage:
            if not self.is_damaged:
                self.report(damage.message, _PUT_RIGHT)
            self.is_damaged = True

    def _try_to_open(self, run_id: str) -> ApeError | None:
        """Open a run; return why it cannot be opened."""
        try:
            self.open(run_id)
        except NoSuchRunError:
            return NoSuchRunError(
                f"The link names run {run_id[:12]}, which is not in this store.",
                "It may have been deleted, or belong to another machine. Another run is shown, if "
                "there is one.",
            )
        except ApeError as error:
            return error
        return None

    def _let_go(self) -> None:
        """Forget the run, and all that was read of it."""
        self.is_damaged = self.is_mending = False
        self._run = self._search = None
        self._changes = ""
        self.summary = self.found = self.patient = None
