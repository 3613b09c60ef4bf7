"""What the run is doing: how far it is, how fast, how long it will take, and how to stop it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ipywidgets import Button

from ape_core.runs.compiling import COMPILING
from widgets import format as words
from widgets.errors import guarded
from widgets.html import box, classed, html, prose, set_class, text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ape_core.runs.progress import Progress
    from widgets.runs_in_store import ListedRun
    from widgets.session import Session

_MOST_NAMED = 3
_BUTTONS = {
    "running": ("Cancel", ""),
    "queued": ("Cancel", ""),
    "interrupted": ("Go on", "ape-primary"),
    "failed": ("Try again", "ape-primary"),
}

_DAMAGED = "The summary of this run is damaged, and cannot be drawn."
_BROKEN = "The question of run {} is damaged, and its figures cannot be shown as they are."
_COPY = "Its copy is put back, every file is checked, and what is damaged is computed again."
_MENDING = "The run is being checked and put right."
_REPAIR = "What is damaged is found and computed again from the question."


class ProgressPanel:
    """Bar, sentence and one button; hidden when the run is complete."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._words = html()
        self._button = classed(Button(), "ape-button")
        self._button.on_click(guarded(session, self._pressed))
        self.view = box(self._words, self._button, classes="ape-progress")

    def refresh(self) -> None:
        """Show the progress of the session's run."""
        progress, damage = self._session.progress, self._session.damage
        if self._session.broken is not None:
            short = self._session.broken.run_id[:12]
            self._offer(_BROKEN.format(short), _COPY, "Put it right")
            return
        mending = self._session.mending
        if mending:
            self._show_mending(mending)
            return
        if progress is not None and damage is not None and progress.status == "complete":
            self._offer(_DAMAGED, f"{_file_alone(damage.message)} {_REPAIR}", "Try again")
            return
        done = progress is None or progress.status == "complete"
        set_class(self.view, "ape-hidden", on=done)
        if progress is None or done:
            return
        working, cancelled = progress.status in ("running", "queued"), self._session.cancelled
        set_class(self.view, "ape-told", on=not working)
        set_class(self.view, "ape-queued", on=progress.status == "queued")
        more = " ".join((_before(progress, self._session.runs), self._session.went_on)).strip()
        summary = self._session.summary
        self._words.value = progress_markup(
            progress, cancelled=cancelled, more=more, shown=summary.n_patients if summary else None
        )
        name, style = _BUTTONS[progress.status]
        self._button.description = "Stopping" if working and cancelled else name
        self._button.disabled = working and cancelled
        set_class(self._button, "ape-primary", on=bool(style))

    def _show_mending(self, phase: str) -> None:
        """Say that the run is being checked: its patients are all there, and tell nothing."""
        set_class(self.view, "ape-hidden", on=False)
        set_class(self.view, "ape-told", on=False)
        set_class(self.view, "ape-queued", on=False)
        self._words.value = _bar(_MENDING, "", 0.0, f"{_first_upper(phase)}.", waiting=True)
        self._button.description, self._button.disabled = "Working", True
        set_class(self._button, "ape-primary", on=False)

    def _offer(self, what: str, below: str, button: str) -> None:
        """Offer to put a run right of which nothing can be shown until then."""
        set_class(self.view, "ape-hidden", on=False)
        set_class(self.view, "ape-told", on=True)
        set_class(self.view, "ape-queued", on=False)
        self._words.value = (
            f'<div class="ape-progress-words"><strong>{text(what)}</strong></div>'
            f'<div class="ape-progress-below">{prose(below)}</div>'
        )
        self._button.description, self._button.disabled = button, False
        set_class(self._button, "ape-primary", on=True)

    def _pressed(self, _: Any) -> None:
        """Cancel what runs, go on with what does not, put right what is broken."""
        progress = self._session.progress
        if self._session.broken is not None:
            self._session.put_right()
        elif progress is not None and progress.status in ("running", "queued"):
            self._session.cancel()
        else:
            self._session.resume()
        self.refresh()


def progress_markup(
    progress: Progress, *, cancelled: bool = False, more: str = "", shown: int | None = None
) -> str:
    """Bar with a sentence and the time left above it; below, what is being done or can be done.

    Parameters
    ----------
    progress
        How far the run is.
    cancelled
        Whether somebody asked it to stop.
    more
        What else is to be said: what runs before it, or why it had to go on.
    shown
        Patients of the figures that stand beside it while it runs, if there are any: they and the
        words name the same number. The bar itself moves with every part that is simulated.
    """
    share = 100 * progress.patients_done / max(1, progress.n_patients)
    waiting = progress.status == "queued" or (progress.status == "running" and share == 0)
    state, left = _state(progress, cancelled=cancelled, shown=shown), _left(progress)
    below = " ".join(part for part in (_below(progress, cancelled=cancelled), more) if part)
    return _bar(state, left, share, below, waiting=waiting)


def _bar(state: str, left: str, share: float, below: str, *, waiting: bool) -> str:
    """Markup of the bar with what stands above and below it."""
    return (
        '<div class="ape-progress-words">'
        f"<strong>{text(state)}</strong><span>{text(left)}</span></div>"
        f'<div class="ape-bar{" is-waiting" if waiting else ""}" role="progressbar" '
        'aria-label="Progress of the run" aria-valuemin="0" aria-valuemax="100" '
        f'aria-valuenow="{share:.0f}"><i style="width:{share:.1f}%"></i></div>'
        f'<div class="ape-progress-below">{prose(below)}</div>'
    )


def _file_alone(message: str) -> str:
    """What is said of a file of the run, without the folders that it is in."""
    path, is_there, said = message.partition(" ")
    return f"{Path(path).name}{is_there}{said}" if path.startswith("/") else message


def _state(progress: Progress, *, cancelled: bool, shown: int | None) -> str:
    """What is going on, as a sentence."""
    running = progress.status == "running"
    done = progress.patients_done if shown is None or not running else shown
    of_all = f"{words.count(done)} of {words.count(progress.n_patients)} patients"
    if running:
        return of_all
    if progress.status == "queued":
        return queue_words(progress)
    if progress.story:
        return progress.story
    if progress.status == "failed":
        return "The run stopped."
    kept = f"{of_all} are simulated and kept."
    return f"Cancelled: {kept}" if cancelled else f"The run was interrupted: {kept}"


def _left(progress: Progress) -> str:
    """Time left, when it is known."""
    if progress.status != "running" or progress.seconds_left is None:
        return ""
    return f"about {words.duration(progress.seconds_left)} left"


def _below(progress: Progress, *, cancelled: bool) -> str:
    """What the worker is doing and how fast; what to do when there is none."""
    if progress.status in ("failed", "interrupted"):
        return f"{progress.error} {progress.hint}".strip()
    if cancelled:
        return "Stopping at the next commit; what is done is kept."
    if progress.status == "queued":
        return "It begins by itself, also when this page is closed; Cancel gives its place away."
    speed = f"{words.count(progress.per_second)} per second" if progress.per_second else ""
    return _first_upper(", ".join(part for part in (progress.phase, speed) if part))


def _first_upper(said: str) -> str:
    """The same with a capital letter first."""
    return said[:1].upper() + said[1:]


def time_words(seconds: float, *, compiles: bool) -> str:
    """About how long a run takes; what is not compiled yet comes before that."""
    about = f"about\N{NO-BREAK SPACE}{words.duration(seconds)}"
    return f"{about}, after compiling" if compiles else about


def compiling_words(progress: Iterable[Progress]) -> str:
    """What several runs wait for, as a sentence; empty unless one waits for the compiler."""
    waits = any(item.status == "running" and item.phase == COMPILING for item in progress)
    return f"{_first_upper(COMPILING)}." if waits else ""


def queue_words(progress: Progress) -> str:
    """Place in the queue, in words; or the memory that is waited for."""
    place = progress.queue_place or 1
    if place > 1:
        return f"Waiting in the queue: {words.plural(place - 1, 'run')} before it"
    if progress.phase.startswith("waiting for memory"):
        return f"Next in turn, {progress.phase}"
    return "Waiting for a free place; next in turn"


def _before(progress: Progress, runs: list[ListedRun]) -> str:
    """Runs that simulate now, and those that will before this one."""
    known = {run.run_id: run for run in runs}
    waiting = progress.ahead[len(progress.ahead) - (progress.queue_place or 1) + 1 :]
    running = progress.ahead[: len(progress.ahead) - len(waiting)]
    named = (
        ("Running now", [_named(known.get(run_id)) for run_id in running]),
        ("Waiting before it", [_named(known.get(run_id)) for run_id in waiting]),
    )
    return " ".join(f"{what}: {_some(of_them)}." for what, of_them in named if of_them)


def _some(named: list[str]) -> str:
    """Name the first few, and count the rest."""
    more = len(named) - _MOST_NAMED
    return "; ".join([*named[:_MOST_NAMED], *([f"{more:,} more"] if more > 0 else [])])


def _named(run: ListedRun | None) -> str:
    """One run that comes before; a run of which nothing is known is that of a validation."""
    if run is None:
        return "a validation"
    size = f"{words.short_count(run.n_patients)} patients, {words.plural(run.years, 'year')}"
    about = f"{run.shown_name}, {size}, seed {run.seed}"
    doing = COMPILING if run.is_compiling else f"{100 * run.share:.0f}%"
    return f"{about} ({doing})" if run.status == "running" else about
