"""`ape sweep`."""

from __future__ import annotations

import argparse
import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ape_core.analysis.drawn_runs import DRAW_SEED, DrawnRuns
from ape_core.analysis.economics_certainty import SLOTS_RAN_SHORT
from ape_core.analysis.places import read_values
from ape_core.analysis.sweep import Point, Sweep, points_of
from ape_core.analysis.swept_outcomes import SWEPT, effect_text, outcome_text
from ape_core.analysis.tornado import Tornado, tornado_points
from ape_core.commands.answer import Answer, paragraph, table
from ape_core.commands.question import read_question
from ape_core.errors import InvalidInputError
from ape_core.runs import console
from ape_core.spec import checks

if TYPE_CHECKING:
    from ape_core.analysis.paired import Difference
    from ape_core.analysis.point_runs import PointRuns
    from ape_core.spec.run_spec import RunSpec


def sweep(asked: argparse.Namespace) -> Answer:
    """Vary a question, simulating what is not in the store, and say what that does."""
    kinds = [bool(asked.vary), asked.tornado, asked.draws is not None]
    if sum(kinds) != 1:
        raise InvalidInputError(
            "Nothing is varied." if not any(kinds) else "More than one way to vary is given.",
            "Give one of --vary PATH=V1,V2 (or several of it), --tornado and --draws N.",
        )
    checks.choice("outcome", asked.outcome, tuple(SWEPT))
    settings = {**vars(asked), "workers": None}
    spec = read_question(argparse.Namespace(**settings))
    year = checks.whole("year", asked.year or spec.years, 1, spec.years)
    if asked.draws is not None:
        drawn = DrawnRuns(spec, asked.draws, DRAW_SEED)
        _complete(drawn, quiet=asked.quiet)
        return draws_answer(asked.outcome, drawn, year)
    if asked.tornado:
        found: Sweep = Tornado(spec, tornado_points(spec))
    else:
        found = Sweep(spec, _points(spec, asked.vary))
    _complete(found, quiet=asked.quiet)
    return points_answer(asked.outcome, found, year)


def _points(spec: RunSpec, given: list[str]) -> list[Point]:
    """What is varied, from the words of a command."""
    vary: dict[str, list[Any]] = {}
    for words in given:
        path, equals, values = words.partition("=")
        if not equals:
            raise InvalidInputError(
                f"--vary is {words!r}, but must be a path and its values.",
                "Write it as --vary protocol.phases.0.max_interval_weeks=8,12,16.",
            )
        vary.setdefault(path, []).extend(read_values(spec, path, values))
    return points_of(spec, vary)


def _complete(runs: PointRuns, *, quiet: bool) -> None:
    """Simulate in this process, and show how far that is."""
    line = None if quiet else console.ProgressLine()
    try:
        runs.complete(line.show if line else None)
    finally:
        if line:
            line.close()


def points_answer(outcome: str, found: Sweep, year: int) -> Answer:
    """The base case, and each changed question against it; all are complete."""
    base = found.base_estimate(outcome, year)
    points = [_point(found, point, outcome, year) for point in found.points]
    apart = [_apart(found, point, outcome, year) for point in found.points]
    is_known = base.is_known and all(item.is_known for item in apart)
    data = {
        "run_id": found.base.run_id,
        "n_patients": found.n_patients,
        "outcome": outcome,
        "year": year,
        "base": {name: _known(value) for name, value in asdict(base).items()},
        "points": points,
        "intervals_unknown_because": None if is_known else SLOTS_RAN_SHORT,
    }
    if isinstance(found, Tornado):
        bars = found.bars(outcome, year)
        data["bars"] = [
            {"path": bar.place.path, "title": bar.place.title, "width": bar.width} for bar in bars
        ]
        shown = [point for bar in bars for point in found.points if point.place.path ==
                 bar.place.path]  # fmt: skip
    else:
        shown = list(found.points)
    rows = [_said(found, point, outcome, year) for point in shown]
    head = (
        f"{SWEPT[outcome].title} at year {year}: {outcome_text(outcome, base.value)} in the base "
        f"case, {found.n_patients:,} patients, the same ones in each run"
    )
    columns = ["varied", "value", "outcome", "difference", "95% interval"]
    said = [head, "", table(columns, rows, columns[2:])]
    said += ["differences from the base case, paired by patient"]
    return Answer(data, "\n".join([*said, *([] if is_known else [paragraph(SLOTS_RAN_SHORT)])]))


def _known(value: Any) -> Any:
    """A figure for programs; none where it is not known."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _point(found: Sweep, point: Point, outcome: str, year: int) -> dict[str, Any]:
    """Figures of one changed question."""
    estimate, apart = found.estimate(point, outcome, year), _apart(found, point, outcome, year)
    assert estimate is not None
    return {
        "path": point.place.path,
        "title": point.place.title,
        "value": point.value,
        "run_id": point.spec.run_id,
        "estimate": estimate.value,
        "low": _known(estimate.low),
        "high": _known(estimate.high),
        "difference": {
            name: _known(getattr(apart, name)) for name in ("value", "low", "high", "se")
        },
    }


def _said(found: Sweep, point: Point, outcome: str, year: int) -> list[str]:
    """Row of one changed question."""
    estimate, apart = found.estimate(point, outcome, year), _apart(found, point, outcome, year)
    assert estimate is not None
    ends = " to ".join(effect_text(outcome, end) for end in (apart.low, apart.high))
    interval = ends if apart.is_known else "not known"
    value = effect_text(outcome, apart.value)
    return [point.place.title, point.said, outcome_text(outcome, estimate.value), value, interval]


def _apart(found: Sweep, point: Point, outcome: str, year: int) -> Difference:
    """One changed question less the base case; both are complete."""
    apart = found.difference(point, outcome, year)
    assert apart is not None
    return apart


def draws_answer(outcome: str, found: DrawnRuns, year: int) -> Answer:
    """The outcome over the draws, which are complete, and where its variance comes from."""
    over = found.distribution(outcome, year)
    assert over is not None
    data = {
        "n_patients": found.n_patients,
        "n_draws": found.n_draws,
        "outcome": over.outcome,
        "year": year,
        "mean": over.mean,
        "low": over.low,
        "high": over.high,
        "sd_parameters": over.spread.parameters,
        "sd_patients": _known(over.spread.patients),
        "parameter_share": over.parameter_share if over.knows_patients else None,
        "intervals_unknown_because": None if over.knows_patients else SLOTS_RAN_SHORT,
        "draws": [
            {"run_id": found.specs[place].run_id, "value": float(value)}
            for place, value in zip(over.places, over.values, strict=True)
        ],
    }
    ends = " to ".join(outcome_text(over.outcome, end) for end in (over.low, over.high))
    text = (
        f"{SWEPT[over.outcome].title} at year {year}: {outcome_text(over.outcome, over.mean)} on "
        f"average over {over.n} draws of the parameters, 95% of draws from {ends}"
    )
    parts = (
        f"{over.parameter_share:.0%} of the variance comes from the parameters, the rest from the "
        f"{found.n_patients:,} patients of each draw"
    )
    return Answer(data, f"{text}\n{parts if over.knows_patients else paragraph(SLOTS_RAN_SHORT)}")
