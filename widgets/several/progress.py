"""How far each of several runs is: a small bar for each, and buttons for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ipywidgets import Button

from widgets import format as words
from widgets.errors import guarded
from widgets.html import box, classed, html, prose, set_class, text
from widgets.progress import compiling_words
from widgets.several.colours import LETTERS, colour_name
from widgets.several.session import OPENING, STARTING
from widgets.theme import colour
from widgets.title import state_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from ape_core.runs import Progress
    from widgets.several.session import SeveralSession


class SeveralProgress:
    """Rows that say how far the runs are; hidden when all are complete."""

    def __init__(self, session: SeveralSession, draw: Callable[[], None]) -> None:
        self._session, self._draw = session, draw
        self._words = html()
        self._cancel = classed(Button(description="Cancel"), "ape-button")
        self._resume = classed(Button(description="Go on"), "ape-button ape-primary")
        self._cancel.on_click(guarded(session, self._cancelled))
        self._resume.on_click(guarded(session, self._resumed))
        self.view = box(
            self._words, box(self._cancel, self._resume, classes="ape-several-buttons"),
            classes="ape-several-progress",
        )  # fmt: skip

    def refresh(self) -> None:
        """Show the progress of the session's runs."""
        session = self._session
        if session.is_starting:
            self._show_start()
            return
        busy = not session.is_settled
        set_class(self.view, "ape-hidden", on=not busy and not session.can_go_on)
        self._words.value = progress_markup(session.progress, session.titles, session.damaged)
        set_class(self._cancel, "ape-hidden", on=not busy)
        self._cancel.disabled = session.is_stopping
        self._cancel.description = "Stopping" if session.is_stopping else "Cancel"
        set_class(self._resume, "ape-hidden", on=busy or not session.can_go_on)

    def _show_start(self) -> None:
        """Show the runs that are asked for as starting."""
        asked = self._session.asked or []
        titles = tuple(spec.protocol.title for spec in asked)
        self._words.value = progress_markup(self._session.about_to_start(), titles)
        set_class(self.view, "ape-hidden", on=False)
        set_class(self._cancel, "ape-hidden", on=True)
        set_class(self._resume, "ape-hidden", on=True)

    def _cancelled(self, _: Any) -> None:
        """Stop all runs."""
        self._session.cancel()
        self._draw()

    def _resumed(self, _: Any) -> None:
        """Go on with all runs that stopped."""
        self._session.resume()
        self._draw()


def progress_markup(
    progress: tuple[Progress, ...], titles: tuple[str, ...], damaged: tuple[int, ...] = ()
) -> str:
    """Letter, bar and state of each run; `damaged` are the places of those that cannot be read."""
    rows = (
        _row(place, item, title, is_damaged=place in damaged)
        for place, (item, title) in enumerate(zip(progress, titles, strict=True))
    )
    waits = compiling_words(progress)
    below = f'<div class="ape-progress-below">{prose(waits)}</div>' if waits else ""
    return f'<div class="ape-several">{"".join(rows)}</div>{below}'


def _row(place: int, item: Progress, title: str, *, is_damaged: bool) -> str:
    """One run."""
    share = 100 * item.share
    waiting = item.status == "queued" or (item.status == "running" and share == 0)
    bar = (
        f'<div class="ape-bar{" is-waiting" if waiting else ""}" role="progressbar" '
        f'aria-label="{text(title)}" aria-valuemin="0" aria-valuemax="100" '
        f'aria-valuenow="{share:.0f}"><i style="width:{share:.1f}%;'
        f'background:{colour(colour_name(place))}"></i></div>'
    )
    why = f"{item.story or item.error} {item.hint}".strip()
    told = f"<p>{text(why)}</p>" if why and item.status in ("failed", "interrupted") else ""
    state = "damaged" if is_damaged else _state(item)
    shade = ' class="is-damaged"' if is_damaged else ""
    return f"<div><b>{LETTERS[place]}</b>{bar}<span{shade}>{text(state)}</span>{told}</div>"


def _state(item: Progress) -> str:
    """State of a run, short."""
    if item.status == "queued":
        place = item.queue_place or 1
        return "next in turn" if place == 1 else f"waiting, {words.plural(place - 1, 'run')} before"
    if item.phase in (STARTING, OPENING) and not item.patients_done:
        return item.phase
    if item.status == "running":
        left = "" if item.seconds_left is None else f", {words.duration(item.seconds_left)} left"
        return f"{100 * item.share:.0f}%{left}"
    if item.status == "complete":
        return "complete"
    state = state_words(item.status, cancelled=item.cancelled).lower()
    return f"{state} at {100 * item.share:.0f}%"
