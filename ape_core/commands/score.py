"""`ape score`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from ape_core.analysis.arms import CALIBRATION_ARMS
from ape_core.analysis.criteria import Check, Criterion, criteria_of
from ape_core.analysis.score import HEADLINE, Score
from ape_core.analysis.score import score as compare
from ape_core.analysis.targets import CALIBRATION_TARGETS
from ape_core.analysis.wording import WORDING
from ape_core.commands.answer import Answer, table

_TITLES = ("arm", "week", "outcome", "observed", "se", "simulated", "z")
_NUMBERS = ("week", "observed", "se", "simulated", "z")


def score(asked: argparse.Namespace) -> Answer:
    """Simulate arms and compare them with observed outcomes."""
    found = compare(
        asked.targets or CALIBRATION_TARGETS,
        asked.arms or CALIBRATION_ARMS,
        n_patients=asked.patients,
        seed=asked.seed,
        workers=asked.workers,
    )
    data, said = found.to_dict(), f"{_rows(found)}\n\n{_in_short(found)}"
    if asked.targets or asked.arms:
        return Answer(data, said)
    judged = criteria_of(found.rows)
    data["criteria"] = [criterion.to_dict() for criterion in judged]
    return Answer(data, f"{said}\n\n{_judged(judged)}")


def _rows(found: Score) -> str:
    """Every target, one line each."""
    rows = [
        (
            row.arm,
            str(row.week),
            row.outcome,
            f"{row.observed:.2f}",
            f"{row.se:.2f}",
            f"{row.simulated:.2f}",
            f"{row.z:+.2f}",
        )
        for row in found.rows
    ]
    return table(_TITLES, rows, _NUMBERS)


def _judged(criteria: Sequence[Criterion]) -> str:
    """What is asked of the model that ships, and which of it holds."""
    met = sum(criterion.met for criterion in criteria)
    lines = [
        f"Asked of the model, in the arms and targets that ship: {met} of {len(criteria)} hold."
    ]
    for criterion in criteria:
        n = len(criterion.checks)
        of = f", {criterion.n_met} of {n}" if n > 1 else ""
        state = "holds " if criterion.met else "missed"
        lines.append(f"{state}  {criterion.title}: {criterion.asked}{of}")
        if not criterion.met or n == 1:
            lines.append(f"        {_farthest(criterion.farthest)}")
    return "\n".join(lines)


def _farthest(check: Check) -> str:
    """The figure that lies farthest from what is asked, in words."""
    if check.week is None:
        return f"{check.place}: {check.said}"
    return f"{check.place}, {WORDING[check.outcome].title}: {check.said}"


def _in_short(found: Score) -> str:
    """Fit in one line."""
    rows = found.headline_rows
    n_far = sum(abs(row.z) > 2.5 for row in found.rows)
    plural = "" if len(rows) == 1 else "s"
    judged = f"mean change{plural} in acuity" if rows[0].outcome == HEADLINE else f"target{plural}"
    return (
        f"Root-mean-square z {found.rms_z:.2f}, the largest {found.max_abs_z:.2f}, over "
        f"{len(rows):,} {judged}.\n{n_far:,} of all {len(found.rows):,} targets are beyond 2.5."
    )
