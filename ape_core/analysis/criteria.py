"""What is asked of the shipped model, and which of it holds.

Each criterion asks something of figures of the calibration arms: that a figure lies between two
bounds, which for most are the observed value and a tolerance on both sides. The figures come from
the rows of a score or of a validation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from ape_core.analysis.arms import study_of
from ape_core.analysis.estimates import MAX_WEEKS_FROM_YEAR_END
from ape_core.analysis.score import HEADLINE, rms
from ape_core.analysis.wording import WORDING
from ape_core.schema import WEEKS_PER_YEAR

MOST_RMS_Z: Final = 1.0
MOST_ABS_Z: Final = 2.5
INJECTIONS_A_YEAR: Final = 0.5
"""Also of visits."""

SD_LETTERS: Final = (12.5, 16.0)
POINTS: Final = 5.0
SLOPE: Final = (-0.30, -0.20)
CORRELATION: Final = (0.60, 0.70)
SHAM_LETTERS: Final = 2.0

ROUTINE: Final = "Moorfields aflibercept"
SHAM: Final = "MARINA sham"
STUDIES_OF_GAINS: Final = ("VIEW", "CATT", "HARBOR")
GAINS: Final = ("pct_gain_ge15", "pct_loss_ge15")
INJECTIONS: Final = ("injections_cum_mean", "injections_in_year_mean")
_CARE: Final = (*INJECTIONS, "visits_in_year_mean")


class Row(Protocol):
    """A target beside its simulation, as a score and a validation have it."""

    @property
    def arm(self) -> str:
        """Arm of a study."""

    @property
    def week(self) -> int:
        """Week of the figure."""

    @property
    def outcome(self) -> str:
        """Which figure it is."""

    @property
    def observed(self) -> float:
        """As the study reported it."""

    @property
    def simulated(self) -> float:
        """As the simulated arm gave it."""

    @property
    def z(self) -> float:
        """Difference in units of its uncertainty."""


@dataclass(frozen=True, slots=True)
class Check:
    """One figure and the bounds that it is to keep.

    Attributes
    ----------
    arm, week, outcome
        Which figure; week is None, and outcome "rms_z", for many figures in one number.
    observed, simulated
        The figure as the study reported it and as the arm gave it; None for many in one number.
    judged
        What is to lie within the bounds: the simulated figure, or its z.
    low, high
        Bounds, themselves allowed.
    """

    arm: str
    week: int | None
    outcome: str
    observed: float | None
    simulated: float | None
    judged: float
    low: float
    high: float

    @property
    def met(self) -> bool:
        """Whether the figure lies within its bounds."""
        return self.low <= self.judged <= self.high

    @property
    def excess(self) -> float:
        """How far it lies from the middle of its bounds: 1 at the bounds, more beyond them."""
        return abs(2 * self.judged - self.low - self.high) / (self.high - self.low)

    @property
    def place(self) -> str:
        """Arm and week in words."""
        return self.arm if self.week is None else f"{self.arm}, week {self.week}"

    @property
    def said(self) -> str:
        """Simulated and observed in words, and z where that is judged."""
        if self.observed is None or self.simulated is None:
            return f"{self.judged:.3f}"
        wording = WORDING[self.outcome]
        shown = (
            f"{wording.value(self.simulated)} simulated, {wording.value(self.observed)} observed"
        )
        return shown if self.judged == self.simulated else f"{shown}, z {_minus(self.judged)}"

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {**{name: getattr(self, name) for name in self.__slots__}, "met": self.met}


@dataclass(frozen=True, slots=True)
class Criterion:
    """Something that is asked of the model.

    Attributes
    ----------
    title
        What it is about.
    asked
        What has to hold, of every figure.
    checks
        The figures, at least one.
    """

    title: str
    asked: str
    checks: tuple[Check, ...]

    @property
    def n_met(self) -> int:
        """Figures that lie within their bounds."""
        return sum(check.met for check in self.checks)

    @property
    def met(self) -> bool:
        """Whether all of them do."""
        return self.n_met == len(self.checks)

    @property
    def farthest(self) -> Check:
        """The figure that comes nearest to its bounds, or lies farthest beyond them."""
        return max(self.checks, key=lambda check: check.excess)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "title": self.title,
            "asked": self.asked,
            "met": self.met,
            "n_met": self.n_met,
            "checks": [check.to_dict() for check in self.checks],
        }


def criteria_of(rows: Iterable[Row]) -> tuple[Criterion, ...]:
    """Judge the rows by everything that is asked; a criterion without a figure is left out.

    Parameters
    ----------
    rows
        Of a score or a validation of the arms and targets that ship with APE.
    """
    given = tuple(rows)
    found = (
        *_of_acuity(given),
        *_of_trials(given),
        *_of_routine(tuple(row for row in given if row.arm == ROUTINE)),
        *_of_untreated(given),
    )
    return tuple(criterion for criterion in found if criterion.checks)


def _of_acuity(rows: Sequence[Row]) -> list[Criterion]:
    """Mean changes in acuity, all arms."""
    changes = [row for row in rows if row.outcome == HEADLINE]
    if not changes:
        return []
    together = Check(
        f"{len(changes)} changes together", None, "rms_z", None, None,
        rms([row.z for row in changes]), 0.0, MOST_RMS_Z,
    )  # fmt: skip
    each = tuple(_z_within(row, MOST_ABS_Z) for row in changes)
    return [
        Criterion(
            "Mean change in acuity, together",
            f"root mean square z at most {MOST_RMS_Z:.1f}",
            (together,),
        ),
        Criterion("Mean change in acuity, one by one", f"no z beyond {MOST_ABS_Z:g}", each),
    ]


def _of_trials(rows: Sequence[Row]) -> list[Criterion]:
    """Injections in trials, spread of the change, gains and losses."""
    trials = [row for row in rows if row.arm != ROUTINE]
    low, high = SD_LETTERS
    spread = [row for row in rows if row.outcome == "bcva_change_sd" and _is_one_year(row)]
    gains = [
        row for row in trials if row.outcome in GAINS and study_of(row.arm) in STUDIES_OF_GAINS
    ]
    return [
        Criterion(
            "Injections in trials",
            f"within {INJECTIONS_A_YEAR:g} a year",
            _each(trials, INJECTIONS, _per_year),
        ),
        Criterion(
            "Spread of the one-year change in acuity",
            f"standard deviation {low:g} to {high:g} letters",
            tuple(_within(row, low, high) for row in spread),
        ),
        Criterion(
            "Gains and losses of 15 letters in VIEW, CATT and HARBOR",
            f"within {POINTS:g} percentage points",
            tuple(_near(row, POINTS) for row in gains),
        ),
    ]


def _of_routine(rows: Sequence[Row]) -> list[Criterion]:
    """Moorfields."""
    changes = [row for row in rows if row.outcome == HEADLINE and row.week >= WEEKS_PER_YEAR]
    one_year = [row for row in rows if _is_one_year(row)]
    mix = tuple(
        name
        for name in WORDING
        if name.startswith("pct_eye_median_interval") or name == "pct_no_injection_in_year"
    )
    return [
        Criterion(
            "Routine care: change in acuity at one and two years",
            f"no z beyond {MOST_RMS_Z:g}, about 2 letters",
            tuple(_z_within(row, MOST_RMS_Z) for row in changes),
        ),
        Criterion(
            "Routine care: injections and visits",
            f"within {INJECTIONS_A_YEAR:g} a year",
            _each(rows, _CARE, _per_year),
        ),
        Criterion(
            "Routine care: usual intervals in the second year",
            f"within {POINTS:g} percentage points",
            _each(rows, mix, lambda _: POINTS),
        ),
        Criterion(
            "Routine care: first break of 180 days",
            f"within {POINTS:g} percentage points",
            _each(rows, ("pct_first_break_ge180d",), lambda _: POINTS),
        ),
        Criterion(
            "Routine care: one-year change for each letter of baseline",
            f"{_minus(SLOPE[0])} to {_minus(SLOPE[1])}",
            tuple(_within(row, *SLOPE) for row in one_year if row.outcome == "bcva_change_slope"),
        ),
        Criterion(
            "Routine care: correlation of first and one-year acuity",
            f"{CORRELATION[0]:.2f} to {CORRELATION[1]:.2f}",
            tuple(
                _within(row, *CORRELATION) for row in one_year if row.outcome == "bcva_correlation"
            ),
        ),
    ]


def _of_untreated(rows: Sequence[Row]) -> list[Criterion]:
    """Eyes without treatment."""
    sham = [row for row in rows if row.arm == SHAM]
    return [
        Criterion(
            "Untreated eyes: change in acuity in MARINA sham",
            f"within {SHAM_LETTERS:g} letters",
            _each(sham, (HEADLINE,), lambda _: SHAM_LETTERS),
        )
    ]


def _each(
    rows: Iterable[Row], outcomes: Sequence[str], allowed: Callable[[Row], float]
) -> tuple[Check, ...]:
    """Rows of some outcomes, each with what it may differ by."""
    return tuple(_near(row, allowed(row)) for row in rows if row.outcome in outcomes)


def _near(row: Row, allowed: float) -> Check:
    """Ask for a figure near the observed one."""
    return _within(row, row.observed - allowed, row.observed + allowed)


def _within(row: Row, low: float, high: float) -> Check:
    """Ask for a figure between two bounds."""
    return Check(
        row.arm, row.week, row.outcome, row.observed, row.simulated, row.simulated, low, high
    )


def _z_within(row: Row, most: float) -> Check:
    """Ask for a difference that is small in units of its uncertainty."""
    return Check(row.arm, row.week, row.outcome, row.observed, row.simulated, row.z, -most, most)


def _per_year(row: Row) -> float:
    """Allowed difference in injections: so many a year for what adds up over more than one."""
    adds_up = row.outcome == "injections_cum_mean"
    return INJECTIONS_A_YEAR * (max(row.week / WEEKS_PER_YEAR, 1.0) if adds_up else 1.0)


def _is_one_year(row: Row) -> bool:
    """Whether a figure is that of one year."""
    return abs(row.week - WEEKS_PER_YEAR) <= MAX_WEEKS_FROM_YEAR_END


def _minus(number: float) -> str:
    """Number with two decimals and a true minus sign."""
    return f"{number:.2f}".replace("-", "\N{MINUS SIGN}")
