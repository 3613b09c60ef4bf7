"""Sweeps, tornados and draws of parameters: ordinary runs, read one by one as they come."""

from __future__ import annotations

import pytest

import ape_core as ape
from ape_core.analysis.drawn_runs import DrawnRuns
from ape_core.analysis.economics import cost_effectiveness
from ape_core.analysis.paired import Paired
from ape_core.analysis.places import changed_at, places_of, read_values, uncertain_places
from ape_core.analysis.sweep import Sweep, points_of
from ape_core.analysis.swept_outcomes import SWEPT, effect_text, outcome_text
from ape_core.analysis.tornado import INFLUENTIAL, Tornado, tornado, tornado_points
from ape_core.errors import InvalidInputError, InvalidSpecError
from ape_core.spec.economics_yaml import load_economics
from ape_core.spec.run_spec import RunSpec
from ape_core.summaries.economics import health_economics
from support.patience import PATIENCE
from support.runs import small_spec
from support.workers import until

INTERVAL = "protocol.phases.0.max_interval_weeks"
SCARS = "model.fibrosis_rate_per_fluid_week"
HALF_LIFE = "model.aflibercept-2mg/half_life_days"
MEAN = "cohort.baseline_letters.mean"
LOST = "population.leaving.lost_per_year"


@pytest.fixture(scope="module")
def base():
    protocol = ape.load_protocol("aflibercept-2mg-treat-and-extend")
    return small_spec(300, 2).replace(protocol=protocol)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return tmp_path_factory.mktemp("swept")


@pytest.fixture(scope="module")
def swept(base, store):
    """A sweep, with one value that is the base case's."""
    values = [16, 8, base.protocol.phases[0].max_interval_weeks]
    found = Sweep(base, points_of(base, {INTERVAL: values, MEAN: [45.0]}), store)
    found.complete()
    return found


def test_every_point_is_an_ordinary_run_of_the_question_with_one_thing_changed(swept, base, store):
    assert {run.run_id for run in ape.runs.list_runs(store)} >= {s.run_id for s in swept.specs}
    assert swept.points[1].spec.protocol.phases[0].max_interval_weeks == 8
    assert swept.points[1].spec.cohort == base.cohort
    letters = swept.points[3].spec.cohort.baseline_letters
    assert (letters.mean, swept.points[3].spec.protocol) == (45.0, base.protocol)
    assert letters.sd > 0, "what is not varied stays as is usual in the population"


def test_its_figures_are_those_of_comparisons_of_the_same_runs(swept, store):
    summaries = [
        ape.open_run(s.run_id, store).summary() for s in (swept.points[1].spec, swept.base)
    ]
    paired = Paired(summaries, 300)
    for outcome in SWEPT:
        if outcome in ("cost", "qalys"):
            continue
        found = swept.difference(swept.points[1], outcome, 1)
        expected = paired.difference(0, 1, outcome, 1)
        for name in ("value", "low", "high", "se", "se_unpaired"):
            assert getattr(found, name) == pytest.approx(getattr(expected, name), abs=1e-12)
        mean = paired.mean(1, outcome, 1)
        own = swept.base_estimate(outcome, 1)
        assert (own.value, own.low, own.high) == pytest.approx((mean.value, mean.low, mean.high))
    priced = [health_economics(summary, load_economics()) for summary in summaries]
    increment = cost_effectiveness({"point": priced[0], "base": priced[1]}).increment(0, 1)
    cost, qalys = (swept.difference(swept.points[1], name) for name in ("cost", "qalys"))
    assert (cost.value, cost.low, cost.high) == pytest.approx(
        (increment.cost, increment.cost_difference.low, increment.cost_difference.high)
    )
    assert (qalys.value, qalys.se) == pytest.approx(
        (increment.qalys, increment.qalys_difference.se)
    )
    assert swept.base_estimate("cost").value == pytest.approx(priced[1].cost)


def test_a_response_has_the_base_case_once_and_its_values_in_order(swept):
    found = swept.response(INTERVAL)
    base_value = swept.base.protocol.phases[0].max_interval_weeks
    assert [item.value for item in found] == sorted({8, base_value, 16})
    (own,) = (item for item in found if item.difference is None)
    assert (own.value, own.estimate) == (base_value, swept.base_estimate())
    table = swept.table("injections", 1)
    assert len(table.rows) == 1 + len(swept.points)
    assert table.rows[2][:3] == ("Longest interval", 8, "weeks")
    assert table.rows[2][3] == swept.estimate(swept.points[1], "injections", 1).value
    with pytest.raises(InvalidSpecError, match="The path is 'model.x'"):
        swept.response("model.x")


def test_what_is_complete_is_shown_while_the_rest_is_not(base, swept, store):
    more = Sweep(base, points_of(base, {INTERVAL: [8], SCARS: [0.03]}), store)
    progress = more.progress()
    assert (progress.status, progress.n_done, progress.n_runs) == ("interrupted", 2, 3)
    assert more.difference(more.points[0]) == swept.difference(swept.points[1])
    assert more.difference(more.points[1]) is None
    assert len(more.table().rows) == 2
    assert repr(more) == "<Sweep: 2 of 3 runs, interrupted>"


def test_a_tornado_sorts_numbers_by_what_they_do(base, store):
    points = tornado_points(base, [HALF_LIFE, SCARS, LOST])
    found = Tornado(base, points, store)
    assert [bar.is_complete for bar in found.bars()] == [False] * 3
    Tornado(base, points, store).complete()
    assert found.status == "complete", "another that asks the same sees the same runs"
    assert tornado(base, [HALF_LIFE, SCARS, LOST], store).status == "complete", "nothing is to do"
    for outcome in ("letters_change", "injections"):
        bars = found.bars(outcome)
        widths = [bar.width for bar in bars]
        assert widths == sorted(widths, reverse=True)
    assert found.bars()[-1].place.path == HALF_LIFE
    (lost,) = (bar for bar in found.bars() if bar.place.path == LOST)
    assert (lost.low_value, lost.high_value) == (0.01, 0.08), "a range where nothing else is stated"
    (scars,) = (bar for bar in found.bars() if bar.place.path == SCARS)
    shipped = base.model.parameters["fibrosis_rate_per_fluid_week"]
    assert shipped.low < scars.low_value < shipped.value < scars.high_value < shipped.high
    assert scars.low.value > 0 > scars.high.value, "fewer scars are better"


def test_draws_part_the_variance(base, store):
    found = DrawnRuns(base, 6, 1, store)
    assert found.distribution() is None
    with pytest.raises(InvalidInputError, match="Fewer than two draws"):
        found.table()
    found.complete()
    assert found.status == "complete"
    over = found.distribution("letters_change", 2)
    summaries = [ape.open_run(spec.run_id, store).summary() for spec in found.specs]
    paired = Paired(summaries, 300)
    means = [paired.mean(i, "letters_change", 2) for i in range(6)]
    assert over.values == pytest.approx([mean.value for mean in means])
    assert over.mean == pytest.approx(over.values.mean())
    ses = [paired.difference(i, (i + 1) % 6, "letters_change", 2) for i in range(6)]
    assert 0 < over.spread.patients < max(item.se_unpaired for item in ses)
    assert 0 < over.parameter_share < 1
    # Of the same draw twice nothing comes from the parameters.
    twice = DrawnRuns(base, 2, 1, store)
    twice.specs = (found.specs[0], found.specs[0])
    twice.read()
    assert twice.distribution().spread.parameters == 0
    assert twice.distribution().parameter_share == 0
    table = found.table()
    assert len(table.rows) == 6
    assert len(table.columns) == 2 + len(uncertain_places(base))


def test_a_question_from_a_store_is_drawn_like_the_one_that_was_asked(base):
    again = RunSpec.from_json(base.to_json())
    assert [s.run_id for s in DrawnRuns(again, 3, 7).specs] == [
        s.run_id for s in DrawnRuns(base, 3, 7).specs
    ]
    assert uncertain_places(again).keys() == uncertain_places(base).keys()
    assert set(INFLUENTIAL) <= uncertain_places(base).keys()


def test_paths_that_are_not_there_are_named_with_those_that_are(base, store):
    with pytest.raises(InvalidSpecError, match=r"'protocol.phases.0.max_interval' is not in the"):
        ape.sweep(base, {"protocol.phases.0.max_interval": [8]}, store)
    with pytest.raises(InvalidSpecError, match=r"there are: .*model\.turnover_per_week"):
        ape.sweep(base, {"model.turnover": [0.3]}, store)
    with pytest.raises(InvalidSpecError, match="min_interval_weeks is 4, which is more than"):
        ape.sweep(base, {INTERVAL: [2]}, store)
    with pytest.raises(InvalidInputError, match="must be a list"):
        ape.sweep(base, {INTERVAL: "8,12"}, store)
    with pytest.raises(InvalidInputError, match="nothing to vary"):
        ape.sweep(base, {}, store)
    with pytest.raises(InvalidInputError, match="has no range"):
        tornado_points(base, [INTERVAL])


def test_every_path_can_be_changed_to_what_it_is(base):
    whole = base.replace(n_patients=300, slots_per_day=40, patients_per_clinic=100)
    for path, place in places_of(whole).items():
        if place.value is not None:
            assert changed_at(whole, path, place.value) is not None, path
    same = {path for path, place in places_of(base).items()
            if place.value is not None and changed_at(base, path, place.value) == base}  # fmt: skip
    assert {INTERVAL, SCARS, HALF_LIFE, LOST, "cohort.female_share"} <= same
    assert changed_at(base, INTERVAL.replace(".0.", "[0]."), 8) == changed_at(base, INTERVAL, "8")
    assert read_values(base, "cohort.two_eyes", "yes,no") == [True, False]


def test_outcomes_are_told_with_their_units():
    assert outcome_text("letters_change", 3.14) == "+3.1 letters"
    assert outcome_text("pct_bcva_ge70", 44.2) == "44.2%"
    assert outcome_text("cost", 12345.4) == "£12,345"
    assert effect_text("cost", -120.4) == "\N{MINUS SIGN}£120"
    assert effect_text("qalys", 0.00001) == "0.0000"


def test_runs_can_be_stopped_and_gone_on_with(base, tmp_path):
    """The process is held before its first run: a ticket stands before it in the queue."""
    from ape_core.runs.slots import Ticket

    first = Ticket.take(tmp_path, "f" * 64)
    found = ape.sweep(base.replace(n_patients=100), {INTERVAL: [8]}, tmp_path)
    found.start()  # joins the process that is at work
    assert found.status == "running"
    found.stop()
    assert found.wait(PATIENCE) == "interrupted"
    assert (found.was_stopped, found.progress().n_done) == (True, 0)
    first.close()
    found.start()
    assert found.wait(PATIENCE) == "complete"
    assert not found.was_stopped
    until(lambda: not any((tmp_path / "series").iterdir()))  # nothing is left but the runs
    damaged = next((tmp_path / "runs" / found.base.run_id).glob("summary-*.npz"))
    damaged.write_bytes(b"something else")
    again = Sweep(found.base, found.points, tmp_path)
    progress = again.progress()
    assert (progress.status, progress.n_done) == ("failed", 1)
    assert "Go on" in progress.hint
    again.start()
    assert again.wait(PATIENCE) == "complete"
    assert again.base_estimate() == found.base_estimate()
