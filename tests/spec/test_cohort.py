"""Who is treated: populations, overrides, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from ape_core.errors import InvalidSpecError
from ape_core.spec.cohort import Cohort, parse_cohort
from ape_core.spec.people import AgeYears, BaselineLetters, LettersQuantiles, Recruitment
from ape_core.spec.population import list_populations, load_population


def test_populations_ship_with_every_number_sourced():
    assert list_populations() == ("trial", "uk-routine-care")
    for name in list_populations():
        population = load_population(name)
        assert population.name == name
        assert len(population.numbers) > 15
        for number in population.numbers:
            assert number.source, number.name
            assert number.low <= number.value <= number.high, number.name


def test_routine_acuity_has_the_moments_of_the_records():
    """Moorfields: mean 54.7, SD 16.0 (Fu 2020, 10.5061/dryad.nvx0k6dqg)."""
    letters = load_population("uk-routine-care").baseline_letters
    assert isinstance(letters, LettersQuantiles)
    drawn = np.interp(np.linspace(0, 1, 100_001), letters.probabilities, letters.letters)
    assert drawn.mean() == pytest.approx(54.7, abs=1)
    assert drawn.std() == pytest.approx(16.0, abs=1)


def test_what_is_not_given_comes_from_the_population():
    assert Cohort(10).people() == load_population("uk-routine-care")


def test_overrides_take_the_place_of_the_population_and_keep_its_windows():
    people = Cohort(
        10,
        population="trial",
        baseline_letters=BaselineLetters(60, 10, high=80),
        age_years=AgeYears(75, 8),
        female_share=0.5,
    ).people()
    assert people.baseline_letters == BaselineLetters(60, 10, 25, 80)
    assert people.age_years == AgeYears(75, 8, 50, 100)
    assert people.female_share == 0.5
    assert people.attendance == load_population("trial").attendance


def test_attendance_is_taken_from_the_population_it_names():
    trial, routine = load_population("trial"), load_population("uk-routine-care")
    assert Cohort(10, attendance="trial").people().attendance == trial.attendance
    assert Cohort(10, "trial", attendance="routine").people().attendance == routine.attendance
    assert Cohort(10, attendance="trial").people().leaving == routine.leaving


def test_a_cohort_reads_from_plain_data():
    cohort = parse_cohort(
        {
            "n_patients": 500,
            "population": "trial",
            "baseline_letters": {"mean": 54.2, "sd": 13.1, "low": 25, "high": 73},
            "age_years": {"mean": 77, "sd": 8},
            "female_share": None,
            "two_eyes": True,
            "recruitment": {"kind": "rate", "patients_per_week": 20},
        },
        "arms.yaml",
    )
    assert cohort == Cohort(
        500,
        "trial",
        BaselineLetters(54.2, 13.1, 25, 73),
        AgeYears(77, 8),
        two_eyes=True,
        recruitment=Recruitment("rate", patients_per_week=20),
    )
    assert parse_cohort({"n_patients": 5}, "x") == Cohort(5)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "arms.yaml: The field n_patients is missing"),
        ({"population": "uk"}, "There is no population 'uk'; shipped are: trial, uk-routine-care"),
        ({"populaton": "trial"}, r"'populaton' is not a field here.*Did you mean 'population'\?"),
        ({"attendance": "perfect"}, "attendance is 'perfect', but must be one of: trial, routine"),
        ({"female_share": 61.2}, "female_share is 61.2, but must be a number from 0 to 1"),
        ({"two_eyes": 1}, "two_eyes is 1, but must be true or false"),
        ({"age_years": 78}, "age_years is 78, but must be a mapping of fields"),
        ({"age_years": {"mean": 78}}, "age_years: The field sd is missing"),
        ({"age_years": {"mean": 40, "sd": 5}}, "mean is 40, but must be a number from 50 to 100"),
        ({"age_years": {"mean": 78, "sd": 40}}, "No distribution between 50 and 100 has mean 78"),
        ({"baseline_letters": {"mean": 54, "sd": 0}}, "sd is 0, but must be a number from 0.5 to"),
        (
            {"baseline_letters": {"mean": 54, "sd": 13, "low": 60}},
            "mean is 54, but must be a number from 60 to 100",
        ),
        (
            {"baseline_letters": {"mean": 54, "sd": 13, "low": 70, "high": 60}},
            "low is 70, but must be below high, 60",
        ),
        (
            {"population": "trial", "baseline_letters": {"mean": 80, "sd": 5}},
            "baseline_letters: mean is 80.0, but must be a number from 25 to 73",
        ),
        (
            {"baseline_letters": {"mean": 54, "sd": 23, "low": 40, "high": 70}},
            "No distribution between 40 and 70 has mean 54 and SD 23",
        ),
        (
            {"recruitment": {"kind": "trickle"}},
            "kind is 'trickle', but must be one of: at-once, un",
        ),
        ({"recruitment": {"kind": "uniform"}}, "field days is missing, which kind 'uniform' needs"),
        ({"recruitment": {"days": 7}}, "days is given, but belongs to kind 'uniform' only"),
        ({"recruitment": {"kind": "uniform", "days": 0}}, "days is 0, but must be a whole number"),
        (
            {"recruitment": {"kind": "rate", "patients_per_week": 0}},
            "patients_per_week is 0, but must be a number above 0",
        ),
    ],
)
def test_refuses_in_words(given, message):
    data = given if not given else {"n_patients": 10, **given}
    with pytest.raises(InvalidSpecError, match=message):
        parse_cohort(data, "arms.yaml")


@pytest.mark.parametrize(
    ("chances", "letters", "message"),
    [
        ((0, 1), (20,), "probabilities has 2 entries and letters 1, but both must have the same"),
        ((0, 0.5), (20, 30), "probabilities must increase from 0 to 1"),
        ((0, 0.5, 0.5, 1), (1, 2, 3, 4), "probabilities must increase from 0 to 1"),
        ((0, 0.5, 1), (20, 60, 50), "letters must not decrease"),
        ((0, 1), (20, 20), "letters must not decrease, and span 2 letters or more"),
        ((0, 1), (20, 120), r"letters\[1\] is 120, but must be a number from 0 to 100"),
        (0.5, (20, 30), "probabilities is 0.5, but must be a list of numbers"),
    ],
)
def test_quantiles_make_a_distribution(chances, letters, message):
    with pytest.raises(InvalidSpecError, match=message):
        LettersQuantiles(chances, letters)


def test_parts_of_another_kind_are_refused():
    with pytest.raises(InvalidSpecError, match="age_years is 78, but must be AgeYears"):
        Cohort(10, age_years=78)
    with pytest.raises(
        InvalidSpecError, match="The population is 8, but must be a name or the path"
    ):
        Cohort(10, population=8)


def test_a_population_of_ones_own_reads_from_a_file(tmp_path):
    from ape_core.spec.shipped import DATA

    text = (DATA / "populations" / "trial.yaml").read_text(encoding="utf-8")
    path = tmp_path / "mine.yaml"
    path.write_text(
        text.replace("name: trial", "name: mine").replace("{value: 0.57,", "{value: 0.6,")
    )
    assert Cohort(10, population=str(path)).people().female_share == 0.6
    path.write_text(text.replace("late_share", "late"))
    with pytest.raises(
        InvalidSpecError, match=r"attendance: 'late' is .*Did you mean 'late_share'"
    ):
        load_population(path)
    path.write_text(text.replace("{value: 0.57, low: 0.5", "{value: 0.4, low: 0.5"))
    with pytest.raises(
        InvalidSpecError, match="female_share: value is 0.4, but must lie from low, 0.5"
    ):
        load_population(path)


def test_a_stream_of_patients_ends_within_a_century():
    slow = Recruitment("rate", patients_per_week=1)
    assert Cohort(5_000, recruitment=slow).recruitment == slow
    with pytest.raises(InvalidSpecError, match=r"patients_per_week is 1, so 1,000,000 patients"):
        Cohort(1_000_000, recruitment=slow)
