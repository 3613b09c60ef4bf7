"""How far the simulation of the arms is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ipywidgets import Button

from widgets.errors import guarded
from widgets.html import box, classed, html, set_class, text

if TYPE_CHECKING:
    from collections.abc import Callable

    from ape_core.analysis.validation_store import State
    from widgets.validation.session import ValidationSession


class ValidationProgress:
    """Bar and sentence while arms are simulated; a button when that failed; else hidden."""

    def __init__(self, session: ValidationSession, draw: Callable[[], None]) -> None:
        self._session = session
        self._draw = draw
        self._words = html()
        self._again = classed(Button(description="Try again"), "ape-button ape-primary")
        self._again.on_click(guarded(session, self._pressed))
        self.view = box(self._words, self._again, classes="ape-progress")

    def refresh(self) -> None:
        """Show the state of the session."""
        state = self._session.state
        set_class(self.view, "ape-hidden", on=state.status == "complete")
        set_class(self._again, "ape-hidden", on=state.status not in ("failed", "absent"))
        self._words.value = progress_markup(state)

    def _pressed(self, _: Any) -> None:
        """Have it computed again."""
        self._session.start()
        self._draw()


def progress_markup(state: State) -> str:
    """Sentence and bar."""
    said = {"failed": "The simulation stopped.", "absent": "The simulation ended too early."}
    sentence = said.get(state.status, f"{state.phase[:1].upper()}{state.phase[1:]}")
    waiting = " is-waiting" if state.status == "running" and not state.share else ""
    return (
        f'<div class="ape-progress-words"><strong>{text(sentence)}</strong></div>'
        f'<div class="ape-bar{waiting}" role="progressbar" aria-label="Progress of the validation" '
        f'aria-valuemin="0" aria-valuemax="100" aria-valuenow="{100 * state.share:.0f}">'
        f'<i style="width:{100 * state.share:.1f}%"></i></div>'
    )
