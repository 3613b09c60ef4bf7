"""Whether runs are of the same patients, and the run of another protocol on the same ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ape_core.errors import InvalidInputError
from ape_core.spec.checks import shown
from ape_core.spec.model import DiseaseModel, load_model
from ape_core.spec.protocol import Protocol
from ape_core.spec.run_spec import MODEL_VERSION, RunSpec

LEAST_RUNS: Final = 2
MOST_RUNS: Final = 6
"""Runs that are compared with each other."""

_MOST_NAMED: Final = 3
_HINT: Final = "Compare runs of one population, number of patients, length, seed and model."


def check_same_patients(specs: Sequence[RunSpec]) -> None:
    """Refuse runs that are not of the same patients, with what differs.

    Raises
    ------
    InvalidInputError
        There are too few or too many runs, two are the same, or their patients, years, seed or
        model differ.
    """
    if not LEAST_RUNS <= len(specs) <= MOST_RUNS:
        given = "1 run was" if len(specs) == 1 else f"{len(specs)} runs were"
        raise InvalidInputError(
            f"{given} given, but {LEAST_RUNS} to {MOST_RUNS} can be compared.",
            "Name the protocols to be compared on the same patients.",
        )
    first = specs[0]
    if first.cohort.n_patients <= patients_together(first):
        raise InvalidInputError(
            f"{first.cohort.n_patients:,} patients make a single clinic, or are a single patient: "
            "nothing tells how certain a difference is.",
            "Simulate more patients, so that there are two clinics or more.",
        )
    for place, spec in enumerate(specs):
        for earlier in specs[:place]:
            if spec == earlier:
                raise InvalidInputError(
                    f"The run {_named(spec)} is given twice.",
                    "Give each run once: two protocols of the same rules are one run.",
                )
        differing = _differing(first, spec)
        if differing:
            more = len(differing) - _MOST_NAMED
            rest = f"; and {more} more" if more > 0 else ""
            raise InvalidInputError(
                f"The runs {_named(first)} and {_named(spec)} are not of the same patients: "
                f"{'; '.join(differing[:_MOST_NAMED])}{rest}.",
                _HINT,
            )


def of_the_same_patients(spec: RunSpec, protocol: Protocol) -> RunSpec:
    """Give the run of another protocol on the patients of a run, with the same luck.

    Raises
    ------
    InvalidInputError
        The run is of another version of the model, which this version of APE cannot simulate.
    """
    if not spec.is_current:
        raise InvalidInputError(
            f"The run of {shown(spec.protocol.title)} is of model version {spec.model_version}; "
            f"this version of APE simulates {MODEL_VERSION}.",
            "Compare it with runs of that version, or simulate it anew.",
        )
    # A run from a store knows only the drug that it used.
    drugs = {**load_model().drugs, **spec.model.drugs}
    model = DiseaseModel(spec.model.parameters, drugs, spec.model.name, spec.model.title)
    return spec.replace(protocol=protocol, model=model)


def patients_together(spec: RunSpec) -> int:
    """Patients one after another who depend on each other: those of a clinic; 1 where none do."""
    return 1 if spec.capacity is None else spec.capacity.patients_per_clinic


def _named(spec: RunSpec) -> str:
    """Id and protocol of a run: two runs of one protocol are told apart by their ids."""
    return f"{spec.run_id[:12]} of {shown(spec.protocol.title)}"


def _differing(one: RunSpec, other: RunSpec) -> list[str]:
    """What differs between two runs but for the protocol and the slots of a day, in words."""
    asked = [_patients(spec) for spec in (one, other)]
    return [
        f"{name} is {_value(asked[0].get(name))} and {_value(asked[1].get(name))}"
        for name in dict.fromkeys([*asked[0], *asked[1]])
        if asked[0].get(name) != asked[1].get(name)
        and not (name.startswith("model.drug") and one.protocol.drug != other.protocol.drug)
    ]


def _patients(spec: RunSpec) -> dict[str, Any]:
    """Everything that makes the patients, under names with dots, the plainest first.

    Of limited slots it is only how many patients depend on each other. So a limit is compared with
    another, or with more slots than clinics can use.
    """
    question = spec.question()
    clinic = question.get("capacity", {}).get("patients_per_clinic")
    question["capacity"] = {} if clinic is None else {"patients_per_clinic": clinic}
    names = ("model_version", "years", "seed", "cohort", "capacity", "model")
    return _flat({name: question[name] for name in names})


def _flat(values: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Nested mappings as one."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{before}{name}.")
        else:
            flat[f"{before}{name}"] = value
    return flat


def _value(value: object) -> str:
    """A value as it is said in a message."""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return "not set" if value is None else shown(value)
