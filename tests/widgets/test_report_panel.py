"""The button that makes a report, and the file that comes of it."""

from __future__ import annotations

import base64
import re
from functools import partial

import pytest

from ape_core.errors import InvalidInputError
from ape_core.runs import open_run
from ape_core.storage.store import Store
from support.patience import PATIENCE
from support.runs import small_spec
from widgets.kept_report import KeptReport, ReportState
from widgets.report_panel import ReportPanel, shown_run
from widgets.report_parts import outcome_table
from widgets.reported import Reported
from widgets.session import Session


@pytest.fixture
def session(answered_store):
    session = Session(answered_store)
    session.arrive()
    yield session
    session.close()


def test_a_report_is_made_beside_the_page_and_offered_as_a_file(session, answered_store, until):
    panel = ReportPanel(session, lambda: None, partial(shown_run, session))
    panel.refresh()
    assert not panel._button.disabled
    panel._button.click()
    panel.refresh()
    assert "is being made" in panel._outcome.value
    assert panel._button.disabled
    until(lambda: "download" in panel._outcome.value, panel.refresh, PATIENCE)
    link = panel._outcome.value
    page = base64.b64decode(re.search(r"base64,([^\"]+)", link).group(1)).decode()
    run = open_run("latest", answered_store)
    assert outcome_table(run.summary()) in page
    assert run.run_id in page
    assert f"{run.run_id[:12]}.html" in link
    assert not panel._button.disabled


def test_what_cannot_be_reported_is_told(session, answered_store, until, monkeypatch):
    store = Store(answered_store)
    run = store.create(small_spec(100, 1), 100)
    report = KeptReport(store.path, Reported((run.run_id,)))
    assert report.state() == ReportState("absent")
    of_another = store.path / "reports" / "0123456789ab.html"
    of_another.parent.mkdir()
    of_another.write_text("of a run that was deleted")
    report.start()
    assert not of_another.exists()
    until(lambda: report.state().status == "failed", bool, PATIENCE)
    assert "a report is made of a complete run" in report.state().error
    panel = ReportPanel(session, lambda: None, partial(shown_run, session))
    monkeypatch.setattr("widgets.kept_report.memory_left_mb", lambda _: 20.0)
    panel._button.click()
    assert "A report takes about 300 MB of memory" in session.notice.message
    with pytest.raises(InvalidInputError, match="20 MB are left"):
        report.start()
