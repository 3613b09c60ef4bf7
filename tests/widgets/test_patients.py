"""The page of patients without a browser: what it shows is what Python gives."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from html import unescape

import pytest

from ape_core.errors import InvalidSpecError
from ape_core.results import Criteria
from ape_core.results.course import courses
from ape_core.results.telling import tell
from ape_core.runs import Run, open_run, run
from ape_core.spec.cohort import Cohort
from ape_core.spec.model_guide import changed_model
from ape_core.storage.of_study import mark_of_study
from ape_core.storage.parts import write_part
from ape_core.storage.store import Store
from ape_core.summaries import Summary
from support.chunks import cut_all, fabricate
from support.runs import small_spec
from widgets.patients import PatientsPage
from widgets.patients.finder import FinderPanel
from widgets.patients.hits import hit_words
from widgets.patients.session import HITS
from widgets.patients.visits import visits_markup
from widgets.patients.wishes import WISHES, criteria_of, sentence_of


@pytest.fixture
def open_page(until):
    """Open the page, and wait until the search that it begins with is at its end."""
    opened = []

    def open_page(store, **options):
        page = PatientsPage(store=store, **{"run_id": "", **options})
        opened.append(page)
        until(lambda: page.session.looked_at is None, page.refresh)
        return page

    yield open_page
    for page in opened:
        page.close()


@pytest.fixture
def page(first_answer, open_page):
    return open_page(first_answer)


@pytest.fixture(scope="module")
def results(first_answer):
    return open_run("latest", first_answer).results_so_far()


def plain(markup):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def hits_of(page):
    return [
        plain(row._words.value)
        for row in page._panels[-1]._rows
        if "ape-hidden" not in row.view._dom_classes
    ]


def test_it_begins_with_the_most_typical_patient_of_the_newest_run(page, results):
    typical = results.find_patients(order="typical", limit=HITS)
    assert page.session.patient == results.get_patient(typical.patients[0].patient_id)
    assert hits_of(page) == [" ".join(hit_words(hit)) for hit in typical.patients]
    assert page.address() == {
        "run": page.session.run_id[:12],
        "patient": str(typical.patients[0].patient_id),
    }
    assert f"{HITS} of 3,000 patients, the most typical first." in page._panels[-1]._said.value


@pytest.mark.parametrize("number", [0, 2, 634, 2_999])
def test_the_story_is_that_of_the_patient(page, results, number):
    page.session.show(str(number))
    page.draw()
    patient = results.get_patient(number)
    assert plain(page._story._head.value) == f"Patient {number:,} {' '.join(tell(patient))}"
    drawn = page._story._drawing.value
    (course,) = courses(patient)
    eye = course.eye
    n_drawings = drawn.count("<svg")
    assert n_drawings == 2
    said = re.findall(r'class="is-visit"[^>]*><title>([^<]+)</title>', drawn)
    assert said[: eye.n_visits] == said[eye.n_visits :] == [
        f"Day {v.day:,}: {v.letters} letters, {'fluid' if v.fluid else 'dry'}, "
        f"{v.drug if v.injected else 'no injection'}"
        for v in eye.visits
    ]  # fmt: skip
    assert drawn.count('class="is-injection"') == n_drawings * eye.n_injections
    assert drawn.count(f">{eye.n_injections} given<") == n_drawings
    assert drawn.count(f">{course.n_dry} of {eye.n_visits} dry<") == n_drawings
    weeks = re.findall(r"<title>(\d+) weeks between injections", drawn)
    assert weeks == n_drawings * [str(span.weeks) for span in course.intervals]
    for event in course.events:
        assert drawn.count(f">{event.words}<") >= n_drawings
    assert not re.search(r"\b(nan|inf)\b", drawn)


def test_the_band_is_that_of_the_summary(page, results):
    page.session.show("2")
    page.draw()
    drawn = page._story._drawing.value
    points = re.search(r'class="is-median" points="([^"]+)"', drawn).group(1).split()
    levels = [float(point.split(",")[1]) for point in points]
    from ape_core.summaries import acuity_over_time

    medians = acuity_over_time(results.summary).p50.tolist()
    grid = re.findall(r'class="is-grid"[^>]* y1="([\d.]+)"', drawn)
    per_letter = (float(grid[1]) - float(grid[0])) / 20
    assert [(level - float(grid[0])) / per_letter for level in levels] == pytest.approx(
        medians, abs=0.1
    )


def test_the_visits_unfold_and_are_those_of_the_patient(page, results):
    assert page._visits._table.value == ""
    page._visits._toggle.value = True
    patient = page.session.patient
    rows = re.findall(r"<tr class='[^']*'>(.*?)</tr>", page._visits._table.value)
    shown = [[unescape(cell) for cell in re.findall(r"<td>(.*?)</td>", row)] for row in rows]
    visits = patient.eyes[0].visits
    assert [(row[0], row[1], row[3]) for row in shown] == [
        (f"{v.day:,}", str(v.letters), "fluid" if v.fluid else "dry") for v in visits
    ]
    table = list(csv.DictReader(io.StringIO(page._story._numbers().to_csv())))
    assert [int(row["letters (ETDRS letters)"]) for row in table] == [v.letters for v in visits]
    assert [row["phase"] for row in table] == [v.phase for v in visits]


def test_the_table_is_bounded(results, monkeypatch):
    monkeypatch.setattr("widgets.patients.visits.MOST_ROWS", 5)
    patient = results.get_patient(2)
    markup = visits_markup(patient)
    assert markup.count("<tr class=") == 5
    assert f"{patient.eyes[0].n_visits - 5} later visits are in the CSV" in markup


def test_wishes_find_who_is_meant(page, results, until):
    finder = page._panels[-2]
    finder._ways["worst"].click()
    finder._wishes["sex"].value = 1
    finder._wishes["end_reason"].value = 4
    until(lambda: page.session.looked_at is None, page.refresh)
    expected = results.find_patients(Criteria(sex="female", end_reason="lost"), "worst", HITS)
    assert hits_of(page) == [" ".join(hit_words(hit)) for hit in expected.patients]
    said = plain(page._panels[-1]._said.value)
    assert f"{expected.n_matching} of 3,000 patients are like that; {HITS} are listed" in said
    assert "Show me a woman who was lost to follow-up:" in finder._sentence.value
    page._panels[-1]._rows[3].button.click()
    assert page.session.patient.patient_id == expected.patients[3].patient_id
    finder._wishes["second_eye"].value = 1
    until(lambda: page.session.looked_at is None, page.refresh)
    assert hits_of(page) == []
    assert "Of 3,000 patients nobody is like that" in page._panels[-1]._said.value


def test_lots_are_drawn_anew_each_time(page, until):
    finder, seen = page._panels[-2], []
    for _ in range(2):
        finder._ways["random"].click()
        until(lambda: page.session.looked_at is None, page.refresh)
        seen.append(hits_of(page))
    assert seen[0] != seen[1]


def test_the_one_before_and_the_next(page, results):
    hits = page.session.found.patients
    buttons = page._head._buttons
    assert buttons[-1].disabled
    buttons[1].click()
    assert page.session.patient.patient_id == hits[1].patient_id
    assert f"2 of {HITS} found" in page._head._place.value
    number = next(n for n in range(3_000) if n not in {hit.patient_id for hit in hits})
    page._panels[-2]._number.value = f"{number}"
    assert page.session.patient == results.get_patient(number)
    page.session.show("2,999")
    page.draw()
    if page.session.place is None:
        assert buttons[1].disabled


@pytest.mark.parametrize("number", ["3000", "-1", "Smith", "<b>", "1.5"])
def test_a_number_that_nobody_has_is_refused_in_words(page, number):
    before = page.session.patient
    page._panels[-2]._number.value = number
    page.refresh()
    assert 'role="alert"' in page._notices.view.value
    assert "Patient: " in page._notices.view.value
    assert "<b>" not in page._notices.view.value.replace("<b>Patient:", "")
    assert page.session.patient == before


def test_links_name_a_run_and_a_patient(first_answer, open_page):
    run_id = Store(first_answer).list()[0].run_id
    page = open_page(first_answer, run_id=run_id[:8], patient=77)
    assert page.session.patient.patient_id == 77
    assert hits_of(page)
    lost = open_page(first_answer, run_id="deadbeef")
    assert "The link names run deadbeef, which is not in this store." in lost._notices.view.value
    assert lost.session.patient is not None


def test_an_empty_store_and_a_run_that_grows(store, open_page, until):
    page = open_page(store)
    assert "There is no run yet" in page._head.nobody.value
    run = Store(store).create(small_spec(300, 2), 100)
    until(lambda: page.session.run_id == run.run_id, page.refresh)
    assert "Nobody is there yet" in page._head.nobody.value
    assert page._query._run.disabled, "there is nothing to ask of"
    chunks = list(cut_all(fabricate(300, 2), 100))
    for done in (1, 3):
        records = [write_part(run.path, i, chunk) for i, chunk in enumerate(chunks[:done])]
        summary = Summary.merged(2, map(Summary.of_chunk, chunks[:done]))
        run.committed.save_progress(records, summary.to_arrays())
        page.session.find("best")
        until(lambda: page.session.looked_at is None, page.refresh)
        assert page.session.found.n_looked_at == 100 * done
    page.session.show("250")
    page.draw()
    assert page._head.nobody.value == ""
    Store(store).delete(run.run_id)
    until(lambda: page.session.run_id == "", page.refresh)
    assert "was deleted" in page._notices.view.value
    assert "There is no run yet" in page._head.nobody.value


def test_a_damaged_part_is_told_and_put_right(answered_store, open_page, until):
    (path,) = Store(answered_store).list()[0].path.glob("patients/*.parquet")
    path.write_bytes(path.read_bytes()[:-7] + b"damaged")
    page = open_page(answered_store)
    assert "its checksum is not the one that was committed" in page._notices.view.value
    assert page.session.patient is None
    assert "This run cannot be read" in page._head.nobody.value
    assert "Damaged" in page._head.view.value
    assert page._head._again.description == "Put it right"
    page._head._again.click()
    until(lambda: page.session.patient is not None, page.refresh)
    assert page._head.nobody.value == ""
    assert page.session.notice is None
    assert "Complete" in page._head.view.value


def test_both_eyes_have_a_time_line(store, open_page, until):
    run = Store(store).create(small_spec(60, 2), 60)
    chunk = fabricate(60, 2)
    run.committed.save_progress(
        [write_part(run.path, 0, chunk)], Summary.of_chunk(chunk).to_arrays()
    )
    page = open_page(store, light=True)
    page._unfold(page.view.children[-1].children[0], on=True)
    page._panels[-2]._wishes["second_eye"].value = 1
    until(lambda: page.session.looked_at is None, page.refresh)
    patient = page.session.patient
    assert len(patient.eyes) == 2
    drawn = page._story._drawing.value
    assert drawn.count("<svg") == 2  # a light page has the narrow drawings alone
    assert drawn.count("<h4>Second eye</h4>") == 1
    assert drawn.count('class="is-visit"') == sum(eye.n_visits for eye in patient.eyes)


def test_closing_leaves_no_widget_behind_and_none_is_made_later(first_answer, count_widgets):
    before = count_widgets()
    page = PatientsPage(run_id="", store=first_answer)
    made = count_widgets()
    for _ in range(3):
        page._pulse.play.value += 1
        page._panels[-2]._ways["random"].click()
        page._visits._toggle.value = not page._visits._toggle.value
    assert count_widgets() == made
    page.close()
    assert count_widgets() == before


def test_every_wish_can_be_asked_and_said():
    for wish in WISHES:
        for place, choice in enumerate(wish.choices):
            criteria = criteria_of({wish.name: place})
            assert bool(criteria) == (place > 0)
            assert sentence_of({wish.name: place}).startswith(("a ", "anybody", "somebody"))
            assert choice.label
    chosen = {"sex": 1, "age_years": 4, "letters_gained": 5, "end_reason": 4}
    assert sentence_of(chosen) == (
        "a woman of 85 or over who lost 15 letters or more and was lost to follow-up"
    )
    with pytest.raises(InvalidSpecError):
        Criteria(sex="other")


KERNEL = """
import json, sys
import psutil
from ipykernel import kernelapp
from widgets.patients import PatientsPage

page = PatientsPage(run_id="")
for order in ("best", "worst", "random", "typical"):
    page.session.find(order)
    while page.session.looked_at is not None:
        page.refresh()
heavy = {"numba", "pandas", "bqplot", "matplotlib", "scipy", "duckdb", "dask"} & set(sys.modules)
print(json.dumps({
    "heavy": sorted(heavy),
    "rss_mb": psutil.Process().memory_info().rss / 1e6,
    "shown": page.session.patient is not None,
}))
"""


def test_its_kernel_reads_rows_and_stays_small(first_answer):
    environment = {
        **os.environ, "APE_STORE": str(first_answer), "SERVER_SOFTWARE": "voila/0.5.13"
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", KERNEL], env=environment, capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)
    print(f"resident memory of the kernel: {found['rss_mb']:.0f} MB")
    assert found["shown"]
    assert found["heavy"] == []
    assert found["rss_mb"] < 150


def test_a_run_of_another_disease_is_shown_only_when_asked_for_and_says_so(
    answered_store, open_page
):
    usual = open_run("latest", answered_store)
    varied = usual.spec.replace(model=changed_model({"acuity_ceiling_letters": 87.49962}))
    run(varied.replace(cohort=Cohort(50)), answered_store, progress=False)
    page = open_page(answered_store)
    assert page.session.run_id == usual.run_id
    assert "ape-changed" not in page._head.view.value
    finder = next(panel for panel in page._panels if isinstance(panel, FinderPanel))
    labels = [label for label, _ in finder._run.options]
    assert len(set(labels)) == 2
    assert "Best acuity of an eye, mean: 87.5 ETDRS letters" in labels[0]
    page.session.open(page.session.runs[0].run_id)
    page.refresh()
    said = "Best acuity of an eye, mean: 87.5 ETDRS letters instead of 84."
    assert said in plain(page._head.view.value)


def test_runs_of_studies_are_offered_only_when_asked_for(answered_store, open_page):
    usual = open_run("latest", answered_store)
    spec = usual.spec.replace(seed=9, cohort=Cohort(50))
    run(spec, answered_store, progress=False)
    mark_of_study(open_run(spec.run_id, answered_store).folder)
    page = open_page(answered_store)
    finder = next(panel for panel in page._panels if isinstance(panel, FinderPanel))
    labels = [label for label, _ in finder._run.options]
    assert len(labels) == 2
    assert labels[1] == "Show 1 run of a study"
    finder._run.value = finder._run.options[1][1]
    assert page.session.run_id == finder._run.value == usual.run_id
    labels = [label for label, _ in finder._run.options]
    assert "of a study, 50 patients" in labels[0]
    assert labels[2] == "Hide 1 run of a study"
    finder._run.value = finder._run.options[0][1]
    assert page.session.run_id == spec.run_id


def test_a_run_that_waits_says_when_its_turn_is(store, open_page, monkeypatch):
    spec = small_spec(300, 2)
    Store(store).create(spec, 100)
    waits = replace(open_run(spec.run_id, store).progress(), status="queued", queue_place=3)
    monkeypatch.setattr(Run, "progress", lambda _: waits)
    said = plain(open_page(store)._head.nobody.value)
    assert "Waiting in the queue: 2 runs before it. The run begins by itself" in said
