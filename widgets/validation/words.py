"""Names of outcomes, and figures with their units, in the words of the field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ape_core.analysis.validation import LARGE_Z
from widgets import format as words

if TYPE_CHECKING:
    from ape_core.analysis.validation import Compared

_OUTCOMES: Final = {
    "bcva_change_mean": ("Mean change in acuity", "letters"),
    "bcva_change_sd": ("SD of the change in acuity", "letters"),
    "bcva_mean": ("Mean acuity", "letters"),
    "pct_gain_ge15": ("Gained 15 letters or more", "% of eyes"),
    "pct_loss_ge15": ("Lost 15 letters or more", "% of eyes"),
    "pct_bcva_ge70": ("70 letters or better", "% of eyes"),
    "injections_cum_mean": ("Injections so far", "per eye"),
    "injections_in_year_mean": ("Injections in the year", "per eye"),
    "visits_in_year_mean": ("Visits in the year", "per eye"),
    "pct_interval_ge8w": ("Intervals of 8 weeks or more", "% of eyes"),
    "pct_interval_ge12w": ("Intervals of 12 weeks or more", "% of eyes"),
    "pct_interval_ge16w": ("Intervals of 16 weeks or more", "% of eyes"),
    "pct_dry": ("Dry on the scan", "% of eyes"),
    "pct_discontinued": ("Left care", "% of eyes"),
    "pct_died": ("Died", "% of patients"),
}


def outcome_title(outcome: str) -> str:
    """Name of an outcome."""
    return _OUTCOMES.get(outcome, (outcome.replace("_", " "), ""))[0]


def unit(outcome: str) -> str:
    """Unit of an outcome."""
    return _OUTCOMES.get(outcome, ("", ""))[1]


def figure(outcome: str, value: float) -> str:
    """Value of an outcome: changes with their sign."""
    shown = words.signed if outcome == "bcva_change_mean" else words.one_decimal
    return shown(value)


def apart(outcome: str, difference: float) -> str:
    """Size of a difference with its unit: percentages differ by points."""
    points = "points" if outcome.startswith("pct_") else unit(outcome)
    return f"{words.one_decimal(abs(difference))} {points}"


def size(z: float) -> str:
    """How far a target is missed: the class of its mark."""
    return "is-far" if abs(z) >= LARGE_Z else "is-near"


def missed(row: Compared) -> str:
    """One miss as a sentence."""
    side = "above" if row.difference > 0 else "below"
    return (
        f"{outcome_title(row.outcome)} at week {row.week}: {figure(row.outcome, row.simulated)} "
        f"simulated, {figure(row.outcome, row.observed)} observed "
        f"({apart(row.outcome, row.difference)} {side}, z {words.signed(row.z)})."
    )
