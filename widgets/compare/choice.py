"""What is compared with what: the protocols by letter, the reference, and the year."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ipywidgets import Dropdown

from widgets import format as words
from widgets.errors import guarded
from widgets.html import box, classed, html, text
from widgets.page import is_page
from widgets.several.colours import LETTERS, named
from widgets.why import why_markup

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ape_core.spec.run_spec import RunSpec
    from widgets.compare.session import CompareSession


class ChoicePanel:
    """Title of the page, the key of letters and colours, and two choices."""

    def __init__(self, session: CompareSession, draw: Callable[[], None]) -> None:
        self._session, self._draw = session, draw
        self._title, self._key = html(), html("ape-compare-key")
        self._reference = classed(Dropdown(description="Compared with"), "ape-year")
        self._year = classed(Dropdown(description="At the end of year"), "ape-year")
        self._reference.observe(guarded(session, self._reference_chosen), names="value")
        self._year.observe(guarded(session, self._year_chosen), names="value")
        self.head = self._title
        choices = box(self._reference, self._year, classes="ape-compare-choices")
        self.view = box(self._key, choices, classes="ape-compare-bar")

    def refresh(self) -> None:
        """Show the runs of the session."""
        session = self._session
        self.show_title()
        rows = "".join(
            f"<li>{named(place, title)}</li>" for place, title in enumerate(session.titles)
        )
        self._key.value = f"<ul>{rows}</ul>" if rows else ""
        places = [(LETTERS[place], place) for place in range(len(session.titles))]
        years = [(str(year), year) for year in range(1, session.years + 1)]
        _offer(self._reference, places, session.reference)
        _offer(self._year, years, session.year)

    def show_title(self) -> None:
        """Show what is compared, or is about to be."""
        self._title.value = title_markup(self._session)

    def _reference_chosen(self, change: Any) -> None:
        """Compare with another protocol."""
        if change.new is not None and change.new != self._session.reference:
            self._session.reference = change.new
            self._draw()

    def _year_chosen(self, change: Any) -> None:
        """Show the outcomes of another year."""
        if change.new is not None and change.new != self._session.year:
            self._session.wanted_year = change.new
            self._draw()


def title_markup(session: CompareSession) -> str:
    """What is compared, on whom."""
    comparison, paired = session.comparison, session.paired
    if session.is_starting and session.asked:
        return _title(session.asked, "", "</p>")
    if comparison is None:
        return (
            '<div class="ape-title"><div><h2>Nothing is compared yet</h2>'
            "<p>Choose two to six protocols and the patients that all of them are given to, then "
            "press Compare.</p></div></div>"
        )
    growing = paired is not None and not paired.is_whole
    so_far = f"{words.count(paired.n_patients)} of " if growing and paired else ""
    more = f"{_link(session)}</p>{why_markup(session.why)}"
    return _title([run.spec for run in comparison.runs], so_far, more)


def _title(specs: Sequence[RunSpec], so_far: str, more: str) -> str:
    """Markup of a title; `more` closes its paragraph."""
    spec = specs[0]
    number = words.count(spec.cohort.n_patients)
    who = (
        f"{spec.people.title}, {words.plural(spec.years, 'year')}, seed {spec.seed}. "
        "Each patient has the same course of disease and the same luck under every protocol."
    )
    return (
        f'<div class="ape-title"><div><h2>{len(specs)} protocols on the same {so_far}'
        f"{number} patients</h2><p>{text(who)} {more}</div></div>"
    )


def _link(session: CompareSession) -> str:
    """The link of a page that comes back to these runs."""
    runs = ",".join(run_id[:12] for run_id in session.run_ids)
    return f'<a class="ape-copy-link" href="?runs={runs}">Copy link</a>' if is_page() else ""


def _offer(choice: Dropdown, options: list[tuple[str, int]], value: int) -> None:
    """Offer options, without a change where nothing changed."""
    if list(choice.options) != options:
        choice.options = options
    if options and choice.value != value:
        choice.value = value
