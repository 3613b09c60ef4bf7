"""The clinic's work and staff, against a sheet filled in row by row."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from ape_core.errors import InvalidInputError
from ape_core.simulation.simulate import simulate
from ape_core.spec.cohort import Cohort
from ape_core.spec.people import Recruitment
from ape_core.spec.protocol_yaml import load_protocol
from ape_core.spec.run_spec import RunSpec
from ape_core.spec.staffing import WEEKDAYS
from ape_core.spec.staffing_yaml import load_staffing
from ape_core.summaries import Summary
from ape_core.summaries.busy import QUANTILES, daily_load, weekday_profile, work_per_week
from ape_core.summaries.opening import on_open_days
from ape_core.summaries.staff_plan import staff_plan
from ape_core.summaries.staffing import workload

N, YEARS, WINDOW = 60, 2, 7 * 52 * 2
RECRUITMENT = {
    "at once": Recruitment(),
    "uniform": Recruitment("uniform", days=300),
    "rate": Recruitment("rate", patients_per_week=0.9),
}
PROTOCOLS = ("aflibercept-2mg-treat-and-extend", "ranibizumab-0.5mg-prn", "no-treatment")
CASES = [
    (PROTOCOLS[0], "rate", True, "shared"),
    (PROTOCOLS[0], "at once", False, "next"),
    (PROTOCOLS[1], "uniform", False, "next"),
    (PROTOCOLS[2], "rate", False, "shared"),
]
SHIPPED = load_staffing().with_values(
    {"clinic/virtual_percent": 30, "roles/oct/minutes/scan": 12.505, "clinic/session_minutes": 45}
)


def clinic(rule, open_days=WEEKDAYS[:5]):
    return replace(SHIPPED, visits_due_when_closed=rule, open_days=open_days)


@pytest.fixture(scope="module", params=CASES, ids=lambda case: ", ".join(map(str, case[:2])))
def case(request):
    protocol, recruitment, two_eyes, rule = request.param
    cohort = Cohort(N, two_eyes=two_eyes, recruitment=RECRUITMENT[recruitment])
    spec = RunSpec(load_protocol(protocol), cohort, years=YEARS, seed=3)
    chunk = simulate(spec, 0, N)
    return chunk, Summary.of_chunk(chunk), clinic(rule)


def rows_of(chunk):
    """Every visit: its day, whether it is the first of its eye, whether it injects."""
    seen = set()
    visits = chunk.visits
    for place in range(chunk.n_visits):
        eye = (int(visits["patient_id"][place]), int(visits["eye"][place]))
        yield int(visits["calendar_day"][place]), eye not in seen, bool(visits["injected"][place])
        seen.add(eye)


def moved(days, staffing):
    """Days to which visits go, one by one: a closed day's to the next week's open days in turn."""
    opened = [WEEKDAYS.index(day) for day in staffing.open_days]
    sheet, waiting = Counter(), Counter()
    for day, n in days.items():
        if day % 7 in opened:
            sheet[day] += n
        elif staffing.visits_due_when_closed == "shared":
            waiting[day // 7] += n
        else:
            sheet[next(d for d in range(day, day + 7) if d % 7 in opened)] += n
    for week, n in waiting.items():
        for visit in range(n):
            sheet[7 * (week + 1) + opened[(week + visit) % len(opened)]] += 1
    return sheet


@pytest.fixture(scope="module")
def sheet(case):
    """Columns of the sheet by day: first visits, visits, injections."""
    chunk, _, staffing = case
    columns = {"first": Counter(), "visits": Counter(), "injections": Counter()}
    for day, is_first, injected in rows_of(chunk):
        columns["visits"][day] += 1
        columns["first"][day] += is_first
        columns["injections"][day] += injected
    return {name: moved(days, staffing) for name, days in columns.items()}


def sheet_minutes(staffing, role, first, follow_up, injections):
    """Minutes of a role on a day, by the numbers of its file."""
    own = {step: number.value for step, number in staffing.roles[role].minutes.items()}
    face_to_face = own.get("follow_up_visit", 0)
    virtual = own.get("virtual_review", face_to_face)
    per_follow_up = 0.7 * face_to_face + 0.3 * virtual
    per_scan = round(60 * own.get("scan", 0)) / 60  # a step takes whole seconds
    return (
        first * own.get("first_visit", 0)
        + follow_up * per_follow_up
        + (first + follow_up) * per_scan
        + injections * own.get("injection", 0)
    )


def test_each_day_is_what_the_sheet_says(case, sheet):
    _, summary, staffing = case
    work = workload(summary, staffing)
    assert work.n_days > max(sheet["visits"])
    for day in range(work.n_days):
        row = (sheet["first"][day], sheet["visits"][day], sheet["injections"][day])
        assert (work.first_visits[day], work.visits[day], work.injections[day]) == row
        assert work.is_open[day] or not row[1]
        for place, role in enumerate(work.roles):
            minutes = sheet_minutes(staffing, role, row[0], row[1] - row[0], row[2])
            assert work.seconds[day, place] / 60 == pytest.approx(minutes, abs=1e-6)
            needed = math.ceil(minutes / (45 * 0.9) - 1e-9)
            assert work.sessions[day, place] == needed


def test_nothing_is_lost_between_days_weeks_years_and_kinds_of_work(case):
    _, summary, staffing = case
    work = workload(summary, staffing)
    weeks, plan = work_per_week(work), staff_plan(work)
    profile, load = weekday_profile(work), daily_load(work)
    for visits in (work.visits, work.scans, weeks.visits, plan.visits, profile.visits):
        assert visits.sum() == summary.n_visits
    for injections in (work.injections, weeks.injections, plan.injections, profile.injections):
        assert injections.sum() == summary.n_injections
    assert (load.n_days * np.arange(len(load.n_days))).sum() == summary.n_visits
    assert load.n_days.sum() == load.n_open_days == plan.n_open_days.sum() == work.n_open_days
    assert weeks.first_visits.sum() == summary.n_eyes
    assert (work.injections <= work.visits).all()
    assert (plan.seconds.sum(axis=0) == work.seconds.sum(axis=0)).all()
    assert weeks.hours.sum() == pytest.approx(work.seconds.sum() / 3600, rel=1e-12)
    assert (plan.sessions_needed.sum(axis=0) == weeks.sessions.sum(axis=0)).all()
    window = workload(summary, staffing, WINDOW)
    assert window.visits.sum() + window.n_later_visits == summary.n_visits
    assert (window.visits == work.visits[:WINDOW]).all()


def test_a_service_that_opens_later_begins_on_its_own_day_0(case):
    _, summary, staffing = case
    opening = 7 * 30
    whole = workload(summary, staffing)
    later = workload(summary, staffing, 7 * 52, opening_day=opening)
    assert (later.visits == whole.visits[opening : opening + 7 * 52]).all()
    assert (later.seconds == whole.seconds[opening : opening + 7 * 52]).all()
    outside = later.n_earlier_visits + later.n_later_visits
    assert later.n_earlier_visits == whole.visits[:opening].sum() > 0
    assert later.visits.sum() + outside == summary.n_visits
    assert list(staff_plan(later).years) == [1]


def test_the_staff_of_a_year_is_what_the_sheet_says(case, sheet):
    _, summary, staffing = case
    work = workload(summary, staffing, WINDOW)
    plan = staff_plan(work, {"injector": 3})
    assert plan.given == tuple(role == "injector" for role in work.roles)
    for place, role in enumerate(work.roles):
        for year in (0, 1):
            minutes = []
            for day in range(364 * year, 364 * (year + 1)):
                if WEEKDAYS[day % 7] in staffing.open_days:
                    first, visits = sheet["first"][day], sheet["visits"][day]
                    row = (first, visits - first, sheet["injections"][day])
                    minutes.append(sheet_minutes(staffing, role, *row))
            needed = [math.ceil(of_day / (45 * 0.9) - 1e-9) for of_day in minutes]
            on_duty = 3
            if role != "injector":
                on_duty = min(n for n in range(99) if sum(s <= n for s in needed) >= 0.9 * 260)
            assert len(minutes) == plan.n_open_days[year] == 260
            assert plan.sessions_needed[year, place] == sum(needed)
            assert plan.on_duty[year, place] == on_duty
            assert plan.people[year, place] == math.ceil(on_duty / 2)
            assert plan.days_short[year, place] == sum(s > on_duty for s in needed)
            if on_duty:
                used = sum(minutes) / (260 * on_duty * 45 * 0.9)
                assert plan.used[year, place] == pytest.approx(used)
            own = staffing.roles[role].sessions_per_week.value
            assert plan.staff[year, place] == pytest.approx(on_duty * 5 / own * 52 / 42)
            least = sum(minutes) / (45 * 0.9) / 52 / own * 52 / 42
            assert plan.staff_for_mean[year, place] == pytest.approx(least)


def test_the_busiest_days_and_the_quantiles_are_those_of_the_sheet(case, sheet):
    _, summary, staffing = case
    work = workload(summary, staffing, WINDOW)
    load = daily_load(work)
    days = [d for d in range(WINDOW) if WEEKDAYS[d % 7] in staffing.open_days]
    visits = sorted(sheet["visits"][d] for d in days)
    for share, shown in zip(QUANTILES, load.quantiles, strict=True):
        enough = [n for n in range(visits[-1] + 1) if sum(v <= n for v in visits) >= share * 520]
        assert shown == enough[0]
    assert load.mean == pytest.approx(sum(visits) / 520)
    assert load.peak_day.n_visits == visits[-1] == sheet["visits"][load.peak_day.day]
    assert WEEKDAYS[load.peak_day.day % 7] == load.peak_day.weekday
    weeks = [sum(sheet["visits"][7 * w + d] for d in range(7)) for w in range(104)]
    assert load.peak_week.n_visits == max(weeks) == weeks[load.peak_week.week]
    profile = weekday_profile(work)
    for weekday in range(7):
        own = [sheet["visits"][day] for day in range(weekday, WINDOW, 7)]
        assert profile.visits[weekday] == sum(own)
        assert profile.mean_visits[weekday] == pytest.approx(sum(own) / 104)
        assert profile.p90_visits[weekday] == sorted(own)[93]  # 94 of 104 are at least 90%


def test_without_a_closed_day_each_visit_is_on_the_day_on_which_it_is_due(case):
    _, summary, _ = case
    work = workload(summary, clinic("shared", WEEKDAYS))
    due = summary["visits_per_day"].sum(axis=1)
    assert (work.visits[: len(due)] == due).all()


def test_a_week_at_a_time_adds_up_to_periods_of_weeks(case):
    _, summary, staffing = case
    work = workload(summary, staffing, WINDOW)
    weeks, periods = work_per_week(work), work_per_week(work, 13)
    assert (weeks.visits.reshape(-1, 13).sum(axis=1) == periods.visits).all()
    assert list(periods.first_week) == list(range(0, 104, 13))
    part = work.within(7 * 13, 7 * 26)
    assert part.visits.sum() == periods.visits[1]
    assert work_per_week(part).first_week[0] == 13


@pytest.mark.parametrize("rule", ["shared", "next"])
@pytest.mark.parametrize("open_days", [WEEKDAYS[:5], WEEKDAYS[2:3], ("Monday", "Sunday"), WEEKDAYS])
def test_moving_loses_nothing_whenever_the_clinic_is_open(rule, open_days):
    rng = np.random.default_rng(1)
    for length in (1, 6, 7, 8, 41):
        days = rng.integers(0, 4, length)
        fewer = np.minimum(days, rng.integers(0, 4, length))
        whole, part = (on_open_days(d, open_days, rule) for d in (days, fewer))
        assert whole.sum() == days.sum()
        assert len(whole) >= length
        opened = np.isin(np.arange(len(whole)) % 7, [WEEKDAYS.index(d) for d in open_days])
        assert not whole[~opened].any()
        assert (part <= whole[: len(part)]).all()


def test_what_cannot_be_asked_is_refused_in_words(case):
    _, summary, staffing = case
    work = workload(summary, staffing, WINDOW)
    for ask, words in (
        (lambda: workload(summary, staffing, 10), "not whole weeks"),
        (lambda: workload(summary, staffing, opening_day=3), "opening_day is 3"),
        (lambda: work.within(3, 10), "multiples of 7"),
        (lambda: work.within(7, 7), "multiples of 7"),
        (lambda: staff_plan(work, {"dentist": 1}), "no role 'dentist'"),
        (lambda: staff_plan(work, {"oct": -1}), "0 to 10,000"),
        (lambda: staff_plan(work.year(2)), "from day 0"),
    ):
        with pytest.raises(InvalidInputError, match=words):
            ask()
