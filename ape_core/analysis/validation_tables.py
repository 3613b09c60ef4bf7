"""What a validation shows, as tables: every target, the courses, and routine care."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ape_core.summaries.table import Cell, Table

if TYPE_CHECKING:
    from ape_core.analysis.distributions import Distribution
    from ape_core.analysis.validation import Point, Validation

_UNKNOWN = "not known"


def targets_table(validation: Validation) -> Table:
    """Every target beside its simulation, with its source."""
    rows = validation.rows
    return Table.of(
        "Every target, simulated less observed",
        ("Arm", "", [row.arm for row in rows]),
        ("Week", "", [row.week for row in rows]),
        ("Outcome", "", [row.outcome for row in rows]),
        ("Observed", "", [row.observed for row in rows]),
        ("Standard error", "0 if not known", [row.observed_se for row in rows]),
        ("Simulated", "", [row.simulated for row in rows]),
        ("Difference", "", [row.difference for row in rows]),
        ("Half of the 95% interval of the difference", "", [row.half_width for row in rows]),
        ("z", "", [row.z for row in rows]),
        ("Fitted", "", ["yes" if row.fitted else "no" for row in rows]),
        ("Source", "", [row.source.citation for row in rows]),
    )


def courses_table(validation: Validation) -> Table:
    """Mean change in acuity of each arm, and what was observed in the same week."""
    lines: list[tuple[Cell, ...]] = []
    for course in validation.courses:
        seen = {point.week: point for point in course.points}
        for week, change in zip(course.weeks, course.change, strict=True):
            point = seen.pop(week, None)
            lines.append((course.arm, week, change, *_observed(point)))
        lines += [(course.arm, week, "", *_observed(point)) for week, point in seen.items()]
    arms, weeks, changes, observed, half_widths = zip(*lines, strict=True) if lines else ((),) * 5
    letters = "ETDRS letters gained"
    return Table.of(
        "Mean change in acuity by arm",
        ("Arm", "", arms),
        ("Week", "", weeks),
        ("Simulated", letters, changes),
        ("Observed", letters, observed),
        ("Half of its 95% interval", "0 if not known", half_widths),
    )


def distributions_table(shown: Sequence[Distribution]) -> Table:
    """Percentages of eyes by class, simulated and observed."""
    lines = [
        (each.name, first, last, simulated, each.observed[place] if each.observed else _UNKNOWN)
        for each in shown
        for place, ((first, last), simulated) in enumerate(
            zip(each.classes, each.simulated, strict=True)
        )
    ]
    names, firsts, lasts, simulated, observed = zip(*lines, strict=True) if lines else ((),) * 5
    return Table.of(
        "Routine care",
        ("Distribution", "", names),
        ("First value of the class", "", firsts),
        ("Last value of the class", "", lasts),
        ("Simulated", "% of eyes", simulated),
        ("Observed", "% of eyes", observed),
    )


def _observed(point: Point | None) -> tuple[float | str, float | str]:
    """Observed value and half of its interval; empty where nothing was observed."""
    return (point.value, point.half_width) if point else ("", "")
