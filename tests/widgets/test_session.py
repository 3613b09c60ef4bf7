from __future__ import annotations

import os
import signal
from dataclasses import replace

import pytest

from ape_core.errors import InvalidSpecError
from ape_core.runs import estimate, open_run, submit
from ape_core.spec.model_guide import changed_model
from ape_core.storage.store import Store
from support.patience import PATIENCE
from support.runs import small_spec
from widgets.closing import close_all
from widgets.progress import ProgressPanel
from widgets.runs_in_store import newest_to_see
from widgets.session import FIRST_QUESTION, Session


def finished(session):
    return lambda: session.progress is not None and session.progress.status == "complete"


@pytest.fixture
def answered(answered_store, session):
    """A session whose first question was answered before."""
    session.arrive()
    return session


def test_a_first_visit_is_answered_without_being_asked(session, until):
    session.arrive()
    until(finished(session), session.refresh)
    assert session.summary.n_patients == 3_000
    assert session.shown.protocol.name == FIRST_QUESTION["protocol"]
    assert session.notice is None


def test_a_second_visit_shows_the_newest_run(answered, store):
    other = Session(store)
    other.arrive()
    assert other.run_id == answered.run_id
    assert other.progress.status == "complete"
    assert other.summary == answered.summary


def test_a_link_opens_its_run_and_fills_in_its_question(session, store, until):
    run = submit(small_spec(300, years=2, seed=7), store)
    submit(small_spec(200, years=1, seed=8), store).wait(PATIENCE)
    session.arrive(run.run_id[:12])
    until(finished(session), session.refresh)
    assert session.run_id == run.run_id
    assert session.question == FIRST_QUESTION | {"patients": "300", "years": "2", "seed": "7"}
    assert session.is_shown


def test_a_link_to_a_missing_run_is_explained_and_another_is_shown(session):
    session.arrive("deadbeef")
    assert "names run deadbeef, which is not in this store" in session.notice.message
    assert session.run_id


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("patients", "99", "Patients: 99 is too small; allowed are 100 to 10,000,000"),
        ("patients", "lots", "Patients: 'lots' is not a whole number"),
        ("years", "0", "Years: 0 is too small; allowed are 1 to 40"),
        ("years", "1,5", "Years: '1,5' is not a whole number from 1 to 40"),
        ("seed", "-1", "Seed: '-1' is not a whole number from 0 to 9,223,372,036,854,775,807"),
        ("protocol", "../../etc/passwd.yaml", "passwd"),
    ],
)
def test_what_cannot_be_asked_is_explained_and_not_started(session, field, value, problem):
    session.edit(field, value)
    assert problem in session.problem
    assert session.estimate is None
    with pytest.raises(InvalidSpecError):
        session.start()
    assert session.run_id == ""


def test_numbers_are_written_as_they_were_understood(session):
    for field, value in (("patients", "20k"), ("years", "1,5"), ("seed", "1,234")):
        session.edit(field, value)
    session.tidy(but="seed")
    assert [session.question[name] for name in ("patients", "years")] == ["20,000", "1,5"]
    assert session.question["seed"] == "1,234"
    session.tidy()
    assert session.question["seed"] == "1234"


def test_the_estimate_follows_the_question(session):
    session.edit("patients", "20k")
    few = session.estimate
    session.edit("patients", "2M")
    assert session.estimate.disk_mb == pytest.approx(100 * few.disk_mb, rel=0.01)
    assert session.estimate.memory_mb == pytest.approx(few.memory_mb, rel=0.01)


def test_the_estimate_follows_how_fast_runs_came_out_as_it_does_in_the_shell(
    answered, store, until
):
    answered.edit("patients", "1M")
    before = answered.estimate
    run = submit(small_spec(250, years=1), store)
    run.wait(PATIENCE)
    until(lambda: not run.folder.is_locked(), lambda: None)
    record = run.folder.provenance()
    attempt = {**record["attempts"][-1], "paced_visits": 10**6, "paced_seconds": 40.0, "threads": 1}
    run.folder.write_provenance({**record, "attempts": [attempt] * 9})
    for _ in range(2):
        answered.refresh()
    assert answered.estimate.seconds > 5 * before.seconds
    assert answered.estimate == estimate(answered.asked, store)


def test_opening_another_run_releases_the_one_before(answered, store):
    first = answered.summary
    run = submit(small_spec(200, years=1), store)
    run.wait(PATIENCE)
    answered.open(run.run_id)
    assert answered.summary.n_patients == 200
    assert answered.summary is not first
    assert answered.question["years"] == "1"


def test_runs_of_other_pages_appear(answered, store):
    run = submit(small_spec(250, years=1), store)
    run.wait(PATIENCE)
    for _ in range(2):
        answered.refresh()
    newest = answered.runs[0]
    assert (newest.run_id, newest.status) == (run.run_id, "complete")


def test_a_run_can_be_cancelled_and_gone_on_with(session, until):
    for field, value in (("patients", "200k"), ("years", "1")):
        session.edit(field, value)
    session.start()
    session.cancel()
    until(lambda: session.progress.status == "interrupted", session.refresh)
    assert session.cancelled
    done = session.progress.patients_done
    session.resume()
    until(lambda: session.progress.patients_done > done, session.refresh)
    assert not session.cancelled


def test_a_run_whose_worker_was_killed_goes_on_when_it_is_opened(session, store, until):
    for field, value in (("patients", "200k"), ("years", "1")):
        session.edit(field, value)
    session.start()
    until(lambda: session.progress.patients_committed > 0, session.refresh)
    run = open_run(session.run_id, store)
    os.kill(run.folder.read_progress()["pid"], signal.SIGKILL)
    until(lambda: session.progress.status == "interrupted", session.refresh)
    assert session.went_on == ""  # a page that is open leaves it to its reader
    other = Session(store)
    other.arrive(run.run_id)
    assert other.progress.status in ("running", "queued")
    assert "ended the worker of this run at" in other.went_on
    assert other.went_on.endswith("of 200,000 patients; it goes on from there.")
    other.cancel()
    until(lambda: other.progress.status == "interrupted", other.refresh)
    third = Session(store)
    third.arrive(run.run_id)
    assert third.progress.status == "interrupted"  # what was cancelled waits
    assert third.went_on == ""


def test_the_list_knows_what_was_cancelled_and_what_the_workers_take(session, store, until):
    session.edit("patients", "200k")
    session.start()
    other = Session(store)

    def listed():
        other.runs = other._listing.read()
        return other.runs[0]

    until(lambda: listed().worker_mb > 0, session.refresh)
    assert not listed().cancelled
    session.cancel()
    until(lambda: listed().status == "interrupted", session.refresh)
    assert listed().cancelled
    assert listed().worker_mb == 0


def test_a_run_that_was_deleted_is_not_shown_any_more(answered, store):
    Store(store).delete(answered.run_id)
    answered.refresh()
    assert answered.run_id == ""
    assert answered.summary is None
    assert answered.notice is not None


def test_a_damaged_summary_is_explained_and_can_be_repaired(answered, answered_store, until):
    (path,) = open_run("latest", answered_store).folder.path.glob("summary-*.npz")
    path.write_bytes(path.read_bytes()[:-100])
    page = Session(answered_store)
    page.arrive()
    assert page.damage is not None
    assert page.mending == ""
    lock = page._run.folder.acquire()
    page._run.folder.write_progress({"phase": "checking every file"})
    panel = ProgressPanel(page)
    panel.refresh()
    lock.close()
    assert "The run is being checked and put right." in panel._words.value
    assert ">Checking every file.</div>" in panel._words.value
    assert panel._button.disabled
    panel.refresh()
    assert not panel._button.disabled
    assert f"{path.name} is damaged" in panel._words.value
    assert str(answered_store) not in panel._words.value  # the folders tell a reader nothing
    assert "progressbar" not in panel._words.value
    close_all(panel.view)
    page.resume()
    until(lambda: page.summary is not None, page.refresh)
    assert page.damage is None
    assert page.mending == ""
    assert page.summary == answered.summary


def test_a_visit_begins_with_the_newest_run_that_has_figures(answered, store):
    never_begun = Store(store).create(small_spec(5_000, years=1), 1_000)
    never_begun.request_cancel()
    other = Session(store)
    other.arrive()
    assert other.runs[0].run_id == never_begun.run_id
    assert other.run_id == answered.run_id
    assert newest_to_see(other.runs[:1]).run_id == never_begun.run_id
    seen = [
        replace(other.runs[0], run_id="cancelled", share=0.5),
        replace(other.runs[0], run_id="stopped", share=0.5, cancelled=False),
    ]
    assert newest_to_see(other.runs[:1] + seen).run_id == "stopped"
    assert newest_to_see(other.runs[:1] + seen[:1]).run_id == "cancelled"
    varied = replace(seen[1], run_id="of a study of sensitivity", is_varied=True)
    assert newest_to_see([varied, *seen]).run_id == "stopped"
    limited = replace(seen[1], run_id="of a service with few slots", is_limited=True)
    assert newest_to_see([limited, *seen]).run_id == "stopped"
    study = replace(seen[1], run_id="of a sweep", is_of_study=True)
    assert newest_to_see([study, *seen]).run_id == "stopped"
    assert newest_to_see([study, seen[0]]).run_id == "cancelled"
    assert not other.runs[0].is_varied


def test_a_run_of_another_disease_is_told_from_the_others(store):
    spec = small_spec(100, years=1)
    changed = changed_model({"acuity_ceiling_sd_letters": 5.0})
    Store(store).create(spec.replace(model=changed), 100)
    session = Session(store)
    session.read_list()
    assert [run.is_varied for run in session.runs] == [True]


def test_a_link_to_a_run_with_a_damaged_question_offers_to_put_it_right(answered, store, until):
    run = submit(small_spec(200, years=1), store)
    run.wait(PATIENCE)
    spec = run.folder.path / "spec.json"
    sound = spec.read_bytes()
    spec.write_bytes(sound[:-20])
    page = Session(store)
    panel = ProgressPanel(page)
    page.arrive(run.run_id[:12])
    panel.refresh()
    assert page.run_id == ""
    assert "edited or damaged" in page.notice.message
    assert "ape resume" not in page.notice.hint
    assert panel._button.description == "Put it right"
    assert run.run_id[:12] in panel._words.value
    panel._button.click()
    assert spec.read_bytes() == sound
    until(finished(page), page.refresh)
    assert page.run_id == run.run_id
    assert (page.broken, page.notice) == (None, None)
    close_all(panel.view)


def test_a_damaged_run_is_listed_and_explained(session, store):
    submit(small_spec(200, years=1), store).wait(PATIENCE)
    spec = open_run("latest", store).folder.path / "spec.json"
    spec.write_text(spec.read_text().replace('"seed": 1', '"seed": 2'))
    session.arrive()
    assert session.runs[-1].status == "corrupt"
    assert "edited or damaged" in session.notice.message
    assert session.shown.cohort.n_patients == 3_000
