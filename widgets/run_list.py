"""Runs in the store, the newest first; those of other pages appear as they are started."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ipywidgets import Button

from widgets import format as words
from widgets.errors import guarded
from widgets.html import box, classed, html, set_class, text
from widgets.title import STATUS_WORDS, state_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from widgets.runs_in_store import ListedRun
    from widgets.session import Session

ROWS: Final = 6


class _Row:
    """One run: words, and over them a button that carries the same words for a screen reader."""

    def __init__(self) -> None:
        self._words = html()
        self.button = Button()
        self.view = box(self._words, self.button, classes="ape-run ape-hidden")

    def show(self, run: ListedRun | None, *, is_open: bool) -> None:
        """Put a run into the row, or hide the row."""
        set_class(self.view, "ape-hidden", on=run is None)
        set_class(self.view, "is-open", on=is_open)
        if run is not None:
            self._words.value = _markup(run)
            self.button.description = f"Open {run.title}, {', '.join(_facts(run))}"


class RunListPanel:
    """A fixed number of rows, made once; pages of rows when there are more runs."""

    def __init__(self, session: Session, draw: Callable[[], None]) -> None:
        self._session = session
        self._draw = draw
        self._page = 0
        self._shown: list[str] = []
        self._rows = [_Row() for _ in range(ROWS)]
        for place, row in enumerate(self._rows):
            row.button.on_click(guarded(session, self._opener(place)))
        self._newer, self._older = (
            classed(Button(description=name), "ape-button") for name in ("Newer", "Older")
        )
        self._newer.on_click(guarded(session, lambda _: self._turn(-1)))
        self._older.on_click(guarded(session, lambda _: self._turn(1)))
        self._pager = box(self._newer, self._older, classes="ape-pager ape-hidden")
        rows = box(*(row.view for row in self._rows), classes="ape-run-list")
        self.view = box(html(value="<h2>Runs</h2>"), rows, self._pager, classes="ape-runs")

    def refresh(self) -> None:
        """Show the runs of the store."""
        runs = self._session.runs
        last = max(0, (len(runs) - 1) // ROWS)
        self._page = min(self._page, last)
        shown = runs[self._page * ROWS : (self._page + 1) * ROWS]
        self._shown = [run.run_id for run in shown]
        for place, row in enumerate(self._rows):
            run = shown[place] if place < len(shown) else None
            row.show(run, is_open=run is not None and run.run_id == self._session.run_id)
        set_class(self._pager, "ape-hidden", on=last == 0)
        self._newer.disabled, self._older.disabled = self._page == 0, self._page == last

    def _opener(self, place: int) -> Any:
        """Handler that opens the run in a row."""

        def opened(_: Any) -> None:
            if place < len(self._shown):
                self._session.open(self._shown[place])
                self._draw()

        return opened

    def _turn(self, step: int) -> None:
        """Show other rows."""
        self._page = max(0, self._page + step)
        self.refresh()


def _markup(run: ListedRun) -> str:
    """Title, question and state of a run."""
    first, *rest = _facts(run)
    return (
        f'<div class="ape-run-words" aria-hidden="true"><b>{text(run.title)}</b>'
        f"{text(', '.join([first, *rest[:-1]]))}<br>"
        f'<i class="is-{text(run.status)}"></i>{text(rest[-1])}</div>'
    )


def _facts(run: ListedRun) -> list[str]:
    """Size, years, seed, and last the state with the age."""
    if run.status == "corrupt":
        return ["its question cannot be read", STATUS_WORDS[run.status]]
    state = state_words(run.status, cancelled=run.cancelled)
    if run.status in ("running", "interrupted") and run.share < 1:
        state += f" at {100 * run.share:.0f}%"
    return [
        f"{words.short_count(run.n_patients)} patients",
        words.plural(run.years, "year"),
        f"seed {run.seed}",
        f"{state}, {words.age(run.created)}",
    ]
