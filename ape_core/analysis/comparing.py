"""Simulate the arms of published studies, and lay each target beside its simulation."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

from ape_core.analysis.arms import Arm, load_arms
from ape_core.analysis.outcomes import estimate
from ape_core.analysis.score import ScoredTarget, compare
from ape_core.analysis.sources import Source, load_sources
from ape_core.analysis.summarising import Counted, summarise
from ape_core.analysis.targets import Target, load_targets
from ape_core.analysis.validation import (
    ACUITY_CHANGE,
    Compared,
    Course,
    Point,
    Routine,
    Validation,
)
from ape_core.schema import WEEKS_PER_PERIOD, WEEKS_PER_YEAR
from ape_core.spec.run_spec import MODEL_VERSION
from ape_core.summaries import Summary
from ape_core.summaries.when import week_index

NORMAL_95: Final = 1.96
_SEED: Final = 1

Say = Callable[[str, float], None]


def validate(n_patients: int, say: Say | None = None) -> Validation:
    """Simulate every arm that ships with APE and compare it with what was observed.

    Parameters
    ----------
    n_patients
        Of each arm.
    say
        Told what is being done and which share is done.
    """
    targets, sources = load_targets(), load_sources()
    wanted = {target.arm for target in targets}
    arms = {arm.id: arm.of_size(n_patients) for arm in load_arms() if arm.id in wanted}
    counted = {}
    for place, (name, arm) in enumerate(arms.items()):
        if say is not None:
            say(f"simulating {name}", place / len(arms))
        counted[name] = summarise([arm.spec(_SEED)])[0]
    scored = compare(targets, arms, counted).rows
    routine = [name for name, arm in arms.items() if not arm.is_trial]
    return Validation(
        n_patients,
        MODEL_VERSION,
        tuple(map(compared, scored, targets, (sources[target.line] for target in targets))),
        tuple(_courses(targets, arms, counted)),
        routine_care(routine[0], counted[routine[0]].summary) if routine else None,
    )


def compared(row: ScoredTarget, target: Target, source: Source) -> Compared:
    """Lay one target beside its simulation."""
    uncertainty = math.sqrt(row.se**2 + row.se_simulated**2 + row.tau**2)
    return Compared(
        row.arm, row.setting != "RCT", row.week, row.outcome, row.observed, row.se, row.simulated,
        row.z, NORMAL_95 * uncertainty, target.weight > 0, source,
    )  # fmt: skip


def _courses(
    targets: Sequence[Target], arms: dict[str, Arm], counted: dict[str, Counted]
) -> list[Course]:
    """Courses of the arms of which a change in acuity was observed."""
    changes = [target for target in targets if target.outcome == ACUITY_CHANGE]
    names = dict.fromkeys(target.arm for target in changes)
    return [
        course(arms[name], counted[name], [item for item in changes if item.arm == name])
        for name in names
    ]


def course(arm: Arm, counted: Counted, targets: Sequence[Target]) -> Course:
    """Mean change in acuity of one arm, to the year's end after the last point."""
    years = min(arm.years, max(math.ceil(item.week / WEEKS_PER_YEAR) for item in targets))
    weeks = tuple(range(0, years * WEEKS_PER_YEAR + 1, WEEKS_PER_PERIOD))
    change = (estimate(counted, ACUITY_CHANGE, week, in_trial=arm.is_trial).value for week in weeks)
    points = tuple(Point(item.week, item.value, NORMAL_95 * item.se) for item in targets)
    return Course(arm.id, not arm.is_trial, weeks, tuple(change), points)


def routine_care(title: str, summary: Summary) -> Routine:
    """Distributions of a simulated arm, of eyes in care, as percentages."""
    year = week_index(summary, WEEKS_PER_YEAR)
    return Routine(
        title,
        percentages(summary["in_care_letters"][0]),
        percentages(summary["in_care_letters"][year]),
        percentages(summary["in_care_change"][year]),
        *(percentages(summary["injections_in_year"][year]) for year in (0, 1)),
    )


def percentages(counts: Sequence[int]) -> tuple[float, ...]:
    """Counts as percentages of their sum, 0 where there are none."""
    total = max(1, sum(int(count) for count in counts))
    return tuple(100 * int(count) / total for count in counts)
