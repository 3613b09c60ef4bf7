"""What is varied, the base case in figures, and which outcome of which year is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ipywidgets import Dropdown

from ape_core.analysis.swept_outcomes import SWEPT, outcome_text
from widgets.errors import guarded
from widgets.html import box, classed, html, text
from widgets.title import line_about, title_of
from widgets.why import why_markup

if TYPE_CHECKING:
    from collections.abc import Callable

    from widgets.sensitivity.session import SensitivitySession

_NO_INTERVAL: Final = "no interval, as visits slipped for want of slots: see below"


class TitlePanel:
    """Title of the page, and two choices."""

    def __init__(self, session: SensitivitySession, draw: Callable[[], None]) -> None:
        self._session, self._draw = session, draw
        self.head, self._base = html(), html("ape-base-case")
        outcomes = [(wording.title, name) for name, wording in SWEPT.items()]
        self._outcome = classed(Dropdown(description="Outcome", options=outcomes), "ape-year")
        self._year = classed(Dropdown(description="At the end of year"), "ape-year")
        self._outcome.observe(guarded(session, self._outcome_chosen), names="value")
        self._year.observe(guarded(session, self._year_chosen), names="value")
        choices = box(self._outcome, self._year, classes="ape-choices")
        self.view = box(self._base, choices, classes="ape-base-bar")

    def refresh(self) -> None:
        """Show the base case of the session."""
        session = self._session
        self.head.value = title_markup(session)
        self._base.value = base_markup(session)
        years = [(str(year), year) for year in range(1, session.years + 1)]
        if list(self._year.options) != years:
            self._year.options = years
        if years and self._year.value != session.year:
            self._year.value = session.year
        if self._outcome.value != session.outcome:
            self._outcome.value = session.outcome

    def _outcome_chosen(self, change: Any) -> None:
        """Look at another outcome."""
        if change.new is not None and change.new != self._session.outcome:
            self._session.outcome = change.new
            self._draw()

    def _year_chosen(self, change: Any) -> None:
        """Look at another year."""
        if change.new is not None and change.new != self._session.year:
            self._session.wanted_year = change.new
            self._draw()


def title_markup(session: SensitivitySession) -> str:
    """What is varied, of whom."""
    spec = session.base
    if spec is None:
        return (
            '<div class="ape-title"><div><h2>Nothing is varied yet</h2>'
            "<p>Ask about a protocol.</p></div></div>"
        )
    return (
        f'<div class="ape-title"><div><h2>What does the answer depend on?</h2>'
        f"<p>{text(title_of(spec))}; {text(line_about(spec))}. The same ones in every run.</p>"
        f"{why_markup(session.why)}</div></div>"
    )


def base_markup(session: SensitivitySession) -> str:
    """The outcome of the base case, with its interval over patients."""
    wording = SWEPT[session.outcome]
    item = session.base_estimate
    if item is None:
        return f"<p><span>{text(wording.meaning)}</span></p>"
    low, high = (outcome_text(session.outcome, end) for end in (item.low, item.high))
    ends = f"95% interval over patients {low.removesuffix(f' {wording.unit}')} to {high}"
    aside = f"({ends if item.is_known else _NO_INTERVAL})"
    found = session.tornado
    most = found.in_words(session.outcome, session.year) if found else ""
    return (
        f"<p><b>{text(outcome_text(session.outcome, item.value))}</b> in the base case "
        f"<small>{text(aside)}</small>"
        f"<span>{text(wording.meaning)}</span></p>"
        + (f'<p class="ape-verdict">{text(most)}</p>' if most else "")
    )
