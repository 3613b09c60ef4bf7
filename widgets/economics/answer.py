"""The answer in words, and the tables that a paper prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ipywidgets import Dropdown

from ape_core.analysis.economics_certainty import certainty_words
from ape_core.analysis.economics_tables import (
    incremental_table,
    net_benefit_table,
    reference_table,
)
from ape_core.analysis.economics_words import (
    BETTER_EYE,
    NOT_COUNTED,
    PERSPECTIVE,
    eye_words,
    increment_words,
    pounds,
    qalys_text,
    ratio_pounds,
    step_words,
)
from ape_core.analysis.price_words import drug_price_words, own_values_words, set_words
from widgets import format as words
from widgets.charts.card import Card
from widgets.errors import guarded
from widgets.html import box, classed, html, text
from widgets.navigation import link
from widgets.page import is_page
from widgets.several.colours import LETTERS, chip, named
from widgets.why import why_markup

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ape_core.summaries.table import Cell, Table
    from widgets.economics.session import EconomicsSession

_WAITING = "The comparison appears with the first patients that all runs have simulated."


class TitlePanel:
    """Title of the page, the key of the protocols, and the one that others are compared with."""

    def __init__(
        self, session: EconomicsSession, draw: Callable[[], None], *choices: Dropdown
    ) -> None:
        self._session, self._draw = session, draw
        self.head, self._key = html(), html("ape-compare-key")
        self._reference = classed(Dropdown(description="Compared with"), "ape-year")
        self._reference.observe(guarded(session, self._chosen), names="value")
        beside = box(self._reference, *choices, classes="ape-compare-choices")
        self.view = box(self._key, beside, classes="ape-compare-bar")

    def refresh(self) -> None:
        """Show the runs of the session."""
        session = self._session
        self.head.value = title_markup(session)
        rows = "".join(f"<li>{named(p, title)}</li>" for p, title in enumerate(session.titles))
        self._key.value = f"<ul>{rows}</ul>" if rows else ""
        options = [(LETTERS[place], place) for place in range(len(session.titles))]
        if list(self._reference.options) != options:
            self._reference.options = options
        if options and self._reference.value != session.reference:
            self._reference.value = session.reference

    def _chosen(self, change: Any) -> None:
        """Compare with another protocol."""
        if change.new is not None and change.new != self._session.reference:
            self._session.choose_reference(change.new)
            self._draw()


class TablePanel:
    """A card with a table to read, to copy, or to save as CSV."""

    def __init__(self, heading: str, sentence: str) -> None:
        self.card = Card(heading, None)
        self.view = self.card.view
        self.view.add_class("ape-full")
        self._sentence = sentence

    def draw(self, table: Callable[[], Table] | None, names: Sequence[str]) -> None:
        """Show a table, or that there is none yet; protocols go by their letters in it."""
        self.card.say(self._sentence)
        self.card.wait(waiting=table is None)
        if table is None:
            self.card.foot(f'<p class="ape-to-come">{_WAITING}</p>')
            return
        self.card.offer(table)
        self.card.foot(table_markup(table(), names))


def title_markup(session: EconomicsSession) -> str:
    """What is compared, on whom, and at whose prices."""
    comparison = session.comparison
    if comparison is None:
        return (
            '<div class="ape-title"><div><h2>What does it cost, and what is gained?</h2>'
            "<p>Choose two to six protocols and the patients that all of them are given to, then "
            "press Compare. Nothing is priced yet.</p></div></div>"
        )
    spec = comparison.runs[0].spec
    prices = session.economics
    said = (
        f"{_so_far(session)}{words.count(comparison.n_patients)} patients, the same ones under "
        f"each protocol; {spec.people.title}, {words.plural(spec.years, 'year')}, "
        f"seed {spec.seed}. {set_words(prices)}. "
        f"Utilities: {prices.utility(session.utility).title}."
    )
    runs = ",".join(run_id[:12] for run_id in session.run_ids)
    copy = f' <a class="ape-copy-link" href="?runs={runs}">Copy link</a>' if is_page() else ""
    return (
        '<div class="ape-title"><div><h2>What does it cost, and what is gained?</h2>'
        f"<p>{text(said)}{copy}</p>{why_markup(session.why)}</div></div>"
    )


def _so_far(session: EconomicsSession) -> str:
    """How many patients the figures are of, while there are more to come."""
    paired = session.paired
    return f"{words.count(paired.n_patients)} of " if paired and not paired.is_whole else ""


def answer_markup(session: EconomicsSession) -> str:
    """A tile for each protocol: cost, QALYs, and the ICER in words."""
    if session.refusal:
        return (
            '<div class="ape-notice is-quiet" role="status"><div><b>These runs cannot be priced.'
            f"</b><span>{text(session.refusal)}</span></div></div>"
        )
    if session.damage is not None:
        return ""  # a notice says what to do
    tiles = [_tile(session, place) for place in range(len(session.titles))]
    return f'<div class="ape-verdicts">{"".join(tiles)}</div>' if tiles else ""


def caveats_markup(session: EconomicsSession) -> str:
    """What is assumed and left out; with one eye, the way to the question of two."""
    certainty = certainty_words(session.compared, session.drawn)
    drugs = {item.drug for item in session.priced.values()}
    prices = (drug_price_words(session.economics, drugs), own_values_words(session.economics))
    sentences = [item for item in prices if item]
    sentences += [certainty, BETTER_EYE, PERSPECTIVE, NOT_COUNTED]
    first = next(iter(session.priced.values()), None)
    one_eye = ""
    if first is not None:
        sentences.insert(0, eye_words(first))
        if not first.has_two_eyes:
            one_eye = link("dashboard", "Ask the question of both eyes")
    items = "".join(f"<li>{text(sentence)}</li>" for sentence in sentences)
    return (
        f"<section class='ape-left-out'><h3>To bear in mind</h3><ul>{items}</ul>{one_eye}</section>"
    )


def table_markup(table: Table, names: Sequence[str]) -> str:
    """A table with its headings and units; protocols go by their letters after the first column."""
    letters = dict(zip(names, LETTERS, strict=False))
    heads = "".join(
        f"<th scope='col'>{text(_lettered(column.name, letters))}"
        f"<small>{text(column.unit)}</small></th>"
        for column in table.columns
    )
    body = "".join(
        f"<tr><th scope='row'>{_head(str(row[0]), names)}</th>{_cells(table, row, letters)}</tr>"
        for row in table.rows
    )
    copy = "<button type='button' class='ape-copy-table'>Copy the table</button>"
    return (
        f"<div class='ape-table-scroll' tabindex='0' role='region' aria-label='{text(table.name)}'>"
        f"<table class='ape-outcomes'><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
        f"</div>{copy if is_page() else ''}"
    )


def plain_table(table: Table, names: Sequence[str]) -> str:
    """A table for a report: protocols go by letter and title first, and by their letters then."""
    letters = dict(zip(names, LETTERS, strict=False))
    heads = "".join(
        f"<th>{text(_lettered(column.name, letters))}"
        f"{f'<br><small>{text(column.unit)}</small>' if column.unit else ''}</th>"
        for column in table.columns
    )
    body = "".join(
        f"<tr><th>{text(letters.get(str(row[0]), ''))} {text(row[0])}</th>"
        f"{_cells(table, row, letters)}</tr>"
        for row in table.rows
    )
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


def _cells(table: Table, row: Sequence[Cell], letters: Mapping[str, str]) -> str:
    """Cells of a row after the first, with their units, protocols by their letters."""
    return "".join(
        f"<td>{text(_lettered(_shown(cell, column.name, column.unit), letters))}</td>"
        for cell, column in zip(row[1:], table.columns[1:], strict=True)
    )


def answer_tables(session: EconomicsSession) -> tuple[Callable[[], Table] | None, ...]:
    """Tables of the page: full incremental, beside the reference, net benefit."""
    compared = session.compared
    if compared is None:
        return None, None, None
    worth = sorted({20_000.0, 30_000.0, session.threshold})
    return (
        lambda: incremental_table(compared),
        lambda: reference_table(compared),
        lambda: net_benefit_table(compared, worth),
    )


def _tile(session: EconomicsSession, place: int) -> str:
    """One protocol."""
    name = session.names[place]
    head = f"<h3>{chip(place)} {text(name)}</h3>"
    item = session.priced.get(name)
    if item is None:
        return f"<div>{head}<p>Figures appear with the first patients.</p></div>"
    figures = (
        f"<p><b>{pounds(item.cost)}</b> <small>per patient</small> &middot; "
        f"<b>{qalys_text(item.qalys_per_patient)}</b> <small>QALYs</small></p>"
    )
    if session.compared is None:
        return f"<div>{head}{figures}<p>{_WAITING}</p></div>"
    letters = LETTERS[: len(session.names)]
    step = next(step for step in session.compared.steps if step.place == place)
    full = f"<p class='ape-own'>In the order of cost: {text(step_words(step, letters))}.</p>"
    if place == session.reference:
        said = "Reference: the others are compared with it."
        return f"<div class='is-reference'>{head}{figures}<p>{said}</p>{full}</div>"
    found = session.compared.increment(place)
    said = increment_words(found, letters[place], letters[session.reference])
    return f"<div>{head}{figures}<p>{text(said)}</p>{full}</div>"


def _head(name: str, names: Sequence[str]) -> str:
    """Letter and title of a protocol."""
    return f"{chip(names.index(name))} {text(name)}" if name in names else text(name)


def _lettered(said: str, letters: Mapping[str, str]) -> str:
    """Words in which each protocol goes by its letter; a title may be a part of a longer one."""
    for name in sorted(letters, key=len, reverse=True):
        said = said.replace(name, letters[name])
    return said


def _shown(cell: Cell, name: str, unit: str) -> str:
    """Value of a table for people."""
    if isinstance(cell, str):
        return cell
    if unit == "GBP per QALY":
        return ratio_pounds(cell)
    if unit.startswith("GBP"):
        return pounds(cell)
    if unit.startswith("%"):
        return f"{cell:.0f}%"
    if unit == "share":
        return f"{cell:.3f}"
    return qalys_text(cell) if "QALYs" in name else f"{cell:,}"
