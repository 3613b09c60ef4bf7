"""Every visit of the patient who is shown, as a table that is made when it is unfolded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ipywidgets import ToggleButton

from ape_core.results.course import BREAK_DAYS, LATE_DAYS
from widgets.charts.downloads import NamedCard
from widgets.errors import guarded
from widgets.html import classed, html, set_class, text
from widgets.patients.timeline import PHASE_NAMES

if TYPE_CHECKING:
    from ape_core.results import EyeHistory, Patient, Visit
    from widgets.patients.session import PatientsSession

MOST_ROWS: Final = 400
"""Visits that the table shows; the file has all of them."""

_HEADS: Final = (
    "Day", "Letters", "Change", "Scan", "Injection", "Phase", "Next in, weeks", "Late, days"
)  # fmt: skip


class VisitsPanel:
    """A button, and below it the visits."""

    def __init__(self, session: PatientsSession) -> None:
        self._session = session
        self._shown: tuple[str, int] | None = None
        self._toggle = classed(ToggleButton(description="Show every visit"), "ape-button")
        self._toggle.observe(guarded(session, self._toggled), names="value")
        self._table = html()
        self.view = NamedCard([self._toggle, self._table], "Visits")
        self.view.add_class("ape-unnamed")

    def refresh(self) -> None:
        """Show the visits of the patient of the session, when they are unfolded."""
        patient = self._session.patient
        set_class(self.view, "ape-hidden", on=patient is None)
        wanted = patient if self._toggle.value else None
        shown = (self._session.run_id, wanted.patient_id) if wanted else None
        if shown != self._shown:
            self._shown = shown
            self._table.value = visits_markup(wanted) if wanted else ""

    def _toggled(self, change: Any) -> None:
        """Unfold, or fold away."""
        self._toggle.description = "Hide the visits" if change.new else "Show every visit"
        self.refresh()


def visits_markup(patient: Patient) -> str:
    """Tables of the visits of each eye."""
    return "".join(_eye(patient, eye) for eye in patient.eyes)


def _eye(patient: Patient, eye: EyeHistory) -> str:
    """Visits of one eye."""
    name = "second eye" if eye.eye else "first eye"
    caption = f"Visits of patient {patient.patient_id:,}, {name}"
    heads = "".join(f"<th scope='col'>{head}</th>" for head in _HEADS)
    rows = "".join(_row(visit, eye.baseline_letters) for visit in eye.visits[:MOST_ROWS])
    more = len(eye.visits) - MOST_ROWS
    note = f"<p class='ape-help'>{more:,} later visits are in the CSV.</p>" if more > 0 else ""
    return (
        f"<div class='ape-scroll' tabindex='0' role='region' aria-label='{text(caption)}'>"
        f"<table class='ape-visits'><caption>{text(caption)}</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>{note}"
    )


def _row(visit: Visit, baseline: int) -> str:
    """One visit."""
    change = f"{visit.letters - baseline:+d}".replace("-", "\N{MINUS SIGN}")
    late = "is-break" if visit.delay_days >= BREAK_DAYS else "is-late"
    kind = late if visit.delay_days >= LATE_DAYS else ""
    cells = (
        f"{visit.day:,}",
        str(visit.letters),
        change,
        "fluid" if visit.fluid else "dry",
        visit.drug if visit.injected else "none",
        PHASE_NAMES[visit.phase],
        f"{visit.interval_days / 7:g}" if visit.interval_days else "none planned",
        str(visit.delay_days or ""),
    )
    return f"<tr class='{kind}'>{''.join(f'<td>{text(cell)}</td>' for cell in cells)}</tr>"
