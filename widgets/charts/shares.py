"""Single shares of eyes over time: 70 letters or better, and eyes without fluid."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ape_core.schema import WEEKS_PER_YEAR
from ape_core.summaries.courses import ShareOverTime, driving_vision
from ape_core.summaries.tables import driving_table, dry_table
from ape_core.summaries.treatment import dry_at_last_scan
from widgets import format as words
from widgets.bqplots import Lines
from widgets.charts.axes import across, few_points, fit, floats, scale, upwards, year_ticks
from widgets.charts.card import Card, figure
from widgets.theme import colour

if TYPE_CHECKING:
    from ape_core.summaries import Summary
    from ape_core.summaries.table import Table


class ShareChart:
    """A line with its area, and its first, its highest and its last value in words.

    Parameters
    ----------
    card
        Heading, and a sentence that says of what the share is.
    shade
        Name of the colour.
    view, table
        The share in a summary, and the same as a table.
    light
        Leave out most points.
    """

    def __init__(
        self,
        card: tuple[str, str],
        shade: str,
        view: Callable[[Summary], ShareOverTime],
        table: Callable[[Summary], Table],
        *,
        light: bool = False,
    ) -> None:
        heading, self._sentence = card
        self._view, self._table, self._light = view, table, light
        self._x = scale(0, 1)
        y = scale(0, 1)
        self._years = across(self._x, "Years since the first visit")
        self._line = Lines(
            x=floats([0, 1]), y=floats([0, 0]), scales={"x": self._x, "y": y}, stroke_width=2.5,
            colors=[colour(shade)], fill="bottom", fill_colors=[colour(shade)],
            fill_opacities=[0.14],
        )  # fmt: skip
        shares = upwards(y, [0, 0.25, 0.5, 0.75, 1], ".0%")
        self.card = Card(heading, figure([self._line], [self._years, shares]))
        self.view = self.card.view

    def draw(self, summary: Summary | None) -> None:
        """Show a summary, or that there is none yet."""
        self.card.wait(waiting=summary is None)
        if summary is None:
            self.card.say(self._sentence)
            return
        self.card.offer(partial(self._table, summary))
        self.card.say(self._sentence)
        view = self._view(summary)
        points = np.arange(len(view.weeks))
        shown = few_points(len(points)) if self._light else points
        # Where no eye is left there is no share; the first point is always drawn.
        shown = shown[(view.n[shown] > 0) | (shown == 0)]
        with self._line.hold_sync():
            self._line.x = floats(view.weeks[shown] / WEEKS_PER_YEAR)
            self._line.y = floats(view.percent[shown] / 100)
        fit(self._x, self._years, year_ticks(summary.years))
        self._x.max = float(summary.years)
        self.card.foot(_in_words(view, summary.years))


def driving_chart(*, light: bool = False) -> ShareChart:
    """Share with 70 letters or better."""
    card = ("70 letters or better", "Percentage of living eyes with 70 letters or more.")
    return ShareChart(card, "acuity", driving_vision, driving_table, light=light)


def dry_chart(*, light: bool = False) -> ShareChart:
    """Share without fluid."""
    card = ("Eyes without fluid", "Percentage of eyes in care whose last scan showed no fluid.")
    return ShareChart(card, "no-fluid", _dry, dry_table, light=light)


def _dry(summary: Summary) -> ShareOverTime:
    """Eyes in care whose last scan was dry."""
    view = dry_at_last_scan(summary)
    return ShareOverTime(view.weeks, view.pct_dry, view.n_scans)


def _share(view: ShareOverTime, place: int) -> str:
    """Share at a point, or that there is none."""
    return words.percent(view.percent[place]) if view.n[place] else "no eyes"


def _in_words(view: ShareOverTime, years: int) -> str:
    """The share at the first visit, after a year and at the end."""
    points = {"at the first visit": 0, "at year 1": WEEKS_PER_YEAR}
    if years > 1:
        points[f"at year {years}"] = years * WEEKS_PER_YEAR
    found = {int(week): place for place, week in enumerate(view.weeks)}
    cells = "".join(
        f"<div><b>{_share(view, found[week])}</b>{when}</div>" for when, week in points.items()
    )
    return f'<div class="ape-split">{cells}</div>'
