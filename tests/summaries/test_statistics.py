"""The main figures: the same numbers as the views give, in plain types."""

from __future__ import annotations

import json
import math

import pytest

from ape_core import summaries
from ape_core.summaries import Summary


@pytest.fixture(scope="module")
def summary(fabricate):
    return Summary.of_chunk(fabricate(80, 2, seed=5))


def leaves(value):
    """All numbers in nested dicts and lists."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [leaf for item in value for leaf in leaves(item)]
    return [value]


@pytest.mark.parametrize("n_patients", [0, 1, 40])
def test_statistics_are_plain_and_finite(fabricate, n_patients):
    summary = Summary.of_chunk(fabricate(n_patients, 3)) if n_patients else Summary.empty(3)
    statistics = summary.statistics()
    assert json.loads(json.dumps(statistics)) == statistics
    assert {type(leaf) for leaf in leaves(statistics)} <= {int, float}
    assert all(math.isfinite(leaf) for leaf in leaves(statistics))
    assert statistics["n_patients"] == n_patients
    assert [row["week"] for row in statistics["by_year"]] == [52, 104, 156]


def test_statistics_are_what_the_views_say(summary):
    statistics = summaries.statistics(summary)
    change = summaries.letters_change(summary, 2)
    per_year = summaries.injections_per_year(summary)
    row = statistics["by_year"][1]
    assert row["letters_change_mean"] == change.mean
    assert row["letters_change_sd"] == change.sd
    assert row["letters_mean"] == change.mean_letters
    assert row["pct_bcva_ge70"] == change.pct_bcva_ge70
    assert row["n_alive"] == change.n
    assert row["injections_mean"] == per_year.mean[1]
    assert row["visits_mean"] == per_year.mean_visits[1]
    assert row["pct_planned_interval_ge12w"] == summaries.planned_intervals(summary, 104).pct_ge12
    assert row["pct_injection_interval_ge8w"] == summaries.injection_intervals(summary, 2).pct_ge8
    assert row["letters_in_care_mean"] == summaries.acuity_in_care(summary).mean[26]
    assert row["pct_scans_dry"] == summaries.fluid_free(summary).pct_dry[26]


def test_the_confidence_interval_is_that_of_the_mean(summary):
    row = summary.statistics()["by_year"][0]
    width = row["letters_change_ci95_high"] - row["letters_change_ci95_low"]
    assert width == pytest.approx(2 * 1.959964 * row["letters_change_sd"] / row["n_alive"] ** 0.5)


def test_every_patient_has_one_status(summary):
    names = (
        "pct_on_treatment", "pct_monitored", "pct_discharged_stable", "pct_discharged_futile",
        "pct_lost", "pct_transferred", "pct_died_in_care",
    )  # fmt: skip
    for row in summary.statistics()["by_year"]:
        assert sum(row[name] for name in names) == pytest.approx(100)
        assert row["pct_died"] == pytest.approx(100 * (1 - row["n_alive"] / summary.n_patients))


def test_the_headline_is_what_the_statistics_say(summary):
    headline, rows = summaries.headline(summary, 2), summary.statistics()["by_year"]
    assert headline.mean_change == rows[1]["letters_change_mean"]
    assert headline.sd_change == rows[1]["letters_change_sd"]
    assert headline.pct_bcva_ge70 == rows[1]["pct_bcva_ge70"]
    assert headline.injections_first_year == rows[0]["injections_mean"]
    assert headline.injections_this_year == rows[1]["injections_mean"]
    assert headline.pct_on_treatment == rows[1]["pct_on_treatment"]
    assert headline.n == rows[1]["n_alive"]
