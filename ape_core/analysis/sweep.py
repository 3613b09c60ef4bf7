"""How the answer to a question changes with what was put into it, one thing at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ape_core.analysis.places import Place, changed_at, place_of
from ape_core.analysis.point_figures import Estimate, difference_between, estimate_of
from ape_core.analysis.point_runs import PointRuns
from ape_core.analysis.same_patients import patients_together
from ape_core.analysis.swept_outcomes import FIRST_OUTCOME, SWEPT
from ape_core.errors import InvalidInputError
from ape_core.spec import checks
from ape_core.summaries.table import Table

if TYPE_CHECKING:
    from ape_core.analysis.paired import Difference
    from ape_core.spec.run_spec import RunSpec
    from ape_core.storage.store import Store

MOST_POINTS: Final = 1_000
"""Runs that one sweep asks for."""


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """The question with one thing changed.

    Attributes
    ----------
    place
        What is changed.
    value
        Its other value.
    spec
        The question that follows.
    """

    place: Place
    value: Any
    spec: RunSpec

    @property
    def said(self) -> str:
        """The value with its unit."""
        return self.place.say(self.value)


@dataclass(frozen=True, slots=True)
class Response:
    """What a value leads to.

    Attributes
    ----------
    value
        The value; that of the question itself for the base case.
    estimate
        The outcome, with its interval over patients.
    difference
        From the base case, paired; None for the base case.
    """

    value: Any
    estimate: Estimate
    difference: Difference | None


class Sweep(PointRuns):
    """A question, and the same with one thing at a time changed.

    Parameters
    ----------
    base
        The question.
    points
        The changed ones.
    store
        Folder of the runs; by default the user's.
    """

    def __init__(
        self, base: RunSpec, points: Sequence[Point], store: Store | str | Path | None = None
    ) -> None:
        _check_size(base, len(points))
        self.base, self.points = base, tuple(points)
        super().__init__([base, *(point.spec for point in points)], store)

    @property
    def paths(self) -> tuple[str, ...]:
        """What is varied."""
        return tuple(dict.fromkeys(point.place.path for point in self.points))

    def base_estimate(self, outcome: str = FIRST_OUTCOME, year: int | None = None) -> Estimate:
        """Give an outcome of the base case.

        Raises
        ------
        InvalidInputError
            The base case is not complete yet.
        """
        return estimate_of(self._found(self.base), outcome, self.year(year))

    def estimate(
        self, point: Point, outcome: str = FIRST_OUTCOME, year: int | None = None
    ) -> Estimate | None:
        """Give an outcome of a point; None until its run is complete."""
        found = self.figures(point.spec)
        return None if found is None else estimate_of(found, outcome, self.year(year))

    def difference(
        self, point: Point, outcome: str = FIRST_OUTCOME, year: int | None = None
    ) -> Difference | None:
        """Give a point less the base case; None until both runs are complete."""
        found, base = self.figures(point.spec), self.figures(self.base)
        if found is None or base is None:
            return None
        return difference_between(found, base, outcome, self.year(year))

    def response(
        self, path: str, outcome: str = FIRST_OUTCOME, year: int | None = None
    ) -> list[Response]:
        """Give an outcome against the values of what is varied, as far as there are any yet.

        The base case is among them, and numbers are in their order.

        Raises
        ------
        InvalidSpecError
            Nothing of that path is varied.
        """
        checks.choice("The path", path, self.paths)
        points = [point for point in self.points if point.place.path == path]
        place, found = points[0].place, []
        for point in points:
            estimate = self.estimate(point, outcome, year)
            if estimate is not None and point.spec != self.base:
                difference = self.difference(point, outcome, year)
                found.append(Response(point.value, estimate, difference))
        if self.figures(self.base) is not None:
            found.append(Response(place.value, self.base_estimate(outcome, year), None))
        return sorted(found, key=lambda item: item.value) if place.is_number else found

    def table(self, outcome: str = FIRST_OUTCOME, year: int | None = None) -> Table:
        """Give one row for each point whose run is complete, the base case first."""
        at, wording = self.year(year), SWEPT[checks.choice("outcome", outcome, tuple(SWEPT))]
        rows: list[tuple[Any, ...]] = []
        if self.figures(self.base) is not None:
            rows.append(_row("Base case", "", "", self.base_estimate(outcome, at), None))
        for point in self.points:
            estimate, difference = self.estimate(point, outcome, at), None
            if estimate is not None:
                difference = self.difference(point, outcome, at)
                value = point.value if isinstance(point.value, int | float) else point.said
                rows.append(_row(point.place.title, value, point.place.unit, estimate, difference))
        names = [
            ("Varied", ""), ("Value", ""), ("Unit of the value", ""),
            (wording.title, wording.unit), ("From (95%)", wording.unit), ("To (95%)", wording.unit),
            ("Difference from the base case", wording.apart),
            ("Difference from (95%)", wording.apart), ("Difference to (95%)", wording.apart),
        ]  # fmt: skip
        columns = list(zip(*rows, strict=True)) or [()] * len(names)
        title = f"{wording.title} at year {at}, {self.n_patients:,} patients in each run"
        return Table.of(
            title, *((*name, cells) for name, cells in zip(names, columns, strict=True))
        )

    def year(self, year: int | None) -> int:
        """Study year that is asked for, the last unless given."""
        return self.years if year is None else checks.whole("year", year, 1, self.years)


def sweep(
    spec: RunSpec,
    vary: Mapping[str, Sequence[Any]],
    store: Store | str | Path | None = None,
) -> Sweep:
    """Simulate a question again with one thing at a time changed, on the same patients.

    Every value is an ordinary run: one that was asked before has its answer at once, and the
    others queue and are simulated one after another, in a process that outlives this one.

    Parameters
    ----------
    spec
        The question: the base case.
    vary
        Values by path, as ``{"protocol.phases.0.max_interval_weeks": [8, 12, 16],
        "model.turnover_per_week": [0.25, 0.4], "cohort.baseline_letters.mean": [50, 60]}``.
    store
        Folder of the runs; by default APE_STORE, or else the user's data directory.

    Returns
    -------
    Sweep
        At once; `wait()` waits for the runs, and figures are there as each run is complete.

    Raises
    ------
    InvalidSpecError
        A path is not in the question, or a value is not allowed: the message says what is.
    StoreError
        The store cannot be written.
    """
    found = Sweep(spec, points_of(spec, vary), store)
    found.start()
    return found


def points_of(spec: RunSpec, vary: Mapping[str, Sequence[Any]]) -> list[Point]:
    """Give the changed questions, in the order in which they are asked."""
    points: list[Point] = []
    for path, values in vary.items():
        if isinstance(values, str) or not isinstance(values, Sequence):
            values = _listed(path, values)  # noqa: PLW2901
        place = place_of(spec, path)
        points += [Point(place, value, changed_at(spec, path, value)) for value in values]
    if not points:
        raise InvalidInputError(
            "There is nothing to vary.",
            'Give values by path, as {"model.turnover_per_week": [0.25, 0.4]}.',
        )
    return points


def _listed(path: str, values: Any) -> list[Any]:
    """Values from anything that holds some, as an array; not from a text."""
    if isinstance(values, str) or not hasattr(values, "__iter__"):
        raise InvalidInputError(
            f"The values of {path} are {checks.shown(values)}, but must be a list.",
            f'Give a list, as {{"{path}": [...]}}.',
        )
    return [value.item() if hasattr(value, "item") else value for value in values]


def _check_size(base: RunSpec, n_points: int) -> None:
    """Refuse what is too much, and what nothing can be learned from."""
    if n_points > MOST_POINTS:
        raise InvalidInputError(
            f"{n_points:,} runs are asked for, but a sweep has at most {MOST_POINTS:,}.",
            "Give fewer values.",
        )
    if base.cohort.n_patients <= patients_together(base):
        raise InvalidInputError(
            f"{base.cohort.n_patients:,} patients make a single clinic, or are a single patient: "
            "nothing tells how certain a difference is.",
            "Simulate more patients.",
        )


def _row(
    title: str, value: Any, unit: str, estimate: Estimate, difference: Difference | None
) -> tuple[Any, ...]:
    """Row of a table; of the base case there is no difference."""
    apart = ("", "", "") if difference is None else (difference.value, *_ends(difference))
    return (title, value, unit, estimate.value, *_ends(estimate), *apart)


def _ends(found: Estimate | Difference) -> tuple[Any, Any]:
    """Ends of an interval; empty where nothing is known of them."""
    return (found.low, found.high) if found.is_known else ("", "")
