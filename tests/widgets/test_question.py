"""The question of a form is plain data that asks exactly what a run answers."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from ape_core.errors import InvalidSpecError
from ape_core.runs import submit
from ape_core.spec.capacity import Capacity
from ape_core.spec.cohort import Cohort
from ape_core.spec.model_guide import changed_model
from ape_core.spec.people_guide import with_overrides
from ape_core.spec.protocol_yaml import load_protocol
from ape_core.spec.run_spec import RunSpec
from ape_core.storage.own_protocols import OwnProtocols
from simulation.strategies import specs
from support.patience import PATIENCE
from support.runs import small_spec
from widgets.question import FIRST_QUESTION, question_of, spec_of
from widgets.session import Session

PARENT = load_protocol("aflibercept-2mg-treat-and-extend")
LONGER = replace(
    PARENT,
    name="mine",
    title="Mine",
    parent=PARENT.name,
    phases=(replace(PARENT.phases[0], max_interval_weeks=20),),
)
PEOPLE = {"age_years": {"mean": 75.0, "sd": 8.0}, "two_eyes": True, "attendance": "trial"}
MODEL = {"fluid_noise": 0.2, "aflibercept-2mg/half_life_days": 9.5}


def reopened(spec):
    """The spec as a run gives it back."""
    return RunSpec.from_json(spec.to_json())


def changed_spec():
    """An own protocol, overrides and a changed model at once."""
    cohort = with_overrides(500, "uk-routine-care", PEOPLE)
    room = Capacity(patients_per_clinic=250, slots_per_day=10)
    return RunSpec(LONGER, cohort, 2, 7, changed_model(MODEL), capacity=room)


@settings(max_examples=60, deadline=None)
@given(specs())
def test_whatever_was_asked_is_asked_again_exactly(spec):
    with tempfile.TemporaryDirectory() as folder:
        question = question_of(reopened(spec), Path(folder))
        assert json.loads(json.dumps(question)) == question
        assert spec_of(question, Path(folder)).run_id == spec.run_id


def test_what_ships_is_held_by_name_and_what_is_changed_as_it_was_given(store):
    assert question_of(small_spec(3_000, 5), store) == FIRST_QUESTION
    question = question_of(reopened(changed_spec()), store)
    assert question["people"] == PEOPLE
    assert question["model"] == MODEL
    assert question["population_of_run"] is None
    assert question["rules"]["parent"] == PARENT.name
    assert spec_of(question, store) == changed_spec()


def test_an_own_protocol_is_held_by_name_until_its_file_differs(store):
    library = OwnProtocols(store)
    spec = reopened(changed_spec())
    library.save(LONGER)
    assert question_of(spec, store)["rules"] is None
    assert spec_of(question_of(spec, store), store) == spec
    library.save(replace(LONGER, phases=PARENT.phases), replacing=True)
    assert question_of(spec, store)["rules"]["name"] == "mine"
    assert spec_of(question_of(spec, store), store) == spec


def test_a_population_that_does_not_ship_is_held_as_the_run_has_it(store):
    mine = replace(Cohort(10).people(), name="mine", title="Mine", female_share=0.5)
    spec = reopened(RunSpec(PARENT, Cohort(500, mine), 1, 1))
    question = question_of(spec, store)
    assert question["population"] == "mine"
    assert spec_of(question, store) == spec


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"patients": "many"}, "patients"),
        ({"protocol": "../mine.yaml"}, "protocol"),
        ({"protocol": "/etc/passwd"}, "protocol"),
        ({"population": "../../x.yaml"}, "population"),
        ({"people": {"age_years": {"mean": 20, "sd": 8}}}, "people.age_years.mean"),
        ({"people": {"colour": "red"}}, "people.colour"),
        ({"model": {"fluid_noise": "9"}}, "model.fluid_noise"),
        ({"capacity": {"slots_per_day": 9}}, "capacity.patients_per_clinic"),
        ({"rules": {"name": "x", "title": "X", "drug": "none"}}, "rules.phases"),
    ],
)
def test_what_cannot_be_asked_names_its_field(store, changes, field):
    with pytest.raises(InvalidSpecError) as refused:
        spec_of({**FIRST_QUESTION, **changes}, store)
    assert refused.value.field == field


def test_opening_a_run_restores_all_of_its_question(store):
    run = submit(changed_spec(), store)
    run.wait(PATIENCE)
    session = Session(store)
    session.arrive(run.run_id)
    assert session.is_shown
    assert session.question["people"] == PEOPLE
    assert session.question["model"] == MODEL
    assert session.protocol == LONGER
    session.edit("protocol", PARENT.name)
    assert session.question["rules"] is None
    assert not session.is_shown
    session.close()


def test_a_run_is_called_here_as_it_was_asked_for_here(answered_store):
    session = Session(answered_store)
    session.library.save(replace(PARENT, name="same", title="Ours", parent=PARENT.name))
    session.arrive()
    first = session.run_id
    session.edit("protocol", "same")
    session.start()
    assert (session.run_id, session.shown.protocol.title) == (first, "Ours")
    session.open(first)
    assert session.shown.protocol.title == PARENT.title
    session.close()
