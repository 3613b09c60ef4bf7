"""The question of a run, from the words of a command."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

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
        With protocol, cohort, patients, years and seed.

    Raises
    ------
    InvalidSpecError
        When a part of it cannot be.
    """
    return RunSpec(
        protocol=load_protocol(asked.protocol, default_store_path()),
        cohort=_cohort(asked.cohort, asked.patients),
        years=asked.years,
        seed=asked.seed,
    )


def _cohort(name: str | None, patients: int | None) -> Cohort:
    """A population by name, or the cohort or population in a YAML file."""
    n_patients = DEFAULT_PATIENTS if patients is None else patients
    if name is None or not (name.endswith((".yaml", ".yml")) or "/" in name):
        return Cohort(n_patients=n_patients, population=name or DEFAULT_POPULATION)
    given = read_yaml(Path(name))
    if "name" in given:
        return Cohort(n_patients=n_patients, population=parse_population(given, name))
    if patients is not None or "n_patients" not in given:
        given = {**given, "n_patients": n_patients}
    return parse_cohort(given, name)
