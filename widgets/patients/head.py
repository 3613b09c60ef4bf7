"""What is shown, the ways to the one before and the next, and what to do where nobody is there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ipywidgets import Button

from widgets import format as words
from widgets.changes import changed_line
from widgets.errors import guarded
from widgets.html import box, classed, html, set_class, text
from widgets.navigation import link
from widgets.progress import queue_words
from widgets.tiers import state_of, style_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from widgets.patients.session import PatientsSession
    from widgets.runs_in_store import ListedRun


class HeadPanel:
    """Title of the page with the run, and two buttons."""

    def __init__(self, session: PatientsSession, draw: Callable[[], None]) -> None:
        self._session = session
        self._draw = draw
        self.view, self._place, self.nobody = html(), html(), html()
        self._again = classed(Button(description="Go on"), "ape-button ape-primary")
        self._again.on_click(guarded(session, self._go_on))
        self.empty = box(self.nobody, self._again, classes="ape-empty")
        self._buttons = {
            -1: classed(Button(description="Previous"), "ape-button"),
            1: classed(Button(description="Next"), "ape-button"),
        }
        for by, button in self._buttons.items():
            button.on_click(guarded(session, self._stepper(by)))
        self.steps = box(
            self._buttons[-1], self._place, self._buttons[1], classes="ape-steps ape-hidden"
        )

    def refresh(self) -> None:
        """Show the run and the place of the patient."""
        session = self._session
        run = session.listed
        self.view.value = _title(run, session.changes, damaged=session.is_damaged)
        set_class(self.steps, "ape-hidden", on=session.patient is None)
        for by, button in self._buttons.items():
            button.disabled = not session.can_step(by)
        self._place.value = f"<span class='ape-place'>{text(_place(session))}</span>"
        self.nobody.value = _nobody(session) if session.patient is None else ""
        set_class(self.empty, "ape-hidden", on=session.patient is not None)
        set_class(self._again, "ape-hidden", on=not session.can_go_on)
        self._again.description = "Put it right" if session.is_damaged else "Go on"

    def _go_on(self, _: Any) -> None:
        """Put the run right, or let it go on."""
        self._session.go_on()
        self._draw()

    def _stepper(self, by: int) -> Any:
        """Handler that goes to the one before or the next."""

        def stepped(_: Any) -> None:
            self._session.step(by)
            self._draw()

        return stepped


def _title(run: ListedRun | None, changes: str, *, damaged: bool) -> str:
    """Heading with the run that is looked at, what is other than usual in it, and its state."""
    if run is None:
        return '<div class="ape-title"><div><h2>Patients</h2></div></div>'
    about = (
        f"Of {words.count(run.n_patients)} simulated patients, {run.population}, "
        f"{words.plural(run.years, 'year')}, seed {run.seed}"
    )
    if damaged and run.status in ("complete", "failed"):
        run = replace(run, status="corrupt")
    chip = f'<span class="ape-chip is-{text(style_of(run))}">{text(state_of(run))}</span>'
    name = text(run.shown_name.replace("-", "\N{NON-BREAKING HYPHEN}"))
    return (
        f'<div class="ape-title"><div><h2>{name}</h2><p>{text(about)}</p>'
        f"{changed_line(changes)}</div>{chip}</div>"
    )


def _place(session: PatientsSession) -> str:
    """Which one is shown, among those who were found or all."""
    if session.patient is None or session.found is None or session.place is None:
        return "by number"
    return f"{session.place + 1} of {len(session.found.patients)} found"


def _nobody(session: PatientsSession) -> str:
    """Why there is nobody to look at yet, and what to do."""
    run = session.listed
    if run is None:
        return _card("There is no run yet", "Simulate one, and its patients can be looked at "
                     "here one by one.", link("dashboard", "Ask a question"))  # fmt: skip
    if session.looked_at is not None:
        return _card("Looking ...", f"{words.count(session.looked_at)} patients looked at.")
    if session.is_mending:
        return _card("The run is being put right", "Its patients appear when it is complete.")
    if session.is_damaged:
        return _card("This run cannot be read", "A file of it is damaged. Every file is checked, "
                     "and what is not as it was is computed again from the question.")  # fmt: skip
    if session.summary is None:
        return _card("Nobody is there yet", _waiting(session, run.status))
    return _card("Nobody is like that", "Ask for less, or look in another run.")


def _waiting(session: PatientsSession, status: str) -> str:
    """When the first patients of a run appear, or why they do not."""
    progress = session.progress
    if status == "queued" and progress is not None:
        return (
            f"{queue_words(progress)}. The run begins by itself, also when this page is closed; "
            "its patients appear then."
        )
    return {
        "running": "The first patients appear within seconds.",
        "failed": "The run failed before its first patients were kept.",
        "interrupted": "The run was stopped before its first patients were kept.",
    }.get(status, "")


def _card(heading: str, sentence: str, way: str = "") -> str:
    """A card with a heading and a sentence."""
    return f'<div class="ape-nobody"><h3>{text(heading)}</h3><p>{text(sentence)}</p>{way}</div>'
