"""The question a run answers, frozen, and its hash."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Final

from ape_core.errors import CorruptRunError, InvalidSpecError
from ape_core.limits import MAX_SEED, MAX_YEARS
from ape_core.spec import checks
from ape_core.spec.canonical import canonical_json, sha256_text
from ape_core.spec.capacity import Capacity, changed
from ape_core.spec.cohort import Cohort
from ape_core.spec.model import DiseaseModel, load_model
from ape_core.spec.population import Population
from ape_core.spec.protocol import Protocol

MODEL_VERSION: Final = "1"
"""Changes whenever the same question would give other rows: with the equations of the simulation,
the values of a shipped model or population, or the life table."""


@dataclass(frozen=True, slots=True, eq=False)
class RunSpec:
    """Everything that changes a row, and nothing else.

    Two specs are equal when they ask the same question, whatever their names and titles.

    Parameters
    ----------
    protocol, cohort, model
        What is simulated. The model is the shipped one when not given.
    years
        Years of follow-up of each patient, 1 to `MAX_YEARS`; 5.0 is taken as 5.
    seed
        0 to `MAX_SEED`.
    model_version
        Version of the simulation whose rows are meant.
    capacity
        Limits the visits that clinics have room for on a day; none when not given.

    Raises
    ------
    InvalidSpecError
        A value is not allowed, the model does not describe the protocol's drug, or the run is too
        short for its caseload.
    """

    protocol: Protocol
    cohort: Cohort
    years: int
    seed: int
    model: DiseaseModel = field(default_factory=load_model)
    model_version: str = MODEL_VERSION
    capacity: Capacity | None = None
    _question: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        for name, kind in (("protocol", Protocol), ("cohort", Cohort), ("model", DiseaseModel)):
            _check_kind(name, getattr(self, name), kind)
        put = object.__setattr__
        put(self, "years", checks.whole("years", self.years, 1, MAX_YEARS))
        _check_caseload(self.years, self.cohort)
        if self.capacity is not None:
            _check_kind("capacity", self.capacity, Capacity)
        put(self, "seed", checks.whole("seed", self.seed, 0, MAX_SEED))
        put(self, "model_version", checks.text("model_version", self.model_version, 40))
        if self.is_current:
            self.model.check_complete()
        put(self, "_question", canonical_json(self._asked()))

    @property
    def run_id(self) -> str:
        """SHA-256 of the canonical JSON of the question, 64 hexadecimal digits."""
        return sha256_text(self._question)

    @property
    def is_current(self) -> bool:
        """False for a run of another model version, which can be read but not simulated."""
        return self.model_version == MODEL_VERSION

    @property
    def people(self) -> Population:
        """The cohort's population with every override applied."""
        return self.cohort.people()

    def question(self) -> dict[str, Any]:
        """Everything that changes a row, as plain data."""
        asked: dict[str, Any] = json.loads(self._question)
        return asked

    def _asked(self) -> dict[str, Any]:
        """Put the question together; without a capacity it is as it was before there was any."""
        capacity = {} if self.capacity is None else {"capacity": self.capacity.question()}
        return {
            **capacity,
            "model_version": self.model_version,
            "protocol": self.protocol.question(),
            "cohort": self.cohort.question(),
            "model": self.model.question(self.protocol.drug),
            "years": self.years,
            "seed": self.seed,
        }

    def replace(self, **changes: Any) -> RunSpec:
        """Return a copy with other values, given by the names of fields of RunSpec and its parts.

        The parts are Cohort and Capacity, as in ``spec.replace(n_patients=10_000, seed=2)`` or
        ``spec.replace(slots_per_day=40)``; ``spec.replace(capacity=None)`` takes the limit away.
        """
        own = {item.name for item in fields(RunSpec) if item.init}
        of_cohort = {item.name for item in fields(Cohort)}
        of_capacity = {item.name for item in fields(Capacity)}
        for name in changes:
            checks.choice("The field to replace", name, sorted(own | of_cohort | of_capacity))
        in_cohort = {name: value for name, value in changes.items() if name in of_cohort}
        direct = {name: value for name, value in changes.items() if name in own}
        if in_cohort:
            direct["cohort"] = replace(direct.get("cohort", self.cohort), **in_cohort)
        in_capacity = {name: value for name, value in changes.items() if name in of_capacity}
        if in_capacity:
            direct["capacity"] = changed(direct.get("capacity", self.capacity), in_capacity)
        return replace(self, **direct)

    def to_json(self) -> str:
        """Readable JSON from which the spec can be rebuilt without any other file."""
        data = {"run_id": self.run_id, "question": self.question(), "about": self._about()}
        return json.dumps(data, indent=2, sort_keys=True, allow_nan=False) + "\n"

    def _about(self) -> dict[str, Any]:
        """Names, titles and sources, which change no row."""
        people = self.people
        protocol = {
            "name": self.protocol.name,
            "title": self.protocol.title,
            "description": self.protocol.description,
            "sources": list(self.protocol.sources),
        }
        if self.protocol.parent:
            protocol["parent"] = self.protocol.parent
        return {
            "protocol": protocol,
            "population": {"name": people.name, "title": people.title},
            "overrides": _overrides(self.cohort),
            "model": {"name": self.model.name, "title": self.model.title},
        }

    @staticmethod
    def from_json(text: str | bytes) -> RunSpec:
        """Rebuild a spec from its own JSON, with the hash rechecked.

        Raises
        ------
        CorruptRunError
            The text is not JSON of a spec, or its question does not have the stated run_id.
        """
        from ape_core.spec.rebuild import rebuild

        return rebuild(text)

    @classmethod
    def as_asked(cls, parts: Mapping[str, Any], question: Mapping[str, Any]) -> RunSpec:
        """Make a spec that keeps the wording of its question, which may be of an older version."""
        spec = cls(**parts)
        asked = canonical_json(question)
        if spec.is_current and spec._question != asked:
            raise CorruptRunError("The question of the run holds something that is not of it.")
        object.__setattr__(spec, "_question", asked)
        return spec

    def __eq__(self, other: object) -> bool:
        """Compare the questions."""
        if not isinstance(other, RunSpec):
            return NotImplemented
        return self._question == other._question

    def __hash__(self) -> int:
        return hash(self._question)


def _check_kind(name: str, value: object, kind: type) -> None:
    """Refuse a value of another class, as a protocol's name in place of the protocol."""
    if not isinstance(value, kind):
        raise InvalidSpecError(
            f"{name} is {checks.shown(value)}, but must be a {kind.__name__}.",
            'Load it first, as load_protocol("no-treatment").' if kind is Protocol else "",
        )


def _check_caseload(years: int, cohort: Cohort) -> None:
    """Refuse a run whose first patients would have left it before the service opens."""
    before = cohort.recruitment.caseload_years
    if before is not None and years <= before:
        raise InvalidSpecError(
            f"years is {years}, but patients of the caseload had their first visits up to "
            f"{before} years before the opening day.",
            f"Follow patients for more than {before} years, or take a shorter caseload_years.",
        )


def _overrides(cohort: Cohort) -> dict[str, Any]:
    """What the cohort changes in its population, as it was given."""
    given = {
        "baseline_letters": cohort.baseline_letters and asdict(cohort.baseline_letters),
        "age_years": cohort.age_years and asdict(cohort.age_years),
        "female_share": cohort.female_share,
        "attendance": cohort.attendance,
    }
    return {name: value for name, value in given.items() if value is not None}
