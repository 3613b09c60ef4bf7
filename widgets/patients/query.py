"""Ask anything of the rows of the run, in SQL: a question, its answer as a table and as CSV."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

from ipywidgets import Button, Textarea

from ape_core.limits import MAX_DOWNLOAD_BYTES
from ape_core.storage.tables import TABLES
from ape_core.terms import END_REASONS, STOPPED_AS_STABLE
from widgets.errors import guarded
from widgets.html import box, classed, html, text
from widgets.patients.asking import ASKED_ROWS, Asking

if TYPE_CHECKING:
    from collections.abc import Callable

    from ape_core.results.query_answer import QueryAnswer
    from ape_core.schema import Column
    from widgets.patients.session import PatientsSession

SHOWN_ROWS: Final = 100
FIRST_QUESTION: Final = (
    "SELECT end_reason, count(*) AS eyes, avg(last_letters - baseline_letters) AS letters_gained\n"
    "FROM patients GROUP BY end_reason ORDER BY eyes DESC"
)
_HELP: Final = (
    "A SELECT over the tables <code>visits</code> and <code>patients</code> of the run that is "
    "shown. It can read nothing else and change nothing."
)
_WAITING: Final = '<p class="ape-help" role="status">Reading the rows ...</p>'


class QueryPanel:
    """A field for the question, two buttons, and the answer below.

    Parameters
    ----------
    session
        The page's view of the run.
    draw
        Shows what was changed.
    """

    def __init__(self, session: PatientsSession, draw: Callable[[], None]) -> None:
        self._session, self._draw = session, draw
        self._asking: Asking | None = None
        self._of_run = ""
        self._sql = classed(
            Textarea(description="Question in SQL", value=FIRST_QUESTION, rows=3), "ape-field"
        )
        self._run = classed(Button(description="Run"), "ape-button ape-primary")
        self._stop = classed(Button(description="Stop", disabled=True), "ape-button")
        self._outcome = html()
        self._run.on_click(guarded(session, self._asked))
        self._stop.on_click(guarded(session, self._stopped))
        self.view = box(
            html(value=f'<h2>Ask anything</h2><p class="ape-help">{_HELP}</p>'),
            self._sql, html(value=columns_markup()),
            box(self._run, self._stop, classes="ape-query-buttons"), self._outcome,
            classes="ape-card ape-query",
        )  # fmt: skip

    def refresh(self) -> None:
        """Show the answer once it is there; that of another run is taken away."""
        if self._of_run and self._of_run != self._session.run_id:
            self._forget()
            self._of_run, self._outcome.value = "", ""
        if self._asking is not None and self._asking.is_done:
            answer = self._asking.answer()
            self._forget()
            self._outcome.value = (
                _refused(answer) if isinstance(answer, str) else answer_markup(answer)
            )
        # Before the first patients there is nothing to ask of.
        self._run.disabled = self._session.summary is None or self._asking is not None
        self._stop.disabled = self._asking is None

    def close(self) -> None:
        """Stop answering."""
        self._forget()

    def _asked(self, _: Any) -> None:
        """Have the question answered."""
        if self._asking is not None or not self._session.run_id:
            return
        session = self._session
        self._asking = Asking(session.store, session.run_id, self._sql.value)
        self._of_run, self._outcome.value = session.run_id, _WAITING
        self._draw()

    def _stopped(self, _: Any) -> None:
        """Give the question up."""
        self._forget()
        self._outcome.value = '<p class="ape-help" role="status">Stopped.</p>'
        self._draw()

    def _forget(self) -> None:
        """Let go of the process that answers."""
        asking, self._asking = self._asking, None
        if asking is not None:
            asking.end()


def _codes(column: Column) -> str:
    """What the values of a column mean that pages call by other names."""
    if column.name != "end_reason":
        return ""
    told = (f"<code>{text(code)}</code>, {text(name)}" for code, name in END_REASONS.items())
    return f": {'; '.join(told)}. {text(STOPPED_AS_STABLE)}"


def columns_markup() -> str:
    """What the columns of both tables are."""
    tables = "".join(
        f"<h3>{table}</h3><ul>"
        + "".join(
            f"<li><code>{column.name}</code>: {text(column.meaning)}"
            f"{text(f', {column.unit}' if column.unit else '')}{_codes(column)}</li>"
            for column in columns
        )
        + "</ul>"
        for table, columns in TABLES.items()
    )
    return (
        '<details class="ape-more"><summary><span>The columns of visits and patients. </span>'
        f"<b>Show them</b></summary>{tables}</details>"
    )


def answer_markup(answer: QueryAnswer) -> str:
    """The first rows as a table, how many there are, and all of them as CSV."""
    head = "".join(
        f"<th scope='col'{_side(place, answer)}>{text(name)}</th>"
        for place, name in enumerate(answer.columns)
    )
    body = "".join(
        "<tr>" + "".join(_cell(value) for value in row) + "</tr>"
        for row in answer.rows[:SHOWN_ROWS]
    )
    return (
        f"<p class='ape-help' role='status'>{_said(answer)}</p>"
        "<div class='ape-query-table' tabindex='0' role='region' aria-label='Answer'>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>{_csv(answer)}"
    )


def _side(place: int, answer: QueryAnswer) -> str:
    """Class of the heading of a column: numbers are set to the right."""
    value = next((row[place] for row in answer.rows if row[place] is not None), None)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return " class='is-number'" if is_number else ""


def _said(answer: QueryAnswer) -> str:
    """How many rows there are, and how many are shown."""
    shown = f" The table shows {SHOWN_ROWS}." if len(answer.rows) > SHOWN_ROWS else ""
    more = " In a shell <code>ape query --rows</code> gives more." if answer.is_cut else ""
    return f"{answer.words()}{shown}{more}"


def _cell(value: object) -> str:
    """One value; numbers are set to the right."""
    if isinstance(value, bool):
        return f"<td>{'yes' if value else 'no'}</td>"
    if isinstance(value, int | float):
        shown = f"{value:.6g}" if isinstance(value, float) else str(value)
        return f"<td class='is-number'>{text(shown)}</td>"
    return f"<td>{'' if value is None else text(value)}</td>"


def _csv(answer: QueryAnswer) -> str:
    """Link that saves what was asked for, at most `ASKED_ROWS` rows."""
    content = answer.to_csv().encode()
    if len(content) > MAX_DOWNLOAD_BYTES:
        said = "Too large for a page to hand out: use <code>ape query --csv</code>."
        return f"<p class='ape-help'>{said}</p>"
    data = base64.b64encode(content).decode("ascii")
    return (
        f"<a class='ape-download' download='ape-answer.csv' "
        f"href='data:text/csv;charset=utf-8;base64,{data}'>Save as CSV "
        f"({min(len(answer.rows), ASKED_ROWS):,} rows)</a>"
    )


def _refused(said: str) -> str:
    """Why there is no answer."""
    return f'<p class="ape-blocked" role="alert">{text(said)}</p>'
