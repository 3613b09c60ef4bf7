"""`ape economics`."""

from __future__ import annotations

import argparse
import math
from typing import TYPE_CHECKING, Any

from ape_core.analysis.economics import cost_effectiveness
from ape_core.analysis.economics_certainty import (
    DRAWN,
    FIRST_DRAWN,
    certainty_words,
    unknown_words,
)
from ape_core.analysis.economics_sources import best_shares, best_words, first_draws
from ape_core.analysis.economics_words import (
    category_words,
    eye_words,
    increment_words,
    pounds,
    qalys_text,
    step_words,
)
from ape_core.analysis.price_words import drug_price_words, own_values_words
from ape_core.analysis.same_patients import check_same_patients
from ape_core.commands.answer import Answer, paragraph, table
from ape_core.commands.economics_draws import drawn_answer
from ape_core.errors import InvalidInputError
from ape_core.runs.starting import open_run
from ape_core.spec.checks import is_name
from ape_core.storage.location import default_store_path
from ape_core.storage.own_economics import OwnEconomics
from ape_core.summaries.economics import COSTS, HealthEconomics, health_economics

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ape_core.analysis.economics import CostEffectiveness
    from ape_core.analysis.increments import Bounded
    from ape_core.analysis.uncertainty import Uncertainty
    from ape_core.runs.handle import Run
    from ape_core.spec.economics import Economics

_TITLES = ("protocol", "cost", "QALYs", *COSTS)


def economics(asked: argparse.Namespace) -> Answer:
    """Price runs that are there; two to six of the same patients are compared."""
    prices = _prices(asked.set)
    runs = [open_run(word) for word in asked.run]
    if len(runs) > 1:
        check_same_patients([run.spec for run in runs])
    elif asked.draws is not None:
        raise InvalidInputError(
            "--draws compares protocols, but one run is given.", "Name two to six runs."
        )
    priced = {run.run_id: _priced(run, prices, asked.utility) for run in runs}
    titles = {run.run_id: run.spec.protocol.title for run in runs}
    compared = cost_effectiveness(priced, threshold=asked.worth) if len(runs) > 1 else None
    uncertain = first_draws(compared) if compared is not None else None
    first = next(iter(priced.values()))
    data = {
        "set": prices.name,
        "utility": first.utility,
        "price_year": prices.price_year,
        "runs": [_run(run, priced[run.run_id]) for run in runs],
        **({} if compared is None else _compared(compared, uncertain, runs)),
    }
    said = [_table(priced, titles)]
    if compared is not None:
        said += _in_words(compared, uncertain, [titles[name] for name in compared.names])
    if compared is not None and asked.draws is not None:
        data["draws_of_the_disease"], words = drawn_answer(asked, runs, prices, compared)
        said += ["", words]
    certainty = unknown_words(first) if compared is None else certainty_words(compared)
    said += ["", paragraph(certainty)] if certainty else []
    drugs = {item.drug for item in priced.values()}
    notes = (eye_words(first), drug_price_words(prices, drugs), own_values_words(prices))
    said += [paragraph(note) for note in notes if note]
    return Answer(data, "\n".join(said))


def _prices(name: str | None) -> Economics:
    """A set by its name, or from a file."""
    own = OwnEconomics(default_store_path())
    if name is not None and not is_name(name) and not name.endswith((".yaml", ".yml")):
        raise InvalidInputError(
            f"--set is {name!r}, but must be the name of a set or a YAML file.",
            "The set that ships is called uk-list-prices.",
        )
    return own.load(name or "uk-list-prices")


def _priced(run: Run, prices: Economics, utility: str | None) -> HealthEconomics:
    """What a run costs and gains; it must be complete."""
    summary = run.summary()
    if summary is None or summary.n_patients < run.n_patients:
        raise InvalidInputError(
            f"Run {run.run_id[:12]} is not complete.",
            f"Go on with it: ape resume {run.run_id[:12]}",
        )
    return health_economics(summary, prices, utility)


def _run(run: Run, item: HealthEconomics) -> dict[str, Any]:
    """One run for programs."""
    return {
        "run_id": run.run_id,
        "protocol": run.spec.protocol.name,
        "n_patients": item.n_patients,
        "cost": item.cost,
        "cost_se": _known(item.cost_se),
        "cost_by_category": dict(zip(COSTS, item.cost_by_category.tolist(), strict=True)),
        "cost_by_year": item.cost_by_year.sum(axis=1).tolist(),
        "qalys": item.qalys_per_patient,
        "qalys_se": _known(item.qalys_se),
        "se_unknown_because": unknown_words(item) or None,
        "life_years": item.life_years_per_patient,
        "both_eyes": item.has_two_eyes,
    }


def _compared(
    compared: CostEffectiveness, uncertain: Uncertainty | None, runs: list[Run]
) -> dict[str, Any]:
    """The comparison with the first run, for programs."""
    shares: Sequence[float | None] = [None] * len(runs)
    if uncertain is not None:
        shares = best_shares(uncertain, compared.threshold)
    found = []
    for place, run in enumerate(runs[1:], start=1):
        item = compared.increment(place)
        gain, interval = item.net_benefit(compared.threshold), item.icer_interval
        ends = [interval.low, interval.high] if interval.kind in ("between", "outside") else None
        found.append(
            {
                "run_id": run.run_id,
                "cost": item.cost,
                "cost_interval": _ends(item.cost_difference),
                "qalys": item.qalys,
                "qalys_interval": _ends(item.qalys_difference),
                "verdict": item.verdict,
                "icer": item.icer,
                "icer_interval": {"kind": interval.kind, "ends": ends},
                "net_benefit": gain.value,
                "net_benefit_interval": _ends(gain),
            }
        )
    steps = [
        {
            "run_id": runs[step.place].run_id,
            "verdict": step.verdict,
            "by": [runs[place].run_id for place in step.by],
            "icer": step.icer,
        }
        for step in compared.steps
    ]
    return {
        "reference": runs[0].run_id,
        "worth_of_a_qaly": compared.threshold,
        "increments": found,
        "full_incremental_analysis": steps,
        "best_in_share_of_draws": dict(zip([run.run_id for run in runs], shares, strict=True)),
        "draws_are_of": DRAWN[FIRST_DRAWN].meaning if uncertain is not None else None,
    }


def _known(se: float) -> float | None:
    """A standard error; none where nothing is known of it."""
    return se if math.isfinite(se) else None


def _ends(bounded: Bounded) -> list[float] | None:
    """Ends of an interval; none where nothing is known of them."""
    return [bounded.low, bounded.high] if math.isfinite(bounded.se) else None


def _table(priced: Mapping[str, HealthEconomics], titles: Mapping[str, str]) -> str:
    """Cost and QALYs per patient of each run, discounted."""
    rows = [
        (
            titles[name],
            pounds(item.cost),
            qalys_text(item.qalys_per_patient),
            *category_words(item),
        )
        for name, item in priced.items()
    ]
    head = "Per patient over the whole run, discounted:"
    return f"{head}\n{table(_TITLES, rows, _TITLES[1:])}\n"


def _in_words(
    compared: CostEffectiveness, uncertain: Uncertainty | None, titles: list[str]
) -> list[str]:
    """The comparison, a paragraph for each protocol, and full incremental analysis."""
    beside = [
        paragraph(increment_words(compared.increment(place), titles[place], titles[0]))
        for place in range(1, len(titles))
    ]
    steps = [(titles[step.place], step_words(step, titles)) for step in compared.steps]
    best = best_words(compared, uncertain, titles)
    full = "In the order of cost:\n" + table(("protocol", "result"), steps)
    return [*beside, "", full, "", paragraph(best)]
