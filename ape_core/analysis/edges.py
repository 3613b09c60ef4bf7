"""Uncertain numbers whose value in the base case lies at an end of their plausible range.

At another value they can only be higher, or only lower. So their bar of a tornado has one side,
and draws lie to one side of the base case: its figure is not the middle of what is plausible.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ape_core.analysis.draws import quantile
from ape_core.analysis.places import Place, uncertain_places
from ape_core.analysis.swept_outcomes import SWEPT, effect_text

if TYPE_CHECKING:
    from ape_core.analysis.drawn_runs import DrawnOutcome
    from ape_core.spec.run_spec import RunSpec

BEYOND: Final = 0.05
"""A value lies at an end where at most this part of the plausible values lies beyond it."""

_NO_UNIT: Final = "probability"
"""Says what a number is, not what it is counted in."""
_CLEARLY: Final = 2.0
"""Standard errors by which the mean of draws has to differ before anything is said of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Edge:
    """A number at an end of its range.

    Attributes
    ----------
    place
        The number.
    is_lowest
        Whether other values are higher.
    """

    place: Place
    is_lowest: bool

    @property
    def said(self) -> str:
        """The number and where its value lies: "Slow loss in every eye (0 ..., lowest)"."""
        value = self.place.say(self.place.value).removesuffix(f" {_NO_UNIT}")
        return f"{self.place.title} ({value}, {'lowest' if self.is_lowest else 'highest'})"

    @property
    def at(self) -> str:
        """Where its value lies, in full."""
        return f"about the {'lowest' if self.is_lowest else 'highest'} plausible value"


def edge_of(place: Place) -> Edge | None:
    """Say at which end of its range a number lies; None where it lies within."""
    parameter = place.parameter
    if parameter is None or parameter.low == parameter.high:
        return None
    low, high = parameter.low, parameter.high
    ends = (low + BEYOND * (high - low), high - BEYOND * (high - low))
    if parameter.distribution is not None:
        ends = (quantile(parameter, BEYOND), quantile(parameter, 1 - BEYOND))
    if ends[0] < parameter.value < ends[1]:
        return None
    return Edge(place, is_lowest=parameter.value <= ends[0])


def edges_of(spec: RunSpec) -> list[Edge]:
    """Give the uncertain numbers of a question whose values lie at an end of their range."""
    found = (edge_of(place) for place in uncertain_places(spec).values())
    return [edge for edge in found if edge is not None]


def one_sided_in_words(edges: Sequence[Edge]) -> str:
    """Say of the rows of a tornado which have one side, and why; empty where none has."""
    if not edges:
        return ""
    of = "this number lies" if len(edges) == 1 else "these numbers lie"
    return (
        f"In the base case {of} at an end of the plausible range, so that it can err to one side "
        f"only: {'; '.join(edge.said for edge in edges)}."
    )


def drawn_apart_in_words(over: DrawnOutcome, base: float, edges: Sequence[Edge]) -> str:
    """Say why draws lie to one side of the base case; empty where they do not.

    Parameters
    ----------
    over
        The draws.
    base
        The outcome of the base case.
    edges
        Numbers of the base case at an end of their range.
    """
    apart = over.mean - base
    if over.n < 2 or abs(apart) <= _CLEARLY * float(over.values.std(ddof=1)) / over.n**0.5:
        return ""
    unit = SWEPT[over.outcome].apart
    size = effect_text(over.outcome, abs(apart)).removeprefix("+")
    unit = "" if size.startswith("£") else f" {unit}"
    side = "above" if apart > 0 else "below"
    said = f"The mean of the draws lies {size}{unit} {side} the base case."
    if not edges:
        return f"{said} What the numbers do to the outcome is not the same in both directions."
    return (
        f"{said} The base case is not in the middle of what is plausible: draws can move these "
        f"numbers to one side only: {'; '.join(edge.said for edge in edges)}."
    )
