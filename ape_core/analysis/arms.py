"""Arms of trials and of routine care, as they are simulated to be compared with what was seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from ape_core.errors import InvalidSpecError
from ape_core.limits import MAX_ARMS, MAX_YEARS
from ape_core.spec import checks
from ape_core.spec.cohort import Cohort, parse_cohort
from ape_core.spec.fields import as_list, as_mapping, at, check_fields
from ape_core.spec.model import DiseaseModel, load_model
from ape_core.spec.protocol import Protocol
from ape_core.spec.protocol_yaml import load_protocol, parse_protocol
from ape_core.spec.run_spec import RunSpec
from ape_core.spec.yaml_door import read_yaml_list

DATA: Final = Path(__file__).parent / "data"
CALIBRATION_ARMS: Final = DATA / "calibration_arms.yaml"
"""The arms to which the shipped model is fitted."""

DEFAULT_PATIENTS: Final = 10_000
"""Patients of an arm that states no number: the mean change is then known to 0.15 letters."""

_FIELDS: Final = ("id", "protocol", "cohort", "years", "n_patients", "sources")
_REQUIRED: Final = ("id", "protocol", "cohort", "years")


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm: who is treated, how, and for how long.

    Parameters
    ----------
    id
        Name by which targets mean it.
    protocol, cohort
        As in a run; the cohort with the arm's own baseline.
    years
        Length of the simulation.
    sources
        Where the baseline comes from.
    """

    id: str
    protocol: Protocol
    cohort: Cohort
    years: int
    sources: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", checks.text("id", self.id, 100))
        object.__setattr__(self, "years", checks.whole("years", self.years, 1, MAX_YEARS))

    @property
    def is_trial(self) -> bool:
        """Whether the patients are those of a trial, where targets do not say so."""
        return self.cohort.people().name == "trial"

    def of_size(self, n_patients: int) -> Arm:
        """Return the same arm with another number of patients."""
        return replace(self, cohort=replace(self.cohort, n_patients=n_patients))

    def spec(self, seed: int, model: DiseaseModel | None = None) -> RunSpec:
        """Return the run that simulates the arm, with the shipped model unless given."""
        return RunSpec(self.protocol, self.cohort, self.years, seed, model or load_model())


def load_arms(path: str | Path = CALIBRATION_ARMS) -> tuple[Arm, ...]:
    """Read arms from a YAML file; those that ship with APE unless a path is given.

    Raises
    ------
    InvalidSpecError
        The file cannot be read, or a field of an arm is missing, unknown or not allowed.
    """
    return parse_arms(read_yaml_list(Path(path)), str(path))


def parse_arms(items: object, origin: str) -> tuple[Arm, ...]:
    """Read arms from a list of mappings; `origin` names it in messages."""
    given = as_list(items, origin)
    if not 1 <= len(given) <= MAX_ARMS:
        raise InvalidSpecError(f"{origin} has {len(given):,} arms, but must have 1 to {MAX_ARMS}.")
    with at(origin):
        arms = tuple(_parse_arm(item, f"arms[{place}]") for place, item in enumerate(given))
        _check_distinct(arms)
    return arms


def study_of(arm_id: str) -> str:
    """Return the study that an arm belongs to: the first word of its id."""
    return arm_id.split(maxsplit=1)[0]


def _parse_arm(item: object, what: str) -> Arm:
    """Read one arm."""
    given = as_mapping(item, what)
    with at(what):
        check_fields(given, _FIELDS, _REQUIRED)
        sources = given.get("sources") or ()
        return Arm(
            id=given["id"],
            protocol=_protocol(given["protocol"], given["id"]),
            cohort=_cohort(given["cohort"], given.get("n_patients")),
            years=given["years"],
            sources=tuple(
                checks.text("sources", text, 1000) for text in as_list(sources, "sources")
            ),
        )


def _protocol(given: object, arm_id: object) -> Protocol:
    """Return a shipped protocol, or one that is written out, with or without name and title."""
    if isinstance(given, str):
        return load_protocol(given)
    inline = as_mapping(given, "protocol")
    return parse_protocol({"name": "inline", "title": str(arm_id)[:100], **inline}, "protocol")


def _cohort(given: object, n_patients: object) -> Cohort:
    """Read the cohort; the number of patients may stand beside it."""
    fields: Mapping[str, Any] = (
        {"population": given} if isinstance(given, str) else as_mapping(given, "cohort")
    )
    number = fields.get("n_patients", DEFAULT_PATIENTS) if n_patients is None else n_patients
    return parse_cohort({**fields, "n_patients": number}, "cohort")


def _check_distinct(arms: Sequence[Arm]) -> None:
    """Refuse two arms of one name."""
    seen: set[str] = set()
    for arm in arms:
        if arm.id in seen:
            raise InvalidSpecError(
                f"There are two arms {checks.shown(arm.id)}.", "Give each its own id."
            )
        seen.add(arm.id)
