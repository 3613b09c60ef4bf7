"""`ape economics --draws`: the comparison when the numbers of the disease are not known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ape_core.analysis.economic_draws import EconomicDraws, Pricing
from ape_core.analysis.economics_certainty import ALL, DISEASE, DRAWN, best_of_draws_words
from ape_core.analysis.economics_sources import best_shares, net_benefit_sds
from ape_core.analysis.economics_words import pounds
from ape_core.analysis.uncertainty import uncertain_inputs
from ape_core.commands.answer import paragraph, table
from ape_core.runs import console

if TYPE_CHECKING:
    import argparse

    from ape_core.analysis.economics import CostEffectiveness
    from ape_core.runs.handle import Run
    from ape_core.spec.economics import Economics

_COLUMNS = ("protocol", "patients", "prices and utilities", "disease")


def drawn_answer(
    asked: argparse.Namespace, runs: list[Run], prices: Economics, compared: CostEffectiveness
) -> tuple[dict[str, Any], str]:
    """Simulate what is missing of the draws, and say what they do to the comparison."""
    questions = {run.run_id: run.spec for run in runs}
    draws = EconomicDraws(questions, asked.draws, n_patients=asked.draw_patients)
    _complete(draws, quiet=asked.quiet)
    plain = Pricing(prices, asked.utility, 0, compared.threshold)
    with_inputs = Pricing(prices, asked.utility, 0, compared.threshold, draws_inputs=True)
    of_inputs = uncertain_inputs(compared)
    found = {DISEASE: draws.uncertainty(plain), ALL: draws.uncertainty(with_inputs)}
    worth = compared.threshold
    data: dict[str, Any] = {"n_draws": draws.n_draws, "n_patients": draws.n_patients, "sd": [],
                            "best_in_share_of_draws": {}, "draws": []}  # fmt: skip
    lines = []
    for place, run in enumerate(runs[1:], start=1):
        disease = found[DISEASE]
        assert disease is not None
        sds = net_benefit_sds(compared, of_inputs, disease, place)
        data["sd"].append({"run_id": run.run_id, **sds})
        lines.append((run.spec.protocol.title, *(_sd(sd) for sd in sds.values())))
    said = [
        (
            f"SD of the net benefit beside {runs[0].spec.protocol.title}, where a QALY is worth "
            f"{pounds(worth)}, from"
        ),
        table(_COLUMNS, lines, _COLUMNS[1:]),
        "",
    ]
    titles = tuple(run.spec.protocol.title for run in runs)
    for name, item in found.items():
        assert item is not None
        shares = best_shares(item, worth)
        data["best_in_share_of_draws"][name] = dict(
            zip([run.run_id for run in runs], shares, strict=True)
        )
        told = best_of_draws_words(compared, titles, shares, item.n_draws, name)
        said.append(paragraph(f"Draws of {DRAWN[name].meaning}. {told}"))
    for at, drawn in zip(draws.complete_draws, draws.priced(plain), strict=True):
        ids = [spec.run_id for spec in draws.draws[at]]
        data["draws"].append(
            {"run_ids": ids, "cost": drawn.costs.tolist(), "qalys": drawn.qalys.tolist()}
        )
    return data, "\n".join(said)


def _sd(amount: float | None) -> str:
    """An SD, or that it is not known."""
    return "not known" if amount is None else pounds(amount)


def _complete(draws: EconomicDraws, *, quiet: bool) -> None:
    """Simulate in this process, and show how far that is."""
    line = None if quiet else console.ProgressLine()
    try:
        draws.complete(line.show if line else None)
    finally:
        if line:
            line.close()
