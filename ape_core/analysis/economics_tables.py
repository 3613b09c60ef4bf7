"""Tables of costs and QALYs: those that a paper prints, and the numbers behind each chart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ape_core.analysis.economics import THRESHOLDS
from ape_core.analysis.economics_words import (
    UNCOUNTED,
    icer_interval_words,
    is_counted,
    pounds_interval,
    qalys_interval,
    step_words,
    verdict_words,
)
from ape_core.summaries.economics import COSTS
from ape_core.summaries.table import Table

if TYPE_CHECKING:
    from ape_core.analysis.economics import CostEffectiveness
    from ape_core.summaries.definitions import Floats
    from ape_core.summaries.economics import HealthEconomics

_PER_PATIENT = "GBP per patient"
_NONE = ("", "", "")


def incremental_table(compared: CostEffectiveness) -> Table:
    """Full incremental analysis, in the order of cost."""
    steps = compared.steps
    places = [step.place for step in steps]
    against = [compared.names[step.by[0]] if step.by else "" for step in steps]
    return Table.of(
        "Full incremental analysis",
        ("Protocol", "", [compared.names[place] for place in places]),
        ("Cost", _PER_PATIENT, compared.costs[places]),
        ("QALYs", "per patient", compared.qalys[places]),
        ("Compared with", "", against),
        ("Additional cost", _PER_PATIENT, [_or_none(step.cost) for step in steps]),
        ("Additional QALYs", "per patient", [_or_none(step.qalys) for step in steps]),
        ("ICER", "GBP per QALY", [_or_none(step.icer) for step in steps]),
        ("Result", "", [step_words(step, compared.names) for step in steps]),
    )


def reference_table(compared: CostEffectiveness) -> Table:
    """Every protocol beside the reference, with intervals."""
    others = _others(compared)
    found = [compared.increment(place) for place in others]
    return Table.of(
        f"Beside {compared.names[compared.reference]}",
        ("Protocol", "", [compared.names[place] for place in others]),
        ("Additional cost", _PER_PATIENT, [item.cost for item in found]),
        ("95% interval of cost", "GBP", [pounds_interval(i.cost_difference) for i in found]),
        ("Additional QALYs", "per patient", [item.qalys for item in found]),
        ("95% interval of QALYs", "", [qalys_interval(i.qalys_difference) for i in found]),
        ("Result", "", [verdict_words(item) for item in found]),
        ("ICER", "GBP per QALY", [_or_none(item.icer) for item in found]),
        (
            "95% interval of ICER",
            "",
            [_bare(icer_interval_words(i)) if i.icer is not None else "" for i in found],
        ),
    )


def net_benefit_table(compared: CostEffectiveness, thresholds: list[float]) -> Table:
    """Incremental net benefit beside the reference, and how often each protocol is best."""
    rows: list[tuple[Any, ...]] = []
    for threshold in thresholds:
        shares = compared.acceptability_at(threshold)
        for place, name in enumerate(compared.names):
            gain = compared.increment(place).net_benefit(threshold)
            known = (gain.low, gain.high, 100 * float(shares[place]))
            rows.append((name, threshold, gain.value, *(known if np.isfinite(gain.se) else _NONE)))
    columns = list(zip(*rows, strict=True))
    heads = (
        ("Protocol", ""), ("Worth of a QALY", "GBP"),
        (f"Net benefit beside {compared.names[compared.reference]}", _PER_PATIENT),
        ("95% interval from", "GBP"), ("95% interval to", "GBP"),
        ("Best in", "% of samples of these patients; disease, prices and utilities as they stand"),
    )  # fmt: skip
    pairs = zip(heads, columns, strict=True)
    return Table.of("Net benefit", *((name, unit, values) for (name, unit), values in pairs))


def costs_table(priced: Mapping[str, HealthEconomics]) -> Table:
    """Cost per patient of each protocol by year and category, not discounted."""
    cells = [
        (name, int(year), *item.cost_by_year[at], item.cost_by_year[at].sum(), weight)
        for name, item in priced.items()
        for at, (year, weight) in enumerate(zip(item.years, item.cost_weights, strict=True))
    ]
    columns = list(zip(*cells, strict=True))
    counts = all(is_counted(item, COSTS[-1]) for item in priced.values())
    titles = COSTS if counts else (*COSTS[:-1], f"{COSTS[-1]} ({UNCOUNTED})")
    kinds = [(kind.capitalize(), _PER_PATIENT) for kind in (*titles, "all")]
    heads = [("Protocol", ""), ("Year", ""), *kinds, ("Left by discounting", "share")]
    pairs = zip(heads, columns, strict=True)
    return Table.of("Cost by year", *((name, unit, values) for (name, unit), values in pairs))


def qalys_table(priced: Mapping[str, HealthEconomics]) -> Table:
    """QALYs and years lived per patient of each protocol by year, not discounted."""
    cells = [
        (name, int(year), item.qalys[at] / n, item.life_years[at] / n, item.qaly_weights[at])
        for name, item in priced.items()
        for n in [max(item.n_patients, 1)]
        for at, year in enumerate(item.years)
    ]
    names, years, qalys, lives, weights = zip(*cells, strict=True)
    return Table.of(
        "QALYs by year",
        ("Protocol", "", names),
        ("Year", "", years),
        ("QALYs", "per patient", qalys),
        ("Years lived", "per patient", lives),
        ("Left by discounting", "share", weights),
    )


def qalys_gained_table(compared: CostEffectiveness) -> Table:
    """`qalys_table`, and what each year gains beyond the reference."""
    plain = qalys_table(dict(zip(compared.names, compared.priced, strict=True)))
    columns = list(zip(*plain.rows, strict=True))
    heads = [(column.name, column.unit) for column in plain.columns]
    gained = 1_000 * compared.qalys_gained_by_year.ravel()
    beside = f"QALYs gained beside {compared.names[compared.reference]}"
    return Table.of(
        plain.name,
        *((*head, cells) for head, cells in zip(heads, columns, strict=True)),
        (beside, "per 1,000 patients", gained),
    )


def years_table(compared: CostEffectiveness) -> Table:
    """What each protocol costs and gains beyond the reference up to each year's end, discounted."""
    rows = [
        (compared.names[place], year, item.cost, item.qalys, item.net_benefit(compared.threshold))
        for place in _others(compared)
        for year, item in enumerate(compared.by_year(place), start=1)
    ]
    names, years, costs, qalys, gains = zip(*rows, strict=True)
    return Table.of(
        f"Up to each year's end, beside {compared.names[compared.reference]}",
        ("Protocol", "", names),
        ("Up to the end of year", "", years),
        ("Additional cost", _PER_PATIENT, costs),
        ("Additional QALYs", "per patient", qalys),
        ("Net benefit", _PER_PATIENT, [gain.value for gain in gains]),
        ("95% interval of net benefit", "GBP", [pounds_interval(gain) for gain in gains]),
    )


def plane_table(compared: CostEffectiveness, costs: Floats, qalys: Floats) -> Table:
    """Points of the cost-effectiveness plane, as of `plane()`."""
    others = _others(compared)
    n = costs.shape[1]
    return Table.of(
        "Cost-effectiveness plane",
        ("Protocol", "", [compared.names[place] for place in others for _ in range(n)]),
        ("Draw", "", list(range(1, n + 1)) * len(others)),
        ("Additional cost", _PER_PATIENT, costs[others].ravel()),
        ("Additional QALYs", "per patient", qalys[others].ravel()),
    )


def acceptability_table(compared: CostEffectiveness, shares: Floats) -> Table:
    """Acceptability of every protocol, as of `acceptability()`."""
    columns = [
        (name, "% of draws", 100 * row) for name, row in zip(compared.names, shares, strict=True)
    ]
    return Table.of(
        "How often each protocol is best", ("Worth of a QALY", "GBP", THRESHOLDS), *columns
    )


def _others(compared: CostEffectiveness) -> list[int]:
    """Places of all but the reference."""
    return [place for place in range(len(compared.names)) if place != compared.reference]


def _bare(interval: str) -> str:
    """Interval below a heading that says what it is."""
    return interval.removeprefix("95% interval").removeprefix(":").strip()


def _or_none(number: float | None) -> float | str:
    """Cell of a number that may not be."""
    return "" if number is None else number
