"""One run in the list: words, and over them buttons that a screen reader and a keyboard find."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ipywidgets import Button

from ape_core.terms import OF_STUDY
from widgets import format as words
from widgets.html import box, classed, html, set_class, text
from widgets.tiers import size_of, state_of, style_of

if TYPE_CHECKING:
    from ipywidgets import Box, Widget

    from widgets.runs_in_store import ListedRun


class RunRow:
    """One run: its words, a button that opens it, one that manages it, and a place below."""

    def __init__(self) -> None:
        self._words = html()
        self.button = classed(Button(), "ape-open-run")
        self.manage = classed(Button(), "ape-manage")
        head = box(self._words, self.button, self.manage, classes="ape-run")
        self._head = head
        self.below = box(classes="ape-run-below")
        self.view = box(head, self.below, classes="ape-run-place ape-hidden")

    def show(self, run: ListedRun | None, *, is_open: bool, is_managed: bool) -> None:
        """Put a run into the row, or hide the row."""
        set_class(self.view, "ape-hidden", on=run is None)
        set_class(self._head, "is-open", on=is_open)
        set_class(self._head, "is-managed", on=is_managed)
        if run is None:
            return
        self._words.value = _markup(run)
        self.button.description = f"Open {run.shown_name}, {', '.join(facts(run))}"
        self.manage.description = f"{'Close' if is_managed else 'Manage'} {run.shown_name}"
        self.manage.tooltip = "Close" if is_managed else "Rename, note, archive or delete"


def put(place: Box, panel: Widget | None) -> None:
    """Show a panel in a place, or nothing; what is there already is left alone."""
    children = () if panel is None else (panel,)
    if place.children != children:
        place.children = children


def facts(run: ListedRun) -> list[str]:
    """Title if it has a name, what is other than usual, size, seed; last state, disk and age."""
    if run.status == "corrupt":
        return ["its question cannot be read", state_of(run)]
    size = size_of(run)
    return [
        *([run.title] if run.name else []),
        *([OF_STUDY] if run.is_of_study else []),
        *([run.other_than_usual] if run.other_than_usual else []),
        f"{words.short_count(run.n_patients)} patients",
        words.plural(run.years, "year"),
        f"seed {run.seed}",
        ", ".join([state_of(run), *([size] if size else []), words.age(run.created)]),
    ]


def _markup(run: ListedRun) -> str:
    """Name, question, state and note of a run."""
    *question, state = facts(run)
    note = f'<span class="ape-run-note">{text(run.note)}</span>' if run.note else ""
    trouble = " is-troubled" if run.trouble else ""
    return (
        f'<div class="ape-run-words{trouble}" aria-hidden="true"><b>{text(run.shown_name)}</b>'
        f"{text(', '.join(question))}<br>"
        f'<i class="is-{text(style_of(run))}"></i>{text(state)}{note}</div>'
    )
