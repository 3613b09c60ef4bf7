"""What protocols cost and gain when the numbers of the disease are not known: a run for each draw.

Each draw is one plausible model, under which every protocol is simulated on the same patients. The
runs are ordinary ones of the queue. What is kept of them can be priced again at any prices, so that
another price simulates nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ape_core.analysis.drawn_runs import DRAW_SEED, LEAST_DRAWS
from ape_core.analysis.draws import parameter_draws
from ape_core.analysis.economics import CostEffectiveness, cost_effectiveness
from ape_core.analysis.input_draws import drawn_sets
from ape_core.analysis.places import known_model
from ape_core.analysis.point_runs import StudyRuns
from ape_core.analysis.same_patients import check_same_patients
from ape_core.analysis.sweep import MOST_POINTS
from ape_core.analysis.uncertainty import Uncertainty, probabilistic
from ape_core.errors import InvalidInputError
from ape_core.spec import checks
from ape_core.spec.run_spec import MODEL_VERSION
from ape_core.summaries.economics import economic_part, health_economics
from ape_core.summaries.summary import Summary
from ape_core.summaries.table import Table

if TYPE_CHECKING:
    from ape_core.spec.economics import Economics
    from ape_core.spec.run_spec import RunSpec
    from ape_core.storage.store import Store

FIRST_DRAWS: Final = 40
"""Draws unless another number is asked for."""
FIRST_PATIENTS: Final = 2_000
"""Patients of each of the runs unless another number is asked for, if the question has as many."""


@dataclass(frozen=True, slots=True)
class Pricing:
    """What is applied to the runs of each draw.

    Attributes
    ----------
    economics
        Prices and utilities.
    utility
        Name of the mapping from acuity to utility; the first if None.
    reference
        Place of the protocol that the others are compared with.
    threshold
        Pounds that a QALY is worth; that of the prices if None.
    draws_inputs
        Whether prices and utilities are drawn as well, once for each draw of the disease.
    """

    economics: Economics
    utility: str | None = None
    reference: int = 0
    threshold: float | None = None
    draws_inputs: bool = False


class EconomicDraws(StudyRuns[Summary]):
    """Protocols under models whose uncertain numbers vary together, on the same patients.

    Parameters
    ----------
    questions
        By the name of each protocol its question; all are of the same patients.
    n
        2 draws or more; with all protocols at most 1,000 runs.
    seed
        Of the draws; the patients and their luck are those of the questions in each.
    n_patients
        Of each run; 2,000 unless given, or as many as the questions have if these are fewer.
    store
        Folder of the runs; by default the user's.
    """

    def __init__(
        self,
        questions: Mapping[str, RunSpec],
        n: int = FIRST_DRAWS,
        *,
        seed: int = DRAW_SEED,
        n_patients: int | None = None,
        store: Store | str | Path | None = None,
    ) -> None:
        most = MOST_POINTS // max(len(questions), 1)
        self.n_draws = checks.whole("The number of draws", n, LEAST_DRAWS, most)
        self.names = tuple(questions)
        given = list(questions.values())
        _check_current(given)
        size = min(FIRST_PATIENTS, given[0].cohort.n_patients) if n_patients is None else n_patients
        bases = [spec.replace(n_patients=size) for spec in given]
        check_same_patients(bases)
        models = [parameter_draws(known_model(spec), self.n_draws, seed) for spec in bases]
        self.draws = tuple(
            tuple(spec.replace(model=drawn[at]) for spec, drawn in zip(bases, models, strict=True))
            for at in range(self.n_draws)
        )
        super().__init__([spec for draw in self.draws for spec in draw], store)

    def keep(self, summary: Summary, spec: RunSpec) -> Summary:  # noqa: ARG002 - as of the base
        """Keep what can be priced."""
        return economic_part(summary)

    @property
    def complete_draws(self) -> tuple[int, ...]:
        """Draws of which every protocol has its run, counted from 0."""
        return tuple(
            at
            for at, draw in enumerate(self.draws)
            if all(spec.run_id in self._kept for spec in draw)
        )

    def priced(self, pricing: Pricing) -> tuple[CostEffectiveness, ...]:
        """Give the comparison of every draw that is complete, at its prices."""
        sets = self._sets(pricing)
        return tuple(self._compared(at, sets[at], pricing) for at in self.complete_draws)

    def uncertainty(self, pricing: Pricing) -> Uncertainty | None:
        """How costs and QALYs vary over the draws; None while fewer than two are complete."""
        found = self.priced(pricing)
        return probabilistic(found) if len(found) >= LEAST_DRAWS else None

    def table(self, pricing: Pricing) -> Table:
        """Give one row for each draw that is complete: what each protocol costs and gains.

        Raises
        ------
        InvalidInputError
            Fewer than two are complete.
        """
        places, found = self.complete_draws, self.priced(pricing)
        if len(found) < LEAST_DRAWS:
            raise InvalidInputError(
                "Fewer than two draws are complete.", "Wait for the runs, as with wait()."
            )
        columns: list[tuple[str, str, list[float]]] = []
        for place, name in enumerate(self.names):
            columns += [
                (f"Cost, {name}", "GBP per patient", [float(item.costs[place]) for item in found]),
                (f"QALYs, {name}", "per patient", [float(item.qalys[place]) for item in found]),
            ]
        title = f"Costs and QALYs by draw, {self.n_patients:,} patients in each run"
        return Table.of(title, ("Draw", "", [at + 1 for at in places]), *columns)

    def _compared(self, at: int, economics: Economics, pricing: Pricing) -> CostEffectiveness:
        """Comparison of one draw."""
        priced = {
            name: health_economics(self._kept[spec.run_id], economics, pricing.utility)
            for name, spec in zip(self.names, self.draws[at], strict=True)
        }
        return cost_effectiveness(priced, self.names[pricing.reference], pricing.threshold)

    def _sets(self, pricing: Pricing) -> Sequence[Economics]:
        """Prices of every draw."""
        if not pricing.draws_inputs:
            return [pricing.economics] * self.n_draws
        return drawn_sets(pricing.economics, pricing.utility, self.n_draws)


def _check_current(questions: Sequence[RunSpec]) -> None:
    """Refuse questions of another version of the model: it cannot be simulated here."""
    for spec in questions:
        if not spec.is_current:
            raise InvalidInputError(
                f"The run of {checks.shown(spec.protocol.title)} is of model version "
                f"{spec.model_version}; this version of APE simulates {MODEL_VERSION}.",
                "Simulate the protocols anew, and draw the disease for these runs.",
            )


def draw_economics(
    questions: Mapping[str, RunSpec],
    n: int = FIRST_DRAWS,
    *,
    n_patients: int | None = None,
    store: Store | str | Path | None = None,
) -> EconomicDraws:
    """Simulate protocols under models drawn from what is known of the disease.

    Every number of the model is drawn from its distribution, independently of the others, and the
    same for every protocol.

    Parameters
    ----------
    questions
        By the name of each protocol its question; all are of the same patients.
    n
        2 draws or more; with all protocols at most 1,000 runs.
    n_patients
        Of each run; 2,000 unless given, or as many as the questions have if these are fewer.
    store
        Folder of the runs; by default APE_STORE, or else the user's data directory.

    Returns
    -------
    EconomicDraws
        At once; `wait()` waits for the runs, and draws are there as their runs are complete.
    """
    found = EconomicDraws(questions, n, n_patients=n_patients, store=store)
    found.start()
    return found
