"""Choices beside the headings of cards, and the year that several cards share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from widgets.errors import guarded

if TYPE_CHECKING:
    from widgets.charts.card import Card
    from widgets.service.session import ServiceSession


class Choice:
    """The drop-down list of a card, of which only what the reader does is passed on.

    Parameters
    ----------
    card
        Made with a label for the list.
    session
        Is told what goes wrong.
    chosen
        Called with what the reader chooses.
    """

    def __init__(self, card: Card, session: ServiceSession, chosen: Callable[[str], None]) -> None:
        assert card.year is not None
        self._list = card.year
        self._is_filled = False
        self._chosen = chosen
        card.on_year(guarded(session, self._changed))

    def show(self, options: Sequence[tuple[str, str]], value: str) -> None:
        """Offer these, and show which one holds."""
        self._is_filled = True
        try:
            if list(self._list.options) != list(options):
                self._list.options = list(options)
            self._list.value = value
        finally:
            self._is_filled = False

    def _changed(self, change: Any) -> None:
        """Pass on what the reader chose."""
        if not self._is_filled and isinstance(change.new, str):
            self._chosen(change.new)


def year_choice(card: Card, session: ServiceSession, draw: Callable[[], None]) -> Choice:
    """Let the reader choose the year that all cards look at."""

    def chosen(year: str) -> None:
        session.choose_year(int(year))
        draw()

    return Choice(card, session, chosen)


def show_year(choice: Choice, session: ServiceSession) -> None:
    """Show the years that there are, and the one that is looked at."""
    if session.work is not None:
        years = [str(year) for year in range(1, session.work.n_years + 1)]
        choice.show([(year, year) for year in years], str(session.year))
