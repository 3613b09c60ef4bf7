"""What of a question can be varied: every field and number by a path, and questions changed there.

Paths are those of the parts of a RunSpec: "protocol.phases.0.max_interval_weeks",
"model.turnover_per_week", "cohort.baseline_letters.mean", "population.leaving.lost_per_year".
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from ape_core.analysis.free import changed_population
from ape_core.errors import InvalidSpecError
from ape_core.spec import checks
from ape_core.spec.field_guide import NUMERIC_KINDS, Field, brief
from ape_core.spec.fields import at
from ape_core.spec.model import DiseaseModel
from ape_core.spec.model_guide import OF_DRUG, changed_model, changes_of, numbers_of, title_of
from ape_core.spec.parameter import Parameter
from ape_core.spec.people_guide import CAPACITY, SINGLES, overrides_of, usual_values, with_overrides
from ape_core.spec.people_guide import GROUPS as PEOPLE
from ape_core.spec.population import Population, load_population
from ape_core.spec.protocol_guide import DRUG, GUIDE
from ape_core.spec.protocol_yaml import parse_protocol, protocol_fields
from ape_core.spec.run_spec import RunSpec

_OVERRIDDEN: Final = ("baseline_letters", "age_years")
_HALF_MORE: Final = 1.5
MOST_VALUES: Final = 50
"""Values of one thing over a range."""
_SLOTS: Final = ("slots_per_day", "open_days")

POPULATION: Final[Mapping[str, str]] = {
    "attendance.late_share": "Visits that are late",
    "attendance.late_days_mean": "Days by which visits are late",
    "attendance.missed_share": "Visits that are missed",
    "attendance.rebooked_weeks": "Weeks until a missed visit is made up for",
    "attendance.breaks_per_year": "Rate of breaks in attendance",
    "attendance.break_weeks_mean": "Length of breaks in attendance",
    "leaving.lost_per_year": "Rate of loss to follow-up",
    "leaving.transferred_per_year": "Rate of transfer to another clinic",
    "mortality_hazard_ratio": "Mortality against the life table",
    "acuity_noise_sd_letters": "Noise of an acuity test",
    "recoverable_share": "Share of lost acuity that treatment can bring back",
}
"""Numbers of a population that can be varied, and what they are called."""


@dataclass(frozen=True, slots=True)
class Place:
    """One thing that can be varied.

    Attributes
    ----------
    path
        Where it stands in the question.
    title, unit
        For people.
    value
        What it is in the question.
    field
        What a form knows of it: kind, range, choices.
    parameter
        The number with its range, source and distribution, where it is one of those.
    """

    path: str
    title: str
    unit: str
    value: Any
    field: Field
    parameter: Parameter | None = None

    @property
    def is_number(self) -> bool:
        """Whether it can be varied over a range."""
        return self.field.kind in NUMERIC_KINDS

    @property
    def span(self) -> tuple[float, float]:
        """Range over which it may be looked at first: the plausible one, or around the value."""
        low, high = self.field.low, self.field.high
        if self.parameter is None and self.value:
            low, high = max(low, self.value / 2), min(high, self.value * _HALF_MORE)
        return (math.ceil(low), math.floor(high)) if self.field.kind == "whole" else (low, high)

    def values(self, low: float, high: float, n: int) -> list[float]:
        """Values from low to high, evenly apart; whole where it has to be, and each once.

        Raises
        ------
        InvalidSpecError
            There is no range between them, or the number is not allowed.
        """
        n_values = checks.whole("The number of values", n, 2, MOST_VALUES)
        if not low < high:
            raise InvalidSpecError(
                f"{self.title}: {low:g} to {high:g} is no range.", "Give the lower end first."
            )
        step = (high - low) / (n_values - 1)
        found = [low + step * i for i in range(n_values - 1)] + [high]
        if self.field.kind == "whole":
            found = [round(value) for value in found]
        return list(dict.fromkeys(brief(value) for value in found))

    def say(self, value: Any) -> str:
        """Value with its unit, for reading."""
        return self.field.say(brief(value) if isinstance(value, float) else value)


def places_of(spec: RunSpec) -> dict[str, Place]:
    """Give everything that can be varied in a question, by path."""
    found = [*_in_protocol(spec), *_in_model(spec), *_in_cohort(spec), *_in_population(spec)]
    if spec.capacity is not None:
        found += [
            _place(f"capacity.{field.name}", "", field, getattr(spec.capacity, field.name))
            for field in CAPACITY
            if field.name in _SLOTS
        ]
    return {place.path: place for place in found}


def place_of(spec: RunSpec, path: str) -> Place:
    """Find what stands at a path.

    Raises
    ------
    InvalidSpecError
        There is nothing: the message says which paths there are.
    """
    known, plain = places_of(spec), _plain(path)
    if plain in known:
        return known[plain]
    part = plain.partition(".")[0]
    there = [name for name in known if name.startswith(f"{part}.")] or list(known)
    raise InvalidSpecError(
        f"The path {checks.shown(path)} is not in the question; there are: {checks.listed(there)}.",
        checks.suggestion(plain, tuple(known))
        or "`model.`, `protocol.`, `cohort.` or `population.` begins a path.",
        path,
    )


def changed_at(spec: RunSpec, path: str, value: Any) -> RunSpec:
    """Return the question with another value at a path.

    Text is read as it is typed in a form; a value of the model has to lie in its plausible range
    then.

    Raises
    ------
    InvalidSpecError
        There is no such path, or the value is not allowed there.
    """
    place = place_of(spec, path)
    given = place.field.read(value) if isinstance(value, str) else value
    part, _, rest = place.path.partition(".")
    with at(place.path):
        if part == "protocol":
            return spec.replace(protocol=_changed_protocol(spec, rest, given))
        if part == "model":
            typed = value if isinstance(value, str) else float(given)
            return spec.replace(model=changed_model({rest: typed}, known_model(spec)))
        if part == "cohort":
            return spec.replace(cohort=_changed_cohort(spec, rest, given))
        if part == "population":
            people = changed_population(_people(spec), {rest: _number(rest, given)})
            return spec.replace(cohort=replace(spec.cohort, population=people))
        return spec.replace(**{rest: given})


def uncertain_places(spec: RunSpec) -> dict[str, Place]:
    """Give the numbers of the model that are uncertain and that this question uses, by path."""
    return {
        path: place
        for path, place in places_of(spec).items()
        if path.startswith("model.")
        and place.parameter is not None
        and place.parameter.low < place.parameter.high
        and (spec.cohort.two_eyes or "fellow_eye" not in path)
    }


def known_model(spec: RunSpec) -> DiseaseModel:
    """Model of a question with what is known of its numbers.

    A question from a store has their values alone; ranges, sources and distributions are then
    those of the model that ships.
    """
    if any(item.source for item in spec.model.parameters.values()):
        return spec.model
    return changed_model(changes_of(spec.model))


def _in_protocol(spec: RunSpec) -> list[Place]:
    """Fields of the protocol."""
    protocol = spec.protocol
    several = len(protocol.phases) > 1
    parts: list[tuple[str, str, Any]] = [("loading", "Loading", protocol.loading)]
    parts += [
        (f"phases.{place}", f"Phase {place + 1}" if several else "", phase)
        for place, phase in enumerate(protocol.phases)
    ]
    parts += [("stopping", "Stopping", protocol.stopping)]
    parts += [("after_stopping", "After stopping", protocol.after_stopping)]
    found = [_place("protocol.drug", "", DRUG, protocol.drug)]
    for path, name, part in parts:
        values = {} if part is None else {item.name: getattr(part, item.name)
                                          for item in fields(part)}  # fmt: skip
        guide = () if part is None else GUIDE[type(part)]
        found += [
            _place(f"protocol.{path}.{field.name}", name, field, values[field.name])
            for field in guide
            if field.counts(values)
        ]
    return found


def _in_model(spec: RunSpec) -> list[Place]:
    """Numbers of the model that this question uses: of drugs, those of its own."""
    return [
        _of_parameter(f"model.{name}", title_of(name), item, item.value)
        for name, item in numbers_of(known_model(spec)).items()
        if name.rpartition(OF_DRUG)[0] in ("", spec.protocol.drug)
    ]


def _in_cohort(spec: RunSpec) -> list[Place]:
    """Overrides of the cohort; where there is none, what is usual in the population."""
    cohort, usual = spec.cohort, usual_values(_people(spec))
    found = []
    for name in _OVERRIDDEN:
        title, guide = PEOPLE[name]
        own = overrides_of(cohort).get(name, {})
        for field in guide:
            value = own.get(field.name, field.read(usual[name][field.name]))
            found.append(_place(f"cohort.{name}.{field.name}", title, field, value))
    for field in SINGLES:
        value = getattr(cohort, field.name)
        if value is None and field.name == "female_share":
            value = _people(spec).female_share
        found.append(_place(f"cohort.{field.name}", "", field, value))
    return found


def _in_population(spec: RunSpec) -> list[Place]:
    """Numbers of the population beside those that a cohort overrides."""
    people = _people(spec)
    about = {number.name: number for number in people.numbers}
    return [
        _of_parameter(f"population.{name}", title, about[name], about[name].value)
        for name, title in POPULATION.items()
        if name in about
    ]


def _place(path: str, part: str, field: Field, value: Any) -> Place:
    """A field of a form."""
    title = f"{part}, {_lower(field.title)}" if part else field.title
    return Place(path, title, field.unit, value, field)


def _of_parameter(path: str, title: str, about: Parameter, value: float) -> Place:
    """A number that has a range and a source."""
    field = Field(path, title, about.source, "number", about.unit, about.low, about.high)
    return Place(path, title, about.unit, value, field, about)


def _changed_protocol(spec: RunSpec, rest: str, value: Any) -> Any:
    """Protocol with another value of a field."""
    data = protocol_fields(spec.protocol)
    *parts, name = rest.split(".")
    target: Any = data
    for part in parts:
        target = target[int(part)] if part.isdecimal() else target[part]
    target[name] = list(value) if isinstance(value, tuple) else value
    return parse_protocol(data, "protocol")


def _changed_cohort(spec: RunSpec, rest: str, value: Any) -> Any:
    """Cohort with another override; of a part, what it does not override stays as is usual."""
    given: dict[str, Any] = dict(overrides_of(spec.cohort))
    group, _, name = rest.partition(".")
    if name:
        guide = PEOPLE[group][1]
        usual = usual_values(_people(spec))[group]
        kept = given.get(group) or {field.name: field.read(usual[field.name]) for field in guide}
        given[group] = {**kept, name: value}
    else:
        given[group] = value
    return with_overrides(spec.cohort.n_patients, spec.cohort.population, given)


def _people(spec: RunSpec) -> Population:
    """Population before the overrides of the cohort."""
    given = spec.cohort.population
    return given if isinstance(given, Population) else load_population(given)


def _number(name: str, given: Any) -> float:
    """Finite number; the population checks whether it is allowed."""
    return checks.number(name, given, -1e9, 1e9)


def _plain(path: str) -> str:
    """Path with its places between dots, as in "phases.0" for "phases[0]"."""
    return re.sub(r"\[(\d+)\]", r".\1", str(path).strip())


def _lower(title: str) -> str:
    """Title within a sentence; an abbreviation stays."""
    return title if title[:2].isupper() else f"{title[:1].lower()}{title[1:]}"


def read_values(spec: RunSpec, path: str, words: str) -> Sequence[Any]:
    """Values that a text names, with commas between them: "8,12,16"."""
    field = place_of(spec, path).field
    kind = Field(field.name, field.title, field.help, "number") if field.kind == "weeks" else field
    found = [kind.read(word) for word in words.split(",") if word.strip()]
    if not found:
        raise InvalidSpecError(f"No value is given for {path}.", "Name some, as 8,12,16.", path)
    return [_switch(value) if field.kind == "switch" else value for value in found]


def _switch(value: Any) -> Any:
    """Yes or no from a word; anything else is left to the checks."""
    return {"yes": True, "true": True, "no": False, "false": False}.get(str(value).lower(), value)
