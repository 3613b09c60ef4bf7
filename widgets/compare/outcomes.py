"""The table of outcomes, ready for a paper: to be read, copied, or saved as CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING

from widgets import format as words
from widgets.charts.card import Card
from widgets.html import text
from widgets.page import is_page
from widgets.several.colours import LETTERS, chip

if TYPE_CHECKING:
    from ape_core.summaries.table import Table
    from widgets.compare.session import CompareSession

NOTE = (
    "Differences are paired by patient. Letters are assessed in every living eye, in care or not; "
    "injections and visits are those of the first eye of every patient."
)


class OutcomesPanel:
    """A card with the table of one year."""

    def __init__(self) -> None:
        self.card = Card("Outcomes", None)
        self.view = self.card.view
        self.view.add_class("ape-full")
        self.card.say("Means (SD) or numbers (%), and differences with 95% intervals.")

    def draw(self, session: CompareSession) -> None:
        """Show the outcomes of the session at the end of its year."""
        self.card.wait(waiting=session.paired is None)
        if session.paired is None or session.comparison is None:
            self.card.foot('<p class="ape-to-come">The table appears with the first patients that '
                           "all runs have.</p>")  # fmt: skip
            return
        comparison, reference, year = session.comparison, session.reference, session.year
        self.card.offer(lambda: comparison.table(reference, year))
        self.card.say(
            f"At the end of year {year}; {words.count(session.paired.n_patients)} patients, the "
            "same ones under each protocol."
        )
        self.card.foot(table_markup(comparison.table(reference, year), session))


def table_markup(table: Table, session: CompareSession) -> str:
    """Rows and columns of a table of outcomes; protocols are headed by their letters."""
    places = range(len(session.titles))
    reference = LETTERS[session.reference]
    heads = [_head(place, session.titles[place], "mean (SD) or n (%)") for place in places]
    heads += [
        f"<th scope='col'>{LETTERS[place]} less {reference}<small>95% interval</small></th>"
        for place in session.others
    ]
    body = "".join(
        f"<tr><th scope='row'>{text(row[0])}</th>"
        + "".join(f"<td>{text(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in table.rows
    )
    copy = "<button type='button' class='ape-copy-table'>Copy the table</button>"
    return (
        f"<div class='ape-table-scroll' tabindex='0' role='region' aria-label='{text(table.name)}'>"
        f"<table class='ape-outcomes'><thead><tr><th scope='col'>Outcome</th>{''.join(heads)}</tr>"
        f"</thead><tbody>{body}</tbody><tfoot>{_key(table, session)}</tfoot></table></div>"
        f"{copy if is_page() else ''}"
    )


def _key(table: Table, session: CompareSession) -> str:
    """Last row: what the letters stand for, so that a copy of the table says it, too."""
    titles = "; ".join(
        f"{letter}, {title}" for letter, title in zip(LETTERS, session.titles, strict=False)
    )
    said = text(f"{table.name}. {titles}. {NOTE}")
    return f"<tr><td colspan='{len(table.columns)}'><div>{said}</div></td></tr>"


def _head(place: int, title: str, below: str) -> str:
    """Heading of the column of a protocol."""
    return f"<th scope='col' title='{text(title)}'>{chip(place)}<small>{below}</small></th>"
