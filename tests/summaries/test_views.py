"""What charts read of a summary, against the same figures from the rows."""

from __future__ import annotations

import numpy as np
import pytest

from ape_core import summaries
from ape_core.errors import InvalidInputError
from ape_core.schema import NOT_ASSESSED
from ape_core.summaries import Summary


@pytest.fixture(scope="module")
def chunk(fabricate):
    return fabricate(120, 3, seed=7, two_eyes=True, recruitment_days=60)


@pytest.fixture(scope="module")
def summary(chunk):
    return Summary.of_chunk(chunk)


@pytest.fixture(scope="module")
def first(chunk):
    """Assessments and baseline of first eyes."""
    rows = chunk.patients["eye"] == 0
    return chunk.assessments[rows], chunk.patients["baseline_letters"][rows].astype(int)


VIEWS = {
    "acuity over time": summaries.acuity_over_time,
    "acuity in care": summaries.acuity_in_care,
    "change": lambda s: summaries.letters_change(s, 1),
    "change in care": lambda s: summaries.letters_change(s, 1, in_care=True),
    "change carried": lambda s: summaries.letters_change_carried(s, 52),
    "baseline relation": lambda s: summaries.baseline_relation(s, 1),
    "injections per year": summaries.injections_per_year,
    "cumulative injections": summaries.cumulative_injections,
    "injections of all": lambda s: summaries.cumulative_injections(s, of_all=True),
    "injection intervals": summaries.injection_intervals,
    "injection intervals of a year": lambda s: summaries.injection_intervals(s, 1),
    "planned intervals": lambda s: summaries.planned_intervals(s, 52),
    "planned intervals over time": summaries.planned_intervals_over_time,
    "fluid": summaries.fluid_free,
    "dry at the last scan": summaries.dry_at_last_scan,
    "status": summaries.status_over_time,
    "flow": summaries.status_flow,
    "activity per week": summaries.activity_per_week,
    "activity per day": summaries.activity_per_day,
    "headline": lambda s: summaries.headline(s, 1),
}


@pytest.mark.parametrize("view", VIEWS.values(), ids=list(VIEWS))
@pytest.mark.parametrize("n_patients", [0, 1, 3])
def test_every_figure_can_be_drawn_however_few_patients(fabricate, view, n_patients):
    summary = Summary.of_chunk(fabricate(n_patients, 1)) if n_patients else Summary.empty(1)
    figures = view(summary)
    for name in figures.__dataclass_fields__:
        value = getattr(figures, name)
        if name != "statuses":
            assert np.isfinite(value).all(), name


def test_acuity_over_time_is_that_of_the_living(summary, first):
    seen = summaries.acuity_over_time(summary)
    assert seen.weeks.tolist() == list(range(0, 157, 4))
    for point, column in enumerate(first[0].T):
        letters = column[column != NOT_ASSESSED].astype(int)
        assert seen.n[point] == len(letters)
        assert seen.mean[point] == pytest.approx(letters.mean())
        assert seen.sd[point] == pytest.approx(letters.std(ddof=1))
        assert seen.se[point] == pytest.approx(letters.std(ddof=1) / len(letters) ** 0.5)
        for percent in (10, 25, 50, 75, 90):
            rank = -(-percent * len(letters) // 100)
            assert getattr(seen, f"p{percent}")[point] == np.sort(letters)[rank - 1]


@pytest.mark.parametrize("week", [0, 24, 52, 156])
def test_letters_change_is_that_of_the_living(summary, first, week):
    change = summaries.letters_change_at_week(summary, week)
    letters, baseline = first[0][:, week // 4].astype(int), first[1]
    alive = letters != NOT_ASSESSED
    gained = letters[alive] - baseline[alive]
    assert change.n == change.n_eyes.sum() == alive.sum()
    assert change.n_eyes[gained[0] + 100] == (gained == gained[0]).sum()
    assert change.letters[[0, 100, 200]].tolist() == [-100, 0, 100]
    assert change.mean == pytest.approx(gained.mean())
    assert change.sd == pytest.approx(gained.std(ddof=1))
    assert change.pct_gain_ge15 == pytest.approx(100 * (gained >= 15).mean())
    assert change.pct_gain_ge5 == pytest.approx(100 * (gained >= 5).mean())
    assert change.pct_loss_ge5 == pytest.approx(100 * (gained <= -5).mean())
    assert change.pct_loss_ge15 == pytest.approx(100 * (gained <= -15).mean())
    assert change.mean_letters == pytest.approx(letters[alive].mean())
    assert change.pct_bcva_ge70 == pytest.approx(100 * (letters[alive] >= 70).mean())


def test_a_year_ends_at_its_52nd_week(summary):
    for in_care in (False, True):
        year = summaries.letters_change(summary, 2, in_care=in_care)
        week = summaries.letters_change_at_week(summary, 104, in_care=in_care)
        assert year.week == week.week == 104
        assert (year.mean, year.n) == (week.mean, week.n)


def test_baseline_relation_is_that_of_numpy(summary, first):
    relation = summaries.baseline_relation(summary, 2)
    letters, baseline = first[0][:, 26].astype(int), first[1]
    alive = letters != NOT_ASSESSED
    letters, baseline = letters[alive], baseline[alive]
    assert relation.n == alive.sum()
    assert relation.correlation == pytest.approx(np.corrcoef(baseline, letters)[0, 1])
    slope = np.polyfit(baseline, letters - baseline, 1)[0]
    assert relation.gain_per_letter == pytest.approx(slope)


def test_baseline_relation_holds_in_the_largest_runs(summary):
    """Its products exceed 64 bits for some million patients."""
    largest = summary
    for _ in range(17):
        largest = largest.merge(largest)
    assert largest.n_patients > 15_000_000
    small, large = (summaries.baseline_relation(s, 1) for s in (summary, largest))
    assert large.correlation == pytest.approx(small.correlation)
    assert large.gain_per_letter == pytest.approx(small.gain_per_letter)


def test_injections_per_year_agree_with_their_distribution(summary):
    """No eye has 60 in a year here, so that the histogram says all."""
    per_year = summaries.injections_per_year(summary)
    assert per_year.years.tolist() == [1, 2, 3]
    for year in range(3):
        values = np.repeat(np.arange(61), per_year.distribution[year])
        assert per_year.n_eyes[year] == len(values)
        assert per_year.mean[year] == pytest.approx(values.mean())
        assert per_year.sd[year] == pytest.approx(values.std(ddof=1))
        visits = np.repeat(np.arange(61), summary["visits_in_year"][year])
        assert per_year.mean_visits[year] == pytest.approx(visits.mean())
        assert per_year.sd_visits[year] == pytest.approx(visits.std(ddof=1))


def test_injections_per_eye_year_count_eyes_that_leave(summary, chunk):
    per_year = summaries.injections_per_year(summary)
    first_eyes = (chunk.visits["eye"] == 0) & chunk.visits["injected"]
    given = (first_eyes & (chunk.visits["day"] < 364)).sum()
    days = summary["year_sums"][0, -1]
    assert days < 364 * summary.n_patients
    assert per_year.per_eye_year[0] == pytest.approx(given * 364 / days)


def test_intervals_of_all_years_are_those_of_each(summary):
    whole = summaries.injection_intervals(summary)
    parts = [summaries.injection_intervals(summary, year) for year in (1, 2, 3)]
    assert whole.n == sum(part.n for part in parts)
    assert (whole.counts == sum(part.counts for part in parts)).all()
    weeks = np.repeat(whole.weeks, whole.counts)
    assert whole.pct_ge8 == pytest.approx(100 * (weeks >= 8).mean())
    assert whole.pct_ge16 == pytest.approx(100 * (weeks >= 16).mean())
    mean = sum(part.n * part.mean_weeks for part in parts) / whole.n
    assert whole.mean_weeks == pytest.approx(mean)


def test_planned_intervals_at_a_week_are_those_over_time(summary):
    over_time = summaries.planned_intervals_over_time(summary)
    on_treatment = summaries.status_over_time(summary).counts[0]
    assert (over_time.counts.sum(axis=1) == on_treatment).all()
    for point, week in enumerate(over_time.weeks):
        planned = summaries.planned_intervals(summary, int(week))
        assert planned.n == over_time.n[point] == planned.counts[1:].sum()
        assert planned.pct_ge12 == over_time.pct_ge12[point]


def test_carried_letters_are_of_everyone_and_stay_when_an_eye_has_left(summary):
    carried = summaries.letters_change_carried(summary, 156)
    living = summaries.letters_change_at_week(summary, 156)
    in_care = summaries.letters_change_at_week(summary, 156, in_care=True)
    assert carried.n == summary.n_patients == 120
    assert in_care.n < living.n < carried.n
    assert carried.n_eyes.sum() == 120
    assert carried.mean == pytest.approx(carried.letters @ carried.n_eyes / 120)


def test_injections_of_all_are_all_injections(summary, chunk):
    given = summaries.cumulative_injections(summary, of_all=True)
    rows = (chunk.visits["eye"] == 0) & (chunk.visits["day"] < 156 * 7)
    assert (given.n == 120).all()
    assert given.mean[-1] == pytest.approx((rows & chunk.visits["injected"]).sum() / 120)


def test_each_eye_in_care_has_one_last_scan(summary):
    last = summaries.dry_at_last_scan(summary)
    assert last.n_scans.tolist() == summaries.acuity_in_care(summary).n.tolist()
    assert (last.n_dry <= last.n_scans).all()


def test_fluid_free_is_a_share_of_scans(summary, chunk):
    fluid = summaries.fluid_free(summary)
    around_year = (chunk.visits["eye"] == 0) & (abs(chunk.visits["day"] - 363.5) < 14)
    assert fluid.n_scans[13] == around_year.sum()
    assert fluid.n_dry[13] == (around_year & ~chunk.visits["fluid"]).sum()
    assert fluid.pct_dry[13] == pytest.approx(100 * fluid.n_dry[13] / fluid.n_scans[13])


def test_status_sums_to_all_patients_in_every_week_and_year(summary):
    status, flow = summaries.status_over_time(summary), summaries.status_flow(summary)
    assert status.n_eyes == summary.n_patients
    assert (status.counts.sum(axis=0) == status.n_eyes).all()
    np.testing.assert_allclose(status.percent.sum(axis=0), 100)
    assert status.statuses == flow.statuses
    assert status.statuses[:2] == ("on treatment", "monitored")
    assert (flow.counts.sum(axis=1)[:-1] == flow.counts.sum(axis=2)[1:]).all()


def test_who_has_left_stays_away_but_may_die_later(summary):
    status = summaries.status_over_time(summary)
    left = status.counts[2:]
    assert (np.diff(left, axis=1) >= 0).all()
    assert (np.diff(status.alive) <= 0).all()
    died_in_care = status.counts[status.statuses.index("died")]
    assert (status.n_eyes - status.alive >= died_in_care).all()
    assert (status.n_eyes - status.alive)[-1] > died_in_care[-1]


def test_activity_is_that_of_the_clinic(summary, chunk):
    week, day = summaries.activity_per_week(summary), summaries.activity_per_day(summary)
    calendar = chunk.visits["calendar_day"]
    assert (day.visits == np.bincount(calendar, minlength=len(day.time))).all()
    assert (week.visits == np.bincount(calendar // 7, minlength=len(week.time))).all()
    given = calendar[chunk.visits["injected"]] // 7
    assert (week.injections == np.bincount(given, minlength=len(week.time))).all()
    assert week.first_visits.sum() == summary.n_eyes
    assert (week.visits == week.first_visits + week.follow_up_visits).all()


@pytest.mark.parametrize("week", [-4, 54, 160, 52.5])
def test_a_week_that_has_no_figure(summary, week):
    with pytest.raises(InvalidInputError, match=f"no figure for week {week}"):
        summaries.letters_change_at_week(summary, week)
    with pytest.raises(InvalidInputError, match="multiples of 4 from 0 to 156"):
        summaries.planned_intervals(summary, week)


@pytest.mark.parametrize("year", [0, 4, 1.5])
def test_a_year_that_the_run_does_not_have(summary, year):
    for view in (summaries.letters_change, summaries.injection_intervals, summaries.headline):
        with pytest.raises(InvalidInputError, match=f"year {year}: the run has the years 1 to 3"):
            view(summary, year)
