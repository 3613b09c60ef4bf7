"""What an answer may be when all that is uncertain about the disease varies at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from ape_core.analysis.draws import parameter_draws
from ape_core.analysis.places import known_model, uncertain_places
from ape_core.analysis.point_figures import means_and_covariance
from ape_core.analysis.point_runs import PointRuns
from ape_core.analysis.sweep import MOST_POINTS
from ape_core.analysis.swept_outcomes import FIRST_OUTCOME, SWEPT
from ape_core.analysis.uncertainty import Spread
from ape_core.errors import InvalidInputError
from ape_core.spec import checks
from ape_core.summaries.definitions import Counts, Floats
from ape_core.summaries.table import Table

if TYPE_CHECKING:
    from ape_core.spec.run_spec import RunSpec
    from ape_core.storage.store import Store

LEAST_DRAWS: Final = 2
DRAW_SEED: Final = 1
_BINS: Final = 12
_RANGE: Final = (2.5, 97.5)


@dataclass(frozen=True, slots=True, eq=False)
class DrawnOutcome:
    """An outcome over draws of the parameters, at the end of a year.

    Attributes
    ----------
    outcome, year
        Which.
    values
        Mean over patients in each draw that is complete, in the order of the draws.
    places
        Which draw each is, counted from 0.
    mean, low, high
        Of the values: their mean, and the 2.5% and 97.5% points.
    spread
        SD that comes from the parameters, and from the patients who were simulated; the latter is
        infinite where it is not known, and the former then holds some of their luck.
    """

    outcome: str
    year: int
    values: Floats
    places: tuple[int, ...]
    mean: float
    low: float
    high: float
    spread: Spread

    @property
    def n(self) -> int:
        """Draws that are complete."""
        return len(self.values)

    def histogram(self) -> tuple[Floats, Counts]:
        """Ends of bins of equal width at round numbers, and the draws in each: all are counted."""
        width = _bin_width(float(self.values.min()), float(self.values.max()))
        first = math.floor(float(self.values.min()) / width)
        last = max(math.ceil(float(self.values.max()) / width), first + 1)
        ends: Floats = width * np.arange(first, last + 1, dtype=np.float64)
        within = np.clip(np.digitize(self.values, ends) - 1, 0, len(ends) - 2)
        return ends, np.bincount(within, minlength=len(ends) - 1).astype(np.int64)

    @property
    def knows_patients(self) -> bool:
        """Whether it is known how far the luck of the patients may move the outcome."""
        return math.isfinite(self.spread.patients)

    @property
    def parameter_share(self) -> float:
        """Part of the variance that comes from the parameters, 0 to 1; 0 if it is not known."""
        both = self.spread.both**2
        return self.spread.parameters**2 / both if both > 0 else 0.0


class DrawnRuns(PointRuns):
    """A question under models whose uncertain numbers vary together, on the same patients."""

    def __init__(
        self, spec: RunSpec, n: int, seed: int, store: Store | str | Path | None = None
    ) -> None:
        n_draws = checks.whole("The number of draws", n, LEAST_DRAWS, MOST_POINTS)
        self.base, self.seed = spec, seed
        drawn = parameter_draws(known_model(spec), n_draws, seed)
        super().__init__([spec.replace(model=model) for model in drawn], store)

    @property
    def n_draws(self) -> int:
        """Draws that were asked for."""
        return len(self.specs)

    def distribution(
        self, outcome: str = FIRST_OUTCOME, year: int | None = None
    ) -> DrawnOutcome | None:
        """Give an outcome over the draws that are complete; None while there are fewer than two.

        As all draws have the same patients with the same luck, that luck moves all of them
        together. What remains of it between draws is taken off the variance of their means to
        give that of the parameters.
        """
        at = self.years if year is None else checks.whole("year", year, 1, self.years)
        found = {i: figures for i, spec in enumerate(self.specs)
                 if (figures := self.figures(spec)) is not None}  # fmt: skip
        if len(found) < LEAST_DRAWS:
            return None
        means, covariance, _ = means_and_covariance(list(found.values()), outcome, at)
        known = all(figures.knows_patients(outcome) for figures in found.values())
        spread = _spread(means, covariance) if known else Spread(math.inf, float(means.std(ddof=1)))
        low, high = np.percentile(means, _RANGE)
        return DrawnOutcome(
            outcome, at, means, tuple(found), float(means.mean()), float(low), float(high),
            spread,
        )  # fmt: skip

    def table(self, outcome: str = FIRST_OUTCOME, year: int | None = None) -> Table:
        """Give one row for each draw that is complete: its numbers, and the outcome."""
        found = self.distribution(outcome, year)
        if found is None:
            raise InvalidInputError(
                "Fewer than two draws are complete.", "Wait for the runs, as with wait()."
            )
        wording = SWEPT[outcome]
        places = uncertain_places(self.base)
        numbers = [uncertain_places(self.specs[i]) for i in found.places]
        columns = [
            (place.title, place.unit, [of[path].value for of in numbers])
            for path, place in places.items()
        ]
        title = f"{wording.title} at year {found.year}, {self.n_patients:,} patients in each draw"
        return Table.of(
            title, ("Draw", "", [i + 1 for i in found.places]),
            (wording.title, wording.unit, found.values), *columns,
        )  # fmt: skip


def draw_runs(
    spec: RunSpec, n: int = 40, seed: int = DRAW_SEED, store: Store | str | Path | None = None
) -> DrawnRuns:
    """Simulate a question under models drawn from what is known of the disease.

    Every number of the model is drawn from its distribution, independently of the others.

    Parameters
    ----------
    spec
        The question, around whose numbers is drawn.
    n
        2 to 1,000 draws.
    seed
        Of the draws; the patients and their luck are those of the question in each.
    store
        Folder of the runs; by default APE_STORE, or else the user's data directory.

    Returns
    -------
    DrawnRuns
        At once; `wait()` waits for the runs, and figures are there as each run is complete.
    """
    found = DrawnRuns(spec, n, seed, store)
    found.start()
    return found


def _bin_width(low: float, high: float) -> float:
    """Width of bins, a round number, so that there are about a dozen."""
    rough = max(high - low, 1e-9) / _BINS
    size = 10.0 ** math.floor(math.log10(rough))
    return next(step * size for step in (1, 2, 5, 10) if step * size >= rough * (1 - 1e-9))


def _spread(means: Floats, covariance: Floats) -> Spread:
    """SDs from patients and from parameters."""
    n = len(means)
    of_patients = float(np.trace(covariance)) / n
    between_draws = of_patients - (float(covariance.sum()) - n * of_patients) / (n * (n - 1))
    of_parameters = float(means.var(ddof=1)) - max(between_draws, 0.0)
    return Spread(math.sqrt(max(of_patients, 0.0)), math.sqrt(max(of_parameters, 0.0)))
