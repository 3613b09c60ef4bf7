"""Whatever is written reads back as the same, over any valid protocol, cohort and run."""

from __future__ import annotations

import dataclasses
import json
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ape_core.limits import MAX_PATIENTS, MAX_SEED, MAX_YEARS
from ape_core.schema import DRUGS
from ape_core.spec.cohort import Cohort
from ape_core.spec.people import AgeYears, BaselineLetters, Recruitment
from ape_core.spec.protocol import (
    AfterStopping,
    FixedPhase,
    LabelPhase,
    Loading,
    NoTreatmentPhase,
    PrnPhase,
    Protocol,
    Stopping,
    TreatAndExtendPhase,
)
from ape_core.spec.protocol_yaml import (
    list_protocols,
    load_protocol,
    parse_protocol_yaml,
    protocol_to_yaml,
)
from ape_core.spec.run_spec import RunSpec
from simulation.strategies import protocols as drawn_protocols

weeks = st.integers(1, 52)
letters_lost = st.integers(1, 30)
words = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=20)
names = st.from_regex(r"[a-z0-9][a-z0-9.-]{0,20}", fullmatch=True)


@st.composite
def criteria(draw):
    """A criterion and the letters that go with it."""
    name = draw(st.sampled_from(["fluid", "fluid-or-letters", "fluid-and-letters"]))
    return name, None if name == "fluid" else draw(letters_lost)


@st.composite
def treat_and_extend(draw, until):
    low, first, high = sorted(draw(st.tuples(weeks, weeks, weeks)))
    return TreatAndExtendPhase(until, first, draw(weeks), draw(weeks), low, high, *draw(criteria()))


@st.composite
def label(draw, until):
    interval = draw(st.integers(2, 52))
    shorter = draw(st.sets(st.integers(1, interval - 1), min_size=1, max_size=4))
    return LabelPhase(until, interval, tuple(sorted(shorter, reverse=True)), *draw(criteria()))


@st.composite
def prn(draw, until):
    interval = draw(weeks)
    return PrnPhase(until, interval, draw(st.none() | st.integers(interval, 52)))


def treating_phases(until):
    """A phase of any regimen that injects."""
    fixed = st.builds(FixedPhase, st.just(until), weeks)
    return fixed | prn(until) | treat_and_extend(until) | label(until)


stable = st.fixed_dictionaries(
    {
        "stable_at_max_interval_visits": st.integers(1, 24),
        "stable_stop_probability": st.floats(0.001, 1),
    },
    optional={"stable_interval_weeks": weeks},
)
futile = st.fixed_dictionaries(
    {"futile_below_letters": st.integers(1, 85), "consecutive_visits": st.integers(1, 24)}
)


@st.composite
def protocols(draw):
    """A protocol that follows every rule."""
    about = {
        "name": draw(names),
        "title": draw(words),
        "sources": tuple(draw(st.lists(words, max_size=3))),
        "description": draw(st.just("") | words),
        "parent": draw(st.just("") | names),
    }
    if draw(st.integers(0, 9)) == 0:
        return Protocol(
            drug="none", loading=None, phases=(NoTreatmentPhase(None, draw(weeks)),), **about
        )
    loading = draw(st.none() | st.builds(Loading, st.integers(1, 12), weeks))
    first_end = (loading.last_week if loading else 0) + 1
    ends = sorted(draw(st.sets(st.integers(first_end, 2_000), max_size=3)))
    phases = tuple(draw(treating_phases(until)) for until in [*ends, None])
    rules = draw(st.just({}) | futile | stable | st.builds(lambda a, b: a | b, futile, stable))
    watched = "stable_stop_probability" in rules and draw(st.booleans())
    return Protocol(
        drug=draw(st.sampled_from(DRUGS[1:])),
        loading=loading,
        phases=phases,
        stopping=Stopping(**rules) if rules else None,
        after_stopping=AfterStopping(draw(weeks), draw(st.booleans())) if watched else None,
        **about,
    )


recruitments = (
    st.just(Recruitment())
    | st.builds(lambda days: Recruitment("uniform", days=days), st.integers(1, 3_650))
    | st.builds(lambda rate: Recruitment("rate", patients_per_week=rate), st.floats(2e4, 1e6))
)
cohorts = st.builds(
    Cohort,
    n_patients=st.integers(1, MAX_PATIENTS),
    population=st.sampled_from(["trial", "uk-routine-care"]),
    baseline_letters=st.none() | st.builds(BaselineLetters, st.floats(40, 65), st.floats(1, 10)),
    age_years=st.none() | st.builds(AgeYears, st.floats(65, 85), st.floats(1, 8)),
    female_share=st.none() | st.floats(0, 1),
    attendance=st.sampled_from([None, "trial", "routine"]),
    two_eyes=st.booleans(),
    recruitment=recruitments,
)
run_specs = st.builds(
    RunSpec, protocols(), cohorts, st.integers(1, MAX_YEARS), st.integers(0, MAX_SEED)
)


@given(protocols())
def test_a_protocol_reads_back_from_its_yaml(protocol):
    assert parse_protocol_yaml(protocol_to_yaml(protocol), "x") == protocol


def test_the_interval_from_which_on_an_eye_is_stable_is_in_yaml_and_question():
    """Unlike a protocol without it, whose YAML does not name it."""
    with_it, without = (
        Protocol("x", "X", "aflibercept-2mg", None, (FixedPhase(None, 8),), rules)
        for rules in (Stopping(None, None, 3, 0.1, 8), Stopping(None, None, 3, 0.1))
    )
    assert "\n  stable_interval_weeks: 8\n" in protocol_to_yaml(with_it)
    assert "stable_interval_weeks" not in protocol_to_yaml(without)
    assert parse_protocol_yaml(protocol_to_yaml(with_it), "x").stopping.stable_interval_weeks == 8
    specs = [RunSpec(protocol, Cohort(10), 1, 1) for protocol in (with_it, without)]
    assert specs[0].run_id != specs[1].run_id
    assert [RunSpec.from_json(spec.to_json()) for spec in specs] == specs


@pytest.mark.parametrize("info", list_protocols(), ids=lambda info: info.name)
def test_a_shipped_protocol_reads_back_from_its_yaml(info):
    protocol = load_protocol(info.name)
    assert parse_protocol_yaml(protocol_to_yaml(protocol), "x") == protocol


@given(drawn_protocols())
def test_a_protocol_of_every_regimen_reads_back_from_its_yaml(protocol):
    assert parse_protocol_yaml(protocol_to_yaml(protocol), "x") == protocol


@given(protocols())
def test_the_question_of_a_protocol_is_plain_data(protocol):
    question = protocol.question()
    assert json.loads(json.dumps(question)) == question


@given(protocols())
def test_every_protocol_can_be_told_and_drawn(protocol):
    sentences = protocol.summary_sentences()
    assert all(sentence.endswith(".") and "None" not in sentence for sentence in sentences)
    for eye in dataclasses.astuple(protocol.schedule_sketch(200)):
        visits = sorted([*eye[0], *eye[1]])
        assert visits[0] == 0
        assert len(set(visits)) == len(visits)
        assert visits[-1] <= 200


@settings(max_examples=60)
@given(run_specs)
def test_a_run_reads_back_from_its_json(spec):
    text = spec.to_json()
    again = RunSpec.from_json(text)
    assert again == spec
    assert again.run_id == spec.run_id == json.loads(text)["run_id"]
    assert again.question() == spec.question()
    assert again.protocol == spec.protocol
    assert again.cohort == spec.cohort
    assert again.people.question() == spec.people.question()
    assert again.to_json() == text
    assert RunSpec.from_json(again.to_json()) == spec


@settings(max_examples=30)
@given(run_specs)
def test_a_run_survives_pickling(spec):
    again = pickle.loads(pickle.dumps(spec))
    assert again == spec
    assert again.model == spec.model
    assert again.cohort == spec.cohort


@settings(max_examples=30)
@given(run_specs, run_specs)
def test_runs_are_equal_exactly_when_their_questions_are(one, other):
    assert (one == other) == (one.question() == other.question())
    assert (one == other) == (one.run_id == other.run_id)
