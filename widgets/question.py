"""The question of a form as plain data, from which it can be asked, and back from a run.

A protocol that is kept somewhere is held by its name; one that is edited, or that only a run has,
is held whole. So are the changes to the disease model and what is overridden in a population.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ape_core.errors import InvalidSpecError
from ape_core.limits import MAX_PATIENTS, MAX_SEED, MAX_YEARS
from ape_core.spec.capacity import parse_capacity
from ape_core.spec.checks import is_name, shown
from ape_core.spec.model import load_model
from ape_core.spec.model_guide import changed_model, changes_of
from ape_core.spec.people_guide import overrides_of, with_overrides
from ape_core.spec.population import Population, list_populations
from ape_core.spec.protocol_yaml import parse_protocol, protocol_fields
from ape_core.spec.rebuild import plain_population, rebuild_population
from ape_core.spec.run_spec import RunSpec
from ape_core.storage.own_protocols import load_protocol
from widgets.format import count, parse_count

if TYPE_CHECKING:
    from ape_core.spec.protocol import Protocol

Question = dict[str, Any]

FIRST_QUESTION: Final[Mapping[str, Any]] = {
    "protocol": "aflibercept-2mg-treat-and-extend",
    "rules": None,
    "population": "uk-routine-care",
    "population_of_run": None,
    "people": {},
    "capacity": {},
    "model": {},
    "patients": "3,000",
    "years": "5",
    "seed": "1",
}
"""What is simulated for a visitor who has asked nothing yet: a real answer within seconds.

rules
    The protocol as plain data where `protocol` is not the name of one that is kept; else None.
population_of_run
    The population as plain data where it is not shipped, or has changed since; else None.
people, capacity, model
    What is overridden in the population, for how many visits clinics have room, and which numbers
    of the disease model are changed.
"""

LEAST_PATIENTS: Final = 100
MOST_PATIENTS: Final = min(10_000_000, MAX_PATIENTS)
NUMBERS: Final = {
    "patients": (LEAST_PATIENTS, MOST_PATIENTS),
    "years": (1, MAX_YEARS),
    "seed": (0, MAX_SEED),
}
"""Numbers of the question, with the least and the most of each."""


def spec_of(question: Question, store: Path) -> RunSpec:
    """Put a question together.

    Raises
    ------
    InvalidSpecError
        It cannot be asked; `field` says where the fault is, as "rules.phases[0].regimen".
    """
    numbers = {name: understood(question, name) for name in NUMBERS}
    protocol = protocol_of(question, store)
    kept = question["population_of_run"]
    population = question["population"] if kept is None else rebuild_population(kept)
    if not isinstance(population, Population):
        _check_shipped(population)
    with _within("people", "cohort"):
        cohort = with_overrides(numbers["patients"], population, question["people"])
    with _within("model"):
        model = changed_model(question["model"]) if question["model"] else load_model()
    with _within("capacity", "capacity"):
        asked = question["capacity"]
        capacity = parse_capacity(asked, "capacity") if asked else None
    years, seed = numbers["years"], numbers["seed"]
    return RunSpec(protocol, cohort, years, seed, model, capacity=capacity)


def protocol_of(question: Question, store: Path) -> Protocol:
    """Protocol that a question is about.

    Raises
    ------
    InvalidSpecError
        It is not there, or its rules contradict each other.
    """
    if question.get("rules") is not None:
        with _within("rules", "protocol"):
            return parse_protocol(question["rules"], "protocol")
    name = question["protocol"]
    if not isinstance(name, str) or not is_name(name):  # a page gives names, and no paths
        raise InvalidSpecError(f"There is no protocol {shown(name)}.", field="protocol")
    return load_protocol(name, store)


def understood(question: Question, name: str) -> int:
    """Whole number that a field of the question means."""
    low, high = NUMBERS[name]
    try:
        return parse_count(question[name], name.capitalize(), low, high)
    except InvalidSpecError as error:
        raise InvalidSpecError(error.message, error.hint, name) from None


def question_of(spec: RunSpec, store: Path) -> Question:
    """The form that asks what a run answers, and nothing else."""
    protocol, population = spec.protocol, spec.cohort.population
    try:
        is_kept = load_protocol(protocol.name, store) == protocol
    except InvalidSpecError:
        is_kept = False
    return {
        "protocol": protocol.name,
        "rules": None if is_kept else protocol_fields(protocol),
        "population": spec.people.name,
        "population_of_run": plain_population(population)
        if isinstance(population, Population)
        else None,
        "people": overrides_of(spec.cohort),
        "capacity": spec.capacity.question() if spec.capacity else {},
        "model": changes_of(spec.model) if spec.is_current else {},
        "patients": count(spec.cohort.n_patients),
        "years": str(spec.years),
        "seed": str(spec.seed),
    }


def _check_shipped(name: str) -> None:
    """Refuse a population that is not shipped: a page gives names, and no paths."""
    if name not in list_populations():
        raise InvalidSpecError(f"There is no population {shown(name)}.", field="population")


@contextmanager
def _within(part: str, instead_of: str = "") -> Iterator[None]:
    """Put a part of the question before the field of an error, in the place of another word."""
    try:
        yield
    except InvalidSpecError as error:
        place = error.field.removeprefix(instead_of).lstrip(".") if instead_of else error.field
        field = f"{part}.{place}" if place else part
        raise InvalidSpecError(error.message, error.hint, field) from None
