"""What one protocol costs and gains beyond another, with intervals for it and for the ratio."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from ape_core.analysis.student import t_quantile

CONFIDENCE: Final = 0.95


@dataclass(frozen=True, slots=True)
class Bounded:
    """A difference per patient, its standard error, and its 95% interval."""

    value: float
    se: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval is on one side of 0."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class RatioInterval:
    """Values that a ratio of two differences may have (Fieller).

    Parameters
    ----------
    kind
        "between" `low` and `high`; "outside" of them, which is below `low` or above `high`;
        "any", where no value can be ruled out; "none", where there is no ratio at all.
    """

    kind: str
    low: float = math.nan
    high: float = math.nan

    def holds(self, ratio: float) -> bool:
        """Whether a ratio is among the values."""
        if self.kind == "between":
            return self.low <= ratio <= self.high
        if self.kind == "outside":
            return ratio <= self.low or ratio >= self.high
        return self.kind == "any"


@dataclass(frozen=True, slots=True)
class Increment:
    """Cost and QALYs of one protocol beyond those of another, per patient.

    Parameters
    ----------
    cost
        Pounds.
    qalys
        QALYs.
    cost_variance, qalys_variance, covariance
        Of the two.
    degrees
        Degrees of freedom of the variances; 0 where nothing is known of them.
    """

    cost: float
    qalys: float
    cost_variance: float
    qalys_variance: float
    covariance: float
    degrees: int

    @property
    def is_known(self) -> bool:
        """Whether anything is known of the variances."""
        return self.degrees > 0

    @property
    def cost_difference(self) -> Bounded:
        """Cost with its interval."""
        return self._bounded(self.cost, self.cost_variance)

    @property
    def qalys_difference(self) -> Bounded:
        """QALYs with their interval."""
        return self._bounded(self.qalys, self.qalys_variance)

    def net_benefit(self, threshold: float) -> Bounded:
        """Pounds gained per patient where a QALY is worth so many pounds: positive is worth it."""
        value = threshold * self.qalys - self.cost
        variance = (
            threshold**2 * self.qalys_variance
            - 2 * threshold * self.covariance
            + self.cost_variance
        )
        return self._bounded(value, variance)

    @property
    def verdict(self) -> str:
        """Where it lies on the plane.

        "dominates", "dominated", "costs more" for a gain, "saves" at a loss, or "same".
        """
        if self.cost == self.qalys == 0:
            return "same"
        if self.cost <= 0 <= self.qalys:
            return "dominates"
        if self.qalys <= 0 <= self.cost:
            return "dominated"
        return "costs more" if self.cost > 0 else "saves"

    @property
    def icer(self) -> float | None:
        """Pounds per QALY: paid for one gained, or saved for one lost; None where one dominates."""
        if self.verdict not in ("costs more", "saves"):
            return None
        return self.cost / self.qalys

    @property
    def icer_interval(self) -> RatioInterval:
        """95% interval of cost divided by QALYs, by Fieller's method."""
        if self.degrees < 1:
            return RatioInterval("any")
        square = t_quantile((1 + CONFIDENCE) / 2, self.degrees) ** 2
        a = self.qalys**2 - square * self.qalys_variance
        b = self.cost * self.qalys - square * self.covariance
        c = self.cost**2 - square * self.cost_variance
        return _where_not_positive(a, b, c)

    def _bounded(self, value: float, variance: float) -> Bounded:
        """Interval of Student's t; without ends where nothing is known of the variance."""
        if self.degrees < 1:
            return Bounded(value, math.inf, -math.inf, math.inf)
        se = math.sqrt(max(variance, 0.0))
        half = t_quantile((1 + CONFIDENCE) / 2, self.degrees) * se
        return Bounded(value, se, value - half, value + half)


def _where_not_positive(a: float, b: float, c: float) -> RatioInterval:
    """Ratios r for which a r² - 2 b r + c is 0 or less."""
    if a == 0:
        # The difference in QALYs is none, and certain to be: there is nothing to divide by.
        return RatioInterval("none" if b == 0 else "any")
    within = b * b - a * c
    if a > 0:
        root = math.sqrt(max(within, 0.0))
        return RatioInterval("between", (b - root) / a, (b + root) / a)
    if within <= 0:
        return RatioInterval("any")
    root = math.sqrt(within)
    return RatioInterval("outside", (b + root) / a, (b - root) / a)
