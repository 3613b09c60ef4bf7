"""How far the runs of a study are, with the button that stops them or goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from ipywidgets import Button

from ape_core.runs.compiling import COMPILING
from widgets import format as words
from widgets.errors import Reporter, guarded
from widgets.html import box, classed, html, set_class, text

if TYPE_CHECKING:
    from collections.abc import Callable

    from ape_core.analysis.point_runs import SeriesProgress


class StudySession(Reporter, Protocol):
    """The state of a page that has studies simulated, each of a kind."""

    def state(self, kind: str) -> SeriesProgress | None:
        """How far a study is; None when it was not asked."""

    def was_stopped(self, kind: str) -> bool:
        """Whether somebody stopped a study, and nobody has gone on with it."""

    def stop(self, kind: str) -> None:
        """Begin no further run of a study."""

    def go_on(self, kind: str) -> None:
        """Go on with a study."""


class StudyProgress:
    """Bar, sentence and button; hidden when everything is there.

    Parameters
    ----------
    session
        The state of the page.
    kind
        Which of its studies.
    draw
        Draws the page after a change.
    """

    def __init__(self, session: StudySession, kind: str, draw: Callable[[], None]) -> None:
        self._session, self._kind, self._draw = session, kind, draw
        self._words = html()
        self._button = classed(Button(), "ape-button")
        self._button.on_click(guarded(session, self._pressed))
        self.view = box(self._words, self._button, classes="ape-study")

    def refresh(self) -> None:
        """Show how far the runs are."""
        state = self._session.state(self._kind)
        hidden = state is None or state.status == "complete"
        set_class(self.view, "ape-hidden", on=hidden)
        if state is None or hidden:
            return
        busy = state.status in ("running", "stopping")
        self._words.value = progress_markup(state, stopped=self._session.was_stopped(self._kind))
        self._button.description = (
            "Stopping" if state.status == "stopping" else "Stop" if busy else "Go on"
        )
        self._button.disabled = state.status == "stopping"
        set_class(self._button, "ape-primary", on=not busy)

    def _pressed(self, _: Any) -> None:
        """Stop, or go on."""
        state = self._session.state(self._kind)
        if state is not None and state.status == "running":
            self._session.stop(self._kind)
        else:
            self._session.go_on(self._kind)
        self._draw()


def progress_markup(state: SeriesProgress, *, stopped: bool = False) -> str:
    """Sentence and bar."""
    done = f"{state.n_done} of {words.plural(state.n_runs, 'run')}"
    said = {
        "running": done,
        "stopping": f"{done}, stopping",
        "failed": f"Failed after {done}",
        "interrupted": f"{'Stopped' if stopped else 'Interrupted'} after {done}",
    }.get(state.status, done)
    place = state.queue_place
    queue = ""
    if place is not None:
        before = f"{words.plural(place - 1, 'run')} before" if place > 1 else "next in turn"
        queue = f"waiting in the queue, {before}"
    elif state.is_compiling:
        queue = COMPILING
    elif state.status == "interrupted" and state.n_done:
        queue = "what is complete stays"
    elif state.status == "running" and state.n_done == 0:
        queue = "starting"
    why = f"<p>{text(f'{state.error} {state.hint}'.strip())}</p>" if state.error else ""
    waiting = " is-waiting" if state.status == "running" and not state.n_done else ""
    return (
        f'<div class="ape-progress-words"><strong>{text(said)}</strong>'
        f"<span>{text(queue)}</span></div>"
        f'<div class="ape-bar{waiting}" role="progressbar" aria-label="Runs that are complete" '
        f'aria-valuemin="0" aria-valuemax="{state.n_runs}" aria-valuenow="{state.n_done}">'
        f'<i style="width:{100 * state.share:.1f}%"></i></div>{why}'
    )
