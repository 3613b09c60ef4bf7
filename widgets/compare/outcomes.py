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
            f"At the end of year {year}, {words.count(session.paired.n_patients)} patients. Means "
            "(SD) or numbers (%); below them the difference from "
            f"{LETTERS[reference]} with its paired 95% interval."
        )
        self.card.foot(table_markup(comparison.table(reference, year), session))


def table_markup(table: Table, session: CompareSession) -> str:
    """Rows of outcomes; in the column of a protocol, below its value, its difference."""
    places = range(len(session.titles))
    heads = "".join(_head(place, session) for place in places)
    of_difference = {place: at for at, place in enumerate(session.others, start=1 + len(places))}
    body = ""
    for title, *cells in table.rows:
        found = [str(cell) for cell in cells]
        apart = {place: found[at - 1] for place, at in of_difference.items()}
        columns = "".join(_cell(found[place], apart.get(place, "")) for place in places)
        body += f"<tr><th scope='row'>{text(title)}</th>{columns}</tr>"
    copy = "<button type='button' class='ape-copy-table'>Copy the table</button>"
    return (
        f"<div class='ape-table-scroll' tabindex='0' role='region' aria-label='{text(table.name)}'>"
        f"<table class='ape-outcomes'><thead><tr><th scope='col'>Outcome</th>{heads}</tr>"
        f"</thead><tbody>{body}</tbody></table></div>"
        f"<p class='ape-outcomes-key'>{_key(table, session)}</p>{copy if is_page() else ''}"
    )


def _cell(value: str, difference: str) -> str:
    """Value of a protocol, and its difference from the reference with the interval."""
    if not difference:
        return f"<td>{text(value)}</td>"
    apart, _, interval = difference.partition(" ")
    return (
        f"<td>{text(value)}<small><b>{text(apart)}</b> <span>{text(interval)}</span></small></td>"
    )


def _key(table: Table, session: CompareSession) -> str:
    """What the letters stand for, and how the figures are meant."""
    titles = "; ".join(
        f"{letter}, {title}" for letter, title in zip(LETTERS, session.titles, strict=False)
    )
    return text(f"{table.name}. {titles}. {NOTE}")


def _head(place: int, session: CompareSession) -> str:
    """Heading of the column of a protocol."""
    assert session.comparison is not None
    name = session.comparison.brief_titles[place]
    below = "reference" if place == session.reference else f"less {LETTERS[session.reference]}"
    return (
        f"<th scope='col' title='{text(session.titles[place])}'>{chip(place)}"
        f"<small>{text(name)}</small><small>{below}</small></th>"
    )
