"""Which of the uncertain numbers of the disease model matter for an answer, and how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ape_core.analysis.draws import quantile
from ape_core.analysis.places import Place, changed_at, place_of, uncertain_places
from ape_core.analysis.sweep import Point, Sweep
from ape_core.analysis.swept_outcomes import COST, FIRST_OUTCOME, SWEPT, effect_text
from ape_core.errors import InvalidInputError
from ape_core.spec.checks import shown

if TYPE_CHECKING:
    from ape_core.analysis.paired import Difference
    from ape_core.spec.run_spec import RunSpec
    from ape_core.storage.store import Store

TAILS: Final = (0.025, 0.975)
"""How much of a distribution lies below the low and the high value."""

INFLUENTIAL: Final = (
    "model.fibrosis_rate_per_fluid_week",
    "model.letters_per_fluid_median",
    "model.slow_loss_letters_per_year",
    "model.presentation_fluid_share",
    "model.atrophy_rate_per_year",
    "model.log_ec50_mean",
    "model.fluid_threshold",
    "model.burn_out_scale_years",
)
"""Numbers that the answers of most protocols depend on most: a first look within seconds."""


_MOST_NAMED: Final = 2
"""Numbers that are named in a sentence."""


@dataclass(frozen=True, slots=True, eq=False)
class Bar:
    """What a number does to an outcome between its low and its high value.

    Attributes
    ----------
    place
        The number.
    low_value, high_value
        Its ends.
    low, high
        Differences from the base case at both; None until they are simulated.
    """

    place: Place
    low_value: float
    high_value: float
    low: Difference | None
    high: Difference | None

    @property
    def width(self) -> float:
        """How far the outcome moves between the ends and the base case, as far as known."""
        ends = [0.0, *(item.value for item in (self.low, self.high) if item is not None)]
        return max(ends) - min(ends)

    @property
    def is_complete(self) -> bool:
        """Whether both ends are there."""
        return self.low is not None and self.high is not None


class Tornado(Sweep):
    """Numbers of the model, each at its low and its high value, the others as they are.

    Ends are the 2.5% and 97.5% points of the distribution of a number, or those of its plausible
    range where none is stated.
    """

    def bars(self, outcome: str = FIRST_OUTCOME, year: int | None = None) -> list[Bar]:
        """Give every number, the one that moves the outcome most first; the unknown ones last."""
        found = []
        for low, high in zip(self.points[::2], self.points[1::2], strict=True):
            ends = [self.difference(point, outcome, year) for point in (low, high)]
            found.append(Bar(low.place, low.value, high.value, *ends))
        return sorted(found, key=lambda bar: (bar.low is None and bar.high is None, -bar.width))

    def in_words(self, outcome: str = FIRST_OUTCOME, year: int | None = None) -> str:
        """Say which numbers move the outcome most, and how far; empty before the first is there."""
        known = [bar for bar in self.bars(outcome, year) if bar.is_complete and bar.width > 0]
        if not known:
            return ""
        most = ", then ".join(_moved(bar, outcome) for bar in known[:_MOST_NAMED])
        so_far = "" if len(known) == len(self.points) // 2 else " so far"
        return f"What matters most{so_far}: {most}."


def tornado(
    spec: RunSpec,
    paths: Sequence[str] | None = None,
    store: Store | str | Path | None = None,
) -> Tornado:
    """Simulate a question with each uncertain number at its low and high value.

    Parameters
    ----------
    spec
        The question: the base case.
    paths
        Numbers, as "model.turnover_per_week" or "population.leaving.lost_per_year"; every
        uncertain number of the model that the question uses unless given.
    store
        Folder of the runs; by default APE_STORE, or else the user's data directory.

    Returns
    -------
    Tornado
        At once; `wait()` waits for the runs, and bars are there as each run is complete.

    Raises
    ------
    InvalidSpecError
        A path is not in the question.
    InvalidInputError
        What stands there has no range.
    """
    found = Tornado(spec, tornado_points(spec, paths), store)
    found.start()
    return found


def tornado_points(spec: RunSpec, paths: Sequence[str] | None = None) -> list[Point]:
    """Give both ends of every number, one after the other."""
    names = list(uncertain_places(spec)) if paths is None else list(dict.fromkeys(paths))
    points = []
    for name in names:
        place = place_of(spec, name)
        points += [
            Point(place, value, changed_at(spec, place.path, value)) for value in ends_of(place)
        ]
    if not points:
        raise InvalidInputError("No number is named.", 'Name some, as "model.turnover_per_week".')
    return points


def _moved(bar: Bar, outcome: str) -> str:
    """A number, and how far it moves the outcome: "Rate of scars (-2.11 to +1.38 letters)"."""
    assert bar.low is not None
    assert bar.high is not None
    low, high = sorted((bar.low.value, bar.high.value))
    unit = "" if outcome == COST else f" {SWEPT[outcome].apart}"
    return f"{bar.place.title} ({effect_text(outcome, low)} to {effect_text(outcome, high)}{unit})"


def ends_of(place: Place) -> tuple[float, float]:
    """Low and high value of an uncertain number, as they can be read: of three digits.

    Raises
    ------
    InvalidInputError
        It is none.
    """
    parameter = place.parameter
    if parameter is None or parameter.low == parameter.high:
        raise InvalidInputError(
            f"{shown(place.path)} has no range of which it is known to be uncertain.",
            "Vary it over values of your own, as with sweep().",
        )
    if parameter.distribution is None:
        return parameter.low, parameter.high
    low, high = (float(f"{quantile(parameter, share):.3g}") for share in TAILS)
    return max(low, parameter.low), min(high, parameter.high)
