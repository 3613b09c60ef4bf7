from __future__ import annotations

import re
from dataclasses import replace

import pytest

from ape_core.runs import submit
from ape_core.runs.progress import Progress
from support.patience import PATIENCE
from support.runs import small_spec
from widgets.charts.menu import menu_script
from widgets.controls import ControlsPanel
from widgets.dashboard import Dashboard
from widgets.errors import guarded
from widgets.first_view import MIME_TYPE, first_view
from widgets.progress import ProgressPanel, progress_markup
from widgets.run_list import ROWS
from widgets.title import state_words


@pytest.fixture
def finished(answered_store):
    dashboard = Dashboard(run_id="", store=answered_store)
    yield dashboard
    dashboard.session.cancel()
    dashboard.close()


def text_of(dashboard):
    return re.sub(r"<[^>]+>", " ", dashboard._title.view.value)


def test_the_title_says_what_is_shown(finished):
    assert "Aflibercept 2 mg" in text_of(finished)
    assert "3,000 simulated patients" in text_of(finished)
    assert "Complete" in text_of(finished)


def test_charts_are_redrawn_only_when_the_run_has_grown(finished, monkeypatch):
    draws = []
    monkeypatch.setattr(finished._story.charts["acuity"], "draw", draws.append)
    finished.refresh()
    finished.refresh()
    assert draws == []


def test_the_pulse_beats_with_every_tick_and_names_the_run(finished):
    before = finished._pulse.view.value
    finished._pulse.play.value += 1
    assert finished._pulse.view.value != before
    assert f'data-address="run={finished.session.run_id[:12]}"' in finished._pulse.view.value


def test_typing_updates_the_estimate_and_unblocks_the_button(finished):
    controls = finished._controls
    assert controls._start.disabled  # this very question is shown
    assert "is shown" in controls._hint.value
    controls._patients.value = "20k"
    assert not controls._start.disabled
    assert "Time" in controls._estimate.value
    controls._patients.value = "20kg"
    assert controls._start.disabled
    assert "is not a whole number" in controls._hint.value
    assert "is-wrong" in controls._patients._dom_classes
    controls._preset.value = 1_000
    assert controls._patients.value == "1,000"
    assert not controls._start.disabled


def test_a_field_that_is_left_shows_what_was_understood(finished):
    controls = finished._controls
    controls._patients.value = "20k"
    assert controls._patients.value == "20k"
    controls._patients._handle_custom_msg({"event": "submit"}, [])
    assert controls._patients.value == "20,000"
    controls._patients.value = "30k"
    controls._years.value = "2"
    assert controls._patients.value == "30,000"


def test_the_state_of_a_run_is_one_word_everywhere(finished):
    assert state_words("interrupted", cancelled=True) == "Cancelled"
    assert state_words("complete", cancelled=True) == "Complete"
    cancelled = replace(finished.session.runs[0], status="interrupted", cancelled=True, share=0.5)
    finished.session.runs = [cancelled]
    finished._run_list.refresh()
    assert "Cancelled at 50%" in finished._run_list._rows[0]._words.value


def test_the_workers_of_all_runs_are_counted(finished):
    finished._memory.refresh()
    assert "Worker <b>none</b>" in finished._memory.view.value
    mine = replace(finished.session.runs[0], worker_mb=100.0)
    other = replace(mine, run_id="f" * 64, worker_mb=80.0)
    finished.session.runs = [mine, other, other]
    finished._memory.refresh()
    assert "Worker <b>100\N{NARROW NO-BREAK SPACE}MB" in finished._memory.view.value
    assert "Other workers <b>160\N{NARROW NO-BREAK SPACE}MB" in finished._memory.view.value


@pytest.mark.parametrize(
    ("used_mb", "state", "said"),
    [(400, "ok", "enough"), (600, "warning", "more than half in use"), (900, "critical", "nearly")],
)
def test_the_gauge_says_in_words_how_short_memory_is(finished, used_mb, state, said):
    finished.session.memory = replace(
        finished.session.memory,
        limit_mb=1024.0,
        used_mb=used_mb,
        state=state,
        limit_source="container",
        message="Close pages.",
    )
    finished._memory.refresh()
    shown = finished._memory.view.value
    assert f"Memory <b>{said}" in shown
    assert "This container" in shown
    assert ("Close pages." in shown) == (state != "ok")


def test_a_run_in_the_queue_says_what_comes_before_it(finished):
    first = replace(finished.session.runs[0], status="running", share=0.25, years=1, seed=7)
    named = replace(first, run_id="f" * 64, status="queued", name="Base case")
    ahead = (first.run_id, "validation-0123456789ab", "e" * 64, "f" * 64)
    finished.session.runs = [first, named]
    finished.session.progress = replace(
        finished.session.progress, status="queued", queue_place=3, ahead=ahead
    )
    finished._progress.refresh()
    shown = finished._progress._words.value
    assert "Waiting in the queue: 2 runs before it" in shown
    about = "3,000 patients, 1 year, seed 7"
    assert f"Running now: {first.title}, {about} (25%); a validation. " in shown
    assert f"Waiting before it: a validation; Base case, {about}." in shown
    many = tuple(f"{number:064x}" for number in range(5))
    finished.session.progress = replace(finished.session.progress, ahead=many, queue_place=1)
    finished._progress.refresh()
    assert "Running now: a validation; a validation; a validation; 2 more." in (
        finished._progress._words.value
    )


def test_only_what_begins_a_sentence_is_capitalised():
    running = Progress("0" * 64, "running", "simulating", 50, 50, 100, per_second=20.0)
    assert ">Simulating, 20 per second</div>" in progress_markup(running)
    failed = replace(running, status="failed", error="/tmp/store is damaged.", hint="Resume it.")
    assert ">/tmp/store is damaged. Resume it.</div>" in progress_markup(failed)


def test_a_run_that_waits_for_memory_says_so(finished):
    phase = "waiting for memory: 280 MB are needed, 120 MB are left"
    finished.session.progress = replace(
        finished.session.progress, status="queued", queue_place=1, phase=phase
    )
    finished._progress.refresh()
    assert "Next in turn, waiting for memory: 280 MB are needed" in finished._progress._words.value


def test_every_protocol_and_population_is_explained(finished):
    controls = finished._controls
    for field, area in (
        (controls._protocol, controls._protocol_words),
        (controls._population, controls._population_words),
    ):
        for _, name in field.options:
            field.value = name
            assert len(re.sub(r"<[^>]+>", "", area.value)) > 80


def test_a_click_starts_the_run_that_was_asked_for(finished, until):
    finished._controls._seed.value = "2"
    finished._controls._start.click()
    assert finished.session.shown.seed == 2
    until(lambda: finished.session.progress.status == "complete", finished.refresh)
    assert [run.seed for run in finished.session.runs][:1] == [2]


def test_a_click_opens_a_run_of_the_list(finished, store):
    submit(small_spec(150, years=1, seed=9), store).wait(PATIENCE)
    for _ in range(2):
        finished.refresh()
    assert finished._run_list._rows[0].button.description.startswith("Open Aflibercept")
    finished._run_list._rows[0].button.click()
    assert finished.session.shown.cohort.n_patients == 150
    assert finished._controls._patients.value == "150"


def test_many_runs_are_shown_in_pages(finished):
    panel, (run,) = finished._run_list, finished.session.runs
    finished.session.runs = [run] * (ROWS + 2)
    panel.refresh()
    assert "ape-hidden" not in panel._pager._dom_classes
    panel._older.click()
    hidden = ["ape-hidden" in row.view._dom_classes for row in panel._rows]
    assert hidden == [False, False] + [True] * (ROWS - 2)
    assert panel._older.disabled


def test_a_handler_that_fails_says_so_in_words(finished):
    def fails(_):
        raise RuntimeError("<img src=x onerror=alert(1)>")

    guarded(finished.session, fails)(None)
    finished.draw()
    notice = finished._notices.view.value
    assert 'role="alert"' in notice
    assert "RuntimeError: &lt;img src=x" in notice
    assert "<img" not in notice


def test_names_from_a_run_are_escaped(finished, store):
    mild = small_spec(120, years=1)
    evil = replace(mild, protocol=replace(mild.protocol, title="<script>alert(1)</script>"))
    submit(evil, store).wait(PATIENCE)
    for _ in range(2):
        finished.refresh()
    finished._run_list._rows[0].button.click()
    shown = [finished._title.view.value, finished._run_list._rows[0]._words.value]
    shown.append(finished._pulse.view.value)
    assert all("<script>" not in value for value in shown)
    assert "&lt;script&gt;" in shown[0]


def test_the_bar_names_the_patients_whose_figures_are_shown(finished):
    panel, session = finished._progress, finished.session
    session.progress = replace(session.progress, status="running", n_patients=12_000)
    session.progress = replace(session.progress, patients_done=9_000)
    panel.refresh()
    assert session.summary.n_patients == 3_000
    assert "3,000 of 12,000 patients" in panel._words.value
    assert "width:75.0%" in panel._words.value


@pytest.mark.parametrize(
    ("status", "words", "button"),
    [
        ("running", "1,000 of 3,000 patients", "Cancel"),
        ("queued", "2 runs before it", "Cancel"),
        ("queued", "begins by itself, also when this page is closed", "Cancel"),
        ("interrupted", "1,000 of 3,000 patients are simulated and kept", "Go on"),
        ("failed", "The disk is full", "Try again"),
    ],
)
def test_every_state_of_a_run_is_told(finished, status, words, button):
    panel: ProgressPanel = finished._progress
    finished.session.summary = None
    finished.session.progress = replace(
        finished.session.progress,
        status=status,
        patients_done=1_000,
        queue_place=3 if status == "queued" else None,
        error="The disk is full." if status == "failed" else "",
    )
    panel.refresh()
    assert words in panel._words.value
    assert 'role="progressbar"' in panel._words.value
    assert panel._button.description == button
    assert "ape-hidden" not in panel.view._dom_classes
    assert ("ape-queued" in panel.view._dom_classes) == (status == "queued")


def test_closing_leaves_no_widget_behind(store, count_widgets):
    before = count_widgets()
    for _ in range(3):
        dashboard = Dashboard(run_id="", store=store)
        dashboard.session.cancel()
        dashboard.close()
    assert count_widgets() == before


def test_no_widget_is_made_after_the_page_is(finished, count_widgets):
    before = count_widgets()
    finished._controls._seed.value = "3"
    finished._controls._start.click()
    for _ in range(20):
        finished._pulse.play.value += 1
    assert count_widgets() == before


@pytest.mark.parametrize("in_page", [False, True])
def test_a_notebook_is_given_what_the_template_of_a_page_holds(finished, monkeypatch, in_page):
    displayed = []
    monkeypatch.setattr("IPython.display.display", lambda shown, **_: displayed.append(shown))
    monkeypatch.setattr("widgets.frame.is_page", lambda: in_page)
    monkeypatch.setattr(finished._pulse, "begin", lambda: None)
    finished._ipython_display_()
    scripts = [shown.data for shown in displayed if hasattr(shown, "data")]
    assert scripts == ([] if in_page else [menu_script()])
    ahead = [shown for shown in displayed if isinstance(shown, dict)]
    assert ahead == ([{MIME_TYPE: first_view(finished.view)}] if in_page else [])
    assert displayed[-1] is finished.view
    assert "Save numbers as CSV" in menu_script()


def test_a_run_without_figures_has_one_place_instead_of_empty_charts(finished):
    grid = finished._story._grid
    assert "ape-idle" not in grid._dom_classes
    finished.session.summary = None
    finished.session.progress = replace(finished.session.progress, status="failed")
    finished.draw()
    assert "ape-idle" in grid._dom_classes
    finished.session.progress = replace(finished.session.progress, status="queued")
    finished.draw()
    assert "ape-idle" not in grid._dom_classes


def test_an_unusable_store_is_explained(tmp_path):
    file = tmp_path / "not-a-folder"
    file.write_text("")
    dashboard = Dashboard(run_id="", store=file)
    assert 'role="alert"' in dashboard._notices.view.value
    assert str(file) in dashboard._notices.view.value
    assert isinstance(dashboard._controls, ControlsPanel)
    dashboard.close()
