"""Who works in the clinic, how long each step takes, when it is open: never part of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final

from ape_core.errors import InvalidSpecError
from ape_core.spec import checks
from ape_core.spec.fields import as_list, at, check_fields
from ape_core.spec.parameter import Parameter, range_check

WEEKDAYS: Final = (
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
)
"""Day 0 of every run is the first of these."""

STEPS: Final = ("first_visit", "follow_up_visit", "scan", "injection", "virtual_review")
"""What takes time. A virtual review takes the place of the follow-up visit's own minutes, of the
roles that do it, for the part of the visits that is reviewed virtually."""

WHEN_CLOSED: Final = ("shared", "next")
"""What becomes of visits that are due on a closed day: they are shared evenly among the open days
of the week that follows, or all come on the next open day."""

CLINIC: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {
        "session_minutes": (10, 1_440),
        "used_percent": (1, 100),
        "sessions_per_day": (1, 24),
        "working_weeks": (1, 52),
        "virtual_percent": (0, 100),
        "days_met_percent": (1, 100),
    }
)
"""Name of every number that holds for all roles, and what it may be."""

MAX_ROLES: Final = 8
_LONGEST_STEP_MINUTES: Final = 1_440
_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Role:
    """A kind of work in the clinic, named by what is done, not by who does it.

    Parameters
    ----------
    title
        For people.
    minutes
        That each of `STEPS` takes; a step that is not named is not this role's.
    sessions_per_week
        That one person gives to it in a working week.
    """

    title: str
    minutes: Mapping[str, Parameter]
    sessions_per_week: Parameter

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", checks.text("title", self.title, 80))
        with at("minutes"):
            check_fields(self.minutes, STEPS, ())
            if not self.minutes:
                raise InvalidSpecError("No step is named.", f"Steps are: {checks.listed(STEPS)}.")
            for step in self.minutes.values():
                range_check(step, 0, _LONGEST_STEP_MINUTES)
        range_check(self.sessions_per_week, 0.1, 21)
        object.__setattr__(self, "minutes", MappingProxyType(dict(self.minutes)))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by value, since a mapping proxy cannot be pickled."""
        return Role, (self.title, dict(self.minutes), self.sessions_per_week)

    def seconds(self, step: str, virtual: float) -> int:
        """Whole seconds of this role in a step; `virtual` is the share of virtual reviews.

        They are the mean over face-to-face and virtual visits in the case of a follow-up visit.
        """
        own = self.minutes[step].value if step in self.minutes else 0.0
        if step == "follow_up_visit" and "virtual_review" in self.minutes:
            own += virtual * (self.minutes["virtual_review"].value - own)
        return round(_SECONDS * own)


@dataclass(frozen=True, slots=True)
class Staffing:
    """Minutes, sessions and opening of a clinic: applied to a summary, never to a run.

    Parameters
    ----------
    name, title, description
        For people.
    open_days
        Days of the week on which the clinic works, of `WEEKDAYS`.
    visits_due_when_closed
        One of `WHEN_CLOSED`.
    clinic
        See `CLINIC`.
    roles
        By name, in the order in which they are shown.
    """

    name: str
    title: str
    open_days: tuple[str, ...]
    visits_due_when_closed: str
    clinic: Mapping[str, Parameter]
    roles: Mapping[str, Role]
    description: str = ""

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "name", checks.name("name", self.name))
        put(self, "title", checks.text("title", self.title, 200))
        put(self, "description", checks.text("description", self.description, 3000, empty=True))
        put(self, "open_days", _weekdays(self.open_days))
        checks.choice("visits_due_when_closed", self.visits_due_when_closed, WHEN_CLOSED)
        with at("clinic"):
            check_fields(self.clinic, tuple(CLINIC), tuple(CLINIC))
            for name, limits in CLINIC.items():
                range_check(self.clinic[name], *limits)
        if not 1 <= len(self.roles) <= MAX_ROLES:
            raise InvalidSpecError(
                f"There are {len(self.roles)} roles, but must be 1 to {MAX_ROLES}."
            )
        for role in self.roles:
            checks.name("a name in roles", role)
        for part in ("clinic", "roles"):
            put(self, part, MappingProxyType(dict(getattr(self, part))))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by value, since a mapping proxy cannot be pickled."""
        opening = (self.open_days, self.visits_due_when_closed)
        numbers = (dict(self.clinic), dict(self.roles))
        return Staffing, (self.name, self.title, *opening, *numbers, self.description)

    @property
    def session_seconds(self) -> int:
        """Seconds of a session that are spent with patients, whole."""
        minutes = self.clinic["session_minutes"].value * self.clinic["used_percent"].value / 100
        return max(1, round(_SECONDS * minutes))

    def seconds(self, role: str, step: str) -> int:
        """Whole seconds that a role needs for a step."""
        return self.roles[role].seconds(step, self.clinic["virtual_percent"].value / 100)

    def numbers(self) -> dict[str, Parameter]:
        """Give every number with its range and source, by flat name.

        As clinic/session_minutes, roles/oct/sessions_per_week, roles/oct/minutes/scan.
        """
        flat = {f"clinic/{name}": number for name, number in self.clinic.items()}
        for name, role in self.roles.items():
            flat[f"roles/{name}/sessions_per_week"] = role.sessions_per_week
            for step, number in role.minutes.items():
                flat[f"roles/{name}/minutes/{step}"] = number
        return flat

    def with_values(self, values: Mapping[str, float]) -> Staffing:
        """Return the same clinic with other values for some numbers, by flat name.

        Raises
        ------
        InvalidSpecError
            A name is not in the set, or a value is not allowed.
        """
        known = self.numbers()
        clinic, roles = dict(self.clinic), dict(self.roles)
        for name, value in values.items():
            if name not in known:
                raise InvalidSpecError(
                    f"{self.name} has no {checks.shown(name)}; it has: {checks.listed(known)}.",
                    checks.suggestion(name, tuple(known)),
                )
            part, key, *step = name.split("/")
            with at(name):
                number = known[name].with_value(value)
                if part == "clinic":
                    range_check(number, *CLINIC[key])
                    clinic[key] = number
                elif step == ["sessions_per_week"]:
                    roles[key] = replace(roles[key], sessions_per_week=number)
                else:
                    minutes = {**roles[key].minutes, step[-1]: number}
                    roles[key] = replace(roles[key], minutes=minutes)
        return replace(self, clinic=clinic, roles=roles)


def _weekdays(given: object) -> tuple[str, ...]:
    """Days of the week, each once, in their order."""
    listed: Sequence[Any] = as_list(given, "open_days")
    for day in listed:
        checks.choice("a day of open_days", day, WEEKDAYS)
    if not listed or len(set(listed)) < len(listed):
        raise InvalidSpecError(
            f"open_days is {checks.shown(list(listed))}, but must name at least one day, each once."
        )
    return tuple(day for day in WEEKDAYS if day in listed)
