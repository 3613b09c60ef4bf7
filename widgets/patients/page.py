"""The page of patients: one at a time, found in a run of any size."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from ipywidgets import Widget

from widgets.frame import Page
from widgets.page import asked_in_address, run_in_address
from widgets.patients.finder import FinderPanel
from widgets.patients.head import HeadPanel
from widgets.patients.hits import HitsPanel
from widgets.patients.query import QueryPanel
from widgets.patients.session import PatientsSession
from widgets.patients.story import StoryPanel
from widgets.patients.visits import VisitsPanel

_NUMBER: Final = re.compile(r"[0-9]{1,9}")


class PatientsPage(Page[PatientsSession]):
    """Everything on the page.

    Parameters
    ----------
    run_id
        Run to begin with; by default the one that the address of the page names with `?run=`, or
        else the newest that is complete.
    patient
        Patient to begin with; by default the one that the address names with `?patient=`, or else
        a typical one.
    store
        Folder of runs; by default the user's.
    light
        Make the light page; by default when the address of the page asks for it.
    """

    name = "patients"
    toggle = "Find a patient, choose a run"
    rules = Path(__file__).parent / "patients.css"

    def __init__(
        self,
        run_id: str | None = None,
        patient: int | None = None,
        store: str | Path | None = None,
        *,
        light: bool | None = None,
    ) -> None:
        self._asked_run = run_in_address() if run_id is None else run_id
        self._asked_patient = _patient_in_address() if patient is None else str(patient)
        super().__init__(PatientsSession(store), light=light)

    def make_panels(self) -> None:
        """Make every panel of the main column once."""
        self._head = HeadPanel(self.session, self.draw)
        self._story = StoryPanel(self.session, light=self.light)
        self._visits = VisitsPanel(self.session)
        self._query = QueryPanel(self.session, self.draw)
        self._panels += [self._head, self._story, self._visits, self._query]

    def make_folds(self) -> list[Widget]:
        """Make the form, and the list of those who were found."""
        folds: list[Any] = [
            FinderPanel(self.session, self.draw),
            HitsPanel(self.session, self.draw),
        ]
        self._panels += folds
        return [panel.view for panel in folds]

    def head(self) -> list[Widget]:
        """Give the title, and the ways to the one before and the next."""
        return [self._head.view, self._head.steps]

    def main(self) -> list[Widget]:
        """Give the story and the visits, and a way to ask of all rows."""
        return [self._head.empty, self._story.view, self._visits.view, self._query.view]

    def close(self) -> None:
        """Stop answering, and close everything."""
        if "_query" in vars(self):
            self._query.close()
        super().close()

    def arrive(self) -> None:
        """Show the patient that the link names, or a typical one."""
        self.session.arrive(self._asked_run, self._asked_patient)

    def draw_panels(self) -> None:
        """Show the state of the session."""
        self.refresh_panels()
        patient = self.session.patient
        self.fold_for((self.session.run_id, patient.patient_id if patient else None))

    def window_title(self) -> str:
        """Who is shown."""
        patient = self.session.patient
        return f"Patient {patient.patient_id:,} - APE" if patient else "Patients - APE"

    def address(self) -> dict[str, str]:
        """The run and the patient that are shown."""
        run, patient = self.session.run_id[:12], self.session.patient
        named = {"run": run} if run else {}
        return named if patient is None else {**named, "patient": str(patient.patient_id)}


def _patient_in_address() -> str:
    """Patient that the address of the page names with `?patient=`; empty without one."""
    asked = asked_in_address("patient")
    return asked if _NUMBER.fullmatch(asked) else ""
