"""Courses over time as images: letters gained and lost, intervals, shares, and who goes where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from ape_core.schema import WEEKS_PER_YEAR
from ape_core.summaries.courses import change_bands, driving_vision, interval_bands
from ape_core.summaries.moments import percent_of
from ape_core.summaries.retention import status_flow
from ape_core.summaries.treatment import dry_at_last_scan
from ape_core.terms import STATUSES as EYE_STATUSES
from widgets import format as words
from widgets.charts.axes import year_ticks
from widgets.charts.bands import CHANGES, INTERVALS
from widgets.charts.flow import GAP, HEIGHT, bottoms_of, columns_of, ends_of
from widgets.charts.retention import STATUS_COLOURS
from widgets.theme import hexadecimal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from ape_core.summaries import Summary
    from ape_core.summaries.courses import BandsOverTime

_LEAST_LABELLED: Final = 0.5
_COLUMN: Final = 0.06
"""Width of a column of the flow, in years of a run of 5."""
_MOST_OF_STEP: Final = 0.14
"""Half of a column, in years, at most."""


def gains(axes: Axes, summary: Summary) -> None:
    """Living eyes by letters gained or lost."""
    _bands(axes, change_bands(summary), CHANGES, "% of living eyes")


def planned(axes: Axes, summary: Summary) -> None:
    """Eyes on treatment by planned interval."""
    _bands(axes, interval_bands(summary), INTERVALS, "% of eyes on treatment")


def shares(axes: Axes, summary: Summary) -> None:
    """Share with 70 letters or better, and share without fluid."""
    driving, dry = driving_vision(summary), dry_at_last_scan(summary)
    weeks = driving.weeks
    for percent, n, name, label in (
        (driving.percent, driving.n, "acuity", "70 letters or better,\nof living eyes"),
        (dry.pct_dry, dry.n_scans, "no-fluid", "without fluid,\nof eyes in care"),
    ):
        axes.plot(
            weeks[n > 0] / WEEKS_PER_YEAR, percent[n > 0], color=hexadecimal(name), linewidth=2.2
        )
        axes.annotate(
            f"{words.percent(percent[-1]) if n[-1] else 'None left'} {label}",
            (summary.years, percent[-1]), (6, 0),
            textcoords="offset points", va="center",
        )  # fmt: skip
    _over_years(axes, summary.years)
    axes.set_ylabel("% of eyes")


def flow(axes: Axes, summary: Summary) -> None:
    """Patients by status at each year's end, and where they came from."""
    view = status_flow(summary)
    columns = columns_of(view)
    heights, bottoms = bottoms_of(columns)
    leave, enter, sizes = ends_of(view, bottoms)
    half = min(_COLUMN * len(view.years) / 10, _MOST_OF_STEP)
    for year, before, after in zip(*view.counts.nonzero(), strict=True):
        band = _band(
            (year + half, year + 1 - half),
            (leave[year, before, after], enter[year, before, after]),
            sizes[year, before, after],
        )
        colour = hexadecimal(STATUS_COLOURS[after])
        axes.add_patch(PathPatch(band, facecolor=colour, alpha=0.42, linewidth=0))
    for (year, status), height in np.ndenumerate(heights):
        corner = (year - half, bottoms[year, status])
        colour = hexadecimal(STATUS_COLOURS[status])
        axes.add_patch(Rectangle(corner, 2 * half, height, color=colour, linewidth=0))
    _over_years(axes, summary.years)
    axes.set_xlim(-half, summary.years + half)
    axes.set_ylim(0, HEIGHT + GAP * (len(view.statuses) - 1))
    axes.set_yticks([])
    axes.grid(visible=False)
    last = percent_of(columns[-1], columns[-1].sum())
    names = [EYE_STATUSES[status].name for status in view.statuses]
    _legend(axes, last, names, STATUS_COLOURS)


def _bands(axes: Axes, view: BandsOverTime, bands: dict[str, str], unit: str) -> None:
    """Stacked shares, each named with its last value."""
    colours = [hexadecimal(name) for name in bands.values()]
    axes.stackplot(view.weeks / WEEKS_PER_YEAR, view.percent, colors=colours)
    _over_years(axes, int(view.weeks[-1]) // WEEKS_PER_YEAR)
    axes.set_ylim(0, 100)
    axes.set_ylabel(unit)
    _legend(axes, view.percent[:, -1], list(bands), list(bands.values()))


def _legend(axes: Axes, last: np.ndarray, names: Sequence[str], colours: Sequence[str]) -> None:
    """Name and last share of each area, from the top down, beside the chart."""
    rows = [
        (Rectangle((0, 0), 1, 1, color=hexadecimal(colour)), f"{words.percent(share)} {name}")
        for share, name, colour in zip(last, names, colours, strict=True)
        if share >= _LEAST_LABELLED
    ]
    handles, labels = zip(*rows[::-1], strict=True) if rows else ((), ())
    axes.legend(handles, labels, loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)


def _over_years(axes: Axes, years: int) -> None:
    """Horizontal axis of a chart over time, and shares from 0 to 100%."""
    axes.set_xlim(0, years)
    axes.set_ylim(0, 100)
    axes.set_xticks(year_ticks(years))
    axes.set_xlabel("Years since the first visit")


def _band(across: tuple[float, float], up: tuple[float, float], size: float) -> Path:
    """A band that leads from one column to the next."""
    (left, right), (start, end) = across, up
    middle = (left + right) / 2
    points = [
        (left, start), (middle, start), (middle, end), (right, end), (right, end + size),
        (middle, end + size), (middle, start + size), (left, start + size), (left, start),
    ]  # fmt: skip
    curve = [Path.CURVE4] * 3
    return Path(points, [Path.MOVETO, *curve, Path.LINETO, *curve, Path.CLOSEPOLY])
