"""Loading and the regimens a maintenance phase can follow.

A phase decides at the visits from the previous phase's `until_week` up to, not including, its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from ape_core.errors import InvalidSpecError
from ape_core.limits import MAX_YEARS
from ape_core.schema import WEEKS_PER_YEAR
from ape_core.spec import checks

MAX_INTERVAL_WEEKS: Final = 52
MAX_LOADING_INJECTIONS: Final = 12
MAX_LETTERS_LOST: Final = 30
USUAL_LETTERS_LOST: Final = 5
"""One line of the chart, the loss that counts in the trials, taken when none is given."""
LAST_WEEK: Final = MAX_YEARS * WEEKS_PER_YEAR
ACTIVITY_CRITERIA: Final = ("fluid", "fluid-or-letters", "fluid-and-letters")


@dataclass(frozen=True, slots=True)
class Loading:
    """Injections at a fixed interval, the first on day 0, whatever is seen.

    Parameters
    ----------
    n_injections
        Number of loading injections, 1 to 12.
    interval_weeks
        Weeks between them, 1 to 52.
    """

    n_injections: int
    interval_weeks: int

    def __post_init__(self) -> None:
        _whole(self, "n_injections", 1, MAX_LOADING_INJECTIONS)
        _weeks(self, "interval_weeks")

    @property
    def last_week(self) -> int:
        """Week of the last loading injection."""
        return (self.n_injections - 1) * self.interval_weeks


@dataclass(frozen=True, slots=True)
class FixedPhase:
    """Injects on schedule, whatever is seen."""

    regimen: ClassVar[str] = "fixed"
    until_week: int | None
    interval_weeks: int

    def __post_init__(self) -> None:
        _until_week(self)
        _weeks(self, "interval_weeks")


@dataclass(frozen=True, slots=True)
class PrnPhase:
    """Looks on schedule and injects when the eye is active (pro re nata).

    With `max_gap_weeks` (capped PRN) it also injects when that many weeks have passed since the
    last injection, or would have passed before the next visit.
    """

    regimen: ClassVar[str] = "prn"
    until_week: int | None
    visit_interval_weeks: int
    max_gap_weeks: int | None = None

    def __post_init__(self) -> None:
        _until_week(self)
        _weeks(self, "visit_interval_weeks")
        if self.max_gap_weeks is not None:
            _weeks(self, "max_gap_weeks")
            _at_most(self, "visit_interval_weeks", "max_gap_weeks")


@dataclass(frozen=True, slots=True)
class TreatAndExtendPhase:
    """Injects at every visit; the next interval follows from the previous planned one.

    An inactive eye is extended by a step, an active one shortened, between the minimum and the
    maximum. Coming from loading, the first interval is `first_interval_weeks`. `activity` says what
    counts as active; letters are lost against the visit before, `letters_lost` of them or more.
    """

    regimen: ClassVar[str] = "treat-and-extend"
    until_week: int | None
    first_interval_weeks: int
    extend_by_weeks: int
    shorten_by_weeks: int
    min_interval_weeks: int
    max_interval_weeks: int
    activity: str
    letters_lost: int | None = None

    def __post_init__(self) -> None:
        _until_week(self)
        for field in (
            "first_interval_weeks",
            "extend_by_weeks",
            "shorten_by_weeks",
            "min_interval_weeks",
            "max_interval_weeks",
        ):
            _weeks(self, field)
        _at_most(self, "min_interval_weeks", "max_interval_weeks")
        _at_most(self, "min_interval_weeks", "first_interval_weeks")
        _at_most(self, "first_interval_weeks", "max_interval_weeks")
        _criterion(self, "activity")


@dataclass(frozen=True, slots=True)
class LabelPhase:
    """Injects at every visit at an assigned interval, shortened when criteria are met.

    The interval falls to the next of `shorten_to_weeks` and stays at the last. With
    `assign_at_weeks` the interval is assigned first: at assessments that many weeks after the last
    loading injection, an active eye is injected and keeps that interval; an eye that is inactive
    at all of them gets `interval_weeks`.
    """

    regimen: ClassVar[str] = "label"
    until_week: int | None
    interval_weeks: int
    shorten_to_weeks: tuple[int, ...]
    criteria: str
    letters_lost: int | None = None
    assign_at_weeks: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        _until_week(self)
        _weeks(self, "interval_weeks")
        _week_list(self, "shorten_to_weeks")
        _week_list(self, "assign_at_weeks")
        _check_order("shorten_to_weeks", self.shorten_to_weeks, self.interval_weeks, falling=True)
        _check_order("assign_at_weeks", self.assign_at_weeks, self.interval_weeks, falling=False)
        if not self.shorten_to_weeks and not self.assign_at_weeks:
            raise InvalidSpecError(
                "shorten_to_weeks and assign_at_weeks are both empty, so the criteria never count.",
                "Give one of them, or use regimen fixed.",
                "shorten_to_weeks",
            )
        _criterion(self, "criteria")


@dataclass(frozen=True, slots=True)
class NoTreatmentPhase:
    """Looks on schedule and never injects."""

    regimen: ClassVar[str] = "none"
    until_week: int | None
    visit_interval_weeks: int

    def __post_init__(self) -> None:
        _until_week(self)
        _weeks(self, "visit_interval_weeks")


Phase = FixedPhase | PrnPhase | TreatAndExtendPhase | LabelPhase | NoTreatmentPhase
PHASE_KINDS: Final[dict[str, type[Any]]] = {
    kind.regimen: kind
    for kind in (FixedPhase, PrnPhase, TreatAndExtendPhase, LabelPhase, NoTreatmentPhase)
}
REGIMENS: Final = tuple(PHASE_KINDS)


def _set(owner: object, field: str, value: object) -> None:
    """Store the cast value in a frozen dataclass while it is being made."""
    object.__setattr__(owner, field, value)


def _whole(owner: object, field: str, low: int, high: int) -> None:
    """Cast a field to a whole number in a range."""
    _set(owner, field, checks.whole(field, getattr(owner, field), low, high))


def _weeks(owner: object, field: str) -> None:
    """Cast a field to an interval in weeks."""
    _whole(owner, field, 1, MAX_INTERVAL_WEEKS)


def _until_week(phase: Any) -> None:
    """Cast the end of a phase; the last phase has none."""
    if phase.until_week is not None:
        _whole(phase, "until_week", 1, LAST_WEEK)


def _at_most(owner: object, smaller: str, larger: str) -> None:
    """Refuse two fields that contradict each other."""
    low, high = getattr(owner, smaller), getattr(owner, larger)
    if low > high:
        raise InvalidSpecError(
            f"{smaller} is {low}, which is more than {larger}, {high}.", field=smaller
        )


def _criterion(phase: Any, field: str) -> None:
    """Check what counts as active, and that letters_lost is not given when letters do not count."""
    criterion = checks.choice(field, getattr(phase, field), ACTIVITY_CRITERIA)
    if criterion == "fluid":
        if phase.letters_lost is not None:
            raise InvalidSpecError(
                f"letters_lost is {checks.shown(phase.letters_lost)}, but {field} is 'fluid', "
                "for which letters do not count.",
                f"Remove letters_lost, or choose {field} fluid-or-letters.",
                "letters_lost",
            )
        return
    if phase.letters_lost is None:
        _set(phase, "letters_lost", USUAL_LETTERS_LOST)
    _whole(phase, "letters_lost", 1, MAX_LETTERS_LOST)


def _week_list(owner: object, field: str) -> None:
    """Cast a field to a tuple of intervals in weeks."""
    given = getattr(owner, field)
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise InvalidSpecError(
            f"{field} is {checks.shown(given)}, but must be a list of weeks.", field=field
        )
    weeks = tuple(
        checks.whole(f"{field}[{place}]", item, 1, MAX_INTERVAL_WEEKS)
        for place, item in enumerate(given)
    )
    _set(owner, field, weeks)


def _check_order(field: str, weeks: tuple[int, ...], interval: int, *, falling: bool) -> None:
    """Refuse weeks that are not strictly ordered or not below the assigned interval."""
    ordered = weeks == tuple(sorted(set(weeks), reverse=falling))
    if not ordered or any(week >= interval for week in weeks):
        direction = "decrease" if falling else "increase"
        raise InvalidSpecError(
            f"{field} is {list(weeks)}, but must {direction} and stay below "
            f"interval_weeks, {interval}.",
            field=field,
        )
