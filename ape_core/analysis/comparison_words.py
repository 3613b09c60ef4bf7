"""Figures of a comparison in the words of a paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ape_core.analysis.compared_outcomes import OUTCOMES

if TYPE_CHECKING:
    from ape_core.analysis.paired import Difference, Mean

_MINUS: Final = "\N{MINUS SIGN}"
NO_VALUE: Final = "\N{EN DASH}"
"""Stands where there is nothing to average."""

_NARROW: Final = 0.4
"""Intervals narrower than this are said with two decimals, so that their ends are told apart."""


def mean_text(mean: Mean) -> str:
    """Mean (SD), or number (%): "+4.1 (15.2)", "312 (15.6%)"."""
    what = OUTCOMES[mean.outcome]
    if mean.n == 0:
        return NO_VALUE
    value = what.wording.value(mean.value)
    if what.is_share:
        return f"{mean.n_with:,} ({value}%)"
    return f"{value} ({mean.sd:.1f})" if what.squares else value


def difference_text(difference: Difference) -> str:
    """Difference (interval): "+0.8 (+0.3 to +1.2)"."""
    return f"{value_text(difference)} ({interval_text(difference)})"


def value_text(difference: Difference) -> str:
    """Give the difference with its sign: "+0.8"."""
    return signed(difference.value, _decimals(difference))


def interval_text(difference: Difference) -> str:
    """Ends of the 95% interval, both with their signs."""
    decimals = _decimals(difference)
    return f"{signed(difference.low, decimals)} to {signed(difference.high, decimals)}"


def signed(number: float, decimals: int = 1) -> str:
    """Number with its sign, a true minus, and no sign where it rounds to 0."""
    shown = f"{number:+.{decimals}f}"
    if float(shown) == 0:
        return f"{0:.{decimals}f}"
    return shown.replace("-", _MINUS)


def compared_text(difference: Difference) -> str:
    """Compare in a few words: "1.5 letters worse (95% interval 1.3 to 1.7)"."""
    said, interval = compared_parts(difference)
    return f"{said} (95% interval {interval})"


def compared_parts(difference: Difference) -> tuple[str, str]:
    """Say a difference and its interval: "1.5 letters worse" and "1.3 to 1.7".

    Where the interval holds 0 there is neither better nor worse, and all three keep their signs.
    """
    what = OUTCOMES[difference.outcome]
    unit = what.wording.apart
    if not difference.is_clear:
        return f"{value_text(difference)} {unit}", interval_text(difference)
    decimals = _decimals(difference)
    size = f"{abs(difference.value):.{decimals}f}"
    low, high = sorted((abs(difference.low), abs(difference.high)))
    word = _word(what.higher_is, higher=difference.value > 0)
    return f"{size} {unit} {word}", f"{low:.{decimals}f} to {high:.{decimals}f}"


def _decimals(difference: Difference) -> int:
    """Decimals with which a difference and its interval are said."""
    return 2 if 0 < difference.high - difference.low < _NARROW else 1


def _word(higher_is: str, *, higher: bool) -> str:
    """What more or less of an outcome is called."""
    if higher_is == "more":
        return "more" if higher else "fewer"
    return "better" if higher == (higher_is == "better") else "worse"
