"""Runs in the store, the newest first; those of other pages appear as they are started.

Runs that were simulated for nothing but a study, dozens at a time, are counted until asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ipywidgets import Button, Text

from ape_core.terms import runs_of_studies
from widgets import format as words
from widgets.errors import guarded
from widgets.html import box, classed, html, set_class, text
from widgets.run_manager import RunManager
from widgets.run_row import RunRow, put
from widgets.tiers import shown_size, state_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from widgets.runs_in_store import ListedRun
    from widgets.session import Session

ROWS: Final = 6


class RunListPanel:
    """A fixed number of rows, made once; pages of rows when there are more runs."""

    def __init__(self, session: Session, draw: Callable[[], None]) -> None:
        self._session = session
        self._draw = draw
        self._page = 0
        self._shows_studies = False
        self._shown: list[ListedRun] = []
        self._manager = RunManager(session, draw)
        self._depot = box(self._manager.view, classes="ape-hidden")
        self._rows = [RunRow() for _ in range(ROWS)]
        for place, row in enumerate(self._rows):
            row.button.on_click(guarded(session, self._opener(place)))
            row.manage.on_click(guarded(session, self._managing(place)))
        self._title, self._found = html(), html()
        self._search = classed(
            Text(description="Search runs", placeholder="Name, note, protocol, archived"),
            "ape-field ape-search",
        )
        self._search.observe(guarded(session, self._searched), names="value")
        self._newer, self._older = (
            classed(Button(description=name), "ape-button") for name in ("Newer", "Older")
        )
        self._newer.on_click(guarded(session, lambda _: self._turn(-1)))
        self._older.on_click(guarded(session, lambda _: self._turn(1)))
        self._pager = box(self._newer, self._older, classes="ape-pager ape-hidden")
        self._studies = classed(Button(), "ape-button")
        self._studies.on_click(guarded(session, self._toggled))
        self._of_studies = box(self._studies, classes="ape-pager ape-hidden")
        rows = box(*(row.view for row in self._rows), classes="ape-run-list")
        self.view = box(
            self._title, self._search, self._found, rows, self._pager, self._of_studies,
            self._depot, classes="ape-runs",
        )  # fmt: skip

    def refresh(self) -> None:
        """Show the runs of the store."""
        found = [run for run in self._session.runs if run.is_found_by(self._words, state_of(run))]
        usual = [run for run in found if not self._is_left_out(run)]
        runs = found if self._shows_studies else usual
        last = max(0, (len(runs) - 1) // ROWS)
        self._page = min(self._page, last)
        self._shown = runs[self._page * ROWS : (self._page + 1) * ROWS]
        self._refresh_manager()
        for place, row in enumerate(self._rows):
            run = self._shown[place] if place < len(self._shown) else None
            self._fill(row, run)
        put(self._depot, None if self._manager.run_id else self._manager.view)
        self._say(len(found))
        self._count_studies(len(found) - len(usual))
        set_class(self._pager, "ape-hidden", on=last == 0)
        self._newer.disabled, self._older.disabled = self._page == 0, self._page == last

    def _is_left_out(self, run: ListedRun) -> bool:
        """Whether a run is listed only where somebody wants to see those of studies."""
        return run.is_of_study and run.run_id != self._session.run_id

    def _count_studies(self, n_found: int) -> None:
        """Say how many runs of studies are found, on the button that shows or hides them."""
        step = "Hide" if self._shows_studies else "Show"
        self._studies.description = f"{step} {runs_of_studies(n_found)}"
        set_class(self._of_studies, "ape-hidden", on=not n_found)

    @property
    def _words(self) -> str:
        """What is searched for."""
        found: str = self._search.value
        return found

    def _fill(self, row: RunRow, run: ListedRun | None) -> None:
        """Put a run into a row."""
        is_open = run is not None and run.run_id == self._session.run_id
        is_managed = run is not None and run.run_id == self._manager.run_id
        row.show(run, is_open=is_open, is_managed=is_managed)
        put(row.below, self._manager.view if is_managed else None)

    def _refresh_manager(self) -> None:
        """Let go of the managed run when it is not among those that are shown any more."""
        managed = [run for run in self._shown if run.run_id == self._manager.run_id]
        if managed:
            self._manager.refresh(managed[0])
        elif self._manager.run_id:
            self._manager.manage(None)

    def _say(self, n_found: int) -> None:
        """Show how many runs there are, how large they are, and how many were found."""
        runs = self._session.runs
        size = shown_size(sum(run.n_bytes for run in runs))
        total = f"{words.plural(len(runs), 'run')}, {size}" if runs else ""
        self._title.value = f'<div class="ape-row"><h2>Runs</h2><span>{text(total)}</span></div>'
        set_class(self._search, "ape-hidden", on=len(runs) < 2 and not self._words)
        searching = bool(self._words.strip())
        found = f"{n_found:,} of {words.plural(len(runs), 'run')} found." if searching else ""
        self._found.value = f'<p class="ape-help" role="status">{text(found)}</p>' if found else ""

    def _opener(self, place: int) -> Any:
        """Handler that opens the run in a row."""

        def opened(_: Any) -> None:
            if place < len(self._shown):
                self._session.open(self._shown[place].run_id)
                self._draw()

        return opened

    def _managing(self, place: int) -> Any:
        """Handler that manages the run in a row, or no more."""

        def managed(_: Any) -> None:
            if place < len(self._shown):
                run = self._shown[place]
                self._manager.manage(None if run.run_id == self._manager.run_id else run)
                self.refresh()

        return managed

    def _toggled(self, _: Any) -> None:
        """Show the runs of studies, or leave them out again."""
        self._shows_studies, self._page = not self._shows_studies, 0
        self.refresh()

    def _searched(self, _: Any) -> None:
        """Show what is found."""
        self._page = 0
        self.refresh()

    def _turn(self, step: int) -> None:
        """Show other rows."""
        self._page = max(0, self._page + step)
        self.refresh()
