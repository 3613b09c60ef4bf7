"""What a validation holds: each target beside its simulation, courses of acuity, routine care.

Plain data that goes to JSON and back without loss, so that a page reads it and simulates nothing.
`comparing` computes it; `validation_store` keeps it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from ape_core.analysis.criteria import Criterion, criteria_of
from ape_core.analysis.score import rms
from ape_core.analysis.sources import Source
from ape_core.analysis.wording import WORDING

LARGE_Z: Final = 2.0
"""From here on a difference is one that chance and differences between studies do not explain."""

ACUITY_CHANGE: Final = "bcva_change_mean"


@dataclass(frozen=True, slots=True)
class Compared:
    """One target beside its simulation.

    Attributes
    ----------
    arm
        Arm of a study.
    routine
        Whether it is routine care, not a trial.
    week, outcome
        Which figure of it.
    observed, observed_se
        What was observed, with its standard error; 0 when none is known.
    simulated
        The same figure of the simulated arm.
    z
        Difference in units of its uncertainty.
    half_width
        Half of the 95% interval of the difference: of both standard errors and the usual
        difference between studies of the same treatment.
    fitted
        Whether the model was fitted to it; others are only shown.
    source
        Where the observed figure comes from.
    """

    arm: str
    routine: bool
    week: int
    outcome: str
    observed: float
    observed_se: float
    simulated: float
    z: float
    half_width: float
    fitted: bool
    source: Source

    @property
    def difference(self) -> float:
        """Simulated less observed."""
        return self.simulated - self.observed


@dataclass(frozen=True, slots=True)
class Point:
    """A change in acuity that was observed, with half of its 95% interval; 0 if not known."""

    week: int
    value: float
    half_width: float


@dataclass(frozen=True, slots=True)
class Course:
    """Mean change in acuity of one arm: every four weeks as simulated, points as observed."""

    arm: str
    routine: bool
    weeks: tuple[int, ...]
    change: tuple[float, ...]
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Routine:
    """Simulated routine care as percentages of eyes, to lay records beside.

    Attributes
    ----------
    title
        The arm.
    baseline_letters, letters_at_year_1
        `[101]`: by letters at the first visit and at week 52, of eyes in care.
    change_at_year_1
        `[201]`: by letters gained at week 52, -100 to 100, of eyes in care.
    injections_in_year_1, injections_in_year_2
        By injections in the year, of eyes in care through it.
    """

    title: str
    baseline_letters: tuple[float, ...]
    letters_at_year_1: tuple[float, ...]
    change_at_year_1: tuple[float, ...]
    injections_in_year_1: tuple[float, ...]
    injections_in_year_2: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Validation:
    """Everything that a page of validation draws.

    Attributes
    ----------
    n_patients
        Simulated in each arm.
    model_version
        Of the simulation.
    rows
        Every target.
    courses
        One for each arm of which acuity was observed.
    routine
        None when no arm is routine care.
    """

    n_patients: int
    model_version: str
    rows: tuple[Compared, ...]
    courses: tuple[Course, ...]
    routine: Routine | None

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Outcomes that have targets, in the order of their wording: changes in acuity first."""
        found = {row.outcome for row in self.rows}
        return tuple(name for name in WORDING if name in found)

    @property
    def arms(self) -> tuple[str, ...]:
        """Arms that have targets."""
        return tuple(dict.fromkeys(row.arm for row in self.rows))

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """What is asked of the model, and which of it holds."""
        return criteria_of(self.rows)

    def of_outcome(self, outcome: str) -> tuple[Compared, ...]:
        """Targets of one outcome."""
        return tuple(row for row in self.rows if row.outcome == outcome)

    def largest(self, number: int) -> tuple[Compared, ...]:
        """Targets that are missed by most, measured in z, the worst first."""
        return tuple(sorted(self.rows, key=lambda row: -abs(row.z))[:number])

    @property
    def goodness(self) -> float:
        """Root mean square of z over the mean changes in acuity; over all rows without any."""
        return rms_of(self.of_outcome(ACUITY_CHANGE) or self.rows)


def rms_of(rows: Sequence[Compared]) -> float:
    """Root mean square of z."""
    return rms([row.z for row in rows])


def as_plain(validation: Validation) -> dict[str, Any]:
    """Return plain data, for JSON."""
    return asdict(validation)


def validation_from(plain: Mapping[str, Any]) -> Validation:
    """Make a validation of plain data again."""
    routine = plain["routine"]
    return Validation(
        plain["n_patients"],
        plain["model_version"],
        tuple(Compared(**{**row, "source": Source(**row["source"])}) for row in plain["rows"]),
        tuple(_course(course) for course in plain["courses"]),
        Routine(**{key: _tupled(value) for key, value in routine.items()}) if routine else None,
    )


def _course(plain: Mapping[str, Any]) -> Course:
    """Make a course of plain data again."""
    points = tuple(Point(**point) for point in plain["points"])
    return Course(
        **{**{key: _tupled(value) for key, value in plain.items()}, "points": points},
    )


def _tupled(value: Any) -> Any:
    """Value with lists as tuples."""
    return tuple(value) if isinstance(value, list) else value
