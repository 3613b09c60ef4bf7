"""Outcomes whose sensitivity is shown: those of comparisons, and what patients cost and gain."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ape_core.analysis.compared_outcomes import OUTCOMES
from ape_core.analysis.wording import Wording

COST: Final = "cost"
QALYS: Final = "qalys"
MONEY: Final[Mapping[str, Wording]] = MappingProxyType(
    {
        COST: Wording(
            "Cost per patient",
            "pounds",
            "pounds",
            "Drug, procedures, visits, scans and lost sight since the first visit, discounted, "
            "at the prices that ship with APE.",
            decimals=0,
        ),
        QALYS: Wording(
            "QALYs per patient",
            "QALYs",
            "QALYs",
            "Quality-adjusted life years since the first visit, discounted, at the utilities that "
            "ship with APE.",
            decimals=3,
        ),
    }
)
"""Outcomes that follow from prices and utilities."""

SWEPT: Final[Mapping[str, Wording]] = MappingProxyType(
    {**{name: what.wording for name, what in OUTCOMES.items()}, **MONEY}
)
"""How each outcome is spoken of, in the order of lists."""

FIRST_OUTCOME: Final = "letters_change"


def outcome_text(outcome: str, value: float, decimals: int | None = None) -> str:
    """Value of an outcome with its unit: "+3.1 letters", "44.2%", "£12,345"."""
    wording = SWEPT[outcome]
    shown = wording.decimals if decimals is None else decimals
    if outcome == COST:
        return f"£{value:,.0f}".replace("£-", "\N{MINUS SIGN}£")
    number = f"{round(value, shown) + 0.0:{'+' if wording.signed else ''}.{shown}f}"
    number = number.replace("-", "\N{MINUS SIGN}")
    return f"{number}%" if wording.unit.startswith("%") else f"{number} {wording.unit}"


def effect_text(outcome: str, value: float) -> str:
    """Difference in an outcome with its sign, without unit: "-1.35", "+£120"."""
    decimals = SWEPT[outcome].decimals
    more = 0 if outcome == COST else 1
    shown = f"{round(abs(value), decimals + more):,.{decimals + more}f}"
    if float(shown.replace(",", "")) == 0:
        return f"£{shown}" if outcome == COST else shown
    sign = "+" if value > 0 else "\N{MINUS SIGN}"
    return f"{sign}£{shown}" if outcome == COST else f"{sign}{shown}"
