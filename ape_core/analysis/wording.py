"""Outcomes in plain words: what each is called, what it counts, and its unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from ape_core.analysis.record_outcomes import INTERVAL_CLASSES


@dataclass(frozen=True, slots=True)
class Wording:
    """How an outcome is spoken of.

    Attributes
    ----------
    title
        Its name.
    unit
        Of a value; empty for a pure number.
    apart
        Unit of a difference: percentages differ by points.
    meaning
        What is counted, in a sentence.
    decimals
        With which values are shown.
    signed
        Whether a value is shown with its sign.
    """

    title: str
    unit: str
    apart: str
    meaning: str
    decimals: int = 1
    signed: bool = False

    def value(self, number: float) -> str:
        """Return a value with a true minus sign."""
        return _shown(number, self.decimals, signed=self.signed)

    def size(self, number: float) -> str:
        """Return the size of a difference with its unit."""
        return f"{abs(number):.{self.decimals}f} {self.apart}".rstrip()


def _shown(number: float, decimals: int, *, signed: bool) -> str:
    """Number with a true minus sign, and never a minus zero."""
    rounded = round(number, decimals) + 0.0
    return f"{rounded:{'+' if signed else ''}.{decimals}f}".replace("-", "\N{MINUS SIGN}")


def _letters(title: str, meaning: str, *, signed: bool = False) -> Wording:
    """An outcome in letters."""
    return Wording(title, "letters", "letters", meaning, signed=signed)


def _percent(title: str, meaning: str, of: str = "eyes") -> Wording:
    """An outcome in per cent."""
    return Wording(title, f"% of {of}", "points", meaning)


def _number(title: str, meaning: str) -> Wording:
    """A number for each eye, of what the title begins with."""
    counted = title.split(maxsplit=1)[0].lower()
    return Wording(title, f"{counted} per eye", counted, meaning)


def _planned(weeks: int) -> Wording:
    """Intervals as planned at the last visit."""
    return _percent(
        f"Planned interval of {weeks} weeks or more",
        f"Eyes on treatment whose next visit is planned {weeks} weeks or more after the last.",
    )


def _median(low: int, high: int | None) -> Wording:
    """A class of the median interval between an eye's injections."""
    span = f"{low} weeks or more" if high is None else f"{low} to {high} weeks"
    span = f"under {high} weeks" if low == 0 else span
    return _percent(
        f"Usual interval {span}",
        "Eyes followed through the year whose median interval between injections, of those that "
        f"end in it, is {span}" + ("." if high is None or not low else f" ({high} not included)."),
    )


WORDING: Final[Mapping[str, Wording]] = MappingProxyType(
    {
        "bcva_change_mean": _letters(
            "Mean change in acuity",
            "Letters gained since the first visit, on average.",
            signed=True,
        ),
        "bcva_change_sd": _letters(
            "Spread of the change in acuity",
            "Standard deviation of the letters gained: how much eyes differ.",
        ),
        "bcva_mean": _letters("Mean acuity", "Letters read, on average."),
        "pct_gain_ge15": _percent(
            "Gained 15 letters or more", "Eyes that read at least 15 letters more than at first."
        ),
        "pct_loss_ge15": _percent(
            "Lost 15 letters or more", "Eyes that read at least 15 letters fewer than at first."
        ),
        "pct_bcva_ge70": _percent(
            "70 letters or better", "Eyes that read 70 letters or more, about 6/12 (20/40)."
        ),
        "injections_cum_mean": _number(
            "Injections so far", "Injections since the first visit, on average."
        ),
        "injections_in_year_mean": _number(
            "Injections in the year", "Injections in the year that ends then, on average."
        ),
        "visits_in_year_mean": _number(
            "Visits in the year", "Visits in the year that ends then, on average."
        ),
        "pct_interval_ge8w": _planned(8),
        "pct_interval_ge12w": _planned(12),
        "pct_interval_ge16w": _planned(16),
        "pct_dry": _percent("No fluid on the scan", "Eyes whose last scan was read as dry."),
        "pct_discontinued": _percent(
            "Left the study or care", "Eyes no longer in care, for whatever reason, death included."
        ),
        "pct_died": _percent("Died", "Patients who died, in care or not.", of="patients"),
        "bcva_change_slope": Wording(
            "Change for each letter of baseline",
            "letters per letter",
            "letters per letter",
            "How much less eyes gain that read one letter more at first, by least squares.",
            decimals=2,
            signed=True,
        ),
        "bcva_correlation": Wording(
            "Correlation with the first acuity",
            "",
            "",
            "Pearson's correlation of the letters read at first and then.",
            decimals=2,
        ),
        "pct_first_break_ge180d": _percent(
            "First break of 180 days",
            "Eyes that had begun a first break from injections of 180 days or more.",
        ),
        "pct_no_injection_in_year": _percent(
            "No injection in the year", "Eyes followed through the year without an injection in it."
        ),
        **{
            f"pct_eye_median_interval_{name}": _median(*weeks)
            for name, weeks in INTERVAL_CLASSES.items()
        },
    }
)
"""Every outcome that can be scored."""


def value_with_unit(outcome: str, number: float) -> str:
    """Return a value with its unit: "49.1% of eyes", "+8.1 letters"."""
    wording = WORDING[outcome]
    gap = "" if wording.unit.startswith("%") else " "
    return f"{wording.value(number)}{gap}{wording.unit}".rstrip()
