"""The numbers of a disease model in words and groups, and models with some of them changed."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from ape_core.errors import InvalidSpecError
from ape_core.spec import checks
from ape_core.spec.differences import Difference
from ape_core.spec.field_guide import read_number, write_apart, write_number
from ape_core.spec.model import DRUG_PARAMETERS, DiseaseModel, Drug, load_model
from ape_core.spec.parameter import Parameter
from ape_core.spec.protocol_guide import DRUG

OF_DRUG: Final = "/"
"""Between a drug and its number, in the name of a change: "aflibercept-2mg/half_life_days"."""

GROUPS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "Fluid": {
            "log_ec50_mean": "Dose that halves activity, log of the mean",
            "log_ec50_sd": "Dose that halves activity, spread between eyes",
            "drive_log_sd": "Untreated fluid, spread between eyes",
            "turnover_per_week": "Speed at which fluid comes and goes",
            "fluid_noise": "Change of fluid from week to week",
            "presentation_fluid_share": "Fluid at the first visit",
            "residual_activity_median": "Activity beyond any dose, median",
            "residual_activity_log_sd": "Activity beyond any dose, spread between eyes",
            "burn_out_scale_years": "Time to lasting inactivity, scale",
            "burn_out_shape": "Time to lasting inactivity, shape",
        },
        "Acuity": {
            "letters_per_fluid_median": "Letters lost to fluid, median",
            "letters_per_fluid_log_sd": "Letters lost to fluid, spread between eyes",
            "acuity_ceiling_letters": "Best acuity of an eye, mean",
            "acuity_ceiling_sd_letters": "Best acuity of an eye, spread",
        },
        "Lasting losses": {
            "slow_loss_letters_per_year": "Slow loss in every eye",
            "fluid_loss_letters_per_week": "Slow loss under fluid",
            "fibrosis_rate_per_fluid_week": "Rate of scars",
            "fibrosis_loss_log_mean": "Loss from a scar",
            "haemorrhage_rate_per_fluid_week": "Rate of haemorrhages",
            "haemorrhage_loss_log_mean": "Loss from a haemorrhage",
            "atrophy_rate_per_year": "Rate of atrophy",
            "atrophy_loss_log_mean": "Loss from atrophy",
            "lesion_log_hazard_per_decade": "Rise of scars and atrophy with age",
        },
        "What the clinic sees": {
            "fluid_threshold": "Fluid above which a scan is active, median",
            "reading_log_sd": "Fluid above which a scan is active, spread",
            "reading_sensitivity": "Active scans that are read as active",
            "reading_specificity": "Inactive scans that are read as inactive",
        },
        "Fellow eye": {
            "fellow_eye_conversion_per_year": "Rate at which the fellow eye falls ill",
            "fellow_eye_better_letters": "Better acuity of the fellow eye at its start",
        },
    }
)
_DRUG_TITLES: Final = {
    "dose": "Dose of one injection",
    "half_life_days": "Half-life in the eye",
}
DRUGS_GROUP: Final = "Drugs"


def numbers_of(model: DiseaseModel) -> dict[str, Parameter]:
    """Every number of a model, by the name under which it can be changed."""
    of_drugs = {
        f"{drug}{OF_DRUG}{name}": getattr(what, name)
        for drug, what in model.drugs.items()
        for name in DRUG_PARAMETERS
    }
    return {**model.parameters, **of_drugs}


def grouped(model: DiseaseModel) -> dict[str, dict[str, Parameter]]:
    """Numbers of a model by group, in the order in which they are read."""
    numbers = numbers_of(model)
    found = {
        group: {name: numbers[name] for name in titles if name in numbers}
        for group, titles in GROUPS.items()
    }
    found[DRUGS_GROUP] = {name: item for name, item in numbers.items() if OF_DRUG in name}
    return found


def title_of(name: str) -> str:
    """Name of a number for reading; that of an earlier model version keeps its own."""
    drug, _, number = name.rpartition(OF_DRUG)
    if drug:
        return f"{DRUG.say(drug)}: {_DRUG_TITLES[number].lower()}"
    found = (titles[name] for titles in GROUPS.values() if name in titles)
    return next(found, name.replace("_", " "))


def range_in_words(parameter: Parameter) -> str:
    """Range of a number, with its unit."""
    if parameter.low == parameter.high:
        return " ".join(
            filter(None, (write_number(parameter.low), parameter.unit, "by definition"))
        )
    span = f"{write_number(parameter.low)} to {write_number(parameter.high)}"
    return f"{span} {parameter.unit}".rstrip()


def read_change(name: str, value: object, base: DiseaseModel | None = None) -> float:
    """Return another value of a number, if it lies in the range in which that plausibly is.

    Parameters
    ----------
    name
        One of `numbers_of`.
    value
        A number, or text that means one.
    base
        The model that is changed; the shipped one by default.

    Raises
    ------
    InvalidSpecError
        There is no such number, or the value is none or out of its range.
    """
    parameter = _known(name, base or load_model())
    given = read_number(value) if isinstance(value, str) else value
    try:
        return checks.number(title_of(name), given, parameter.low, parameter.high)
    except InvalidSpecError as error:
        raise InvalidSpecError(error.message, "That is its plausible range.", name) from None


def changed_model(changes: Mapping[str, object], base: DiseaseModel | None = None) -> DiseaseModel:
    """Return a model with other values for some numbers.

    Numbers are taken as they are, if the simulation can use them, so that what a script asked for
    can be asked again; text, which is typed, has to lie in the plausible range.

    Parameters
    ----------
    changes
        Values by the names of `numbers_of`.
    base
        The model that is changed; the shipped one by default.

    Raises
    ------
    InvalidSpecError
        There is no such number, or its value is not allowed.
    """
    model = base or load_model()
    parameters, drugs = dict(model.parameters), dict(model.drugs)
    for name, value in changes.items():
        parameter = _known(name, model)
        number: Any = read_change(name, value, model) if isinstance(value, str) else value
        changed = parameter.with_value(number)
        drug, _, of_drug = name.rpartition(OF_DRUG)
        if drug:
            numbers = {key: getattr(drugs[drug], key) for key in DRUG_PARAMETERS}
            drugs[drug] = Drug(**{**numbers, of_drug: changed})
        else:
            parameters[name] = changed
    return DiseaseModel(parameters, drugs, model.name, model.title)


def changes_of(model: DiseaseModel, base: DiseaseModel | None = None) -> dict[str, float]:
    """Return the numbers in which a model differs from another, with its own values.

    Numbers that only one of them has, as between two model versions, are left out.
    """
    before = numbers_of(base or load_model())
    return {
        name: item.value
        for name, item in numbers_of(model).items()
        if name in before and item.value != before[name].value
    }


def model_difference(model: DiseaseModel, base: DiseaseModel | None = None) -> list[Difference]:
    """Return how a model differs from another, by default the shipped one, in words."""
    before = numbers_of(base or load_model())
    found = []
    for name, value in changes_of(model, base).items():
        old, new = write_apart(before[name].value, value)
        found.append(Difference(name, title_of(name), old, f"{new} {before[name].unit}".rstrip()))
    return found


def _known(name: str, model: DiseaseModel) -> Parameter:
    """Number of that name."""
    numbers = numbers_of(model)
    if name not in numbers:
        raise InvalidSpecError(
            f"The model has no number {checks.shown(name)}.",
            checks.suggestion(name, tuple(numbers)),
            name,
        )
    return numbers[name]
