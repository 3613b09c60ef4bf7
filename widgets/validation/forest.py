"""Every target beside its simulation: differences with their intervals, grouped by outcome."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ape_core.analysis.validation import rms_of
from widgets import format as words
from widgets.charts.axes import round_ticks
from widgets.html import html, text
from widgets.validation.words import figure, outcome_title, size, unit

if TYPE_CHECKING:
    from ape_core.analysis.validation import Compared, Validation


class ForestPanel:
    """A card with one section for each outcome; the first is open."""

    def __init__(self) -> None:
        self.view = html("ape-card", "ape-all")

    def draw(self, validation: Validation | None) -> None:
        """Show a validation, or that there is none yet."""
        self.view.value = forest_markup(validation)


def forest_markup(validation: Validation | None) -> str:
    """Heading, and a section for each outcome."""
    head = (
        "<h3>Simulated less observed, for every target</h3>"
        "<p class='ape-said'>Marks are differences, bars their 95% intervals: what chance and "
        "usual differences between studies allow. A bar that misses the line is a miss.</p>"
    )
    if validation is None:
        return f"{head}{WAITING}"
    sections = "".join(
        _section(outcome, validation.of_outcome(outcome), is_open=place == 0)
        for place, outcome in enumerate(validation.outcomes)
    )
    return head + sections


WAITING = "<p class='ape-to-come'>It appears when the arms are simulated.</p>"


def _section(outcome: str, rows: Sequence[Compared], *, is_open: bool) -> str:
    """Targets of one outcome, on one scale."""
    reach = max(abs(row.difference) + row.half_width for row in rows)
    top = round_ticks(reach, 6)[-1]
    ordered = sorted(rows, key=lambda row: (row.routine, row.arm, row.week))
    label = f"{len(rows)} target{'s' if len(rows) > 1 else ''}, rms z {rms_of(rows):.2f}"
    return (
        f"<details class='ape-section'{' open' if is_open else ''}><summary>"
        f"<b>{text(outcome_title(outcome))}</b> <span>{text(unit(outcome))}; {label}</span>"
        f"</summary><div class='ape-forest' role='table'>{_axis(top)}"
        f"{''.join(_row(row, top) for row in ordered)}</div></details>"
    )


def _axis(top: float) -> str:
    """Heads of the columns, and the scale."""
    low, high = (f"{sign}{top:g}" for sign in ("\N{MINUS SIGN}", "+"))
    return (
        "<div class='ape-forest-row ape-forest-head' role='row'>"
        "<span role='columnheader'>Arm and week</span>"
        f"<span class='ape-scale' role='columnheader' aria-label='Difference'><i>{low}</i>"
        f"<i>0</i><i>{high}</i></span>"
        "<span role='columnheader'>Simulated</span><span role='columnheader'>Observed</span>"
        "<span role='columnheader'>z</span></div>"
    )


def _row(row: Compared, top: float) -> str:
    """One target."""
    at = _share(row.difference, top)
    low, high = (_share(row.difference + sign * row.half_width, top) for sign in (-1, 1))
    track = (
        f"<span class='ape-track {size(row.z)}' role='cell' "
        f"aria-label='difference {words.signed(row.difference)}'>"
        f"<i style='left:{low:.2f}%;width:{high - low:.2f}%'></i><b style='left:{at:.2f}%'></b>"
        "</span>"
    )
    return (
        f"<div class='ape-forest-row {size(row.z)}' role='row'>"
        f"<span role='rowheader'>{text(row.arm)} <small>week {row.week}</small></span>{track}"
        f"<span role='cell'>{figure(row.outcome, row.simulated)}</span>"
        f"<span role='cell'>{figure(row.outcome, row.observed)}</span>"
        f"<span role='cell'>{words.signed(row.z)}</span></div>"
    )


def _share(difference: float, top: float) -> float:
    """Place on the scale, in per cent of its width."""
    return 50 + 50 * difference / top
