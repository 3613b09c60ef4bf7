"""Costs, QALYs and what follows from them in words that a paper could print."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from ape_core.summaries.economics import COSTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ape_core.analysis.frontier import Step
    from ape_core.analysis.increments import Bounded, Increment
    from ape_core.summaries.economics import HealthEconomics

_MINUS: Final = "\N{MINUS SIGN}"
_LARGE_RATIO: Final = 100_000
_LEAST_QALYS: Final = 5e-8
_MOST_DECIMALS: Final = 7
BETTER_EYE: Final = (
    "QALYs follow the acuity of the better-seeing eye, by one published mapping; another mapping "
    "gives other QALYs."
)
PERSPECTIVE: Final = (
    "Perspective: that of the NHS as it pays the clinic that treats the eyes, for drugs, "
    "injections, visits and scans, from the first visit to the end of the run. A year is 52 weeks, "
    "and the first is not discounted."
)
UNCOUNTED: Final = "not counted"
"""What stands for the cost of a category without a price."""
NOT_COUNTED: Final = (
    "Not counted: adverse events, travel, carers' time, and the cost of lost sight unless you set "
    "it."
)


def pounds(amount: float) -> str:
    """Amount of money: £1,234, £5.60, −£1,234."""
    size = abs(amount)
    shown = f"{size:,.2f}" if size < 10 and size != round(size) else f"{size:,.0f}"
    negative = amount < 0 and shown.strip("0.,") != ""
    return f"{_MINUS if negative else ''}£{shown}"


def number_text(number: float) -> str:
    """Number as it is written, with a true minus sign."""
    return f"{number:,.6g}".replace("-", _MINUS)


def ratio_pounds(amount: float) -> str:
    """Pounds of a ratio, which is never known to more than three digits where it is large."""
    is_large = abs(amount) >= _LARGE_RATIO and math.isfinite(amount)
    return pounds(float(f"{amount:.3g}") if is_large else amount)


def qalys_text(amount: float) -> str:
    """QALYs: 2.606; where there are few, as many digits as it takes to show two."""
    size = abs(amount)
    decimals = 3 if size >= 0.1 else 4
    if _LEAST_QALYS <= size < 0.001:
        decimals = min(1 - math.floor(math.log10(size)), _MOST_DECIMALS)
    shown = f"{size:.{decimals}f}"
    return f"{_MINUS if amount < 0 and shown.strip('0.') else ''}{shown}"


def signed_pounds(amount: float) -> str:
    """Difference in money with its sign."""
    return pounds(amount) if amount <= 0 or pounds(amount) == "£0" else f"+{pounds(amount)}"


def signed_qalys(amount: float) -> str:
    """Difference in QALYs with its sign."""
    shown = qalys_text(amount)
    return shown if amount <= 0 or not shown.strip("0.") else f"+{shown}"


def pounds_interval(bounded: Bounded) -> str:
    """95% interval of an amount of money."""
    return _ends(signed_pounds(bounded.low), signed_pounds(bounded.high), bounded)


def qalys_interval(bounded: Bounded) -> str:
    """95% interval of QALYs."""
    return _ends(signed_qalys(bounded.low), signed_qalys(bounded.high), bounded)


def is_counted(item: HealthEconomics, kind: str) -> bool:
    """Whether costs of a category are counted: those of lost sight are where a year has a price."""
    return kind != COSTS[-1] or item.economics.pence("care/sight_loss_year") > 0


def category_words(item: HealthEconomics) -> tuple[str, ...]:
    """Cost per patient of each of `COSTS`, or that it is not counted."""
    return tuple(
        pounds(amount) if is_counted(item, kind) else UNCOUNTED
        for kind, amount in zip(COSTS, item.cost_by_category.tolist(), strict=True)
    )


def increment_words(increment: Increment, name: str, other: str) -> str:
    """One protocol beside another, in a sentence or two."""
    if increment.verdict == "same":
        return f"{name} and {other} cost and gain the same."
    cost, gain = pounds(abs(increment.cost)), _gain_text(abs(increment.qalys))
    costs = f"costs {cost} {'more' if increment.cost > 0 else 'less'}"
    gains = f"gains {gain} QALYs {'more' if increment.qalys > 0 else 'fewer'}"
    both = f"{costs} and {gains} per patient"
    if increment.verdict == "dominates":
        sentence = f"{name} dominates {other}: it {both}."
    elif increment.verdict == "dominated":
        sentence = f"{name} is dominated by {other}: it {both}."
    elif not increment.is_known:
        sentence = f"{name} {both} than {other}."
    elif not increment.qalys_difference.excludes_zero:
        sentence = f"{name} {both} than {other}."  # a ratio to what may be nothing says nothing
    else:
        sentence = f"{name} {both} than {other}: {icer_words(increment)}."
    return f"{sentence} {chance_words(increment)}".strip()


def verdict_words(increment: Increment) -> str:
    """Where a protocol lies on the plane, seen from the reference."""
    return {
        "costs more": "more for more",
        "saves": "less for less",
    }.get(increment.verdict, increment.verdict)


def icer_words(increment: Increment) -> str:
    """Ratio with its interval, as "£174,181 per QALY gained (95% interval ...)"."""
    ratio = increment.icer
    if ratio is None:
        return increment.verdict
    what = "per QALY gained" if increment.verdict == "costs more" else "saved per QALY lost"
    return f"{ratio_pounds(ratio)} {what} ({icer_interval_words(increment)})"


def icer_interval_words(increment: Increment) -> str:
    """95% interval of the ratio; where it has no end, that and why."""
    if not increment.is_known:
        return "its interval is not known"
    interval, saves = increment.icer_interval, increment.verdict == "saves"
    what = "saved per QALY lost" if saves else "per QALY gained"
    low, high = ratio_pounds(interval.low), ratio_pounds(interval.high)
    if interval.kind == "between":
        if interval.low >= 0:
            return f"95% interval {low} to {high}"
        least = "saving nothing" if saves else "saving money"
        return f"95% interval from {least} to {high} {what}"
    if interval.kind == "outside":
        none = f"that it {'loses' if saves else 'gains'} no QALYs cannot be ruled out"
        if interval.low < 0 < interval.high:
            return f"95% interval: {high} or more, without an upper end, as {none}"
        return f"95% interval: below {low} or above {high}, without an end, as {none}"
    return "95% interval: any value, as neither difference is certain"


def chance_words(increment: Increment) -> str:
    """What of a difference may be the luck of these patients; empty where neither may."""
    if not increment.is_known:
        return "How much of that is chance is not known."
    unclear = [
        word
        for word, bounded in (
            ("costs", increment.cost_difference),
            ("QALYs", increment.qalys_difference),
        )
        if not bounded.excludes_zero
    ]
    if not unclear:
        return ""
    which = " and ".join(unclear)
    return f"With these patients the difference in {which} may be chance."


def step_words(step: Step, names: Sequence[str]) -> str:
    """What full incremental analysis says of a protocol."""
    others = [names[place] for place in step.by]
    if step.icer is not None:
        return f"{ratio_pounds(step.icer)} per QALY gained beyond {others[0]}"
    if step.verdict == "extendedly dominated":
        return f"extendedly dominated: a mix of {others[0]} and {others[1]} gains as much for less"
    if step.verdict == "dominated" and step.cost == step.qalys == 0:
        return f"the same as {others[0]}"
    return f"dominated by {others[0]}" if others else step.verdict


def eye_words(priced: HealthEconomics) -> str:
    """What is assumed of the other eye; where both are simulated, that they are."""
    if priced.has_two_eyes:
        return "Both eyes are simulated, and QALYs follow the better-seeing one."
    mean, sd = (priced.economics.assumption(f"fellow_eye_{what}letters") for what in ("", "sd_"))
    return (
        f"Only one eye of each patient is simulated. The other is assumed to read {mean:g} letters "
        f"(SD {sd:g}) all the time and to need no treatment, so that treatment gains few QALYs in "
        "patients whose other eye sees better."
    )


def _gain_text(amount: float) -> str:
    """QALYs in a sentence: where they are fewer than a thousandth, their first digit alone."""
    if not _LEAST_QALYS <= amount < 0.001:
        return qalys_text(amount)
    return f"{float(f'{amount:.1g}'):.{_MOST_DECIMALS}f}".rstrip("0")


def _ends(low: str, high: str, bounded: Bounded) -> str:
    """Both ends, or that there are none."""
    if bounded.se == float("inf"):
        return "not known"
    return f"{low} to {high}"
