"""How patients come, which days the page shows, and what it leaves out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ape_core.schema import WEEKS_PER_YEAR
from ape_core.spec.staffing import WEEKDAYS
from widgets import format as words
from widgets.html import html, text
from widgets.service.question import COMING, FIELD_OF_COMING
from widgets.service.words import all_begin

if TYPE_CHECKING:
    from ape_core.spec.run_spec import RunSpec
    from ape_core.summaries.staffing import Workload
    from widgets.service.session import ServiceSession


class AboutPanel:
    """One paragraph below the figures."""

    def __init__(self, session: ServiceSession) -> None:
        self._session = session
        self.view = html()

    def draw(self) -> None:
        """Say it of the run that is shown, or nothing."""
        spec, work = self._session.shown, self._session.work
        if spec is None or work is None:
            self.view.value = ""
            return
        patients = self._session.summary.n_patients if self._session.summary else 0
        sentences = (_coming(spec), _so_far(spec, patients), _calendar(work), _later(spec, work))
        told = " ".join(sentence for sentence in sentences if sentence)
        self.view.value = f'{_hint(spec)}<p class="ape-about">{text(told)}</p>'


def _hint(spec: RunSpec) -> str:
    """Say how figures of a cohort differ from those of a clinic that new patients come to."""
    begin = all_begin(spec)
    if not begin:
        return ""
    many = words.count(spec.cohort.n_patients)
    said = (
        f"The first weeks are far busier than later ones, and no new patient comes after them. "
        f'For a clinic with a steady stream, set the field "{FIELD_OF_COMING}" to '
        f'"{COMING["rate"]}" and press Start.'
    )
    first = f"<b>All {many} patients begin {begin}.</b>"
    return f'<p class="ape-hint" role="note">{first} {text(said)}</p>'


def _coming(spec: RunSpec) -> str:
    """How patients come, and for how many there is room."""
    coming, capacity = spec.cohort.recruitment.describe(), spec.capacity
    if capacity is None:
        return coming
    if capacity.n_clinics(spec.cohort.n_patients) > 1:
        return f"{coming} {capacity.describe()}"
    last = WEEKDAYS[capacity.open_days - 1]
    return (
        f"{coming} The clinic has room for {words.plural(capacity.slots_per_day, 'visit')} a day "
        f"from Monday to {last}; what finds no room waits, first come, first served."
    )


def _so_far(spec: RunSpec, n_patients: int) -> str:
    """Say that a run is not complete."""
    if n_patients >= spec.cohort.n_patients:
        return ""
    done, of_all = words.count(n_patients), words.count(spec.cohort.n_patients)
    return f"So far {done} of {of_all} patients are simulated: the others are missing here."


def _calendar(work: Workload) -> str:
    """What is shown of the calendar."""
    n_weeks = work.n_weeks
    years = words.plural(n_weeks // WEEKS_PER_YEAR, "year")
    shown = years if n_weeks % WEEKS_PER_YEAR == 0 else words.plural(n_weeks, "week")
    return f"Shown are the first {shown} of the clinic, of which day 1 is a Monday."


def _later(spec: RunSpec, work: Workload) -> str:
    """What the run has beyond."""
    if not work.n_later_visits:
        return ""
    before = work.n_earlier_visits
    earlier = f"{words.count(before)} visits that the run has earlier, and " if before else ""
    later = f"{earlier}{words.count(work.n_later_visits)} that it has later, are left out"
    if not before:
        later = f"{words.count(work.n_later_visits)} visits that the run has later are left out"
    if spec.cohort.recruitment.patients_per_week is None:
        return f"{later}: by then the first patients are no longer followed."
    return f"{later}: by then nobody new comes, and the first patients are no longer followed."
