"""Where the patients are over time: in care, or out of it and why. They always sum to all."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ape_core.schema import WEEKS_PER_YEAR
from ape_core.summaries.definitions import STATUSES
from ape_core.summaries.retention import status_over_time
from ape_core.summaries.tables import status_table
from widgets import format as words
from widgets.bqplots import Lines
from widgets.charts.axes import across, few_points, fit, floats, scale, upwards, year_ticks
from widgets.charts.card import Card, figure
from widgets.charts.ends import EndLabel, end_labels
from widgets.statuses import IN_PLAIN_WORDS
from widgets.theme import colour

if TYPE_CHECKING:
    from ape_core.summaries import Summary
    from ape_core.summaries.retention import StatusOverTime

_LEAST_LABELLED = 0.5
"""Statuses with fewer per cent of the patients than this get no label."""


class RetentionChart:
    """Stacked areas from "on treatment" at the bottom to "died" at the top.

    Parameters
    ----------
    light
        Leave out most points.
    """

    def __init__(self, *, light: bool = False) -> None:
        self._light = light
        self._x = scale(0, 1)
        y = scale(0, 1)
        self._years = across(self._x, "Years since the first visit")
        # Each area reaches from 0 to the sum of itself and those below it: the highest is painted
        # first and covered by the next.
        shades = [colour(status.replace(" ", "-")) for status in reversed(STATUSES)]
        self._areas = Lines(
            x=floats([0, 1]), y=floats(np.zeros((len(STATUSES), 2))),
            scales={"x": self._x, "y": y}, fill="bottom", fill_colors=shades, stroke_width=1,
            colors=[colour("card")] * len(STATUSES), fill_opacities=[1.0] * len(STATUSES),
        )  # fmt: skip
        drawn = figure([self._areas], [self._years, upwards(y, [0, 0.25, 0.5, 0.75, 1], ".0%")])
        self.card = Card("Who stays in care", drawn, ends=True, wide=True)
        self.view = self.card.view

    def draw(self, summary: Summary | None) -> None:
        """Show a summary, or that there is none yet."""
        self.card.wait(waiting=summary is None)
        if summary is None:
            self.card.say("Percentage of all patients, by where they are.")
            return
        self.card.offer(partial(status_table, summary))
        view = status_over_time(summary)
        self.card.say(
            f"Percentage of all {words.count(view.n_eyes)} patients, by whether they are "
            "treated, and if not, why."
        )
        shown = few_points(len(view.weeks)) if self._light else slice(None)
        with self._areas.hold_sync():
            self._areas.x = floats(view.weeks[shown] / WEEKS_PER_YEAR)
            self._areas.y = floats(np.cumsum(view.percent[:, shown], axis=0)[::-1] / 100)
        fit(self._x, self._years, year_ticks(summary.years))
        self._x.max = float(summary.years)
        self.card.label_ends(_labels(view, explained=not self._light))


def _labels(view: StatusOverTime, *, explained: bool) -> str:
    """Name and last share of each status, in the middle of its area; its meaning for a mouse."""
    last = view.percent[:, -1]
    middles = np.cumsum(last) - last / 2
    return end_labels(
        [
            EndLabel(
                middle / 100,
                words.percent(share),
                IN_PLAIN_WORDS[status][0],
                status.replace(" ", "-"),
                IN_PLAIN_WORDS[status][1] if explained else "",
            )
            for status, share, middle in zip(view.statuses, last, middles, strict=True)
            if share >= _LEAST_LABELLED
        ]
    )
