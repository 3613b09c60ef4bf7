"""The patient who is shown: who it is, the history in a few sentences, a time line for each eye."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ape_core.errors import InvalidInputError
from ape_core.results.course import courses
from ape_core.results.telling import tell
from ape_core.summaries.acuity import acuity_of_second_eyes, acuity_over_time
from ape_core.summaries.patient_table import visits_table
from widgets.charts.downloads import NamedCard
from widgets.html import box, html, set_class, text
from widgets.patients.timeline import NARROW, WIDE, Timeline

if TYPE_CHECKING:
    from ape_core.results import Patient
    from ape_core.results.course import Course
    from ape_core.summaries import Summary
    from ape_core.summaries.table import Table
    from widgets.patients.session import PatientsSession

_HEADINGS: Final = ("First eye", "Second eye")
_KEY: Final = (
    ("is-letters", "letters measured at visits"),
    ("is-band", "middle 80% of all eyes of the run, and their median"),
    ("is-pause", "later than planned by 2 weeks or more"),
    ("is-fluid", "scan with fluid"),
    ("is-dry", "dry scan"),
)
SUDDEN_LOSSES: Final = (
    "Letters that are lost at once and do not come back are, in the model, a haemorrhage, a scar "
    "or atrophy; the rows tell what a clinic sees, and not which of them it was."
)
"""What stands below every time line: no column of a run names the cause of a loss."""


class StoryPanel:
    """Card with the sentences and the drawings, made once and updated in place.

    Parameters
    ----------
    session
        State of the page.
    light
        Leave out the wide drawing, which a phone has no room for.
    """

    def __init__(self, session: PatientsSession, *, light: bool = False) -> None:
        self._session = session
        self._light = light
        self._drawn: tuple[str, int, int] | None = None
        self._head, self._drawing = html(), html()
        self.view = NamedCard([box(self._head, classes="ape-card-head"), self._drawing], "Patient")
        self.view.numbers = self._numbers

    def refresh(self) -> None:
        """Show the patient of the session against what is known of the cohort by now."""
        patient, summary = self._session.patient, self._session.summary
        set_class(self.view, "ape-hidden", on=patient is None or summary is None)
        if patient is None or summary is None:
            self._drawn = None
            return
        drawn = (self._session.run_id, patient.patient_id, summary.n_patients)
        if drawn != self._drawn:
            self._drawn = drawn
            self._head.value = head_markup(patient)
            shapes = (NARROW,) if self._light else (WIDE, NARROW)
            self._drawing.value = (
                "".join(eye_markup(patient, course, summary, shapes) for course in courses(patient))
                + _key()
            )

    def _numbers(self) -> Table:
        """Every visit of the patient."""
        if self._session.patient is None:
            raise InvalidInputError("No patient is shown.")
        return visits_table(self._session.patient)


def head_markup(patient: Patient) -> str:
    """Number and history of a patient."""
    said = "".join(f"<span>{text(sentence)} </span>" for sentence in tell(patient))
    return f"<h3>Patient {patient.patient_id:,}</h3><p class='ape-history'>{said}</p>"


def eye_markup(
    patient: Patient, course: Course, summary: Summary, shapes: tuple[object, ...]
) -> str:
    """One eye, in as many shapes as are asked for, of which the page shows one."""
    cohort = (acuity_of_second_eyes if course.eye.eye else acuity_over_time)(summary)
    both = len(patient.eyes) > 1
    heading = f"<h4>{_HEADINGS[course.eye.eye]}</h4>" if both else ""
    label = f"{_HEADINGS[course.eye.eye]} on a time line. {' '.join(tell(patient))}"
    drawings = "".join(
        f"<div class='{kind}'>{Timeline(course, cohort, summary.years, shape).markup(label)}</div>"
        for shape, kind in ((WIDE, "ape-if-room"), (NARROW, "ape-if-narrow"))
        if shape in shapes
    )
    return f"<div class='ape-eye'>{heading}{drawings}</div>"


def _key() -> str:
    """What the marks mean."""
    items = "".join(f"<span><i class='{kind}'></i>{text(said)}</span>" for kind, said in _KEY)
    return f"<div class='ape-key'>{items}</div><p class='ape-story-help'>{text(SUDDEN_LOSSES)}</p>"
