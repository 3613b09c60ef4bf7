"""Figures of a comparison in the words of a paper."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from ape_core.analysis.compared_outcomes import OUTCOMES

if TYPE_CHECKING:
    from ape_core.analysis.paired import Difference, Mean, Paired

_MINUS: Final = "\N{MINUS SIGN}"
NO_VALUE: Final = "\N{EN DASH}"
"""Stands where there is nothing to average."""

_NARROW: Final = 0.4
"""Intervals narrower than this are said with two decimals, so that their ends are told apart."""

_MOST_MORE: Final = 3
"""Decimals that an end of an interval may have beyond those of the difference."""

_MOST_TIMES: Final = 100
_MOST_PATIENTS: Final = 1_000_000
"""What pairing brings is said up to here: beyond, protocols hardly differ in any patient."""


def mean_text(mean: Mean) -> str:
    """Mean (SD), or number (%): "+4.1 (15.2)", "312 (15.6%)"."""
    what = OUTCOMES[mean.outcome]
    if mean.n == 0:
        return NO_VALUE
    value = what.wording.value(mean.value)
    if what.is_share:
        return f"{mean.n_with:,} ({value}%)"
    return f"{value} ({mean.sd:.1f})" if what.squares else value


def difference_text(difference: Difference, decimals: int | None = None) -> str:
    """Difference (interval): "+0.8 (+0.3 to +1.2)"."""
    return f"{value_text(difference, decimals)} ({interval_text(difference, decimals)})"


def value_text(difference: Difference, decimals: int | None = None) -> str:
    """Give the difference with its sign: "+0.8"."""
    return signed(difference.value, decimals or decimals_of([difference]))


def interval_text(difference: Difference, decimals: int | None = None) -> str:
    """Ends of the 95% interval, both with their signs, of which none is left out by rounding."""
    shown = decimals or decimals_of([difference])
    low, high = (signed(end, _telling(end, shown)) for end in (difference.low, difference.high))
    return f"{low} to {high}"


def decimals_of(differences: Iterable[Difference]) -> int:
    """Decimals with which differences that stand together are said: 1, or 2 if one is narrow."""
    return 2 if any(0 < item.high - item.low < _NARROW for item in differences) else 1


def signed(number: float, decimals: int = 1) -> str:
    """Number with its sign, a true minus, and no sign where it rounds to 0."""
    shown = f"{number:+.{decimals}f}"
    if float(shown) == 0:
        return f"{0:.{decimals}f}"
    return shown.replace("-", _MINUS)


def _telling(end: float, decimals: int) -> int:
    """Decimals with which an end of an interval does not round to 0, where a few more do it.

    On which side of 0 it lies says whether the difference may be chance.
    """
    more = (n for n in range(decimals, decimals + _MOST_MORE + 1) if round(end, n) != 0)
    return next(more, decimals)


def compared_text(difference: Difference, decimals: int | None = None) -> str:
    """Compare in a few words: "1.5 letters worse (95% interval 1.3 to 1.7)"."""
    said, interval = compared_parts(difference, decimals)
    return f"{said} (95% interval {interval})"


def compared_parts(difference: Difference, decimals: int | None = None) -> tuple[str, str]:
    """Say a difference and its interval: "1.5 letters worse" and "1.3 to 1.7".

    Where the interval holds 0 there is neither better nor worse, and all three keep their signs;
    what rounds to 0 is no difference.

    Parameters
    ----------
    decimals
        As many as those beside it have; by default as many as it needs by itself.
    """
    what = OUTCOMES[difference.outcome]
    unit, shown = what.wording.apart, decimals or decimals_of([difference])
    if is_nothing(difference, shown):
        of = "" if what.is_share else f" in {unit}"
        return f"no difference{of}", interval_text(difference, shown)
    if not difference.is_clear:
        return f"{value_text(difference, shown)} {unit}", interval_text(difference, shown)
    size = f"{abs(difference.value):.{shown}f}"
    low, high = sorted((abs(difference.low), abs(difference.high)))
    word = _word(what.higher_is, higher=difference.value > 0)
    said = f"{word} {unit}" if what.higher_is == "more" else f"{unit} {word}"
    near = f"{low:.{_telling(low, shown)}f}"
    return f"{size} {said}", f"{near} to {high:.{shown}f}"


def compared_with_chance(difference: Difference, decimals: int | None = None) -> tuple[str, str]:
    """Say a difference, and in brackets its interval and whether it may be chance."""
    said, interval = compared_parts(difference, decimals)
    doubtful = not difference.is_clear and not said.startswith("no ")
    return said, f"(95% interval {interval}{'; may be chance' if doubtful else ''})"


def is_nothing(difference: Difference, decimals: int | None = None) -> bool:
    """Whether a difference may be chance, and rounds to 0."""
    shown = decimals or decimals_of([difference])
    return not difference.is_clear and float(f"{difference.value:.{shown}f}") == 0


def times_text(ratio: float) -> str:
    """How many times smaller a variance is, with the digits that are known: "31", "2.6"."""
    if ratio > _MOST_TIMES:
        return f"over {_MOST_TIMES}"
    return f"{ratio:.1f}" if ratio < 10 else f"{ratio:.0f}"


def patients_text(n_patients: int) -> str:
    """Patients needed without pairing, as exactly as that can be known: "680,000"."""
    if n_patients > _MOST_PATIENTS:
        return "over 1 million"
    return f"{float(f'{n_patients:.2g}'):,.0f}"


def best_in_words(paired: Paired, names: Sequence[str], year: int) -> str:
    """Which protocol keeps acuity best at the end of a year, and which are not clearly worse.

    Parameters
    ----------
    names
        What each run is called.
    """
    name = "letters_change"
    means = [paired.mean(run, name, year) for run in range(paired.n_runs)]
    best = max(range(paired.n_runs), key=lambda run: means[run].value)
    apart = {
        run: paired.difference(run, best, name, year) for run in range(paired.n_runs) if run != best
    }
    others = [names[run] for run, item in apart.items() if not item.is_clear]
    value = OUTCOMES[name].wording.value(means[best].value)
    after = f"After {year} year{'s' * (year > 1)}"
    if len(others) == len(apart):
        return f"{after}, no protocol is clearly best for acuity."
    beside = f"; {_listed(others)} may be as good" if others else ""
    return f"{after}, acuity is best with {names[best]}: {value} letters{beside}."


def _listed(names: Sequence[str]) -> str:
    """Names with commas and an "and"."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _word(higher_is: str, *, higher: bool) -> str:
    """What more or less of an outcome is called."""
    if higher_is == "more":
        return "more" if higher else "fewer"
    return "better" if higher == (higher_is == "better") else "worse"
