"""The capacity of clinics: how many visits they have room for on a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from ape_core.limits import MAX_CLINIC_PATIENTS
from ape_core.schema import DAYS_PER_WEEK
from ape_core.spec import checks
from ape_core.spec.fields import build

MAX_SLOTS: Final = 1_000_000_000
"""Slots a day; more than any clinic can use, so that a limit can be written that never binds."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """Clinics with a limited number of visits a day.

    The first `patients_per_clinic` patients belong to the first clinic, as many to the next, and
    so on. Clinics are alike and do not help each other out. A visit of one eye takes one slot; one
    that finds none waits for the next free one.

    Parameters
    ----------
    patients_per_clinic
        1 to `MAX_CLINIC_PATIENTS`; the last clinic has what is left.
    slots_per_day
        Visits of an eye for which each clinic has room on a day on which it is open.
    open_days
        Days of a week, from the first on, on which clinics are open: 5 for Monday to Friday.

    Raises
    ------
    InvalidSpecError
        A number is not allowed.
    """

    patients_per_clinic: int
    slots_per_day: int
    open_days: int = DAYS_PER_WEEK

    def __post_init__(self) -> None:
        for name, high in (
            ("patients_per_clinic", MAX_CLINIC_PATIENTS),
            ("slots_per_day", MAX_SLOTS),
            ("open_days", DAYS_PER_WEEK),
        ):
            object.__setattr__(self, name, checks.whole(name, getattr(self, name), 1, high))

    def question(self) -> dict[str, Any]:
        """Return the fields as plain data."""
        return asdict(self)

    def n_clinics(self, n_patients: int) -> int:
        """Clinics that so many patients belong to."""
        return -(-n_patients // self.patients_per_clinic)

    def whole_clinics(self, n_patients: int) -> int:
        """The nearest number of patients that fills clinics: fewer where that is any, else more."""
        return max(n_patients // self.patients_per_clinic, 1) * self.patients_per_clinic

    def describe(self) -> str:
        """Say it in a sentence."""
        slots = "1 visit" if self.slots_per_day == 1 else f"{self.slots_per_day:,} visits"
        days = "day" if self.open_days == 1 else f"{self.open_days} days"
        week = "every day" if self.open_days == DAYS_PER_WEEK else f"on the first {days} of a week"
        return (
            f"Clinics of {self.patients_per_clinic:,} patients have room for {slots} a day, "
            f"{week}; what finds no room waits."
        )


def parse_capacity(value: object, origin: str) -> Capacity:
    """Read the capacity from plain data; `origin` names it in messages."""
    return build(Capacity, value, origin)


def changed(capacity: Capacity | None, changes: Mapping[str, Any]) -> Capacity:
    """Return a capacity with other values; where there was none, all must be given."""
    before = {} if capacity is None else asdict(capacity)
    return parse_capacity({**before, **changes}, "capacity")
