"""A spec rebuilt from its own JSON alone: the shipped YAML may have changed since."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from ape_core.errors import CorruptRunError, InvalidSpecError
from ape_core.limits import MAX_YAML_BYTES
from ape_core.spec.canonical import canonical_json, sha256_text
from ape_core.spec.capacity import Capacity, parse_capacity
from ape_core.spec.cohort import Cohort, parse_cohort
from ape_core.spec.fields import as_mapping, build, check_fields
from ape_core.spec.model import DiseaseModel, Drug
from ape_core.spec.parameter import Parameter
from ape_core.spec.people import (
    AgeYears,
    Attendance,
    BaselineLetters,
    Leaving,
    LettersQuantiles,
    Recruitment,
)
from ape_core.spec.population import Population, list_populations
from ape_core.spec.protocol import Protocol
from ape_core.spec.protocol_yaml import parse_protocol
from ape_core.spec.run_spec import RunSpec

_TOP: Final = ("run_id", "question", "about")
_QUESTION: Final = ("model_version", "protocol", "cohort", "model", "years", "seed")
_HINT: Final = "The folder was changed by hand or damaged; run the question again."


def rebuild(text: str | bytes) -> RunSpec:
    """Rebuild a spec from what `RunSpec.to_json` wrote.

    Raises
    ------
    CorruptRunError
        The text is not JSON of a spec, or its question does not have the stated run_id.
    """
    data = _parsed(text)
    try:
        check_fields(data, _TOP, _TOP)
        question = as_mapping(data["question"], "question")
        check_fields(question, (*_QUESTION, "capacity"), _QUESTION)
        found = sha256_text(canonical_json(question))
        if data["run_id"] != found:
            raise CorruptRunError(
                f"The question has the hash {found}, but the run states {data['run_id']!r}.", _HINT
            )
        return RunSpec.as_asked(_parts(question, as_mapping(data["about"], "about")), question)
    except (InvalidSpecError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise CorruptRunError(f"The question of the run cannot be read: {error}", _HINT) from None


def _parsed(text: str | bytes) -> Mapping[str, Any]:
    """Plain data of the JSON."""
    if len(text) > MAX_YAML_BYTES:
        raise CorruptRunError(f"The spec is larger than {MAX_YAML_BYTES:,} bytes.", _HINT)
    try:
        return as_mapping(json.loads(text, parse_constant=_no_constant), "The spec")
    except (ValueError, RecursionError, InvalidSpecError) as error:
        raise CorruptRunError(f"The spec is not JSON of a run: {error}", _HINT) from None


def _no_constant(name: str) -> None:
    """Refuse NaN and the infinities, which JSON does not have."""
    raise ValueError(f"{name} is not a number in JSON")


def _parts(question: Mapping[str, Any], about: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of RunSpec."""
    drug = question["protocol"]["drug"]
    return {
        "protocol": _protocol(question["protocol"], about["protocol"]),
        "cohort": _cohort(question["cohort"], about["population"], about.get("overrides")),
        "model": _model(question["model"], drug, about["model"]),
        "years": question["years"],
        "seed": question["seed"],
        "model_version": question["model_version"],
        "capacity": _capacity(question),
    }


def _capacity(question: Mapping[str, Any]) -> Capacity | None:
    """Rebuild the capacity, which most questions do not have."""
    return parse_capacity(question["capacity"], "capacity") if "capacity" in question else None


def _protocol(asked: Mapping[str, Any], about: Mapping[str, Any]) -> Protocol:
    """Rebuild the protocol."""
    return parse_protocol({**about, **asked}, "protocol")


def plain_population(population: Population) -> dict[str, Any]:
    """Population as plain data, from which `rebuild_population` makes it again."""
    about = {"name": population.name, "title": population.title}
    return {"question": population.question(), "about": about}


def rebuild_population(plain: Mapping[str, Any]) -> Population:
    """Population from what `plain_population` gave."""
    return _population(plain["question"], plain["about"])


def _cohort(asked: Mapping[str, Any], about: Mapping[str, Any], overrides: object) -> Cohort:
    """Rebuild the cohort: as it was given, if that still means the same, else as it was resolved.

    A shipped population may have changed since, and one of a user's file is not here at all; its
    numbers then stand in the question, with every override applied.
    """
    resolved = _resolved(asked, about)
    if about["name"] not in list_populations():  # a name from a stranger must not be read as a path
        return resolved
    try:
        given = dict(as_mapping(overrides, "overrides"))
        for name in ("two_eyes", "recruitment"):
            given[name] = asked[name]
        given |= {"n_patients": asked["n_patients"], "population": about["name"]}
        as_given = parse_cohort(given, "cohort")
    except InvalidSpecError:
        return resolved
    same = as_given.question() == resolved.question()
    return as_given if same and as_given.people().title == about["title"] else resolved


def _resolved(asked: Mapping[str, Any], about: Mapping[str, Any]) -> Cohort:
    """Cohort with its overrides already in its population."""
    people = {
        key: value
        for key, value in asked.items()
        if key not in ("n_patients", "two_eyes", "recruitment")
    }
    return Cohort(
        n_patients=asked["n_patients"],
        population=_population(people, about),
        two_eyes=asked["two_eyes"],
        recruitment=build(Recruitment, asked["recruitment"], "recruitment"),
    )


def _population(asked: Mapping[str, Any], about: Mapping[str, Any]) -> Population:
    """Rebuild a population from its resolved numbers."""
    letters = dict(asked["baseline_letters"])
    kinds: dict[str, Any] = {"normal": BaselineLetters, "quantiles": LettersQuantiles}
    parts = {
        "baseline_letters": build(kinds[letters.pop("kind")], letters, "baseline_letters"),
        "age_years": build(AgeYears, asked["age_years"], "age_years"),
        "attendance": build(Attendance, asked["attendance"], "attendance"),
        "leaving": build(Leaving, asked["leaving"], "leaving"),
    }
    return Population(**{**about, **asked, **parts})


def _model(asked: Mapping[str, Any], drug: str, about: Mapping[str, Any]) -> DiseaseModel:
    """Rebuild the model as far as the run used it."""
    used = asked["drug"]
    return DiseaseModel(
        parameters=_exactly(asked["parameters"]),
        drugs={} if used is None else {drug: Drug(**_exactly(used))},
        name=about["name"],
        title=about["title"],
    )


def _exactly(values: Mapping[str, Any]) -> dict[str, Parameter]:
    """Parameters at the values that were used."""
    return {name: Parameter.exactly(name, value) for name, value in values.items()}
