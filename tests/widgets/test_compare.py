"""The page of comparison without a browser: every figure that it shows is the one Python gives."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from html import unescape

import numpy as np
import pytest

import ape_core as ape
from ape_core.analysis.compare import Comparison
from ape_core.analysis.compared_outcomes import OUTCOMES
from ape_core.analysis.comparison_words import (
    best_in_words,
    compared_parts,
    compared_text,
    compared_with_chance,
    decimals_of,
    mean_text,
    patients_text,
    signed,
    times_text,
)
from ape_core.analysis.paired import Paired
from ape_core.analysis.places import changed_at
from ape_core.errors import InvalidInputError
from ape_core.runs import Progress
from ape_core.runs.starting import ask, open_run, run
from ape_core.simulation.simulate import simulate
from ape_core.storage.own_protocols import OwnProtocols
from ape_core.storage.parts import write_part
from ape_core.storage.store import Store
from ape_core.summaries import Summary
from support.patience import PATIENCE
from support.runs import small_spec
from widgets.charts.spans import span_ticks
from widgets.compare.forest import SHOWN, shown_years
from widgets.compare.page import ComparePage
from widgets.compare.session import CompareSession
from widgets.several.colours import LETTERS
from widgets.several.progress import progress_markup
from widgets.several.session import (
    AN_EXAMPLE,
    BESIDE,
    FIRST_PROTOCOLS,
    MOST_BY_ITSELF,
    OF_THE_STORE,
    SeveralSession,
)

NAMES = ("aflibercept-2mg-treat-and-extend", "ranibizumab-0.5mg-prn", "no-treatment")
YEARS = 2
LOADING = ape.load_protocol(NAMES[0]).loading


def plain(markup):
    """Words of markup."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", markup))).strip()


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A store with three runs of the same patients, and one of others."""
    folder = tmp_path_factory.mktemp("compare") / "store"
    base = small_spec(400, YEARS)
    for name in NAMES:
        run(base.replace(protocol=ape.load_protocol(name)), folder, progress=False)
    run(base.replace(seed=9), folder, progress=False)
    return folder


@pytest.fixture(scope="module")
def ids():
    base = small_spec(400, YEARS)
    return [base.replace(protocol=ape.load_protocol(name)).run_id for name in NAMES]


@pytest.fixture(scope="module")
def page(kept, ids):
    page = ComparePage([item[:12] for item in ids], kept, light=False)
    yield page
    page.close()


@pytest.fixture
def comparison(kept, ids):
    return Comparison([open_run(item, kept) for item in ids])


@pytest.fixture
def own_store(kept, tmp_path):
    return shutil.copytree(kept, tmp_path / "own")


def test_the_answer_in_words_is_that_of_python(page, comparison):
    said = plain(page._headline.view.value)
    paired = comparison.paired()
    for outcome in ("letters_change", "injections", "visits"):
        found = [paired.difference(place, 0, outcome, YEARS) for place in (1, 2)]
        for item in found:
            words, interval = compared_with_chance(item, decimals_of(found))
            assert f"{words} {interval}" in said
        for place in range(3):
            own = mean_text(paired.mean(place, outcome, YEARS)).partition(" ")[0]
            assert f"{own} {OUTCOMES[outcome].wording.unit}" in said
    assert said.count("than with A, after 2 years") == 2
    names = [f"{c} ({t})" for c, t in zip("ABC", comparison.brief_titles, strict=True)]
    assert names[1] == "B (Ranibizumab 0.5 mg PRN)"
    assert said.startswith(best_in_words(paired, names, YEARS))


def test_what_rounds_to_nothing_is_no_difference_and_what_cannot_be_known_is_not_said(comparison):
    paired = comparison.paired()
    same = replace(
        paired.difference(1, 0, "letters_change", YEARS), value=0.001, low=-0.02, high=0.03
    )
    said = compared_with_chance(same)
    assert said == ("no difference in letters", "(95% interval \N{MINUS SIGN}0.02 to +0.03)")
    share = replace(same, outcome="pct_bcva_ge70")
    assert compared_text(share).startswith("no difference (95% interval")
    doubtful = replace(same, value=0.02, low=-0.01, high=0.05)
    assert compared_with_chance(doubtful)[1].endswith("; may be chance)")
    assert "worse" in compared_text(replace(same, value=-0.5, low=-0.6, high=-0.4))
    assert [patients_text(n) for n in (400, 21_843, 680_291, 1_000_001)] == [
        "400", "22,000", "680,000", "over 1 million",
    ]  # fmt: skip
    assert [times_text(ratio) for ratio in (1, 2.63, 34.2, 4_000)] == [
        "1.0",
        "2.6",
        "34",
        "over 100",
    ]


def test_the_table_is_that_of_python(page, comparison):
    markup = page._charts[5].card._foot.value
    rows = re.findall(r"<tr><th scope='row'>(.*?)</tr>", markup)
    shown = [[plain(cell) for cell in re.split(r"</t[hd]>", row)[:-1]] for row in rows]
    assert shown == [
        [title, a, f"{b} {less_b}", f"{c} {less_c}"]
        for title, a, b, c, less_b, less_c in comparison.table(0, YEARS).rows
    ]
    apart = [cell for row in comparison.table(0, YEARS).rows for cell in row[4:]]
    assert len({len(cell.split(" ")[0].partition(".")[2]) for cell in apart}) == 1
    assert page._charts[5].view.numbers() == comparison.table(0, YEARS)
    titles = [f"{letter}, {t}" for letter, t in zip("ABC", comparison.titles, strict=True)]
    assert "; ".join(titles) in plain(markup)


def test_the_forest_holds_every_difference(page, comparison):
    markup = page._charts[2].card._foot.value
    said = [unescape(label) for label in re.findall(r'<li aria-label="(.*?)"', markup)]
    paired = comparison.paired()
    of_outcome = {
        outcome: decimals_of(
            paired.difference(place, 0, outcome, year) for place in (1, 2) for year in (1, 2)
        )
        for outcome in SHOWN
    }
    expected = [
        f"Year {year}, {LETTERS[place]} less A: "
        + compared_text(paired.difference(place, 0, outcome, year), of_outcome[outcome])
        for outcome in SHOWN
        for year in (1, 2)
        for place in (1, 2)
    ]
    assert said == expected
    places = [float(x) for x in re.findall(r"<[bui] style=\"left:(-?[\d.]+)%", markup)]
    assert all(-0.01 <= at <= 100.01 for at in places)
    assert shown_years(1) == [1]
    assert shown_years(5) == [1, 2, 5]


@pytest.mark.parametrize(("chart", "figure"), [(0, "letters_change"), (1, "injections")])
def test_courses_are_those_of_python_and_labelled_with_their_ends(page, comparison, chart, figure):
    drawn = page._charts[chart]
    ends = plain(drawn.card._ends.value)
    for place, line in enumerate(drawn._lines):
        assert line.visible == (place < len(NAMES))
        if not line.visible:
            continue
        course = getattr(comparison.paired().course(place), figure)
        np.testing.assert_array_equal(line.y, course.astype(np.float32))
        value = signed(course[-1]) if figure == "letters_change" else f"{course[-1]:.1f}"
        assert f"{value} {LETTERS[place]} {comparison.brief_titles[place]}" in ends
    table = drawn.view.numbers()
    assert table.columns[2].name == f"{comparison.titles[0]}: mean change"
    assert len(table.rows) == 13 * YEARS + 1


def test_points_and_crosses_are_those_of_python(page, comparison):
    drawn, paired = page._charts[3], comparison.paired()
    for place in range(3):
        letters, injections = (
            paired.mean(place, name, YEARS) for name in ("letters_change", "injections")
        )
        assert drawn._points[place].y[0] == np.float32(letters.value)
        assert drawn._points[place].x[0] == np.float32(injections.value)
        assert drawn._x.min <= injections.value <= drawn._x.max
        assert drawn._y.min <= letters.value <= drawn._y.max
        apart = paired.difference(place, 0, "letters_change", YEARS)
        reach = np.ptp(drawn._crosses[place].y[1])
        assert reach == pytest.approx(apart.high - apart.low, abs=1e-4)
    assert [p.visible for p in drawn._points] == [True] * 3 + [False] * 3
    names = zip(drawn._above.text, drawn._below.text, strict=True)
    assert ["".join(pair) for pair in names] == ["A", "B", "C"]


def test_what_pairing_brings_is_that_of_python(page, comparison):
    said = plain(page._charts[4].card._foot.value)
    for item in comparison.differences(0):
        if item.outcome in ("letters_change", "pct_loss_ge15"):
            letters = f"{LETTERS[item.run]} less A"
            rest = f"{times_text(item.variance_ratio)} "
            rest += patients_text(item.patients_without_pairing)
            assert f"{letters} {rest}" in said
    assert "With fewer than 2,000 patients" in said


def test_another_reference_or_year_is_drawn_at_once_and_nothing_twice(
    page, comparison, monkeypatch
):
    draws = []
    monkeypatch.setattr(page._charts[1], "draw", draws.append)
    page.refresh()
    assert draws == []
    page._choice._reference.value = 2
    page._choice._year.value = 1
    assert len(draws) == 2
    apart = comparison.differences(2, 1)[0]
    assert compared_parts(apart)[0] in plain(page._headline.view.value)
    assert "than with C, after 1 year" in plain(page._headline.view.value)
    page._choice._reference.value, page._choice._year.value = 0, YEARS
    assert len(draws) == 4


def test_the_page_says_what_it_shows_and_how_to_come_back(page, ids):
    said = plain(page._choice.head.value)
    assert said.startswith("3 protocols on the same 400 patients")
    assert page.address() == {"runs": ",".join(item[:12] for item in ids)}
    assert page.window_title() == "Compare - APE"
    assert "ape-hidden" in page._progress.view._dom_classes
    chooser = page._chooser
    assert chooser._start.disabled
    assert "This is what is shown" in chooser._hint.value
    assert page.session.question["patients"] == "400"
    assert page.session.protocols.chosen == list(NAMES)


def test_protocols_are_ticked_in_the_order_of_their_letters(kept, ids):
    page = ComparePage(ids[:2], kept, light=False)
    rows = {row._box.description: row for row in page._chooser._rows}
    untreated = rows[ape.load_protocol("no-treatment").title]
    assert not untreated._box.value
    untreated._box.value = True
    assert ">C<" in untreated._chip.value
    assert not page._chooser._start.disabled
    assert "All of these runs are in the store" in page._chooser._hint.value
    page._chooser._start.click()
    assert list(page.session.run_ids) == list(ids)
    for row in list(rows.values())[:5]:
        row._box.value = True
    assert len(page.session.protocols.chosen) == 6
    assert all(row._box.disabled for row in rows.values() if not row._box.value)
    for row in rows.values():
        row._box.value = False
    assert "Choose 2 to 6 protocols; 0 are chosen." in page._chooser._hint.value
    assert page._chooser._start.disabled
    page._chooser._numbers["patients"].value = "many"
    assert "is not a whole number" in page._chooser._hint.value
    page.close()


def test_an_own_protocol_can_be_chosen(own_store, ids):
    rules = ape.load_protocol("no-treatment")
    OwnProtocols(own_store).save(replace(rules, name="mine"))
    session = SeveralSession(own_store)
    session.open(ids[:2])
    assert "mine" in [name for _, name in session.protocols.options()]
    session.choose("mine", on=True)
    assert session.problem == ""
    session.start()
    assert list(session.run_ids) == ids, "the same rules are the same run, whatever their name"
    session.choose("no-treatment", on=True)
    assert "is given twice" in session.problem


def test_runs_bring_along_what_the_form_cannot_say(own_store):
    """Fellow eyes, and rules that only a run has; more protocols are asked of the same patients."""
    base = small_spec(150, 1).replace(two_eyes=True)
    changed = replace(ape.load_protocol(NAMES[0]), loading=replace(LOADING, n_injections=5))
    specs = [base, base.replace(protocol=changed)]
    for spec in specs:
        run(spec, own_store, progress=False)
    session = SeveralSession(own_store)
    session.open([spec.run_id for spec in specs])
    assert session.protocols.chosen == [NAMES[0], f"{NAMES[0]} of run {specs[1].run_id[:6]}"]
    assert session.titles == tuple(f"{changed.title} ({number})" for number in (1, 2))
    session.choose("no-treatment", on=True)
    session.edit("patients", "160")
    assert all(spec.cohort.two_eyes for spec in session.asked)
    assert [spec.cohort.n_patients for spec in session.asked] == [160] * 3
    assert session.asked[1].protocol.loading.n_injections == 5
    session.edit("population", "trial")
    assert session.problem == ""
    assert not session.is_shown


def test_a_link_of_other_patients_is_refused_and_the_newest_of_the_same_are_shown(kept, ids):
    other = small_spec(400, YEARS).replace(seed=9).run_id
    page = ComparePage([ids[0], other], kept)
    assert "seed is 1 and 9" in page.session.notice.message
    assert set(page.session.run_ids) == set(ids)
    page.close()
    missing = ComparePage(["deadbeef0123"], kept)
    assert "There is no run" in missing.session.notice.message
    assert len(missing.session.run_ids) == 3
    missing.close()


def test_one_who_comes_from_a_run_finds_those_of_its_patients(own_store, ids):
    """Newer are two runs of others, and two of clinics, of which one has slots without limit."""
    base = small_spec(120, 1)
    limited = base.replace(patients_per_clinic=40, slots_per_day=9, open_days=5)
    prn = ape.load_protocol("ranibizumab-0.5mg-prn")
    for spec in (base, base.replace(protocol=prn), limited):
        run(spec, own_store, progress=False)
    session = SeveralSession(own_store)
    session.arrive()
    assert session.run_ids == (base.run_id, base.replace(protocol=prn).run_id)
    assert session.notice is None
    assert session.why == OF_THE_STORE
    session.close()
    session.arrive((), ids[1][:12])
    assert list(session.run_ids) == ids
    assert session.why == BESIDE
    session.open(ids[:2])
    assert session.why == ""


def test_runs_that_nobody_compared_are_not_shown_and_little_is_simulated_unasked(
    tmp_path, monkeypatch
):
    """A sweep of intervals, a draw of the disease, and a cancelled run are nobody's question."""
    base = small_spec(100, 1)
    for weeks in (10, 12):
        run(changed_at(base, "protocol.phases.0.max_interval_weeks", weeks), tmp_path,
            progress=False)  # fmt: skip
    untreated = base.replace(protocol=ape.load_protocol("no-treatment"))
    for spec in (base, untreated):
        run(changed_at(spec, "model.fluid_threshold", 0.05), tmp_path, progress=False)
    run(base, tmp_path, progress=False)
    ask(untreated, tmp_path).folder.request_cancel()
    asked = []
    monkeypatch.setattr("widgets.several.session.compare", lambda specs, store: asked.append(specs))
    monkeypatch.setattr(SeveralSession, "_show", lambda *_: None)
    session = SeveralSession(tmp_path)
    session.arrive()
    assert session.run_ids == ()
    assert [spec.protocol.name for spec in asked[0]] == list(FIRST_PROTOCOLS)
    assert sum(spec.cohort.n_patients * spec.years for spec in asked[0]) <= MOST_BY_ITSELF
    assert session.why == AN_EXAMPLE
    session.question["patients"] = "20,000"
    session.arrive()
    assert len(asked) == 1, "what takes longer is left to whoever asks for it"


def test_growing_runs_are_shown_over_the_patients_that_all_have(tmp_path, monkeypatch):
    base = small_spec(400, 1)
    specs = [base.replace(protocol=ape.load_protocol(name)) for name in NAMES[:2]]
    runs = [ask(spec, tmp_path, chunk_size=100) for spec in specs]
    monkeypatch.setattr("ape_core.runs.handle.Run.resume", lambda self: self)
    page = ComparePage([run.run_id for run in runs], tmp_path, light=True)
    assert "all runs have their first 8 patients" in page._headline.view.value
    assert "ape-waiting" in page._charts[0].view._dom_classes
    assert "ape-hidden" not in page._progress.view._dom_classes
    for item, indices in zip(runs, ((0, 1, 2), (0, 1)), strict=True):
        _commit(item, indices)
    page.refresh()
    assert "2 protocols on the same 200 of 400 patients" in plain(page._choice.head.value)
    paired = Paired([run.summary() for run in runs], 400)
    expected = compared_parts(paired.difference(1, 0, "letters_change", 1))[0]
    assert expected in plain(page._headline.view.value)
    said = plain(page._progress._words.value)
    assert "A interrupted at 75%" in said
    assert "B interrupted at 50%" in said
    page.close()


def _commit(run, indices):
    """Simulate and commit parts of a run."""
    whole = Summary.empty(run.spec.years)
    for index in indices:
        chunk = simulate(run.spec, index * 100, (index + 1) * 100)
        whole = whole.merge(Summary.of_chunk(chunk))
        record = write_part(run.folder.path, index, chunk)
        run.folder.committed.save_progress([record], whole.to_arrays())


def test_a_run_that_is_damaged_is_repaired_and_one_that_is_deleted_is_told(own_store, ids, until):
    session = CompareSession(own_store)
    session.open(ids)
    summary = next((own_store / "runs" / ids[1]).glob("summary-*.npz"))
    summary.write_bytes(b"nothing")
    session.close()
    session.open(ids)
    assert session.damage is not None
    assert session.paired is None
    title = session.titles[1]
    assert f'The summary of "{title}" is damaged' in session.notice.message
    assert session.damaged == (1,)
    marked = plain(progress_markup(session.progress, session.titles, session.damaged))
    assert (marked.count("complete"), marked.count("B damaged")) == (2, 1)
    assert session.can_go_on
    session.resume()
    until(lambda: session.paired is not None and session.is_settled, session.refresh)
    assert session.paired.n_patients == 400
    assert (session.notice, session.damage) == (None, None)
    session.comparison.wait(PATIENCE)
    Store(own_store).delete(ids[2])
    session.refresh()
    assert "has been deleted" in session.notice.message
    assert session.run_ids == ()


def test_progress_says_where_each_run_is():
    rows = (
        Progress("a" * 64, "running", "simulating", 30, 30, 100, seconds_left=12.0),
        Progress("b" * 64, "queued", "", 0, 0, 100, queue_place=3),
        Progress("c" * 64, "failed", "", 10, 10, 100, error="The disk is full.", hint="Make room."),
        Progress("d" * 64, "interrupted", "", 10, 10, 100, cancelled=True),
    )
    said = plain(progress_markup(rows, ("<one>", "two", "three", "four")))
    assert "A 30%, 12 s left" in said
    assert "B waiting, 2 runs before" in said
    assert "C failed at 10% The disk is full. Make room." in said
    assert "D cancelled at 10%" in said
    assert "&lt;one&gt;" in progress_markup(rows[:1], ("<one>",))


def test_an_update_is_as_long_for_a_million_patients_as_for_ten_thousand(
    sent, kept, ids, monkeypatch
):
    """Doubling summaries of full blocks again and again gives those of larger runs."""
    page = ComparePage(ids, kept, light=False)
    base = small_spec(1_000, YEARS)
    specs = [base.replace(protocol=ape.load_protocol(name)) for name in NAMES]
    summaries = [Summary.of_chunk(simulate(spec, 0, 1_000)) for spec in specs]
    as_kept, sizes = page.session.paired, []
    for times_as_many in (8, 1_024):
        larger = [
            Summary(YEARS, {name: array * times_as_many for name, array in item.arrays.items()})
            for item in summaries
        ]
        paired = Paired(larger, 1_000 * times_as_many)
        assert paired.is_whole
        for found in (as_kept, paired):
            monkeypatch.setattr(page.session.comparison, "paired", lambda found=found: found)
            page.session.refresh()
            sent.clear()
            page.draw()
        sizes.append(sum(sent))
    print(f"bytes of an update of everything: {sizes}")
    assert 0 < sizes[0] < 60_000
    assert abs(sizes[0] - sizes[1]) < 1_000, "digits of the numbers in words"
    page.close()


def test_axes_hold_negative_values():
    assert span_ticks(-2.3, 0.4, 4) == [-3.0, -2.0, -1.0, 0.0, 1.0]


def test_closing_leaves_nothing(kept, ids, count_widgets):
    before = count_widgets()
    ComparePage(ids, kept).close()
    assert count_widgets() == before


def test_a_press_is_answered_before_anything_is_computed(page, monkeypatch):
    chooser, session = page._chooser, page.session
    chooser._numbers["patients"].value = "300"
    seen = {}

    def look(asked, store):
        seen["title"] = plain(page._choice.head.value)
        seen["bars"] = plain(page._progress._words.value)
        seen["hidden"] = "ape-hidden" in page._progress.view._dom_classes
        seen["old"] = "is-old" in page._answer._dom_classes
        raise InvalidInputError("It cannot start.", "Ask for something else.")

    monkeypatch.setattr("widgets.several.session.compare", look)
    before = plain(page._choice.head.value)
    chooser._start.click()
    assert "protocols on the same 300 patients" in seen["title"] != before
    assert seen["bars"].split() == [
        w for c in LETTERS[: len(session.titles)] for w in (c, "starting")
    ]
    assert (seen["hidden"], seen["old"]) == (False, True)
    assert "is-old" not in page._answer._dom_classes
    assert plain(page._choice.head.value) == before
    assert "It cannot start." in session.notice.message
