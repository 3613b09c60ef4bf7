"""Comparisons of runs in a store: asked, waited for, refused; their figures and tables."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

import ape_core as ape
from ape_core.analysis.compare import Comparison
from ape_core.analysis.compared_outcomes import OUTCOMES
from ape_core.analysis.comparison_words import (
    compared_text,
    decimals_of,
    difference_text,
    mean_text,
    signed,
)
from ape_core.analysis.paired import Difference, Mean, Paired
from ape_core.analysis.same_patients import of_the_same_patients
from ape_core.errors import InvalidInputError
from ape_core.runs.starting import ask
from ape_core.simulation.simulate import simulate
from ape_core.storage.parts import write_part
from ape_core.summaries import Summary
from support.patience import PATIENCE
from support.runs import small_spec

TREX, PRN, UNTREATED = (
    ape.load_protocol(name)
    for name in ("aflibercept-2mg-treat-and-extend", "ranibizumab-0.5mg-prn", "no-treatment")
)


@pytest.fixture(scope="module")
def specs():
    base = small_spec(600, 2)
    return [base.replace(protocol=protocol) for protocol in (TREX, PRN, UNTREATED)]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return tmp_path_factory.mktemp("compared")


@pytest.fixture(scope="module")
def done(specs, store):
    """All three runs, the last one simulated by a worker."""
    for spec in specs[:2]:
        ape.run(spec, store, progress=False)
    comparison = ape.compare(specs, store)
    assert comparison.wait(PATIENCE) == "complete"
    return comparison


def committed(run, *indices):
    """Simulate and commit some parts of a run, as a worker does."""
    size = run.folder.checkpoint().chunk_size
    whole = run.summary() or Summary.empty(run.spec.years)
    for index in indices:
        chunk = simulate(run.spec, index * size, (index + 1) * size)
        whole = whole.merge(Summary.of_chunk(chunk))
        run.folder.committed.save_progress(
            [write_part(run.folder.path, index, chunk)], whole.to_arrays()
        )


def test_a_comparison_is_of_ordinary_runs(done, specs, store):
    assert [run.run_id for run in done.runs] == [spec.run_id for spec in specs]
    assert {run.run_id for run in ape.runs.list_runs(store)} == {spec.run_id for spec in specs}
    assert [item.share for item in done.progress()] == [1.0, 1.0, 1.0]
    assert done.titles == tuple(spec.protocol.title for spec in specs)
    assert repr(done).endswith("No treatment, visits every 12 weeks: complete>")
    again = ape.compare(specs[:2], store)
    assert again.status == "complete"


def test_its_figures_are_those_of_the_summaries(done):
    paired = Paired([run.summary() for run in done.runs], 600)
    assert done.means(1)[0] == paired.mean(0, "letters_change", 1)
    assert len(done.means()) == 3 * len(OUTCOMES)
    assert {mean.year for mean in done.means()} == {2}
    found = done.differences("ranibizumab-0.5mg-prn", 1)
    assert found[0] == paired.difference(0, 1, "letters_change", 1)
    assert {(item.run, item.reference) for item in found} == {(0, 1), (2, 1)}
    assert done.paired() is done.paired(), "made anew only when a run has grown"


def test_the_tables_say_what_the_figures_are(done):
    table = done.table(reference=1, year=1)
    assert table.name == "Outcomes at year 1, 600 patients"
    headings = [column.heading for column in table.columns]
    assert headings[1] == f"{TREX.title} (mean (SD) or n (%))"
    assert headings[-1] == f"{UNTREATED.title} less {PRN.title} (difference, 95% interval)"
    by_outcome = {row[0]: row for row in table.rows}
    change = by_outcome["Change in acuity, letters"]
    assert change[1:4] == tuple(
        mean_text(mean) for mean in done.means(1) if mean.outcome == "letters_change"
    )
    found = done.differences(1, 1)
    assert change[4] == difference_text(found[0], decimals_of(found))
    rows = list(csv.DictReader(io.StringIO(done.numbers().to_csv())))
    assert len(rows) == 3 * 2 * len(OUTCOMES)
    row = next(r for r in rows if r["Protocol"] == PRN.title and r["Year"] == "2")
    expected = done.differences(0, 2)[0]
    assert float(row["Difference"]) == expected.value
    assert float(row["Difference from (95%)"]) == expected.low
    assert int(row["Patients without pairing"]) == expected.patients_without_pairing


def test_growing_runs_are_compared_over_the_same_patients(tmp_path):
    base = small_spec(400, 1)
    runs = [ask(base.replace(protocol=p), tmp_path, chunk_size=100) for p in (TREX, PRN)]
    comparison = Comparison(runs)
    assert comparison.paired() is None
    with pytest.raises(InvalidInputError, match="No patient is committed in every run yet"):
        comparison.differences()
    committed(runs[0], 0, 1, 2)
    committed(runs[1], 3)
    assert comparison.paired() is None
    committed(runs[1], 1)
    assert comparison.paired().n_patients == 96, "12 course blocks of 8 of the second hundred"
    committed(runs[1], 0, 2)
    assert comparison.paired().n_patients == 296
    assert comparison.status == "interrupted"
    assert "296 patients" in comparison.table().name


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"years": 3}, "years is 2 and 3"),
        ({"seed": 9}, "seed is 1 and 9"),
        ({"n_patients": 1_500}, "cohort.n_patients is 600 and 1,500"),
        ({"two_eyes": True}, "cohort.two_eyes is False and True"),
        ({"population": "trial"}, r"cohort\..*; and \d+ more"),
        (
            {"patients_per_clinic": 100, "slots_per_day": 9, "open_days": 5},
            "capacity.patients_per_clinic is not set and 100",
        ),
        ({"model": ape.load_model().replace(burn_out_shape=1.9)}, "model.parameters.burn_out"),
    ],
)
def test_other_patients_are_refused_with_what_differs(specs, store, change, message):
    other = specs[1].replace(**change)
    with pytest.raises(InvalidInputError, match=f"not of the same patients: .*{message}"):
        ape.compare([specs[0], other], store)


def test_two_runs_of_one_protocol_are_told_apart_by_their_ids(specs, store):
    other = specs[0].replace(seed=9)
    titles = [f"{spec.run_id[:12]} of '{spec.protocol.title}'" for spec in (specs[0], other)]
    with pytest.raises(InvalidInputError) as refused:
        ape.compare([specs[0], other], store)
    said = f"The runs {titles[0]} and {titles[1]} are not of the same patients: seed is 1 and 9."
    assert refused.value.message == said


def test_slots_that_bind_are_compared_with_slots_that_do_not(specs, tmp_path):
    """What slipping does: the same patients with the same luck, fewer visits, worse acuity."""
    plenty = specs[0].replace(patients_per_clinic=60, slots_per_day=1_000)
    few = plenty.replace(slots_per_day=1, open_days=5)
    for spec in (plenty, few):
        ape.run(spec, tmp_path, progress=False)
    compared = Comparison([ask(spec, tmp_path) for spec in (plenty, few)])
    title = specs[0].protocol.title
    assert compared.titles == (
        f"{title}, 1,000 slots on 7 days a week",
        f"{title}, 1 slot on 5 days a week",
    )
    found = {difference.outcome: difference for difference in compared.differences()}
    for name in ("letters_change", "visits"):
        assert found[name].high < 0, name


def test_a_drug_of_another_kind_is_no_other_patient_but_other_values_of_one_drug_are(specs, store):
    halved = specs[0].replace(protocol=PRN)
    assert halved.question()["model"]["drug"] != specs[0].question()["model"]["drug"]
    with pytest.raises(InvalidInputError, match="is given twice"):
        ape.compare([specs[0], specs[0]], store)
    clinic = {"patients_per_clinic": 600, "slots_per_day": 9, "open_days": 5}
    with pytest.raises(InvalidInputError, match="600 patients make a single clinic"):
        ape.compare([spec.replace(**clinic) for spec in specs], store)
    for few in (specs[:1], specs * 3):
        with pytest.raises(InvalidInputError, match=f"{len(few)} runs? w.* given, but 2 to 6"):
            ape.compare(few, store)


def test_another_protocol_is_asked_of_the_patients_of_a_run(done):
    """A run from a store knows its own drug only."""
    stored = ape.open_run(done.runs[1].run_id, done.runs[1].folder.path.parents[1]).spec
    assert set(stored.model.drugs) == {"ranibizumab-0.5mg"}
    assert of_the_same_patients(stored, TREX) == done.runs[0].spec
    earlier = stored.replace(model_version="0")
    with pytest.raises(InvalidInputError, match="is of model version 0; this version of APE"):
        of_the_same_patients(earlier, TREX)


def difference(outcome, value, reach):
    return Difference(outcome, 2, 1, 0, value, value - reach, value + reach, 0.5, 1.0, 100)


def test_an_end_of_an_interval_keeps_its_side_of_0():
    say = compared_text
    assert say(difference("letters_change", 0.1, 0.102)) == (
        "+0.10 letters (95% interval \N{MINUS SIGN}0.002 to +0.20)"
    )
    assert say(difference("letters_change", 0.1, 0.0997)) == (
        "0.10 letters better (95% interval 0.0003 to 0.20)"
    )
    assert say(difference("letters_change", 0.5, 0.52)) == (
        "+0.5 letters (95% interval \N{MINUS SIGN}0.02 to +1.0)"
    )
    exact = replace(difference("letters_change", 0.1, 0.1), low=0.0)
    assert difference_text(exact) == "+0.10 (0.00 to +0.20)"
    both = difference("letters_change", 0.1, 0.102)
    assert difference_text(both) == "+0.10 (\N{MINUS SIGN}0.002 to +0.20)"


def test_differences_in_words():
    say = compared_text
    assert say(difference("letters_change", 3.12, 0.3)) == (
        "3.1 letters better (95% interval 2.8 to 3.4)"
    )
    assert say(difference("letters_change", -1.5, 0.21)) == (
        "1.5 letters worse (95% interval 1.3 to 1.7)"
    )
    assert say(difference("letters_change", 0.12, 0.03)) == (
        "0.12 letters better (95% interval 0.09 to 0.15)"
    )
    assert say(difference("letters_change", -0.2, 0.5)) == (
        "\N{MINUS SIGN}0.2 letters (95% interval \N{MINUS SIGN}0.7 to +0.3)"
    )
    assert say(difference("injections", -2, 0.5)) == (
        "2.0 fewer injections (95% interval 1.5 to 2.5)"
    )
    assert say(difference("pct_loss_ge15", 2, 0.5)) == (
        "2.0 percentage points worse (95% interval 1.5 to 2.5)"
    )
    assert signed(-0.04) == "0.0"
    assert difference("letters", 1, 0.2).patients_without_pairing == 400
    assert mean_text(Mean("letters", 2, 0, 0.0, 0.0, 0, 0.0, 0.0)) == "\N{EN DASH}"
