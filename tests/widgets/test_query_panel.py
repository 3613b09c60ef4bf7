"""The panel that answers SQL, from a process of its own."""

from __future__ import annotations

import base64
import re
from html import unescape

import pytest

from ape_core.runs.starting import open_run, run
from support.patience import PATIENCE
from support.runs import small_spec
from widgets.patients.asking import ASKED_ROWS
from widgets.patients.page import PatientsPage
from widgets.patients.query import FIRST_QUESTION, SHOWN_ROWS, answer_markup

ENDLESS = "SELECT count(*) FROM range(9000000) a, range(9000000) b WHERE a.range * b.range = 7"


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("panel") / "store"
    run(small_spec(60, 1), folder, progress=False)
    run(small_spec(60, 2), folder, progress=False)
    return folder


@pytest.fixture(scope="module")
def ids(kept):
    return [small_spec(60, years).run_id for years in (1, 2)]


@pytest.fixture(scope="module")
def page(kept, ids):
    page = PatientsPage(ids[0], store=kept, light=False)
    yield page
    page.close()


def ask(page, sql, until):
    panel = page._query
    panel._sql.value = sql
    panel._run.click()
    assert panel._run.disabled
    assert not panel._stop.disabled
    assert "Reading the rows" in panel._outcome.value
    until(lambda: panel._asking is None, page.refresh, PATIENCE)
    return panel._outcome.value


def test_the_answer_is_that_of_python(page, kept, ids, until):
    results = open_run(ids[0], kept).results()
    assert page._query._sql.value == FIRST_QUESTION
    shown = ask(page, FIRST_QUESTION, until)
    assert shown == answer_markup(results.query(FIRST_QUESTION))
    everything = "-- all of them\nSELECT * FROM visits"
    shown, answer = ask(page, everything, until), results.query(everything, ASKED_ROWS)
    rows = re.findall(r"<tr>(<td.*?)</tr>", shown)
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in rows]
    expected = [
        [{True: "yes", False: "no"}[v] if isinstance(v, bool) else str(v) for v in row]
        for row in answer.rows[:SHOWN_ROWS]
    ]
    assert [[unescape(cell) for cell in row] for row in cells] == expected
    assert f"{answer.words()} The table shows 100." in shown
    link = re.search(r"base64,([^']+)", shown).group(1)
    assert base64.b64decode(link).decode() == answer.to_csv()


def test_what_cannot_be_asked_is_told_and_markup_stays_text(page, until):
    said = ask(page, "COPY visits TO '/tmp/out.csv'", until)
    assert 'role="alert"' in said
    assert "A statement of the kind COPY cannot be asked. Ask one SELECT" in said
    shown = ask(page, "SELECT '<img onerror=x>' AS \"<b>\", NULL AS none", until)
    assert "&lt;img onerror=x&gt;" in shown
    assert "<img" not in shown
    assert "<b>" not in shown.replace("<b>Show", "")


def test_a_question_can_be_stopped_and_ends_with_its_run_and_page(kept, ids):
    page = PatientsPage(ids[0], store=kept, light=False)
    panel = page._query
    panel._sql.value = ENDLESS
    processes = []
    for end in (panel._stop.click, lambda: page.session.open(ids[1]), page.close):
        panel._run.click()
        processes.append(panel._asking._shell._process)
        assert processes[-1].poll() is None
        end()
        if end != page.close:
            page.refresh()
            assert panel._asking is None
            assert not panel._run.disabled
        assert processes[-1].poll() is not None
