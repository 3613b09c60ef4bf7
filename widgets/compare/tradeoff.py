"""Letters against injections: each protocol a point, with intervals against the reference."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ape_core.analysis.comparison_tables import tradeoff_table
from ape_core.analysis.same_patients import MOST_RUNS
from widgets import format as words
from widgets.bqplots import Label, Lines, Scatter
from widgets.charts.axes import across, fit, floats, scale, upwards
from widgets.charts.card import Card, figure
from widgets.charts.spans import span_ticks
from widgets.several.colours import LETTERS, colour_name, named
from widgets.theme import colour

if TYPE_CHECKING:
    from ape_core.analysis.paired import Difference, Mean
    from widgets.compare.session import CompareSession

_ROOM = 0.18
"""Part of the span of the points that is left free around them."""

_CLOSE = 0.05
"""Points closer than this, as a part of both axes, have no room for a letter between them."""

_EDGE = 0.02
"""What is left free before no injections, as a part of the axis."""


class TradeoffChart:
    """Mean change in acuity over mean number of injections, by protocol."""

    def __init__(self) -> None:
        self._x, self._y = scale(0, 1), scale(0, 1)
        self._counts = across(self._x, "Injections per patient since the first visit")
        self._counts.tick_format = "~g"
        self._letters = upwards(self._y, [0, 1])
        scales = {"x": self._x, "y": self._y}
        self._crosses = [
            Lines(
                x=floats([[0, 0], [0, 0]]), y=floats([[0, 0], [0, 0]]), scales=scales,
                colors=[colour(colour_name(place))] * 2, stroke_width=2, visible=False,
            )
            for place in range(MOST_RUNS)
        ]  # fmt: skip
        self._points = [
            Scatter(
                x=floats([0]), y=floats([0]), scales=scales, default_size=90, visible=False,
                colors=[colour(colour_name(place))], stroke=colour("card"), stroke_width=1.5,
            )
            for place in range(MOST_RUNS)
        ]  # fmt: skip
        self._above, self._below = (
            Label(
                x=floats([0]), y=floats([0]), scales=scales, text=[""], default_size=13,
                font_weight="bold", colors=[colour("ink")], x_offset=across_px, y_offset=down_px,
            )
            for across_px, down_px in ((9, -8), (-19, 17))
        )  # fmt: skip
        marks = [*self._crosses, *self._points, self._above, self._below]
        margins = {"left": 46, "top": 18}
        drawn = figure(marks, [self._counts, self._letters], fig_margin=margins)
        self.card = Card("Letters against injections", drawn, wide=True)
        self.view = self.card.view
        self.card.say(_sentence(None))

    def draw(self, session: CompareSession) -> None:
        """Show the runs of the session at the end of its year."""
        paired = session.paired
        self.card.wait(waiting=paired is None)
        self.card.say(_sentence(session))
        if paired is None:
            return
        year, reference = session.year, session.reference
        self.card.offer(partial(tradeoff_table, paired, session.titles, reference, year))
        runs = range(paired.n_runs)
        letters = [paired.mean(run, "letters_change", year) for run in runs]
        injections = [paired.mean(run, "injections", year) for run in runs]
        self._fit(injections, letters)
        for run in range(MOST_RUNS):
            if run >= paired.n_runs:
                self._points[run].visible = self._crosses[run].visible = False
                continue
            apart = (
                session.difference(run, "injections"),
                session.difference(run, "letters_change"),
            )
            self._draw_run(run, (injections[run].value, letters[run].value), apart)
        self._name(injections, letters)
        rows = "".join(named(place, title) for place, title in enumerate(session.titles))
        self.card.foot(f'<div class="ape-foot">{rows}</div>')

    def _fit(self, injections: list[Mean], letters: list[Mean]) -> None:
        """Make the axes hold every point, with room around them for letters."""
        for of, axis, means in (
            (self._x, self._counts, injections),
            (self._y, self._letters, letters),
        ):
            values = [mean.value for mean in means]
            room = max(_ROOM * (max(values) - min(values)), 0.2)
            low = min(values) - room if of is self._y else max(min(values) - room, 0.0)
            fit(of, axis, span_ticks(low, max(values) + room, 6))
        # A point at no injections is drawn whole.
        self._x.min = min(self._x.min, -_EDGE * self._x.max) if self._x.min <= 0 else self._x.min

    def _name(self, injections: list[Mean], letters: list[Mean]) -> None:
        """Write the letter of each point to its upper right, or lower left if another is there."""
        x, y = (np.array([mean.value for mean in means]) for means in (injections, letters))
        right, up = x - x[:, None], y - y[:, None]
        beside = (right > 0) | ((right == 0) & (up > 0))
        near_x = beside & (right < _CLOSE * (self._x.max - self._x.min))
        near_y = abs(up) < _CLOSE * (self._y.max - self._y.min)
        crowded = (near_x & near_y).any(axis=1)
        names = np.array(list(LETTERS[: len(x)]))
        for mark, chosen in ((self._above, ~crowded), (self._below, crowded)):
            with mark.hold_sync():
                mark.x, mark.y = floats(x), floats(y)
                mark.text = np.where(chosen, names, "")

    def _draw_run(
        self, run: int, at: tuple[float, float], apart: tuple[Difference, Difference]
    ) -> None:
        """Put the point of a run, and the cross of its intervals against the reference."""
        (x, y), (across_it, along_it) = at, apart
        x_ends = [x + end - across_it.value for end in (across_it.low, across_it.high)]
        y_ends = [y + end - along_it.value for end in (along_it.low, along_it.high)]
        with self._points[run].hold_sync():
            self._points[run].x, self._points[run].y = floats([x]), floats([y])
            self._points[run].visible = True
        with self._crosses[run].hold_sync():
            self._crosses[run].x = floats([x_ends, [x, x]])
            self._crosses[run].y = floats([[y, y], y_ends])
            self._crosses[run].visible = True


def _sentence(session: CompareSession | None) -> str:
    """What is drawn."""
    if session is None or session.paired is None:
        return "Mean letters gained since the first visit, over the injections that it took."
    return (
        f"Mean letters gained by the end of year {session.year}, over the injections that it took; "
        f"{words.count(session.paired.n_patients)} patients. Crosses are 95% intervals of the "
        f"difference from {LETTERS[session.reference]}."
    )
