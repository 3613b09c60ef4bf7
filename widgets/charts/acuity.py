"""Mean acuity over time, the spread of the eyes around it, and how many eyes there are."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ape_core.schema import MAX_LETTERS, WEEKS_PER_YEAR
from ape_core.summaries.acuity import acuity_over_time
from ape_core.summaries.tables import acuity_table
from widgets import format as words
from widgets.bqplots import Lines
from widgets.charts.axes import across, few_points, fit, floats, scale, upwards, year_ticks
from widgets.charts.card import Card, figure
from widgets.charts.ends import EndLabel, end_labels
from widgets.theme import colour

if TYPE_CHECKING:
    from ape_core.summaries import Summary
    from ape_core.summaries.acuity import AcuityOverTime

TOP_LETTERS = 85
"""Charts of acuity run from 0 to 85 letters, so that they can be laid side by side."""


_SENTENCE = (
    "Mean ETDRS letters of all living eyes as they would measure, in care or not; bands hold the "
    "middle 50% and 80%."
)
_LIGHT_SENTENCE = "Mean ETDRS letters of all living eyes; the band holds the middle 80%."
_BEYOND = f"The axis runs to {MAX_LETTERS}: a tenth of the eyes exceeds {TOP_LETTERS}."


_MOST_NUMBERS = 7
"""Numbers of eyes that stand side by side below the axis."""

_IF_WIDE = ' class="ape-if-wide"'
"""What a narrow page leaves out."""


class AcuityChart:
    """Line of the mean with bands that hold the middle half and the middle 80% of eyes.

    Parameters
    ----------
    light
        Leave out the narrower band, and most points of the lines.
    """

    def __init__(self, *, light: bool = False) -> None:
        self._light = light
        self._sentence = _LIGHT_SENTENCE if light else _SENTENCE
        self._x = scale(0, 1)
        self._y = scale(0, TOP_LETTERS)
        self._years = across(self._x, "Years since the first visit")
        start = floats([0, 1])
        blank = floats([[0, 0], [0, 0]])
        scales = {"x": self._x, "y": self._y}
        bands = [
            Lines(
                x=start, y=blank, scales=scales, fill="between", stroke_width=0,
                colors=[colour("acuity")] * 2, fill_colors=[colour("acuity")] * 2,
                fill_opacities=[opacity] * 2, opacities=[0, 0],
            )
            for opacity in ((0.2,) if light else (0.14, 0.17))
        ]  # fmt: skip
        self._wide, self._narrow = bands[0], bands[-1]
        self._mean = Lines(
            x=start, y=floats([0, 0]), scales=scales, stroke_width=2.5, colors=[colour("acuity")]
        )
        marks = [*bands, self._mean]
        self._letters = upwards(self._y, range(0, TOP_LETTERS, 20))
        self.card = Card(
            "Visual acuity", figure(marks, [self._years, self._letters]), ends=True, wide=True
        )
        self.view = self.card.view

    def draw(self, summary: Summary | None) -> None:
        """Show a summary, or that there is none yet."""
        self.card.wait(waiting=summary is None)
        if summary is None:
            self.card.say(self._sentence)
            return
        self.card.offer(partial(acuity_table, summary))
        view = acuity_over_time(summary)
        self._choose_top(view)
        self._draw_lines(view)
        ticks = year_ticks(summary.years)
        fit(self._x, self._years, ticks)
        self._x.max = float(summary.years)
        self.card.label_ends(_labels(view, self._y.max))
        self.card.label_axis(_at_risk(view, ticks, summary.years))

    def _choose_top(self, view: AcuityOverTime) -> None:
        """Let the axis end at 85 letters, or say that it cannot."""
        fits = bool(view.p90.max() <= TOP_LETTERS)
        top = TOP_LETTERS if fits else MAX_LETTERS
        fit(self._y, self._letters, range(0, top + 1, 20))
        self._y.max = float(top)
        sentence = self._sentence if fits else f"{self._sentence} {_BEYOND}"
        self.card.say(sentence, told=_in_words(view))

    def _draw_lines(self, view: AcuityOverTime) -> None:
        """Assign the series; one message per mark."""
        shown = few_points(len(view.weeks)) if self._light else slice(None)
        years = floats(view.weeks[shown] / WEEKS_PER_YEAR)
        series = [
            (self._wide, np.stack([view.p10, view.p90])),
            (self._mean, view.mean),
        ]
        if not self._light:
            series.append((self._narrow, np.stack([view.p25, view.p75])))
        for mark, values in series:
            with mark.hold_sync():
                mark.x, mark.y = years, floats(values[..., shown])


def _in_words(view: AcuityOverTime) -> str:
    """Mean and spread at both ends, and how many eyes they are of."""
    ends = (
        f"{when} mean {words.one_decimal(view.mean[place])} letters "
        f"(middle 80%: {view.p10[place]} to {view.p90[place]}) of {words.count(view.n[place])} eyes"
        for when, place in (("first visit:", 0), (f"week {view.weeks[-1]}:", -1))
    )
    return f"{'; '.join(ends).capitalize()}."


def _labels(view: AcuityOverTime, top: float) -> str:
    """Names and last values of the mean and the outer percentiles."""
    rows = (
        (view.p90[-1], f"{view.p90[-1]:.0f}", "90th centile"),
        (view.mean[-1], words.one_decimal(view.mean[-1]), "mean"),
        (view.p10[-1], f"{view.p10[-1]:.0f}", "10th centile"),
    )
    return end_labels([EndLabel(float(at) / top, *label) for at, *label in rows])


def _at_risk(view: AcuityOverTime, ticks: list[int], years: int) -> str:
    """Number of eyes below each tick of the axis."""
    numbers = {int(week): int(n) for week, n in zip(view.weeks, view.n, strict=True)}
    if len(ticks) > _MOST_NUMBERS:
        ticks = [ticks[place] for place in _every_other(len(ticks))]
    kept = _every_other(len(ticks))
    spans = "".join(
        f'<span{"" if place in kept else _IF_WIDE} style="left:{100 * tick / years:.2f}%">'
        f"{words.short_count(numbers[tick * WEEKS_PER_YEAR])}</span>"
        for place, tick in enumerate(ticks)
    )
    return f'<div class="ape-strip"><div>{spans}</div><b>eyes</b></div>'


def _every_other(number: int) -> list[int]:
    """Every other place in a row, with the first and the last and no two beside each other."""
    last = number - 1
    return [place for place in range(0, last, 2) if place == 0 or place < last - 1] + [last]
