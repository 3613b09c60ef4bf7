"""Courses over time agree with what other views say of a week, and conserve all eyes."""

from __future__ import annotations

import csv
from io import StringIO

import numpy as np
import pytest

from ape_core import summaries
from ape_core.simulation.simulate import simulate
from ape_core.spec.cohort import Cohort, Recruitment
from ape_core.spec.run_spec import RunSpec
from ape_core.summaries import Summary, tables
from ape_core.summaries.courses import (
    CHANGE_BANDS,
    INTERVAL_BANDS,
    change_bands,
    driving_vision,
    interval_bands,
    treatment_around,
)

PROTOCOLS = (
    "aflibercept-2mg-treat-and-extend",
    "ranibizumab-0.5mg-prn",
    "faricimab-6mg",
    "no-treatment",
)
YEARS, PATIENTS = 3, 120


@pytest.fixture(scope="module", params=PROTOCOLS)
def summary(request, stopping_often):
    cohort = Cohort(n_patients=PATIENTS, recruitment=Recruitment("uniform", days=120))
    spec = RunSpec(stopping_often(request.param), cohort, years=YEARS, seed=4)
    return Summary.of_chunk(simulate(spec, 0, PATIENTS))


def columns(table):
    """Columns of the file of a table, numbers as numbers."""
    head, *rows = csv.reader(StringIO(table.to_csv(), newline=""))
    return dict(zip(head, zip(*rows, strict=True), strict=True))


def numbers(column):
    return np.array(column, dtype=float)


def test_bands_sum_to_all_eyes_at_every_week(summary):
    living, status = summaries.acuity_over_time(summary), summaries.status_over_time(summary)
    for view, all_eyes in (
        (change_bands(summary), living.n),
        (interval_bands(summary), status.counts[0]),
    ):
        np.testing.assert_array_equal(view.counts.sum(axis=0), all_eyes)
        np.testing.assert_array_equal(view.n, all_eyes)
        np.testing.assert_allclose(view.percent.sum(axis=0)[view.n > 0], 100)


def test_bands_meet_without_a_gap():
    for bands, values in ((CHANGE_BANDS, range(-100, 101)), (INTERVAL_BANDS, range(61))):
        hit = [value for _, least, most in bands for value in range(least, most + 1)]
        assert hit == list(values)


def test_courses_are_what_the_views_of_a_week_say(summary):
    bands, driving = change_bands(summary), driving_vision(summary)
    intervals = interval_bands(summary)
    planned = summaries.planned_intervals_over_time(summary)
    for point, week in enumerate(bands.weeks):
        change = summaries.letters_change_at_week(summary, int(week))
        assert bands.percent[0, point] == pytest.approx(change.pct_loss_ge15)
        assert bands.percent[-1, point] == pytest.approx(change.pct_gain_ge15)
        assert driving.percent[point] == pytest.approx(change.pct_bcva_ge70)
        assert driving.n[point] == change.n
        long = intervals.counts[-1, point]
        assert 100 * long == pytest.approx(planned.pct_ge16[point] * planned.n[point])


def test_treatment_since_the_first_visit_is_all_of_it(summary):
    around = treatment_around(summary)
    sums = summary["year_sums"].sum(axis=0)
    assert around.injections.sum() == sums[5]
    assert around.visits.sum() == sums[6] == summaries.fluid_free(summary).n_scans.sum()
    assert (around.injections <= around.visits).all()


def test_every_table_conserves_its_patients(summary):
    status = columns(tables.status_table(summary))
    all_patients = numbers(status.pop("All patients (patients)"))
    status.pop("Time since the first visit (weeks)")
    assert (all_patients == PATIENTS).all()
    assert (sum(numbers(column) for column in status.values()) == PATIENTS).all()
    flow = columns(tables.flow_table(summary))
    year, patients = numbers(flow["Year"]), numbers(flow["Patients"])
    assert [patients[year == one].sum() for one in (1, 2, 3)] == [PATIENTS] * YEARS
    for table in (tables.change_bands_table(summary), tables.interval_bands_table(summary)):
        first, *bands, total = columns(table).values()
        assert (sum(numbers(band) for band in bands) == numbers(total)).all()
        assert numbers(first).tolist() == list(range(0, 52 * YEARS + 1, 4))
    change = columns(tables.change_table(summary, YEARS))
    assert numbers(change["Living eyes"]).sum() == summaries.letters_change(summary, YEARS).n
    week = columns(tables.activity_table(summary))
    assert numbers(week["Visits (all eyes)"]).sum() == summary.n_visits
    assert numbers(week["Injections (all eyes)"]).sum() == summary.n_injections


def test_tables_hold_the_figures_of_the_views(summary):
    acuity, seen = columns(tables.acuity_table(summary)), summaries.acuity_over_time(summary)
    assert numbers(acuity["Mean (ETDRS letters)"]).tolist() == seen.mean.tolist()
    assert numbers(acuity["Living eyes"]).tolist() == seen.n.tolist()
    given = columns(tables.injections_table(summary))
    per_year = summaries.injections_per_year(summary)
    name = "Injections, mean (per eye in care through the year)"
    assert numbers(given[name]).tolist() == per_year.mean.tolist()
    dry, last = columns(tables.dry_table(summary)), summaries.dry_at_last_scan(summary)
    shares = dry["Without fluid at the last scan (% of eyes in care)"]
    assert numbers(shares).tolist() == last.pct_dry.tolist()
    share = numbers(
        columns(tables.driving_table(summary))["70 letters or better (% of living eyes)"]
    )
    assert share.tolist() == driving_vision(summary).percent.tolist()
    around = columns(tables.treatment_around_table(summary))
    visits = numbers(around["Visits (first eyes, in the 4 weeks around)"])
    assert visits.tolist() == treatment_around(summary).visits.tolist()
    intervals = numbers(columns(tables.intervals_table(summary, 1))["Intervals"])
    assert intervals.tolist() == summaries.injection_intervals(summary, 1).counts.tolist()


@pytest.mark.parametrize("name", [n for n in dir(tables) if n.endswith("_table") and n[0] != "_"])
def test_tables_of_nobody_can_be_saved(name):
    arguments = (1,) if name in ("change_table", "intervals_table") else ()
    table = getattr(tables, name)(Summary.empty(1), *arguments)
    assert table.to_csv().count("\r\n") == len(table.rows) + 1
