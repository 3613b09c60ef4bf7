"""Parts of a cohort: acuity and age at the first visit, attendance, leaving, recruitment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Final

from ape_core.errors import InvalidSpecError
from ape_core.schema import MAX_LETTERS
from ape_core.spec import checks
from ape_core.spec.distributions import from_quantiles, truncated_normal
from ape_core.spec.recruitment import Recruitment

__all__ = [
    "AgeYears",
    "Attendance",
    "BaselineLetters",
    "Leaving",
    "LettersQuantiles",
    "Recruitment",
]

MIN_AGE: Final = 50
MAX_AGE: Final = 100
MAX_QUANTILES: Final = 101
MIN_SD: Final = 0.5


@dataclass(frozen=True, slots=True)
class BaselineLetters:
    """Acuity at the first visit, by its mean and SD within a window of letters.

    Parameters
    ----------
    mean, sd
        In ETDRS letters, as observed, so of the values within the window.
    low, high
        The window, as of a trial's entry criteria. None takes the window of the population.
    """

    kind: ClassVar[str] = "normal"
    mean: float
    sd: float
    low: int | None = None
    high: int | None = None

    def __post_init__(self) -> None:
        _window(self, 0, MAX_LETTERS)
        _moments(self, 0, MAX_LETTERS)

    def question(self) -> dict[str, Any]:
        """Return the fields as plain data."""
        return {"kind": self.kind, **asdict(self)}

    def mean_and_sd(self) -> tuple[float, float]:
        """Return both, in letters."""
        return self.mean, self.sd


@dataclass(frozen=True, slots=True)
class LettersQuantiles:
    """Acuity at the first visit, by points of its distribution joined by straight lines.

    Parameters
    ----------
    probabilities
        Increasing, from 0 to 1.
    letters
        Not decreasing, one for each probability.
    """

    kind: ClassVar[str] = "quantiles"
    probabilities: tuple[float, ...]
    letters: tuple[float, ...]

    def __post_init__(self) -> None:
        chances = _numbers("probabilities", self.probabilities, 1)
        letters = _numbers("letters", self.letters, MAX_LETTERS)
        if len(chances) != len(letters) or not 2 <= len(chances) <= MAX_QUANTILES:
            raise InvalidSpecError(
                f"probabilities has {len(chances)} entries and letters {len(letters)}, but both "
                f"must have the same number, 2 to {MAX_QUANTILES}."
            )
        if chances[0] != 0 or chances[-1] != 1 or list(chances) != sorted(set(chances)):
            raise InvalidSpecError("probabilities must increase from 0 to 1.")
        if list(letters) != sorted(letters) or letters[-1] - letters[0] < 2:
            raise InvalidSpecError("letters must not decrease, and span 2 letters or more.")
        object.__setattr__(self, "probabilities", chances)
        object.__setattr__(self, "letters", letters)

    def question(self) -> dict[str, Any]:
        """Return the fields as plain data."""
        chances, letters = list(self.probabilities), list(self.letters)
        return {"kind": self.kind, "probabilities": chances, "letters": letters}

    def mean_and_sd(self) -> tuple[float, float]:
        """Return those of the whole letters that patients are given."""
        shares = from_quantiles(self.probabilities, self.letters, MAX_LETTERS)
        letters = range(MAX_LETTERS + 1)
        mean = sum(share * value for share, value in zip(shares, letters, strict=True))
        spread = sum(
            share * (value - mean) ** 2 for share, value in zip(shares, letters, strict=True)
        )
        return float(mean), float(spread) ** 0.5


@dataclass(frozen=True, slots=True)
class AgeYears:
    """Age at the first visit, by its mean and SD within a window.

    Parameters
    ----------
    mean, sd
        In years, as observed, so of the values within the window.
    low, high
        The window, 50 to 100. None takes that of the population.
    """

    mean: float
    sd: float
    low: int | None = None
    high: int | None = None

    def __post_init__(self) -> None:
        _window(self, MIN_AGE, MAX_AGE)
        _moments(self, MIN_AGE, MAX_AGE)

    def question(self) -> dict[str, Any]:
        """Return the fields as plain data."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Attendance:
    """How visits are kept.

    Parameters
    ----------
    late_share, late_days_mean
        Share of visits that are late, and by how many days on average.
    missed_share
        Share of planned visits that are missed and rebooked.
    rebooked_weeks
        How long after a missed visit the next one is.
    breaks_per_year, break_weeks_mean
        Rate of long breaks from care, and their mean length beyond the planned visit.
    """

    late_share: float
    late_days_mean: float
    missed_share: float
    rebooked_weeks: float
    breaks_per_year: float
    break_weeks_mean: float

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "late_share", checks.share("late_share", self.late_share))
        put(self, "late_days_mean", checks.number("late_days_mean", self.late_days_mean, 0, 90))
        put(self, "missed_share", checks.number("missed_share", self.missed_share, 0, 0.9))
        put(self, "rebooked_weeks", checks.number("rebooked_weeks", self.rebooked_weeks, 0, 52))
        put(self, "breaks_per_year", checks.number("breaks_per_year", self.breaks_per_year, 0, 12))
        put(
            self,
            "break_weeks_mean",
            checks.number("break_weeks_mean", self.break_weeks_mean, 0, 260),
        )


@dataclass(frozen=True, slots=True)
class Leaving:
    """Rates per year at which patients leave care other than by death or discharge."""

    lost_per_year: float
    transferred_per_year: float

    def __post_init__(self) -> None:
        for field in ("lost_per_year", "transferred_per_year"):
            object.__setattr__(self, field, checks.number(field, getattr(self, field), 0, 12))


def _numbers(field: str, given: object, high: float) -> tuple[float, ...]:
    """Cast a list of numbers."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise InvalidSpecError(f"{field} is {checks.shown(given)}, but must be a list of numbers.")
    return tuple(checks.number(f"{field}[{i}]", item, 0, high) for i, item in enumerate(given))


def _window(owner: Any, low: int, high: int) -> None:
    """Cast the window and check that it is one."""
    for field in ("low", "high"):
        if getattr(owner, field) is not None:
            object.__setattr__(owner, field, checks.whole(field, getattr(owner, field), low, high))
    if owner.low is not None and owner.high is not None and owner.low >= owner.high:
        raise InvalidSpecError(
            f"low is {owner.low}, but must be below high, {owner.high}.", field="low"
        )


def _moments(owner: Any, low: int, high: int) -> None:
    """Cast mean and SD and check that whole numbers in the window can have them."""
    floor = low if owner.low is None else owner.low
    top = high if owner.high is None else owner.high
    mean = checks.number("mean", owner.mean, floor, top)
    sd = checks.number("sd", owner.sd, MIN_SD, top - floor)
    if owner.low is not None and owner.high is not None:
        truncated_normal(mean, sd, floor, top)
    object.__setattr__(owner, "mean", mean)
    object.__setattr__(owner, "sd", sd)
