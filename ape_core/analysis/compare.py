"""Runs of several protocols on the same patients, and how they differ."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ape_core.analysis.compared_outcomes import OUTCOMES
from ape_core.analysis.comparison_tables import numbers_table, outcomes_table
from ape_core.analysis.paired import Difference, Mean, Paired
from ape_core.analysis.same_patients import check_same_patients, patients_together
from ape_core.errors import InvalidInputError
from ape_core.runs.handle import POLL_SECONDS, Run
from ape_core.runs.starting import submit
from ape_core.spec import checks
from ape_core.spec.protocol_guide import brief_title
from ape_core.summaries.definitions import COURSE_BLOCKS

if TYPE_CHECKING:
    from ape_core.runs.progress import Progress
    from ape_core.spec.run_spec import RunSpec
    from ape_core.storage.store import Store
    from ape_core.summaries import Summary
    from ape_core.summaries.table import Table

_WORST_FIRST: Final = ("failed", "interrupted", "queued", "running", "complete")


class Comparison:
    """Two to six runs of the same patients.

    Nothing is read but summaries. While runs grow, they are compared over the patients that are
    committed in every one of them.

    Parameters
    ----------
    runs
        The runs, in the order in which they are shown.

    Raises
    ------
    InvalidInputError
        They are not of the same patients.
    """

    def __init__(self, runs: Sequence[Run]) -> None:
        check_same_patients([run.spec for run in runs])
        self.runs = tuple(runs)
        self.titles = _titles([run.spec for run in runs])
        asked = [run.spec.protocol for run in runs]
        self.brief_titles = tuple(brief_title(item.drug, item.regimen) for item in asked)
        self.n_patients, self.years = runs[0].n_patients, runs[0].spec.years
        self._paired: tuple[tuple[Summary, ...], Paired] | None = None

    def __repr__(self) -> str:
        return f"<Comparison of {', '.join(self.titles)}: {self.status}>"

    @property
    def status(self) -> str:
        """State of the run that is farthest from complete: as of a run."""
        found = {run.status for run in self.runs}
        return next(status for status in _WORST_FIRST if status in found)

    @property
    def n_first(self) -> int:
        """Patients that every run must have committed before there are figures, about."""
        together = patients_together(self.runs[0].spec)
        fewest = -(-self.n_patients // COURSE_BLOCKS)
        return min(-(-fewest // together) * together, self.n_patients)

    def progress(self) -> tuple[Progress, ...]:
        """How far each run is."""
        return tuple(run.progress() for run in self.runs)

    def wait(self, timeout: float | None = None) -> str:
        """Wait until no run waits or runs any more.

        Parameters
        ----------
        timeout
            Seconds after which to give up; never unless given.

        Returns
        -------
        str
            The status: "running" or "queued" only when time was up.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        for run in self.runs:
            run.wait(None if deadline is None else max(deadline - time.monotonic(), POLL_SECONDS))
        return self.status

    def paired(self) -> Paired | None:
        """Statistics over the patients that are committed in every run; None while there are few.

        Cheap to ask again: it is only made anew when a run has grown.

        Raises
        ------
        CorruptRunError
            A summary is not what was committed.
        """
        found = tuple(run.summary() for run in self.runs)
        summaries = tuple(summary for summary in found if summary is not None)
        if len(summaries) < len(found):
            return None
        known = self._paired
        if known is None or any(a is not b for a, b in zip(known[0], summaries, strict=True)):
            together = patients_together(self.runs[0].spec)
            known = self._paired = (summaries, Paired(summaries, self.n_patients, together))
        return known[1] if known[1].has_intervals else None

    def means(self, year: int | None = None) -> list[Mean]:
        """Give every outcome of every run at the end of a year, the last unless given."""
        paired, at = self._found(), self._year(year)
        return [paired.mean(run, name, at) for run in range(paired.n_runs) for name in OUTCOMES]

    def differences(self, reference: int | str = 0, year: int | None = None) -> list[Difference]:
        """Compare every other run with one of them, in every outcome.

        Parameters
        ----------
        reference
            Its place, counted from 0, or the name of its protocol.
        year
            Study year at whose end; the last unless given.

        Raises
        ------
        InvalidInputError
            There is no such run or year, or no patient is committed in all runs yet.
        """
        paired, base, at = self._found(), self.place(reference), self._year(year)
        others = [run for run in range(paired.n_runs) if run != base]
        return [paired.difference(run, base, name, at) for run in others for name in OUTCOMES]

    def table(self, reference: int | str = 0, year: int | None = None) -> Table:
        """Give the outcomes as a paper would: mean (SD), and differences with their intervals."""
        paired, at = self._found(), self._year(year)
        return outcomes_table(paired, self.titles, self.place(reference), at)

    def numbers(self, reference: int | str = 0) -> Table:
        """Give every figure of every year, with all digits, one outcome of one run in a row."""
        return numbers_table(self._found(), self.titles, self.place(reference))

    def place(self, run: int | str) -> int:
        """Find a run, by its place, counted from 0, or by the name of its protocol."""
        names = [item.spec.protocol.name for item in self.runs]
        if isinstance(run, str):
            return names.index(checks.choice("The reference", run, names))
        return checks.whole("The reference", run, 0, len(names) - 1)

    def _year(self, year: int | None) -> int:
        """Study year that is asked for."""
        return self.years if year is None else checks.whole("year", year, 1, self.years)

    def _found(self) -> Paired:
        """Statistics, of which there must be some."""
        paired = self.paired()
        if paired is None:
            raise InvalidInputError(
                "No patient is committed in every run yet.", "Wait for the runs, as with wait()."
            )
        return paired


def compare(
    specs: Sequence[RunSpec],
    store: Store | str | Path | None = None,
    workers: int | None = None,
) -> Comparison:
    """Simulate several protocols on the same patients, to be compared patient by patient.

    Each question becomes an ordinary run: one that was asked before has its answer at once, and
    the others queue.

    Parameters
    ----------
    specs
        Two to six questions that differ in nothing but the protocol, or the slots of its clinics.
    store
        Folder of the runs; by default APE_STORE, or else the user's data directory.
    workers
        Threads that simulate each run; one per core unless given.

    Returns
    -------
    Comparison
        At once; `wait()` waits for the runs.

    Raises
    ------
    InvalidInputError
        The questions are not of the same patients: the message says what differs.
    StoreError
        The store cannot be written, or the runs would not fit on the disk.
    """
    asked = list(specs)
    check_same_patients(asked)
    return Comparison([submit(spec, store, workers) for spec in asked])


def _titles(specs: Sequence[RunSpec]) -> tuple[str, ...]:
    """Title of each protocol, with its slots where they differ; numbered where two are the same."""
    titles = [spec.protocol.title for spec in specs]
    if any(spec.capacity != specs[0].capacity for spec in specs):
        titles = [f"{title}, {_slots(spec)}" for title, spec in zip(titles, specs, strict=True)]
    return tuple(
        f"{title} ({titles[:place].count(title) + 1})" if titles.count(title) > 1 else title
        for place, title in enumerate(titles)
    )


def _slots(spec: RunSpec) -> str:
    """The limit on slots, in a few words."""
    if spec.capacity is None:
        return "unlimited slots"
    slots, days = spec.capacity.slots_per_day, spec.capacity.open_days
    return f"{slots:,} slot{'s' * (slots > 1)} on {days} day{'s' * (days > 1)} a week"
