"""The answer in words: how each protocol differs from the reference in letters and injections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ape_core.analysis.comparison_words import compared_parts
from widgets import format as words
from widgets.html import html, text
from widgets.several.colours import LETTERS, chip

if TYPE_CHECKING:
    from ape_core.analysis.paired import Difference
    from widgets.compare.session import CompareSession


class HeadlinePanel:
    """One tile for each protocol that is compared with the reference."""

    def __init__(self) -> None:
        self.view = html()

    def draw(self, session: CompareSession) -> None:
        """Show the differences of the session, or that there are none yet."""
        self.view.value = headline_markup(session)


def headline_markup(session: CompareSession) -> str:
    """Differences in acuity and injections, with their intervals."""
    if session.damage is not None:
        return ""
    if session.paired is None:
        comparison = session.comparison
        first = words.count(comparison.n_first) if comparison else ""
        rows = "".join(
            f"<div><h3>{chip(place)} {text(session.titles[place])}</h3>"
            f"<p>Figures appear when all runs have their first {first} patients.</p></div>"
            for place in session.others
        )
        return f'<div class="ape-verdicts is-waiting">{rows}</div>' if rows else ""
    return f'<div class="ape-verdicts">{"".join(_tile(session, p) for p in session.others)}</div>'


def _tile(session: CompareSession, place: int) -> str:
    """One protocol against the reference."""
    letters = session.difference(place, "letters_change")
    injections = session.difference(place, "injections")
    after = f"than with {LETTERS[session.reference]}, after {words.plural(session.year, 'year')}"
    return (
        f"<div><h3>{chip(place)} {text(session.titles[place])}</h3>"
        f"<p>{_said(letters)}</p><p><em>with</em> {_said(injections)}</p>"
        f"<p><em>{text(after)}</em></p></div>"
    )


def _said(difference: Difference) -> str:
    """Difference and interval."""
    said, interval = compared_parts(difference)
    chance = "" if difference.is_clear else "; may be chance"
    return f"<b>{text(said)}</b> <small>(95% interval {text(interval)}{chance})</small>"
