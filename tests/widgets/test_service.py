"""The page of a clinic's work without a browser: every figure is the one that Python gives."""

from __future__ import annotations

import re
from argparse import Namespace
from dataclasses import replace
from html import unescape

import numpy as np
import pytest

from ape_core.analysis.slipping import LEAST_EYES, slipping_effect, slipping_effect_table
from ape_core.commands.slipping import slipping
from ape_core.errors import InvalidInputError, InvalidSpecError
from ape_core.runs import open_run
from ape_core.runs.starting import run
from ape_core.schema import DAYS_PER_YEAR, NOT_ASSESSED
from ape_core.spec.staffing_yaml import load_staffing
from ape_core.storage.store import Store
from ape_core.summaries.busy import Peak, daily_load, weekday_profile, work_per_week
from ape_core.summaries.slots import slot_use
from ape_core.summaries.slots_needed import Wish, slots_needed
from ape_core.summaries.staff_plan import staff_plan
from ape_core.summaries.staffing import workload
from support.workers import until
from widgets.charts.axes import fit, scale, upwards
from widgets.service import question as asking
from widgets.service.page import ServicePage
from widgets.service.session import ServiceSession
from widgets.service.slipping import in_words, letters_of
from widgets.service.words import all_begin, in_week, when

YEARS, SLOTS = 2, 3
SMALL = {**asking.FIRST_QUESTION, "per_week": "2", "years": str(YEARS)}
TIGHT = {**SMALL, "slots": str(SLOTS)}


def plain(markup):
    """Words of markup."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", markup))).strip()


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A store in which a small service was simulated, with a limit on slots and without one."""
    folder = tmp_path_factory.mktemp("service") / "store"
    specs = [asking.spec_of(question, folder) for question in (SMALL, TIGHT)]
    found = {spec.run_id: run(spec, folder, progress=False).summary for spec in specs}
    return folder, specs, [found[spec.run_id] for spec in specs]


@pytest.fixture
def page(kept):
    page = ServicePage(kept[1][0].run_id, kept[0])
    yield page
    page.close()


@pytest.fixture
def tight(kept):
    page = ServicePage(kept[1][1].run_id, kept[0])
    yield page
    page.close()


def truth(summary, staffing=None, on_duty=None):
    """Work and staff as the Python interface gives them."""
    work = workload(summary, staffing or load_staffing(), DAYS_PER_YEAR * YEARS)
    return work, staff_plan(work, on_duty)


def test_the_figures_are_those_of_python(page, kept):
    work, plan = truth(kept[2][0])
    of_year = work.year(YEARS)
    load = daily_load(of_year)
    tiles = plain(page._tiles.view.value)
    assert f"Visits a week {of_year.visits.sum() / 52:.1f} " in tiles
    assert f"Injections a week {of_year.injections.sum() / 52:.1f} " in tiles
    assert f"Busiest day {load.peak_day.n_visits} visits in year 2, {when(load.peak_day)}" in tiles
    assert f"Sessions on duty a week {5 * plan.on_duty[1].sum()} " in tiles
    assert f"Whole-time staff {plan.staff[1].sum():.1f} " in tiles
    assert f"{plan.staff_for_mean[1].sum():.1f} if work were spread evenly" in tiles
    about = plain(page._about.view.value)
    assert "There are 2 new patients a week." in about
    assert f"{work.n_later_visits:,} visits that the run has later are left out" in about


def test_the_table_holds_every_year_and_its_file_every_digit(page, kept):
    work, plan = truth(kept[2][0])
    shown = plain(page._plan.card._foot.value)
    visits = " ".join(f"{n:,}" for n in plan.visits)
    assert f"Visits, each with a scan {visits} Injections" in shown
    assert " ".join(f"{n:.1f}" for n in plan.staff.sum(axis=1)) in shown
    for place, role in enumerate(work.staffing.roles.values()):
        needed = " ".join(f"{n:,}" for n in plan.sessions_needed[:, place])
        assert f"{role.title} {needed}" in shown
        row = f"{plan.on_duty[1, place]} {100 * plan.used[1, place]:.1f}% "
        days = f"{plan.days_short[1, place]} of {plan.n_open_days[1]}"
        assert f"{role.title} {row}{days}" in plain(page._use.card._foot.value)
    first, *rows = page._plan.view.numbers().to_csv().splitlines()
    assert first.count(",") == rows[0].count(",")
    assert f"2,52,260,{plan.visits[1]},{plan.scans[1]},{plan.injections[1]}," in rows[1]
    assert str(plan.staff[1, 0]) in rows[1]


def test_the_charts_draw_what_python_gives(page, kept):
    work, plan = truth(kept[2][0])
    weeks = work_per_week(work)
    lines = page._activity._lines
    for name, values in (("visits", weeks.visits), ("injections", weeks.injections)):
        assert (lines[name].y[:-1] == values).all()
    hours = sum(area.y[1] - area.y[0] for area in page._roles._areas[: len(work.roles)])
    np.testing.assert_allclose(hours[:-1], weeks.hours.sum(axis=1), rtol=1e-4)
    offered = plan.on_duty.sum(axis=1)[0] * 5 * work.staffing.session_seconds / 3600
    assert page._roles._duty.y[0] == pytest.approx(offered)
    profile = weekday_profile(work.year(YEARS))
    np.testing.assert_allclose(page._weekdays._visits.y, profile.mean_visits, rtol=1e-6)
    width, days = daily_load(work.year(YEARS)).binned()
    assert (page._daily._bars.y == days).all()
    assert width == 1
    assert page._daily._bars.y.sum() == 260


def test_days_and_years_can_be_looked_at(page, kept):
    work, _ = truth(kept[2][0])
    page._activity.card.year.value = "days 3"
    part = work.within(7 * 39, 7 * 52)
    assert (page._activity._lines["visits"].y[:-1] == part.visits).all()
    assert page._activity._lines["visits"].x[0] == 40  # weeks of people begin with 1
    hours = sum(area.y[1] - area.y[0] for area in page._roles._areas[: len(work.roles)])
    np.testing.assert_allclose(hours[:-1], part.hours.sum(axis=1), rtol=1e-4)
    csv = page._activity.view.numbers().to_csv().splitlines()
    assert csv[1].startswith("274,Monday,")
    page._daily.card.year.value = "1"
    assert page._use.card.year.value == page._weekdays.card.year.value == "1"
    visits = work.year(1).visits.sum() / 52
    assert f"Visits a week {visits:.1f} mean of year 1" in plain(page._tiles.view.value)


def test_changing_minutes_redraws_and_simulates_nothing(page, kept, count_widgets):
    runs = len(Store(kept[0]).list())
    page._staffing._toggle.value = True
    widgets, fields = count_widgets(), page._staffing._fields
    assert len(fields) == len(load_staffing().numbers())
    fields["roles/injector/minutes/injection"].value = "30"
    page._staffing._duty["oct"].value = "7"
    ours = load_staffing().with_values({"roles/injector/minutes/injection": 30})
    _, plan = truth(kept[2][0], ours, {"oct": 7})
    assert f"Whole-time staff {plan.staff[1].sum():.1f} " in plain(page._tiles.view.value)
    assert "OCT 7 set" in plain(page._use.card._foot.value)
    assert "2 changed." in plain(page._staffing._head.value)
    fields["roles/injector/minutes/injection"].value = "soon"
    assert "is-wrong" in fields["roles/injector/minutes/injection"]._dom_classes
    assert "is not a number" in plain(page._staffing._problem.value)
    assert page.session.staffing == ours
    page._staffing._reset.click()
    assert page.session.staffing == load_staffing()
    assert fields["roles/injector/minutes/injection"].value == "15"
    assert page._staffing._duty["oct"].value == ""
    assert page._staffing._problem.value == ""
    page._staffing._opening.value = "Every day"
    assert page.session.staffing.open_days[-1] == "Sunday"
    assert "all of them" in plain(page._weekdays.card._head.value)
    assert count_widgets() == widgets
    assert len(Store(kept[0]).list()) == runs == len(kept[1])


def compared(page):
    """Wait until the run beside the one of the page was compared with it."""
    until(lambda: page.refresh() or page.session.beside.effect is not None)
    return page.session.beside.effect


def test_a_limit_shows_who_waits_and_what_it_costs(tight, kept):
    store, (free_spec, spec), (_, limited) = kept
    use = slot_use(limited, spec)
    assert use.visits.max() <= use.slots == 5 * SLOTS
    assert (tight._slots._lines["visits"].y[:-1] == use.visits).all()
    assert (tight._slots._lines["waiting"].y[:-1] == use.waiting).all()
    assert f"{100 * use.share_used:.1f}%" in plain(tight._slots.card._foot.value)
    assert "room for 3 visits a day from Monday to Friday" in plain(tight._about.view.value)
    shown = compared(tight)
    effect = slipping_effect(*(open_run(s.run_id, store) for s in (spec, free_spec)))
    assert shown.to_json() == effect.to_json()
    told = effect.whole.is_told[0]
    assert told.tolist() == [True, True, False]  # nobody is followed for 2 years within 2 years
    drawn, came = tight._slipping, effect.is_told[:, 1]
    assert drawn._costs.x.tolist() == effect.came[came].tolist()
    np.testing.assert_allclose(drawn._costs.y, effect.cost[came, 1], rtol=1e-6)
    ends = np.stack([effect.cost - effect.half_width, effect.cost + effect.half_width], -1)
    np.testing.assert_allclose(np.atleast_2d(drawn._intervals.y), ends[came, 1], rtol=1e-5)
    assert drawn._y.min <= ends[came, 1].min()
    assert drawn._y.max >= max(ends[came, 1].max(), 0)
    last = int(np.flatnonzero(came)[-1])
    assert f"{letters_of(effect, last, 1).split()[0]} came last" in plain(drawn.card._ends.value)
    foot = plain(tight._slipping.card._foot.value)
    assert in_words(effect, use) in foot
    assert f"year 1 {letters_of(effect, 1, 1)}" in foot
    assert f"{100 * use.share_slipped:.1f}% of the visits of the service slip" in foot
    (file,) = (row for row in slipping_effect_table(effect).rows if row[:2] == ("any year", 1))
    assert file[5] == pytest.approx(effect.whole.cost[0, 1])


def test_what_slipping_costs_is_counted_eye_by_eye_while_the_service_is_whole(kept, monkeypatch):
    store, (free_spec, spec), _ = kept
    free, limited = (open_run(s.run_id, store) for s in (free_spec, spec))
    effect = slipping_effect(limited, free)
    sql = "SELECT first_day, assessed_letters FROM patients WHERE eye = 0 ORDER BY patient_id"
    found = {}
    pairs = zip(limited.results().query(sql).rows, free.results().query(sql).rows, strict=True)
    for (first_day, ours), (_, others) in pairs:
        for year in range(YEARS + 1):
            in_time = first_day + DAYS_PER_YEAR * year <= DAYS_PER_YEAR * YEARS
            if in_time and ours[year] != NOT_ASSESSED:
                came = min(first_day // DAYS_PER_YEAR + 1, YEARS)
                found.setdefault((came, year), []).append(ours[year] - others[year])
    for (came, year), costs in found.items():
        assert effect.n_eyes[came, year] == len(costs)
        if len(costs) >= LEAST_EYES:
            assert effect.cost[came, year] == pytest.approx(np.mean(costs))
            half = 1.959964 * np.std(costs, ddof=1) / len(costs) ** 0.5
            assert effect.half_width[came, year] == pytest.approx(half)
    assert effect.n_eyes.sum() == sum(len(costs) for costs in found.values())
    monkeypatch.setenv("APE_STORE", str(store))
    assert f"{effect.cost[1, 1]:+.1f} ±" in slipping(Namespace(run=limited.run_id)).text
    with pytest.raises(InvalidInputError, match="nothing slips in it"):
        slipping(Namespace(run=free.run_id))
    with pytest.raises(InvalidInputError, match="not of the same patients"):
        slipping_effect(limited, limited)


def test_the_slots_needed_are_those_of_python_and_can_be_simulated(page, kept):
    needed = slots_needed(kept[2][0], Wish(5, 7, 5), DAYS_PER_YEAR, 2 * DAYS_PER_YEAR)
    card = page._needed
    foot = plain(card.card._foot.value)
    assert f"{needed.enough} slots each weekday are enough in year 2" in foot
    assert f"{needed.percent_at_enough:.1f}% of its visits slip by more than a week" in foot
    np.testing.assert_allclose(card._curve.y, needed.percent_late, rtol=1e-6)
    card._days.value = 2
    card._most.value = "0.1"
    stricter = slots_needed(kept[2][0], Wish(0.1, 2, 5), DAYS_PER_YEAR, 2 * DAYS_PER_YEAR)
    assert stricter.enough > needed.enough
    assert f"{stricter.enough} slots each weekday" in plain(card.card._foot.value)
    card._most.value = "none"
    assert "is not a number" in plain(card._problem.value)
    assert page.session.most_percent == 0.1
    card._most.value = "5"
    card._days.value = 7
    assert card._ask.description == f"Simulate with {needed.enough} slots"
    card._ask.click()
    assert page.session.shown.capacity.slots_per_day == needed.enough
    assert page.session.question["slots"] == str(needed.enough)
    page.session.cancel()
    page.session._run.wait()


def test_numbers_beside_an_axis_are_shortened_where_they_have_no_room():
    of = scale(0, 1)
    axis = upwards(of, [0, 1])
    fit(of, axis, [0, 50_000, 100_000])
    assert axis.tick_format == "~s"
    fit(of, axis, [0, 2_500, 5_000])
    assert axis.tick_format == "~g"


def test_without_a_limit_nothing_of_slots_is_shown(page, tight):
    for card in (page._slots, page._slipping):
        assert "ape-not-here" in card.view._dom_classes
        assert "ape-waiting" not in card.view._dom_classes
    assert "ape-not-here" not in tight._slots.view._dom_classes


QUESTIONS = {
    "rate": {"coming": "rate", "per_week": "2.5"},
    "growth": {"coming": "growth", "per_week": "3", "growth": "-4.5"},
    "caseload": {"coming": "caseload", "caseload": "300", "caseload_years": "3"},
    "fixed": {"coming": "fixed", "patients": "250", "spread_weeks": "30"},
    "fixed at once": {"coming": "fixed", "patients": "250"},
    "slots": {"coming": "rate", "slots": "12"},
    "other people": {"people": {"female_share": 0.5}, "population": "trial"},
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_run_opens_as_it_was_asked(name, tmp_path):
    question = {**SMALL, **QUESTIONS[name]}
    spec = asking.spec_of(question, tmp_path)
    again = asking.question_of(spec, tmp_path)
    assert asking.spec_of(again, tmp_path) == spec
    needed = (*asking.FIELDS_OF[question["coming"]], "coming", "slots", "years")
    assert {key: again[key] for key in needed} == {key: question[key] for key in needed}


def test_patients_are_as_many_as_come_while_the_service_is_planned(tmp_path):
    asked = {name: asking.spec_of({**SMALL, **QUESTIONS[name]}, tmp_path) for name in QUESTIONS}
    assert asked["rate"].cohort.n_patients == 260
    assert asked["caseload"].cohort.n_patients == 300 + 208
    assert asked["caseload"].years == YEARS + 3
    assert 290 < asked["growth"].cohort.n_patients < 3 * 104
    assert asked["slots"].capacity.patients_per_clinic == asked["slots"].cohort.n_patients


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"per_week": "many"}, "per_week", "is not a number"),
        ({"per_week": "0"}, "per_week", "must be from 0.1"),
        ({"years": "0"}, "years", "too small"),
        ({"slots": "1.5"}, "slots", "whole number"),
        ({"per_week": "300", "slots": "9"}, "slots", "at most 10,000"),
        ({"per_week": "2000", "years": "20"}, "per_week", "are simulated here"),
        ({"coming": "growth", "growth": "300"}, "growth", "to 100"),
    ],
)
def test_what_cannot_be_asked_is_said_at_its_field(changes, field, words, tmp_path):
    with pytest.raises(InvalidSpecError, match=words) as error:
        asking.spec_of({**SMALL, **changes}, tmp_path)
    assert error.value.field == field


def test_the_form_says_what_is_wrong_and_shows_the_fields_that_count(page):
    form = page._form
    form._texts["per_week"].value = "lots"
    assert form._start.disabled
    assert "is-wrong" in form._texts["per_week"]._dom_classes
    assert "is not a number" in plain(form._hint.value)
    form._choices["coming"].value = "caseload"
    hidden = {n for n, f in form._texts.items() if "ape-hidden" in f._dom_classes}
    assert hidden == {"growth", "patients", "spread_weeks"}


def test_an_update_is_as_large_for_any_number_of_patients(kept):
    def sent(page):
        marks = [*page._activity._lines.values(), *page._roles._areas, page._roles._duty]
        marks += [page._daily._bars, page._weekdays._visits]
        return sum(mark.x.nbytes + mark.y.nbytes for mark in marks)

    page = ServicePage(kept[1][0].run_id, kept[0])
    few = sent(page)
    summary = page.session.summary
    arrays = {name: 1000 * array for name, array in summary.arrays.items()}
    page.session.summary = replace(summary, arrays=arrays)
    page.session._work_out()
    page.draw()
    assert page.session.work.visits.sum() > 500 * few / 1000
    assert sent(page) <= few + 8 * 60
    assert few < 40_000
    page.close()


def test_closing_leaves_no_widget_behind(kept, count_widgets):
    before = count_widgets()
    for light in (False, True):
        page = ServicePage(kept[1][1].run_id, kept[0], light=light)
        page._staffing._toggle.value = True
        page.close()
    assert count_widgets() == before


def test_while_a_run_has_no_patients_nothing_of_another_is_left(page):
    session = page.session
    summary, session.summary = session.summary, None
    session._work_out()
    page.draw()
    for card in (page._use, page._plan):
        assert plain(card.card._foot.value) == "The table appears with the first patients."
        assert "ape-waiting" in card.view._dom_classes
    assert page._about.view.value == ""
    assert not re.search("[0-9]", plain(page._tiles.view.value))
    arrays = {**summary.arrays, "totals": summary["totals"] // 2}
    session.summary = replace(summary, arrays=arrays)
    session._work_out()
    page.draw()
    assert "So far 104 of 208 patients are simulated" in plain(page._about.view.value)


def test_an_unusable_store_is_explained(tmp_path):
    file = tmp_path / "not-a-folder"
    file.write_text("")
    page = ServicePage("", file)
    assert 'role="alert"' in page._notices.view.value
    assert str(file) in page._notices.view.value
    page.close()


def test_a_link_to_a_run_that_is_not_there_is_reported(kept):
    page = ServicePage("0123456789ab", kept[0])
    assert "not in this store" in plain(page._notices.view.value)
    page.session.cancel()
    page.close()


def test_trouble_with_the_run_beside_it_leaves_the_rest_of_the_page(kept, monkeypatch):
    def fails(*_):
        raise InvalidSpecError("The other run is damaged.")

    monkeypatch.setattr("widgets.service.beside.submit", fails)
    session = ServiceSession(kept[0])
    session.arrive(kept[1][1].run_id)
    session.refresh()
    assert session.beside.trouble == "The other run is damaged."
    assert session.work.visits.sum() > 0
    assert session.notice is None
    assert session.wanted is None
    session.close()


def test_cards_say_what_is_to_come_or_that_nothing_is(page):
    session = page.session
    session.summary = None
    session._worked_out_for = ()
    session._work_out()
    page.draw_panels()
    for card in (page._use, page._plan):
        assert plain(card.card._foot.value) == "The table appears with the first patients."
        assert "ape-waiting" in card.view._dom_classes
    session.progress = replace(session.progress, status="failed")
    session._work_out()
    page.draw_panels()
    assert "ape-has-stopped" in page.view._dom_classes
    for card in (page._use, page._plan):
        assert plain(card.card._foot.value) == "Nothing can be shown: the run has stopped."


def test_several_busiest_weeks_are_said_to_be_several():
    assert when(Peak(14, 40, 38)) == "on 38 days"
    assert when(Peak(15, 40, 1)) == "Tuesday of week 3"
    assert in_week(Peak(14, 150, 3)) == "each of 3 busiest weeks"
    assert in_week(Peak(14, 150, 1)) == "week 3, the busiest"


def test_a_cohort_says_what_its_first_week_does_and_how_a_steady_stream_is_asked(page, tmp_path):
    assert "begin" not in plain(page._about.view.value).lower()
    question = {**SMALL, "coming": "fixed", "patients": "400"}
    spec = asking.spec_of(question, tmp_path)
    summary = run(spec, tmp_path, progress=False).summary
    cohort = ServicePage(spec.run_id, tmp_path)
    said = plain(cohort._about.view.value)
    assert said.startswith("All 400 patients begin in week 1.")
    assert 'set the field "Patients come" to "At a constant rate"' in said
    assert cohort._form._choices["coming"].description == "Patients come"
    needed = slots_needed(summary, Wish(5, 7, 5), DAYS_PER_YEAR, 2 * DAYS_PER_YEAR)
    assert needed.enough > needed.enough_alone
    foot = plain(cohort._needed.card._foot.value)
    assert f"{needed.enough} slots each weekday" in foot
    assert f"{needed.enough} because of the time before year 2: everybody begins in week 1" in foot
    assert f"Year 2 alone would need {needed.enough_alone}." in foot
    cohort.session.choose_year(1)
    cohort.draw()
    assert "alone" not in plain(cohort._needed.card._foot.value)
    spread = asking.spec_of({**question, "spread_weeks": "26"}, tmp_path)
    assert all_begin(spread) == "in weeks 1 to 26"
    cohort.close()
