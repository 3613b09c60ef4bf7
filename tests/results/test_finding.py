"""Patients are found alike in memory, on disk, archived and while the run goes on."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from ape_core import schema
from ape_core.errors import InvalidInputError
from ape_core.results import Criteria, InMemoryResults, ParquetResults
from ape_core.results.finding import Search
from ape_core.results.ordering import ORDERS, lots
from ape_core.storage.archive import archive
from ape_core.storage.store import Store
from ape_core.summaries.summary import Summary
from support.chunks import cut_all, fabricate
from support.runs import commit_all, small_spec

N_PATIENTS, YEARS, CHUNK_SIZE = 700, 2, 250

CRITERIA = {
    "anybody": Criteria(),
    "old women": Criteria(age_years=(80, None), sex="female"),
    "much gained": Criteria(letters_gained=(10, None)),
    "alive and worse": Criteria(letters_gained=(None, -15), by_year=2),
    "few injections": Criteria(n_injections=(None, 12), n_visits=(3, 40)),
    "left": Criteria(end_reason=("lost", "transferred")),
    "both eyes": Criteria(second_eye=True, baseline_letters=(40, 70)),
    "one eye": Criteria(second_eye=False, last_letters=(60, 60)),
    "nobody": Criteria(age_years=(0, 1)),
}


def slowly_met(criteria, eyes):
    """Whether a patient, as the rows of the eyes, meets the criteria: one comparison at a time."""
    first = eyes[0]
    gained = first["last_letters"] - first["baseline_letters"]
    alive = True
    if criteria.by_year is not None:
        then = first["assessed_letters"][criteria.by_year]
        gained, alive = then - first["baseline_letters"], then != schema.NOT_ASSESSED
    names = ("age_years", "baseline_letters", "last_letters", "n_injections", "n_visits")
    values = {**{name: first[name] for name in names}, "letters_gained": gained}
    for name, value in values.items():
        low, high = getattr(criteria, name) or (None, None)
        if (low is not None and value < low) or (high is not None and value > high):
            return False
    if criteria.second_eye is not None and criteria.second_eye != (len(eyes) == 2):
        return False
    if criteria.end_reason and schema.END_REASONS[first["end_reason"]] not in criteria.end_reason:
        return False
    return alive and (criteria.sex is None or schema.SEXES[first["sex"]] == criteria.sex)


@pytest.fixture(scope="module")
def by_patient(whole):
    """Rows of the eyes of each patient, as plain numbers."""
    found = {}
    for row, number in enumerate(whole.patients["patient_id"].tolist()):
        values = {name: column[row].tolist() for name, column in whole.patients.items()}
        found.setdefault(number, []).append(values)
    return found


@pytest.fixture(scope="module")
def real_summary(whole):
    return Summary.of_chunk(whole)


@pytest.fixture(scope="module")
def tiers(run, real_summary):
    return (
        InMemoryResults(N_PATIENTS, run, real_summary),
        ParquetResults(N_PATIENTS, run, real_summary),
    )


@pytest.mark.parametrize("name", CRITERIA)
def test_those_who_meet_the_criteria_are_found_by_number(name, tiers, by_patient):
    criteria = CRITERIA[name]
    expected = [n for n, eyes in by_patient.items() if slowly_met(criteria, eyes)]
    for results in tiers:
        found = results.find_patients(criteria, limit=N_PATIENTS)
        assert [patient.patient_id for patient in found.patients] == expected
        assert (found.n_matching, found.n_looked_at) == (len(expected), N_PATIENTS)
    assert expected or name == "nobody"


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("name", CRITERIA)
def test_both_tiers_find_the_same_in_every_order(name, order, tiers):
    in_memory, on_disk = (r.find_patients(CRITERIA[name], order, 7, seed=3) for r in tiers)
    assert in_memory == on_disk
    assert len(on_disk.patients) == (0 if name == "nobody" else 7)


def test_what_is_told_is_what_the_patient_is(tiers):
    for results in tiers:
        for told in results.find_patients(order="random", limit=30).patients:
            patient = results.get_patient(told.patient_id)
            first = patient.eyes[0]
            assert (told.age_years, told.sex) == (patient.age_years, patient.sex)
            assert told.second_eye == (len(patient.eyes) == 2)
            for name in ("baseline_letters", "last_letters", "n_visits", "n_injections",
                         "end_day", "end_reason"):  # fmt: skip
                assert getattr(told, name) == getattr(first, name)


def test_the_best_and_the_worst_are_the_extremes(tiers, by_patient):
    gained = {n: e[0]["last_letters"] - e[0]["baseline_letters"] for n, e in by_patient.items()}
    for sign, order in ((-1, "best"), (1, "worst")):
        expected = sorted(gained, key=lambda n, s=sign: (s * gained[n], n))[:20]
        for results in tiers:
            found = results.find_patients(order=order).patients
            assert [patient.patient_id for patient in found] == expected
            assert [patient.letters_gained for patient in found] == [gained[n] for n in expected]


def test_the_typical_are_nearest_to_the_middle(tiers, real_summary, by_patient):
    middle = real_summary.middle()
    firsts = [eyes[0] for eyes in by_patient.values()]
    assert middle.age_years == sorted(e["age_years"] for e in firsts)[N_PATIENTS // 2 - 1]
    assert middle.n_injections == pytest.approx(np.mean([e["n_injections"] for e in firsts]))

    def distance(eye):
        parts = [
            (eye[name] - getattr(middle, name)) / getattr(middle, f"{name}_sd")
            for name in ("age_years", "baseline_letters", "n_injections")
        ]
        for year, (centre, spread) in enumerate(
            zip(middle.letters, middle.letters_sd, strict=True), 1
        ):
            letters = eye["assessed_letters"][year]
            parts.append(np.nan if letters == schema.NOT_ASSESSED else (letters - centre) / spread)
        return sum(part * part for part in parts)

    apart = {n: distance(eyes[0]) for n, eyes in by_patient.items()}
    known = [n for n in apart if not np.isnan(apart[n])]
    expected = sorted(known, key=lambda n: (apart[n], n))[:10]
    for results in tiers:
        found = results.find_patients(order="typical", limit=10).patients
        assert [patient.patient_id for patient in found] == expected


def test_lots_are_repeatable_and_fair(tiers):
    results = tiers[1]
    once = results.find_patients(order="random", seed=5)
    assert results.find_patients(order="random", seed=5) == once
    assert results.find_patients(order="random", seed=6) != once
    # Of 4,000 lots each, the mean rank of the first half of the patients among all is 349.5 with
    # a standard error of 0.12; a fair lot fails 1 in 10^5.
    ids = np.arange(N_PATIENTS)
    ranks = np.array([lots(ids, seed).argsort().argsort() for seed in range(4_000)])
    se = np.sqrt((N_PATIENTS + 1) / 12 / len(ranks))
    assert abs(ranks[:, : N_PATIENTS // 2].mean() - 349.5) < 4.4 * se
    # Neighbours among the seeds and among the patients have nothing in common.
    assert abs(np.corrcoef(ranks[:-1].ravel(), ranks[1:].ravel())[0, 1]) < 4.4 / np.sqrt(2.8e6)
    pairs = ranks[:, :-1].ravel(), ranks[:, 1:].ravel()
    assert abs(np.corrcoef(*pairs)[0, 1] + 1 / 699) < 4.4 / np.sqrt(2.8e6)


def test_a_search_by_number_stops_when_it_has_enough(tiers, by_patient):
    criteria = CRITERIA["old women"]
    matching = [n for n, eyes in by_patient.items() if slowly_met(criteria, eyes)]
    for results in tiers:
        found = results.find_patients(criteria, limit=5)
        assert [p.patient_id for p in found.patients] == matching[:5]
        assert (found.n_matching, found.n_looked_at) == (5, matching[4] + 1)


def test_only_what_is_needed_is_read(tiers, monkeypatch):
    read = []
    from ape_core.results import eyes as module

    def spy(path, table, record):
        read.append((table, record.index))
        return opened(path, table, record)

    opened = module.open_part
    monkeypatch.setattr(module, "open_part", spy)
    tiers[1].find_patients(CRITERIA["old women"], limit=3)
    assert set(read) == {("patients", 0)}
    read.clear()
    tiers[1].find_patients(order="random", limit=1)
    assert len(read) == 1
    assert CRITERIA["old women"].columns == {"age_years", "sex"}
    assert CRITERIA["alive and worse"].columns == {"baseline_letters", "assessed_letters"}


@pytest.mark.parametrize("order", ["number", "best", "typical", "random"])
def test_what_is_committed_is_found_while_the_run_goes_on(tmp_path, whole, order):
    run = Store(tmp_path).create(small_spec(N_PATIENTS, YEARS), CHUNK_SIZE)
    chunks = list(cut_all(whole, CHUNK_SIZE))
    there = (chunks[0], chunks[2])
    summary = Summary.merged(YEARS, map(Summary.of_chunk, there))
    results = ParquetResults(N_PATIENTS, run, summary, so_far=True)
    assert results.find_patients(order="number").patients == ()
    commit_all(run, there)
    results = ParquetResults(N_PATIENTS, run, summary, so_far=True)
    found = results.find_patients(order=order, limit=450)
    assert found.n_looked_at == 450
    assert {p.patient_id for p in found.patients} <= {*range(250), *range(500, 700)}
    assert results.get_patient(600).patient_id == 600
    with pytest.raises(
        InvalidInputError, match="Patient 300 is not simulated yet: 450 of 700"
    ) as e:
        results.get_patient(300)
    assert f"`ape resume {run.run_id[:12]}` simulates the rows that it lacks" in e.value.hint


def test_an_archived_run_gives_the_same_answers(tmp_path, whole, real_summary, tiers):
    run = Store(tmp_path).create(small_spec(N_PATIENTS, YEARS), CHUNK_SIZE)
    commit_all(run, cut_all(whole, CHUNK_SIZE))
    assert archive(run, lambda *_: True)
    results = ParquetResults(N_PATIENTS, run, real_summary)
    for order in ORDERS:
        criteria = CRITERIA["few injections"]
        assert results.find_patients(criteria, order) == tiers[0].find_patients(criteria, order)


def test_no_more_is_held_than_is_asked_for(tmp_path):
    """A run of ten times as many patients takes no more memory to search."""
    peaks, made = [], fabricate(1_000, 1)
    for n_patients in (2_000, 20_000):
        run = Store(tmp_path / str(n_patients)).create(small_spec(n_patients, 1), 1_000)
        commit_all(run, (_renumbered(made, index) for index in range(n_patients // 1_000)))
        results = ParquetResults(n_patients, run)
        search = results.search_patients(Criteria(age_years=(60, None)), "best", 20)
        search.step()
        tracemalloc.start()
        while search.step():
            assert len(search._ids) <= 20
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert search.n_looked_at == n_patients
    assert peaks[1] < 1.5 * peaks[0] + 50_000


def _renumbered(chunk, index):
    """A chunk as the one of this index: only its size matters."""
    first = chunk.stop * index
    tables = {
        name: {**table, "patient_id": table["patient_id"] + first}
        for name, table in (("visits", chunk.visits), ("patients", chunk.patients))
    }
    return replace(chunk, first=first, stop=first + chunk.stop, **tables)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"age_years": 70}, r"age_years is 70, but must be a range \(least, most\)"),
        ({"age_years": (90, 80)}, r"least is more than its most.*Did you mean \(80, 90\)"),
        ({"age_years": (0, 121)}, "age_years is 121, but must be a whole number from 0 to 120"),
        ({"last_letters": ("a", None)}, "last_letters is 'a'"),
        ({"letters_gained": (-101, 0)}, "letters_gained is -101"),
        ({"n_injections": (1, 2, 3)}, "n_injections is .* must be a range"),
        ({"sex": "femal"}, "sex is 'femal'.*Did you mean 'female'"),
        ({"end_reason": "dead"}, "end_reason is 'dead', but must be one of: on treatment"),
        ({"end_reason": ()}, "one or more of the reasons"),
        ({"second_eye": 1}, "second_eye is 1, but must be true or false"),
        ({"by_year": 1}, "nothing is asked of that year.*letters_gained"),
        ({"by_year": 0, "letters_gained": (1, 2)}, "by_year is 0"),
    ],
)
def test_criteria_that_cannot_be_are_refused(asked, message):
    with pytest.raises(InvalidInputError, match=message):
        Criteria(**asked)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda r: r.find_patients(order="bests"), "order is 'bests'.*Did you mean 'best'"),
        (lambda r: r.find_patients(limit=0), "limit is 0, but must be a whole number from 1"),
        (lambda r: r.find_patients(limit=5_001), "limit is 5001"),
        (lambda r: r.find_patients(order="random", seed=-1), "seed is -1"),
        (
            lambda r: r.find_patients(Criteria(letters_gained=(1, None), by_year=3)),
            "by_year is 3, but the run ends with year 2",
        ),
    ],
)
def test_searches_that_cannot_be_are_refused(tiers, ask, message):
    for results in tiers:
        with pytest.raises(InvalidInputError, match=message):
            ask(results)


def test_criteria_are_normalised_and_know_whether_they_ask_anything():
    assert not Criteria(age_years=(None, None))
    assert Criteria(end_reason=["lost", "died"]) == Criteria(end_reason=("died", "lost"))
    assert Criteria(age_years=[70.0, None]).age_years == (70, None)


def test_a_search_can_be_continued_bit_by_bit(tiers):
    search = tiers[1].search_patients(order="worst", limit=4)
    seen = [search.n_looked_at]
    while search.step():
        assert isinstance(search, Search)
        seen.append(search.n_looked_at)
    assert seen == [0, 150, 250, 400, 500, 650, 700]
    assert search.found() == tiers[0].find_patients(order="worst", limit=4)
