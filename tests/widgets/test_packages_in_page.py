"""Runs that leave a page as a file and come back into another; instants where the viewer is."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ape_core.runs.exporting import export
from ape_core.runs.importing import import_run
from ape_core.runs.starting import open_run
from ape_core.storage.store import Store
from support.packages import N_PATIENTS, made_run
from support.pages import IN_BROWSER, chromium, open_page, served, wait_for_charts
from widgets.dashboard import Dashboard
from widgets.moment import moment


@pytest.fixture
def packages(answered_store):
    """The panel of a page that shows the first answer, and its page."""
    dashboard = Dashboard(run_id="", store=answered_store)
    yield dashboard._packages, dashboard
    dashboard.session.cancel()
    dashboard.close()


@pytest.fixture
def file_of_another(tmp_path):
    """A package of a run of another store, with its rows."""
    path = tmp_path / "theirs.ape.zip"
    export(made_run(Store(tmp_path / "another")), path, with_data=True)
    return path


def upload(panel, path, content=None):
    """Choose a file, as the browser tells of it."""
    content = path.read_bytes() if content is None else content
    now = datetime(2026, 11, 23, tzinfo=UTC)
    about = {"type": "application/zip", "size": len(content), "last_modified": now}
    panel._upload.value = ({"name": path.name, "content": memoryview(content), **about},)


def test_the_run_that_is_shown_becomes_a_link_that_holds_it(packages, tmp_path):
    panel, dashboard = packages
    panel._export.click()
    link = panel._link.value
    name = re.search(r'download="([^"]+)"', link)[1]
    assert name == f"ape-aflibercept-2mg-treat-and-extend-{dashboard.session.run_id[:12]}.ape.zip"
    content = base64.b64decode(re.search(r'base64,([^"]+)"', link)[1])
    assert re.search(r"Download \d+ kB", link)
    assert f"ape export {dashboard.session.run_id[:12]}" in link
    (tmp_path / name).write_bytes(content)
    run = import_run(tmp_path / name, tmp_path / "elsewhere")
    assert run.run_id == dashboard.session.run_id
    assert run.summary() == dashboard.session.summary
    dashboard.refresh()
    assert panel._link.value == link, "the link stays while its run is shown"


def test_a_file_too_large_for_a_page_is_left_to_the_shell(packages, monkeypatch):
    panel, _ = packages
    monkeypatch.setattr("widgets.package_panel.MAX_DOWNLOAD_BYTES", 1_000)
    panel._export.click()
    assert "too large for a page" in panel._link.value
    assert "base64" not in panel._link.value


def test_a_file_is_taken_in_and_shown(packages, file_of_another, answered_store):
    panel, dashboard = packages
    panel._export.click()
    upload(panel, file_of_another)
    assert dashboard.session.shown.cohort.n_patients == N_PATIENTS
    assert dashboard.session.progress.status == "complete"
    assert open_run(dashboard.session.run_id, answered_store).digest()
    assert "imported with all of its rows" in panel._outcome.value
    assert panel._upload.value == ()
    assert panel._link.value == "", "the link was to the run before"
    assert [run.n_patients for run in dashboard.session.runs][:1] == [N_PATIENTS]
    assert dashboard.session.notice is None


def test_what_is_no_package_is_refused_where_the_reader_looks(packages, tmp_path):
    panel, dashboard = packages
    shown = dashboard.session.run_id
    path = tmp_path / "<img src=x onerror=alert(1)>.zip"
    upload(panel, path, b"PK\5\6" + bytes(18))
    dashboard.draw()
    notice = dashboard._notices.view.value
    assert "-img-src-x-onerror-alert-1-.zip cannot be imported: it is no package" in notice
    assert str(tmp_path.parent.parent) not in notice
    upload(panel, tmp_path / "large.zip", bytes(8_000_001))
    dashboard.draw()
    assert "at most 8,000,000" in dashboard._notices.view.value
    assert "ape import FILE" in dashboard._notices.view.value
    assert dashboard.session.run_id == shown


def test_no_widget_is_made_by_exporting_and_importing(packages, file_of_another, count_widgets):
    panel, _ = packages
    before = count_widgets()
    for _ in range(3):
        panel._export.click()
        upload(panel, file_of_another)
    assert count_widgets() == before


def test_an_instant_says_that_it_is_utc_until_it_is_local():
    then = datetime(2026, 7, 1, 22, 30, 5, tzinfo=UTC)
    assert moment(then) == (
        '<time class="ape-moment" datetime="2026-07-01T22:30:05Z">1 Jul 2026, 22:30 UTC</time>'
    )


def choose(page, path):
    """Choose a file to import."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Import a run", exact=True).click()
    chooser.value.set_files(path)


class TestInTheBrowser:
    pytestmark = IN_BROWSER

    @pytest.fixture
    def address(self, answered_store):
        folder: Path = answered_store.parent
        with served(folder) as server:
            assert server.store == answered_store
            yield server.address

    def test_a_run_goes_out_and_another_comes_in_and_times_are_local(
        self, address, file_of_another, tmp_path
    ):
        file_too_large = tmp_path / "large.zip"
        with file_too_large.open("wb") as file:
            file.truncate(40_000_000)  # as one message, it would end the connection
        with chromium() as browser:
            visitor = browser.new_context(
                timezone_id="Asia/Tokyo", locale="en-GB", viewport={"width": 1440, "height": 900}
            )
            page = open_page(visitor, address, viewport=None)
            wait_for_charts(page)
            created = page.locator(".ape-package time[data-local]")
            created.wait_for()
            then = datetime.fromisoformat(created.get_attribute("datetime"))
            local = (then.hour + 9) % 24
            assert f"{local:02d}:{then.minute:02d}" in created.inner_text()
            assert "UTC" not in created.inner_text()
            page.get_by_role("button", name="Export this run").click()
            with page.expect_download() as download:
                page.get_by_role("link", name="Download").click()
            assert download.value.suggested_filename.endswith(".ape.zip")
            assert Path(download.value.path()).read_bytes()[:4] == b"PK\3\4"
            choose(page, file_too_large)
            page.get_by_role("alert").get_by_text("large.zip is too large for a page").wait_for()
            choose(page, file_of_another)
            page.get_by_text("imported with all of its rows").wait_for()
            page.get_by_text(f"{N_PATIENTS} simulated patients").first.wait_for()
            assert page.trouble == []
            page.close(run_before_unload=True)
