"""Letters gained or lost by the end of a year: the whole distribution, its tails in words."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ape_core.summaries.acuity import letters_change
from ape_core.summaries.tables import change_table
from widgets import format as words
from widgets.bqplots import Bars, Lines
from widgets.charts.axes import across, fit, floats, round_ticks, scale, upwards
from widgets.charts.card import NONE, Card, figure
from widgets.html import text
from widgets.theme import colour

if TYPE_CHECKING:
    from ape_core.summaries import Summary
    from ape_core.summaries.acuity import LettersChange

FAR_LETTERS = 60
"""Changes are drawn up to here; the words below the chart count all of them."""

_LINE_LETTERS = 15
"""Three lines of an ETDRS chart: what trials call a gain or a loss that matters."""

_DRAWN = np.arange(-FAR_LETTERS, FAR_LETTERS + 1)


class ChangeChart:
    """Histogram with one bar for each number of letters; gains and losses of 15 in colour."""

    def __init__(self) -> None:
        self._y = scale(0, 1)
        x = scale(-FAR_LETTERS - 0.5, FAR_LETTERS + 0.5)
        self._shares = upwards(self._y, [0, 1], "~%")
        letters = across(x, "Letters gained since the first visit")
        letters.tick_values = floats(np.arange(-60, 61, 15))
        scales = {"x": x, "y": self._y}
        self._bars = Bars(
            x=floats(_DRAWN), y=floats(np.zeros(len(_DRAWN))), scales=scales, stroke_width=0,
            colors=[_bar_colour(int(change)) for change in _DRAWN], color_mode="auto", padding=0.08,
        )  # fmt: skip
        self._zero = Lines(
            x=floats([0, 0]), y=floats([0, 1]), scales=scales, stroke_width=1,
            colors=[colour("ink")], line_style="dashed",
        )  # fmt: skip
        drawn = figure([self._bars, self._zero], [letters, self._shares])
        self.card = Card("Change in letters", drawn, year="At year")
        self.view = self.card.view

    def draw(self, summary: Summary | None) -> None:
        """Show a summary, or that there is none yet."""
        self.card.say("Percentage of living eyes by letters gained or lost.")
        self.card.wait(waiting=summary is None)
        if summary is None:
            return
        self.card.offer_years(summary.years)
        assert self.card.year is not None
        self.card.offer(partial(change_table, summary, self.card.year.value))
        view = letters_change(summary, self.card.year.value)
        middle = len(view.n_eyes) // 2
        drawn = view.n_eyes[middle - FAR_LETTERS : middle + FAR_LETTERS + 1]
        shares = floats(drawn / max(1, view.n))
        ticks = round_ticks(float(shares.max()) * 1.02 or 1.0, 4)
        fit(self._y, self._shares, ticks)
        self._bars.y = shares
        self._zero.y = floats([0, ticks[-1]])
        self.card.foot(change_in_words(view) + _beyond(view))


def _beyond(view: LettersChange) -> str:
    """Shares of eyes whose change lies beyond the ends of the axis."""
    if not view.n:
        return ""
    middle = len(view.n_eyes) // 2
    lost, gained = (
        words.percent(100 * int(far.sum()) / max(1, view.n))
        for far in (view.n_eyes[: middle - FAR_LETTERS], view.n_eyes[middle + FAR_LETTERS + 1 :])
    )
    said = f"Beyond {FAR_LETTERS} letters: {lost} lost, {gained} gained."
    return f'<div class="ape-foot"><span>{said}</span></div>'


def _bar_colour(change: int) -> str:
    """Colour of a bar, by whether its change counts as a gain or a loss."""
    if change <= -_LINE_LETTERS:
        return colour("lost-letters")
    return colour("gained" if change >= _LINE_LETTERS else "unchanged")


def change_in_words(view: LettersChange) -> str:
    """Shares of eyes with a gain or a loss that matters, beside the mean."""
    cells = (
        ("lost-letters", words.percent(view.pct_loss_ge15), "lost 15 or more"),
        ("ink", words.signed(view.mean), "letters, mean"),
        ("gained", words.percent(view.pct_gain_ge15), "gained 15 or more"),
    )
    return (
        '<div class="ape-split">'
        + "".join(
            f'<div><b style="color:{colour(name)}">{text(value if view.n else NONE)}</b>'
            f"{label}</div>"
            for name, value, label in cells
        )
        + "</div>"
    )
