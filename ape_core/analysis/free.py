"""Every uncertain number by one flat name: of the model, of its drugs, of the arms' populations.

Names are those of the files: `turnover_per_week` of the model, `ranibizumab-0.5mg/dose` of a drug,
`uk-routine-care/recoverable_share` or `trial/attendance.missed_share` of a population.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from ape_core.analysis.arms import Arm
from ape_core.spec import checks
from ape_core.spec.model import DRUG_PARAMETERS, DiseaseModel, Drug
from ape_core.spec.parameter import Parameter
from ape_core.spec.population import SINGLES, Population, load_population

_GROUPS: Final = ("attendance", "leaving")


def model_parameters(model: DiseaseModel) -> dict[str, Parameter]:
    """Parameters of a model and of its drugs, by flat name."""
    of_drugs = {
        f"{name}/{key}": getattr(drug, key)
        for name, drug in model.drugs.items()
        for key in DRUG_PARAMETERS
    }
    return {**model.parameters, **of_drugs}


def free_parameters(model: DiseaseModel, arms: Iterable[Arm]) -> dict[str, Parameter]:
    """Parameters that a fit can change: of the model, and of how patients of the arms attend."""
    populations = {people.name: people for people in map(_population, arms)}
    of_people = {
        f"{name}/{number.name}": number
        for name, people in populations.items()
        for number in people.numbers
        if number.name in SINGLES or number.name.split(".")[0] in _GROUPS
    }
    return {**model_parameters(model), **of_people}


def fitted(parameters: Mapping[str, Parameter]) -> tuple[str, ...]:
    """Names of those whose source says that they were fitted."""
    return tuple(name for name, item in parameters.items() if item.source.startswith("Fitted"))


def check_free(names: Sequence[str], parameters: Mapping[str, Parameter]) -> None:
    """Refuse a name that is unknown, or a parameter without a range."""
    for name in names:
        checks.choice("The free parameter", name, tuple(parameters))
        item = parameters[name]
        if item.low == item.high:
            checks.positive(f"The range of {name}", item.high - item.low, 1e9)


def changed_model(model: DiseaseModel, values: Mapping[str, float]) -> DiseaseModel:
    """Return the model with other values for some of its parameters and those of its drugs."""
    known = model_parameters(model)
    changed = {key: known[key].with_value(value) for key, value in values.items() if key in known}
    drugs = {
        name: Drug(*(changed.get(f"{name}/{key}", getattr(drug, key)) for key in DRUG_PARAMETERS))
        for name, drug in model.drugs.items()
    }
    own = {name: changed.get(name, item) for name, item in model.parameters.items()}
    return DiseaseModel(own, drugs, model.name, model.title)


def changed_arm(arm: Arm, values: Mapping[str, float]) -> Arm:
    """Return the arm with other values for some numbers of its population."""
    people = _population(arm)
    prefix = f"{people.name}/"
    given = {
        key.removeprefix(prefix): value for key, value in values.items() if key.startswith(prefix)
    }
    if not given:
        return arm
    changed = changed_population(people, given)
    return replace(arm, cohort=replace(arm.cohort, population=changed))


def _population(arm: Arm) -> Population:
    """Population of an arm before the overrides of its cohort."""
    given = arm.cohort.population
    return given if isinstance(given, Population) else load_population(given)


def changed_population(people: Population, values: Mapping[str, float]) -> Population:
    """Return the population with other values, by the names of its file."""
    for name, value in values.items():
        group, _, field = name.partition(".")
        if field:
            part = replace(getattr(people, group), **{field: value})
            people = replace(people, **{group: part})
        else:
            people = replace(people, **{name: value})  # type: ignore[arg-type]
    return people
