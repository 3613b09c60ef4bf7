"""Full incremental analysis: which protocols anybody should choose, whatever a QALY is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

VERDICTS: Final = ("least costly", "worth its cost from", "dominated", "extendedly dominated")


@dataclass(frozen=True, slots=True)
class Step:
    """One protocol in the order of cost.

    Parameters
    ----------
    place
        Of the protocol among those that were given.
    verdict
        "least costly"; "worth its cost from" an ICER on; "dominated" by one that costs no more
        and gains no less; "extendedly dominated" by a mix of two others.
    by
        Places of those that it is compared with: the next less costly one that is not dominated,
        the one that dominates it, or the two of the mix.
    cost, qalys
        Beyond the first of `by`, per patient; None for the least costly.
    icer
        Pounds per QALY gained beyond the first of `by`; only where it is not dominated.
    """

    place: int
    verdict: str
    by: tuple[int, ...] = ()
    cost: float | None = None
    qalys: float | None = None
    icer: float | None = None


def incremental_analysis(costs: Sequence[float], qalys: Sequence[float]) -> tuple[Step, ...]:
    """Order protocols by cost, and compare each with the next less costly that is not dominated.

    Parameters
    ----------
    costs, qalys
        Of each protocol, per patient.

    Returns
    -------
    tuple of Step
        One for each protocol, the least costly first.
    """
    order = sorted(range(len(costs)), key=lambda place: (costs[place], -qalys[place], place))
    kept, steps = _not_dominated(order, qalys)
    _drop_extendedly_dominated(kept, costs, qalys)
    for place in order:
        if place in steps:
            continue
        if place in kept:
            steps[place] = _on_frontier(place, kept, costs, qalys)
        else:
            mix = _around(place, kept, qalys)
            steps[place] = Step(place, "extendedly dominated", mix)
    return tuple(_compared(steps[place], costs, qalys) for place in order)


def _not_dominated(
    order: Sequence[int], qalys: Sequence[float]
) -> tuple[list[int], dict[int, Step]]:
    """Places that no less costly one dominates, and the steps of those that one does."""
    kept: list[int] = []
    steps: dict[int, Step] = {}
    for place in order:
        best = kept[-1] if kept else None
        if best is not None and qalys[place] <= qalys[best]:
            steps[place] = Step(place, "dominated", (best,))
        else:
            kept.append(place)
    return kept, steps


def _drop_extendedly_dominated(
    kept: list[int], costs: Sequence[float], qalys: Sequence[float]
) -> None:
    """Drop whatever costs more per QALY than the one after it does, until none is left."""
    i = 1
    while i < len(kept) - 1:
        before, here, after = kept[i - 1 : i + 2]
        if _ratio(before, here, costs, qalys) > _ratio(here, after, costs, qalys):
            del kept[i]
            i = max(i - 1, 1)
        else:
            i += 1


def _ratio(one: int, other: int, costs: Sequence[float], qalys: Sequence[float]) -> float:
    """Pounds per QALY from one to another that gains more."""
    return (costs[other] - costs[one]) / (qalys[other] - qalys[one])


def _around(place: int, kept: Sequence[int], qalys: Sequence[float]) -> tuple[int, ...]:
    """The two of the frontier between which a protocol's QALYs lie."""
    after = next(i for i, other in enumerate(kept) if qalys[other] >= qalys[place])
    return kept[after - 1], kept[after]


def _on_frontier(
    place: int, kept: Sequence[int], costs: Sequence[float], qalys: Sequence[float]
) -> Step:
    """Step of a protocol that is not dominated."""
    i = kept.index(place)
    if i == 0:
        return Step(place, "least costly")
    icer = _ratio(kept[i - 1], place, costs, qalys)
    return Step(place, "worth its cost from", (kept[i - 1],), icer=icer)


def _compared(step: Step, costs: Sequence[float], qalys: Sequence[float]) -> Step:
    """Return a step with what it costs and gains beyond the one that it is compared with."""
    if not step.by:
        return step
    other = step.by[0]
    return replace(
        step,
        cost=costs[step.place] - costs[other],
        qalys=qalys[step.place] - qalys[other],
    )
