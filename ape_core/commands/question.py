"""The question of a run, from the words of a command."""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path
from typing import Final

from ape_core.spec.capacity import Capacity, changed, parse_capacity
from ape_core.spec.cohort import Cohort, parse_cohort
from ape_core.spec.population import parse_population
from ape_core.spec.run_spec import RunSpec
from ape_core.spec.yaml_door import read_yaml
from ape_core.storage.location import default_store_path
from ape_core.storage.own_protocols import load_protocol

DEFAULT_PATIENTS: Final = 2_000
DEFAULT_POPULATION: Final = "uk-routine-care"


def read_question(asked: argparse.Namespace) -> RunSpec:
    """Put a question together.

    Parameters
    ----------
    asked
        With protocol, cohort, patients, years and seed, and the fields of a Capacity where slots
        are limited.

    Raises
    ------
    InvalidSpecError
        When a part of it cannot be.
    """
    cohort, capacity = _cohort(asked.cohort, asked.patients)
    named = {item.name: vars(asked).get(item.name) for item in fields(Capacity)}
    given = {name: value for name, value in named.items() if value is not None}
    return RunSpec(
        protocol=load_protocol(asked.protocol, default_store_path()),
        cohort=cohort,
        years=asked.years,
        seed=asked.seed,
        capacity=changed(capacity, given) if given else capacity,
    )


def _cohort(name: str | None, patients: int | None) -> tuple[Cohort, Capacity | None]:
    """A population by name, or the cohort or population in a YAML file; and its capacity, if any.

    In the file of a cohort, `capacity` can stand beside it.
    """
    n_patients = DEFAULT_PATIENTS if patients is None else patients
    if name is None or not (name.endswith((".yaml", ".yml")) or "/" in name):
        return Cohort(n_patients=n_patients, population=name or DEFAULT_POPULATION), None
    given = dict(read_yaml(Path(name)))
    if "name" in given:
        return Cohort(n_patients=n_patients, population=parse_population(given, name)), None
    capacity = None
    if "capacity" in given:
        capacity = parse_capacity(given.pop("capacity"), f"{name}: capacity")
    if patients is not None or "n_patients" not in given:
        given["n_patients"] = n_patients
    return parse_cohort(given, name), capacity
