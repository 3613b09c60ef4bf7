"""How patients move between treatment, monitoring and leaving, from year to year.

Each year is a column of all patients by status; bands lead from where they were to where they are a
year later. Heights are patients, so that nobody is lost on the way.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from ape_core.summaries.definitions import ON_TREATMENT
from ape_core.summaries.moments import percent_of
from ape_core.summaries.retention import moves, status_flow
from ape_core.summaries.tables import flow_table
from ape_core.terms import STATUSES as EYE_STATUSES
from widgets import format as words
from widgets.charts.axes import year_ticks
from widgets.charts.card import Card
from widgets.charts.ends import EndLabel, end_labels
from widgets.charts.retention import STATUS_COLOURS
from widgets.html import html, text
from widgets.theme import colour

if TYPE_CHECKING:
    from ape_core.summaries import Summary
    from ape_core.summaries.definitions import Counts, Floats
    from ape_core.summaries.retention import StatusFlow

HEIGHT: Final = 1000
"""Units of the drawing from the bottom to the top of a column that has no gaps."""
GAP: Final = 14
"""Units between two statuses of a column."""
_STEP: Final = 100
"""Units from column to column."""
_COLUMN: Final = 5
"""Width of a column, in units of a run of 5 years."""
_MOST_OF_STEP: Final = 0.14
"""Half of a column, as a share of the way to the next, at most: bands need room in long runs."""
_LEAST_LABELLED: Final = 0.5
_SENTENCE: Final = "All patients at each year's end, and where they came from in the year before."


class FlowChart:
    """Columns of all patients, and bands between them."""

    def __init__(self) -> None:
        self._drawing = html("ape-flow")
        self.card = Card("From year to year", self._drawing, ends=True, wide=True)
        self.view = self.card.view

    def draw(self, summary: Summary | None) -> None:
        """Show a summary, or that there is none yet."""
        self.card.wait(waiting=summary is None)
        if summary is None:
            self.card.say(_SENTENCE)
            return
        self.card.offer(partial(flow_table, summary))
        flow = status_flow(summary)
        self.card.say(_SENTENCE, told=_told(flow))
        self._drawing.value = drawing(flow)
        self.card.label_ends(_labels(flow))
        self.card.foot(_in_words(flow))


def columns_of(flow: StatusFlow) -> Counts:
    """Patients by status at the start of the run and at each year's end, `[n_years + 1, ...]`."""
    return np.concatenate([flow.counts[:1].sum(axis=2), flow.counts.sum(axis=1)])


def drawing(flow: StatusFlow) -> str:
    """Columns and bands as SVG that is stretched to its place, and the years below it."""
    heights, bottoms = bottoms_of(columns_of(flow))
    total = HEIGHT + GAP * (len(flow.statuses) - 1)
    n_years = len(flow.years)
    width = min(_COLUMN * n_years / 5, _STEP * _MOST_OF_STEP)
    bands = _bands(ends_of(flow, bottoms), width)
    posts = _posts(heights, bottoms, width)
    ticks = "".join(
        f'<span style="left:{100 * tick / n_years:.2f}%">{tick}</span>'
        for tick in year_ticks(n_years)
    )
    return (
        f'<svg viewBox="{-width:g} {-total} {_STEP * n_years + 2 * width:g} {total}" '
        f'preserveAspectRatio="none" aria-hidden="true">{bands}{posts}</svg>'
        f'<div class="ape-flow-years">{ticks}</div><p>Years since the first visit</p>'
    )


def bottoms_of(columns: Counts) -> tuple[Floats, Floats]:
    """Height of each status of each column, and where it begins.

    There is a gap above each status in which anybody is at any time.
    """
    heights: Floats = HEIGHT * columns / max(1, int(columns[0].sum()))
    used = columns.any(axis=0)
    gaps = GAP * (np.cumsum(used) - used)
    bottoms: Floats = np.cumsum(heights, axis=1) - heights + gaps
    return heights, bottoms


def ends_of(flow: StatusFlow, bottoms: Floats) -> tuple[Floats, Floats, Floats]:
    """Where each band leaves its column and enters the next, and how high it is."""
    sizes: Floats = HEIGHT * flow.counts / max(1, int(flow.counts[0].sum()))
    leave: Floats = bottoms[:-1, :, None] + np.cumsum(sizes, axis=2) - sizes
    enter: Floats = bottoms[1:, None, :] + np.cumsum(sizes, axis=1) - sizes
    return leave, enter, sizes


def _bands(ends: tuple[Floats, Floats, Floats], width: float) -> str:
    """Bands by the status that they lead to; those to one status are one path."""
    leave, enter, sizes = ends
    paths = []
    for after, name in enumerate(STATUS_COLOURS):
        parts = [
            _band(
                (_STEP * year + width, _STEP * (year + 1) - width),
                (leave[year, before, after], enter[year, before, after]),
                sizes[year, before, after],
            )
            for year, before in zip(*sizes[:, :, after].nonzero(), strict=True)
        ]
        if parts:
            paths.append(f'<path fill="{colour(name)}" fill-opacity=".42" d="{"".join(parts)}"/>')
    return "".join(paths)


def _band(across: tuple[float, float], up: tuple[float, float], size: float) -> str:
    """One band, from the right of a column to the left of the next."""
    (left, right), (start, end) = across, up
    middle = (left + right) / 2
    a, b, c, d = (round(-height) for height in (start, end, end + size, start + size))
    return (
        f"M{left:g} {a}C{middle:g} {a} {middle:g} {b} {right:g} {b}V{c}"
        f"C{middle:g} {c} {middle:g} {d} {left:g} {d}Z"
    )


def _posts(heights: Floats, bottoms: Floats, width: float) -> str:
    """The columns themselves; those of one status are one path."""
    paths = []
    for status, name in enumerate(STATUS_COLOURS):
        parts = [
            f"M{_STEP * year - width:g} {round(-bottoms[year, status])}h{2 * width:g}"
            f"v{-height:.1f}h{-2 * width:g}Z"
            for year, height in enumerate(heights[:, status])
            if height
        ]
        if parts:
            paths.append(f'<path fill="{colour(name)}" d="{"".join(parts)}"/>')
    return "".join(paths)


def _labels(flow: StatusFlow) -> str:
    """Name and last share of each status, beside its part of the last column."""
    columns = columns_of(flow)
    last = percent_of(columns[-1], columns[-1].sum())
    heights, bottoms = bottoms_of(columns)
    middles = (bottoms + heights / 2)[-1]
    total = HEIGHT + GAP * (len(flow.statuses) - 1)
    return end_labels(
        [
            EndLabel(
                float(middle) / total, words.percent(share), EYE_STATUSES[status].name, name,
                EYE_STATUSES[status].meaning,
            )
            for status, name, share, middle in zip(
                flow.statuses, STATUS_COLOURS, last, middles, strict=True
            )
            if share >= _LEAST_LABELLED
        ]
    )  # fmt: skip


def _in_words(flow: StatusFlow) -> str:
    """Who paused, resumed and left, in the first and in the last year."""
    moved = moves(flow)
    rows = (
        ("monitored", "paused treatment", moved.paused),
        ("on-treatment", "resumed it", moved.resumed),
        ("lost", "left care", moved.left),
    )
    cells = "".join(
        f'<span class="ape-key"><i style="background:{colour(name)}"></i>'
        f"<b>{words.count(counts.sum())}</b> {text(label)}</span>"
        for name, label, counts in rows
    )
    return f'<div class="ape-foot">{cells}<span>from one year&#8217;s end to the next</span></div>'


def _told(flow: StatusFlow) -> str:
    """How many were and stayed on treatment."""
    columns = columns_of(flow)
    first, last = columns[0, ON_TREATMENT], columns[-1, ON_TREATMENT]
    return (
        f"Of {words.count(columns[0].sum())} patients {words.count(first)} were on treatment at "
        f"the first visit and {words.count(last)} after {words.plural(len(flow.years), 'year')}."
    )
