"""Memory, disk and time of a run before it is started."""

from __future__ import annotations

import pytest

from ape_core.limits import SLICE_PATIENTS
from ape_core.runs import costs, estimating
from ape_core.runs.attempts import Pace
from ape_core.runs.estimating import estimate, expected_visits
from ape_core.runs.sizes import most_held, slice_stop
from ape_core.runs.starting import ask, run
from ape_core.simulation.simulate import simulate
from ape_core.spec.cohort import Cohort
from ape_core.spec.protocol_yaml import list_protocols, load_protocol
from ape_core.spec.run_spec import RunSpec
from ape_core.summaries.summary import Summary
from support.runs import small_spec


@pytest.mark.parametrize("years", [1, 5, 20])
@pytest.mark.parametrize("population", ["uk-routine-care", "trial"])
def test_visits_are_estimated_within_a_third_for_every_shipped_protocol(years, population):
    """With 300 patients the simulated mean has a standard error of 2 %."""
    for shipped in list_protocols():
        cohort = Cohort(300, population=population, two_eyes=years == 5)
        spec = RunSpec(load_protocol(shipped.name), cohort, years, seed=3)
        simulated = simulate(spec, 0, 300).n_visits / 300
        assert expected_visits(spec) == pytest.approx(simulated, rel=1 / 3), shipped.name


def test_disk_is_estimated_within_half(store):
    spec = small_spec(5_000, years=5)
    run(spec, store, progress=False)
    written = ask(spec, store).folder.checkpoint().n_bytes / 2**20
    assert estimate(spec, store).disk_mb == pytest.approx(written, rel=0.5)


def test_memory_does_not_depend_on_the_number_of_patients(store):
    small, large = (estimate(small_spec(n, years=5), store) for n in (100_000, 100_000_000))
    assert small.memory_mb == large.memory_mb < 200
    assert large.n_visits == pytest.approx(1_000 * small.n_visits, rel=1e-6)
    assert large.seconds > 100 * small.seconds


def test_the_memory_of_a_thread_follows_the_size_of_a_summary():
    """Of 40 years; a summary that has grown needs other figures in costs.py."""
    megabytes = sum(counts.nbytes for counts in Summary.empty(40).to_arrays().values()) / 2**20
    assert pytest.approx(megabytes / 40, rel=0.2) == costs.SUMMARY_MB_PER_YEAR
    spec = small_spec(1_000_000, years=40)
    assert [round(estimate(spec, workers=n).memory_mb) for n in (1, 2)] == [
        pytest.approx(210, rel=0.05),
        pytest.approx(257, rel=0.05),
    ]


@pytest.mark.parametrize("years", [5, 10, 11, 20, 40])
def test_a_worker_on_two_threads_stays_below_300_mb_for_any_years(years):
    for shipped in list_protocols():
        spec = RunSpec(load_protocol(shipped.name), Cohort(1_000_000), years, seed=3)
        assert estimate(spec, workers=2).memory_mb < 300, shipped.name


def test_long_runs_hold_fewer_patients_at_a_time():
    short, long = (small_spec(20_000, years) for years in (10, 11))
    assert [slice_stop(spec, 0, 20_000, SLICE_PATIENTS) for spec in (short, long)] == [5_000, 2_500]
    assert [most_held(spec, 5_000) for spec in (short, long)] == [5_000, 2_500]
    assert slice_stop(short, 0, 20_000, 1_000) == slice_stop(long, 0, 20_000, 1_000) == 1_000


def test_threads_are_fewer_where_memory_is_short(monkeypatch):
    monkeypatch.setattr(estimating, "check_threads", lambda asked: asked or 16)
    monkeypatch.setattr(estimating, "memory_limit_mb", lambda: 1_024.0)
    spec = small_spec(1_000_000, years=40)
    fitting = estimate(spec, workers=None)
    assert 1 <= fitting.n_threads < 16
    assert fitting.memory_mb <= 512
    assert estimate(spec, workers=16).n_threads == 16


def test_earlier_runs_say_how_fast_the_machine_is(store):
    asked = small_spec(1_000_000, years=5)
    before = estimate(asked, store, workers=1).seconds
    folder = ask(small_spec(100, years=1), store).folder
    attempt = {"paced_visits": 1_000_000, "paced_seconds": 100.0, "threads": 2}
    short = {**attempt, "paced_visits": 200_000, "paced_seconds": 0.1}
    folder.write_provenance({"attempts": [attempt, short, {**short, "paced_visits": 0}, {}]})
    n_visits = estimate(asked, store).n_visits
    assert estimate(asked, store, workers=1).seconds == pytest.approx(n_visits / 5_000, rel=0.01)
    assert estimate(asked, store, workers=1).seconds > before
    (folder.path / "provenance.json").write_text("damaged")
    assert estimate(asked, store, workers=1).seconds == before


def test_the_latest_runs_count_as_a_machine_may_have_become_busy(store):
    asked = small_spec(1_000_000, years=5)
    fast = {"paced_visits": 1_000_000, "paced_seconds": 1.0, "threads": 1}
    slow = {**fast, "paced_seconds": 4.0}
    ask(small_spec(100, years=1), store).folder.write_provenance({"attempts": 20 * [fast]})
    ask(small_spec(101, years=1), store).folder.write_provenance({"attempts": 5 * [slow]})
    told = estimate(asked, store, workers=1)
    assert told.seconds == pytest.approx(told.n_visits / 250_000, rel=0.05)


def test_the_start_of_a_run_says_nothing_of_the_speed():
    """Two threads load for 9 s, then finish a chunk of 1,000 visits every second each."""
    times = iter([9.0, 9.1, 10.0, 10.1, 11.0, 11.1])
    pace = Pace(2, clock=lambda: next(times))
    for _ in range(6):
        pace.add(1_000)
    assert pace.visits / pace.seconds == pytest.approx(2_000, rel=0.06)
    assert Pace(2).seconds == Pace(2).visits == 0


def test_a_small_run_does_not_change_what_is_said_of_a_large_one(store):
    asked = small_spec(1_000_000, years=5)
    before = estimate(asked, store)
    run(small_spec(3_000, years=1), store, progress=False, chunk_size=500)
    [folder] = store.list()
    [attempt] = folder.read_provenance()["attempts"]
    assert 0 < attempt["paced_visits"] < attempt["visits"]
    assert 0 < attempt["paced_seconds"] < attempt["seconds"]
    assert estimate(asked, store) == before
