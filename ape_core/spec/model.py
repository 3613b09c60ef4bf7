"""The disease model: its parameters and what each drug does, each number with its source."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from ape_core.errors import InvalidSpecError
from ape_core.schema import DRUGS
from ape_core.spec import checks
from ape_core.spec.fields import as_mapping, at, check_fields
from ape_core.spec.parameter import Parameter, parse_parameter, range_check
from ape_core.spec.shipped import is_shipped, resolve
from ape_core.spec.yaml_door import read_yaml

_INF = math.inf
PARAMETERS: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {
        "log_ec50_mean": (-30, 10),
        "log_ec50_sd": (0, 10),
        "drive_log_sd": (0, 5),
        "turnover_per_week": (0, 1),
        "fluid_noise": (0, 10),
        "presentation_fluid_share": (0.01, 10),
        "residual_activity_median": (0, 1),
        "residual_activity_log_sd": (0, 5),
        "letters_per_fluid_median": (0, 100),
        "letters_per_fluid_log_sd": (0, 5),
        "acuity_ceiling_letters": (1, 100),
        "acuity_ceiling_sd_letters": (0, 50),
        "slow_loss_letters_per_year": (0, 100),
        "fluid_loss_letters_per_week": (0, 100),
        "fibrosis_rate_per_fluid_week": (0, 10),
        "fibrosis_loss_log_mean": (0, 10),
        "haemorrhage_rate_per_fluid_week": (0, 1),
        "haemorrhage_loss_log_mean": (0, 10),
        "atrophy_rate_per_year": (0, 10),
        "atrophy_loss_log_mean": (0, 10),
        "lesion_log_hazard_per_decade": (0, 5),
        "burn_out_scale_years": (0.01, _INF),
        "burn_out_shape": (0.01, 20),
        "fluid_threshold": (1e-6, 100),
        "reading_log_sd": (0, 5),
        "reading_sensitivity": (0, 1),
        "reading_specificity": (0, 1),
        "fellow_eye_conversion_per_year": (0, 10),
        "fellow_eye_better_letters": (-50, 50),
    }
)
"""Names of the model's parameters and the values that the simulation can use."""

DRUG_PARAMETERS: Final = ("dose", "half_life_days")
TREATING_DRUGS: Final = tuple(drug for drug in DRUGS if drug != "none")


@dataclass(frozen=True, slots=True)
class Drug:
    """What one injection of a drug does.

    Parameters
    ----------
    dose
        In units of one injection of aflibercept 2 mg.
    half_life_days
        In the vitreous.
    """

    dose: Parameter
    half_life_days: Parameter

    def __post_init__(self) -> None:
        for parameter in (self.dose, self.half_life_days):
            range_check(parameter, 1e-6, 1e6)


@dataclass(frozen=True, slots=True, eq=False)
class DiseaseModel:
    """Drug, activity, acuity and loss.

    Parameters
    ----------
    parameters
        By name; a run needs exactly those of `PARAMETERS`, a run of an earlier model version read
        back from its folder has those of its time.
    drugs
        By the names of `ape_core.schema.DRUGS`, without "none".
    """

    parameters: Mapping[str, Parameter]
    drugs: Mapping[str, Drug]
    name: str = "namd"
    title: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", checks.name("name", self.name))
        object.__setattr__(self, "title", checks.text("title", self.title, 200, empty=True))
        for key, parameter in self.parameters.items():
            range_check(parameter, *PARAMETERS.get(key, (-_INF, _INF)))
        for drug in self.drugs:
            checks.choice("drug", drug, TREATING_DRUGS)
        object.__setattr__(self, "parameters", MappingProxyType(dict(self.parameters)))
        object.__setattr__(self, "drugs", MappingProxyType(dict(self.drugs)))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by value, since a mapping proxy cannot be pickled."""
        return DiseaseModel, (dict(self.parameters), dict(self.drugs), self.name, self.title)

    def __eq__(self, other: object) -> bool:
        """Compare the numbers."""
        if not isinstance(other, DiseaseModel):
            return NotImplemented
        return self.parameters == other.parameters and self.drugs == other.drugs

    def __hash__(self) -> int:
        return hash((frozenset(self.parameters.items()), frozenset(self.drugs.items())))

    def check_complete(self) -> None:
        """Refuse a model that lacks a parameter of this version or has one that is unknown."""
        with at("The model"):
            check_fields(self.parameters, tuple(PARAMETERS), tuple(PARAMETERS))

    def value(self, name: str) -> float:
        """Value of a parameter."""
        if name not in self.parameters:
            names = tuple(self.parameters)
            raise InvalidSpecError(
                f"The model has no parameter {checks.shown(name)}; it has: {checks.listed(names)}.",
                checks.suggestion(name, names),
            )
        return self.parameters[name].value

    def drug(self, name: str) -> Drug:
        """Return the drug of that name."""
        if name not in self.drugs:
            known = checks.listed(self.drugs) or "none"
            raise InvalidSpecError(
                f"The model has no drug {checks.shown(name)}; it has: {known}.",
                "Give a model that does, as load_model().",
            )
        return self.drugs[name]

    def replace(self, **values: float) -> DiseaseModel:
        """Return the same model with other values for some parameters."""
        check_fields(values, tuple(PARAMETERS), ())
        changed = {name: self.parameters[name].with_value(value) for name, value in values.items()}
        return DiseaseModel({**self.parameters, **changed}, self.drugs, self.name, self.title)

    def question(self, drug: str) -> dict[str, Any]:
        """Return the values that can change a row of a run with that drug."""
        used = None
        if drug != "none":
            used = {key: getattr(self.drug(drug), key).value for key in DRUG_PARAMETERS}
        return {
            "parameters": {name: item.value for name, item in self.parameters.items()},
            "drug": used,
        }


def load_model(name_or_path: str | Path = "namd") -> DiseaseModel:
    """Load a disease model that ships with APE, or from a YAML file.

    Raises
    ------
    InvalidSpecError
        There is no such model, or a parameter is missing, unknown or out of range.
    """
    path = resolve("model", name_or_path)
    return _shipped(path) if is_shipped(path) else parse_model(read_yaml(path), str(path))


@lru_cache
def _shipped(path: Path) -> DiseaseModel:
    """Read a shipped model once; a user's file may change under us and is read each time."""
    return parse_model(read_yaml(path), path.name)


def parse_model(mapping: Mapping[str, Any], origin: str) -> DiseaseModel:
    """Read a disease model from plain data; `origin` names it in messages."""
    top = ("name", "title", "parameters", "drugs")
    with at(origin):
        check_fields(mapping, top, top)
        given = as_mapping(mapping["parameters"], "parameters")
        drugs = as_mapping(mapping["drugs"], "drugs")
        with at("parameters"):
            check_fields(given, tuple(PARAMETERS), tuple(PARAMETERS))
            parameters = {key: parse_parameter(key, value) for key, value in given.items()}
        with at("drugs"):
            check_fields(drugs, TREATING_DRUGS, ())
            parsed = {key: _parse_drug(key, value) for key, value in drugs.items()}
        return DiseaseModel(
            parameters,
            parsed,
            mapping["name"],
            mapping["title"],
        )


def _parse_drug(name: str, value: object) -> Drug:
    """Read what one drug does."""
    given = as_mapping(value, name)
    with at(name):
        check_fields(given, DRUG_PARAMETERS, DRUG_PARAMETERS)
        return Drug(*(parse_parameter(key, given[key]) for key in DRUG_PARAMETERS))
