"""`ape score`."""

from __future__ import annotations

import argparse

from ape_core.analysis.arms import CALIBRATION_ARMS
from ape_core.analysis.score import HEADLINE, Score
from ape_core.analysis.score import score as compare
from ape_core.analysis.targets import CALIBRATION_TARGETS
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
    return Answer(found.to_dict(), f"{_rows(found)}\n\n{_in_short(found)}")


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
