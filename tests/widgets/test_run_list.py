"""The list of runs: what it says, and what can be done with a run from any page."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from ape_core.runs import open_run, submit
from ape_core.storage.names import read_names
from ape_core.storage.of_study import mark_of_study
from ape_core.storage.parts import write_part
from ape_core.storage.rewriting import rewrite
from ape_core.storage.run_folder import RunFolder
from ape_core.storage.store import Store
from ape_core.storage.tiers import COLD, WARM, is_all_in
from support.chunks import cut_all, fabricate
from support.pages import IN_BROWSER, chromium, open_page, served
from support.patience import PATIENCE
from support.runs import small_spec
from widgets.dashboard import Dashboard
from widgets.run_list import RunListPanel
from widgets.runs_in_store import RunsInStore
from widgets.session import Session
from widgets.title import TitlePanel

TITLE = "Aflibercept 2 mg, treat-and-extend in 2-week steps"


@pytest.fixture(scope="module")
def made_up(tmp_path_factory):
    """A store with two complete made-up runs, without summaries that could be drawn."""
    found = Store(tmp_path_factory.mktemp("made-up") / "store")
    whole = fabricate(400, 1)
    for seed, size in ((1, 400), (2, 20)):
        run = found.create(small_spec(400, 1, seed), size)
        records = [write_part(run.path, c.first // size, c) for c in cut_all(whole, size)]
        run.committed.save_progress(records, {"n": np.array([1])})
    return found.path


@pytest.fixture
def two_runs(made_up, store):
    """A copy of that store, to change at will."""
    shutil.copytree(made_up, store)
    return store


class Page:
    """A list of runs as one tab has it, without what else is on a page."""

    def __init__(self, store):
        self.session = Session(store)
        self.session.read_list()
        self.panel = RunListPanel(self.session, self.draw)
        self.panel.refresh()
        self.manager = self.panel._manager

    def draw(self):
        self.panel.refresh()

    def tick(self):
        self.session.read_list()
        self.draw()

    def words(self, place=0):
        return re.sub(r"<[^>]+>", " ", self.panel._rows[place]._words.value)

    def manage(self, place=0):
        self.panel._rows[place].manage.click()

    def visible(self):
        return ["ape-hidden" not in row.view._dom_classes for row in self.panel._rows].count(True)


@pytest.fixture
def page(two_runs):
    return Page(two_runs)


def test_a_row_says_tier_size_and_age(page):
    assert TITLE in page.words()
    assert "400 patients, 1 year, seed 2" in page.words()
    assert re.search(r"Complete, \d+\sKB, just now", page.words())
    assert re.search(r"2 runs, \d+\sKB", page.panel._title.value)
    open_run(page.panel._shown[0].run_id, page.session._store).archive()
    page.tick()
    assert re.search(r"Archived, \d+\sKB, just now", page.words())
    assert 'class="is-archived"' in page.panel._rows[0]._words.value
    assert "Archived" in page.panel._rows[0].button.description


def test_a_run_whose_archiving_was_stopped_is_neither_complete_nor_archived(page, two_runs):
    run = open_run(page.panel._shown[0].run_id, two_runs)
    asked = iter([True, False])
    with run.folder.acquire():
        assert not rewrite(run.folder, COLD, lambda _: next(asked, False))
    page.tick()
    assert "Archived in part, 5%" in page.words()
    shown = SimpleNamespace(
        shown=run.spec, progress=run.progress(), damage=None, cancelled=False,
        listed=page.panel._shown[0], store=two_runs,
    )  # fmt: skip
    title = TitlePanel(shown)
    title.refresh()
    assert '<span class="ape-chip is-archived">Archived in part, 5%</span>' in title.view.value
    page.manage()
    assert "Archived in part, as that was stopped" in page.manager._about.value
    assert page.manager._shelve.description == "Archive"
    page.panel._search.value = "archived"
    assert page.visible() == 1
    page.panel._search.value = ""
    run.restore()
    page.tick()
    assert "Complete" in page.words()
    assert is_all_in(run.folder.checkpoint(), WARM)


def test_what_one_tab_writes_the_other_shows(page, two_runs):
    other = Page(two_runs)
    page.manage()
    page.manager._name.value = "Base case"
    page.manager._note.value = "for Monday"
    assert "Saved." in page.manager._saved.value
    other.tick()
    assert "Base case" in other.words()
    assert "for Monday" in other.words()
    assert other.panel._rows[0].button.description.startswith(f"Open Base case, {TITLE}")
    other.manage()
    assert other.manager._name.value == "Base case"
    page.manager._name.value = ""
    other.tick()
    assert other.manager._name.value == ""
    assert "Base case" not in other.words()


def test_a_tab_that_has_a_run_open_takes_over_what_another_saved(page, two_runs):
    page.manage()
    open_run(page.manager.run_id, two_runs).rename("Elsewhere")
    page.tick()
    assert "Elsewhere" in page.words()
    assert page.manager._name.value == "Elsewhere"
    assert "Saved" not in page.manager._saved.value


def test_markup_in_names_and_notes_is_text(page):
    page.manage()
    page.manager._name.value = "<script>alert(1)</script>"
    page.manager._note.value = '"><img src=x onerror=alert(1)>'
    page.manager._delete.click()
    shown = page.panel._rows[0]._words.value + page.manager._about.value
    assert "<script" not in shown + page.manager._warning.value
    assert "<img" not in shown
    assert "&lt;script&gt;" in shown
    assert "&lt;img src=x" in shown


def test_what_is_no_name_is_refused_in_the_panel(page):
    page.manage()
    page.manager._name.value = "x" * 81
    assert "has 81 characters, but at most 80" in page.manager._trouble.value
    assert page.manager._name.value == "x" * 81
    assert not read_names(open_run(page.manager.run_id, page.session._store).folder).are_given


def test_only_one_run_is_managed_at_a_time(page):
    page.manage(0)
    assert page.panel._rows[0].below.children == (page.manager.view,)
    page.manage(1)
    assert page.panel._rows[0].below.children == ()
    assert page.panel._rows[1].below.children == (page.manager.view,)
    page.manage(1)
    assert page.manager.run_id == ""
    assert page.panel._depot.children == (page.manager.view,)


def test_search_finds_by_any_word(page):
    page.manage()
    page.manager._name.value = "Base case"
    for words, found in (("BASE", 1), ("aflibercept", 2), ("seed 1", 2), ("nothing so", 0)):
        page.panel._search.value = words
        assert page.visible() == found, words
        assert f"{found} of 2 runs found" in page.panel._found.value
    page.panel._search.value = ""
    assert page.visible() == 2
    assert page.panel._found.value == ""


def test_deleting_asks_first(page, two_runs):
    other = Page(two_runs)
    page.manage(1)
    deleted = page.manager.run_id
    page.manager._delete.click()
    assert "Delete this run with 400 patients for good?" in page.manager._warning.value
    assert "ape-hidden" not in page.manager._question._dom_classes
    assert deleted in Store(two_runs)
    page.manager._keep.click()
    assert "ape-hidden" in page.manager._question._dom_classes
    page.manager._delete.click()
    page.manager._confirm.click()
    assert deleted not in Store(two_runs)
    assert page.visible() == 1
    assert page.manager.run_id == ""
    other.tick()
    assert other.visible() == 1


def test_a_run_in_use_is_not_deleted(page, two_runs):
    page.manage()
    with open_run(page.manager.run_id, two_runs).folder.acquire():
        page.manager._confirm.click()
        assert "is in use and cannot be deleted" in page.manager._trouble.value
    assert page.visible() == 2


def test_archiving_goes_on_in_a_process_of_its_own(page, two_runs, until):
    page.manage()
    run = open_run(page.manager.run_id, two_runs)
    rows = run.digest()
    page.manager._shelve.click()
    assert page.manager._shelve.description == "Stop"
    assert page.manager._delete.disabled
    assert 'role="progressbar"' in page.manager._about.value
    until(lambda: "Archived" in page.words(), page.tick)
    assert "Charts are all here" in page.manager._about.value
    assert page.manager._shelve.description == "Restore"
    assert run.digest() == rows
    page.manager._shelve.click()
    until(lambda: "Complete" in page.words(), page.tick)
    assert run.tier == "warm"
    assert run.digest() == rows


def test_why_it_could_not_be_archived_is_said(page, two_runs, until):
    page.manage()
    part = open_run(page.manager.run_id, two_runs).folder.path / "visits" / "part-000003.parquet"
    part.write_bytes(part.read_bytes()[:-1])
    page.manager._shelve.click()
    until(lambda: "does not verify" in page.manager._trouble.value, page.tick)
    assert "Complete" in page.words()


def test_what_has_not_changed_is_not_read_again(two_runs, monkeypatch):
    listing = RunsInStore(Store(two_runs))
    first = listing.read()
    monkeypatch.setattr("widgets.runs_in_store.Run", None)
    assert listing.read() == first


def test_an_archived_run_opens_at_once_and_says_that_it_is_archived(answered_store):
    run = open_run("latest", answered_store)
    run.archive()
    dashboard = Dashboard(run_id="", store=answered_store)
    assert dashboard.session.summary.n_patients == 3_000
    assert "Archived" in dashboard._title.view.value
    assert "nothing has to be restored" in dashboard._title.view.value
    assert run.tier == "cold"
    dashboard.close()


def test_deleting_the_run_that_is_shown_shows_another(answered_store):
    first = open_run("latest", answered_store).run_id
    second = submit(small_spec(150, years=1, seed=7), answered_store)
    assert second.wait(PATIENCE) == "complete"
    session = Session(answered_store)
    session.arrive(first)
    session.delete(first)
    assert session.run_id == second.run_id
    assert session.notice is None
    session.delete(second.run_id)
    assert (session.run_id, session.runs) == ("", [])
    session.refresh()


@pytest.fixture
def address(answered_store):
    """The page of a store, on a free port."""
    with served(answered_store.parent) as server:
        assert server.store == answered_store
        yield server.address


class TestInTheBrowser:
    pytestmark = IN_BROWSER

    def test_a_keyboard_and_two_tabs_suffice(self, address, answered_store):
        with chromium() as browser:
            first, second = (open_page(browser, address) for _ in range(2))
            for page in (first, second):
                page.get_by_role("button", name="Manage Aflibercept").wait_for()
                page.wait_for_selector("#ape-skeleton", state="detached")
            first.get_by_role("button", name="Open Aflibercept").focus()
            first.keyboard.press("Tab")
            first.keyboard.press("Enter")
            first.get_by_role("textbox", name="Name").wait_for()
            first.keyboard.press("Tab")
            first.keyboard.type("<i>Base</i>")
            first.keyboard.press("Enter")
            second.get_by_role("button", name="Manage <i>Base</i>").wait_for()
            assert second.locator(".ape-run-words i i, .ape-run-words b i").count() == 0
            first.get_by_role("button", name="Archive").focus()
            first.keyboard.press("Enter")
            second.locator(".ape-chip.is-archived").wait_for()
            first.get_by_role("button", name="Restore").wait_for()
            first.get_by_role("button", name="Delete", exact=True).press("Enter")
            first.get_by_role("button", name="Delete it").press("Enter")
            second.get_by_text("The run that was shown has been deleted").wait_for()
        assert Store(answered_store).list() == []


def test_runs_of_studies_are_counted_until_asked_for(page, two_runs):
    first, second = (open_run(run.run_id, two_runs).folder for run in page.panel._shown)
    mark_of_study(first)
    page.tick()
    toggle = page.panel._studies
    assert (page.visible(), toggle.description) == (1, "Show 1 run of a study")
    assert "2 runs" in page.panel._title.value, "what the disk holds is counted with it"
    page.panel._search.value = "seed"
    assert "2 of 2 runs found" in page.panel._found.value
    page.panel._search.value = ""
    toggle.click()
    assert (page.visible(), toggle.description) == (2, "Hide 1 run of a study")
    assert "of a study" in page.words()
    page.manage()
    page.manager._name.value = "Mine"
    page.tick()
    assert "of a study" not in page.words()
    assert "ape-hidden" in page.panel._of_studies._dom_classes
    mark_of_study(second)
    page.tick()
    assert (page.visible(), toggle.description) == (2, "Hide 1 run of a study")
    toggle.click()
    assert page.visible() == 1


def test_the_run_that_is_open_is_listed_whatever_it_is_of(page, two_runs):
    run = open_run(page.panel._shown[1].run_id, two_runs)
    mark_of_study(run.folder)
    page.tick()
    assert page.visible() == 1
    page.session._run = run
    page.tick()
    assert page.visible() == 2
    assert "ape-hidden" in page.panel._of_studies._dom_classes


def test_a_run_whose_rows_are_elsewhere_is_not_offered_to_be_archived(two_runs, monkeypatch):
    elsewhere, here = (Store(two_runs).create(small_spec(400, 1, seed)).run_id for seed in (1, 2))
    read = RunFolder.checkpoint

    def checkpoint(folder):
        there = "s3://bucket/runs/1?endpoint=mine" if folder.run_id == elsewhere else ""
        return replace(read(folder), place=there)

    monkeypatch.setattr(RunFolder, "checkpoint", checkpoint)
    page = Page(two_runs)
    runs = {run.run_id: run for run in page.panel._shown}
    page.manager.manage(runs[elsewhere])
    assert "ape-hidden" in page.manager._shelve._dom_classes
    said = page.manager._about.value
    assert "Its patients are in s3://bucket/runs/1 (" in said
    assert "nothing to archive: object stores have tiers of their own" in said
    page.manager.manage(runs[here])
    assert "ape-hidden" not in page.manager._shelve._dom_classes
    assert "about half of that" in page.manager._about.value
