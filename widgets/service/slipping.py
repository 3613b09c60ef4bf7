"""What waiting for a slot does to acuity: the same patients with the limit and without it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ape_core.schema import WEEKS_PER_YEAR
from ape_core.summaries.slots import SlippingCost, slipping_table
from widgets import format as words
from widgets.bqplots import Lines
from widgets.charts.axes import across, fit, floats, scale, upwards, year_ticks
from widgets.charts.card import Card, figure
from widgets.charts.ends import EndLabel, end_labels
from widgets.html import set_class, text
from widgets.theme import colour

if TYPE_CHECKING:
    from widgets.service.session import ServiceSession

_TOP = 85
"""Charts of acuity run from 0 to 85 letters, so that they can be laid side by side."""

_WAITING = {
    "running": "The same patients are being simulated without a limit",
    "queued": "The same patients, without a limit, wait in the queue",
    "interrupted": "The run of the same patients without a limit was interrupted",
    "failed": "The run of the same patients without a limit failed",
}


class SlippingChart:
    """Two lines of mean acuity, and their difference in words; hidden without a limit."""

    def __init__(self, session: ServiceSession) -> None:
        self._session = session
        self._x, self._y = scale(0, 1), scale(0, _TOP)
        self._years = across(self._x, "Years since the first visit")
        self._letters = upwards(self._y, range(0, _TOP, 20))
        scales = {"x": self._x, "y": self._y}
        self._unlimited, self._limited = (
            Lines(
                x=floats([0, 1]), y=floats([0, 0]), scales=scales, colors=[colour(shade)],
                stroke_width=2.2, line_style=style,
            )
            for shade, style in (("acuity", "dashed"), ("lost-letters", "solid"))
        )  # fmt: skip
        drawn = figure([self._unlimited, self._limited], [self._years, self._letters])
        self.card = Card("What slipping does to acuity", drawn, ends=True, wide=True)
        self.view = self.card.view

    def draw(self) -> None:
        """Show both runs when they are complete, or what is waited for."""
        session = self._session
        limited = session.shown is not None and session.shown.capacity is not None
        set_class(self.view, "ape-not-here", on=not limited)
        cost = session.cost
        self.card.wait(waiting=limited and cost is None)
        if cost is None:
            self.card.say(_pending(session))
            return
        self.card.say(
            "Mean ETDRS letters of all living eyes: the same patients, with the same luck, with "
            "these slots and without a limit."
        )
        self.card.offer(partial(slipping_table, cost))
        ticks = year_ticks(cost.n_years)
        fit(self._x, self._years, ticks)
        self._x.max = float(cost.n_years)
        years = floats(cost.weeks / WEEKS_PER_YEAR)
        for line, letters in ((self._unlimited, cost.unlimited), (self._limited, cost.limited)):
            with line.hold_sync():
                line.x, line.y = years, floats(letters)
        self.card.label_ends(
            end_labels(
                [
                    EndLabel(float(letters[-1]) / _TOP, words.one_decimal(letters[-1]), name, shade)
                    for letters, name, shade in (
                        (cost.unlimited, "no limit", "acuity"),
                        (cost.limited, "these slots", "lost-letters"),
                    )
                ]
            )
        )
        self.card.foot(f'{_by_year(cost)}<p class="ape-verdict">{text(in_words(cost))}</p>')


def _by_year(cost: SlippingCost) -> str:
    """Difference at each year's end, thinned where there are many."""
    shown = [year for year in year_ticks(cost.n_years) if year]
    cells = "".join(
        f"<div><b>{words.signed(cost.at_year(year))}</b>letters, year {year}</div>"
        for year in shown
    )
    return f'<div class="ape-split">{cells}</div>'


def in_words(cost: SlippingCost) -> str:
    """What slipping costs, in a sentence."""
    slip = f"{words.one_decimal(cost.mean_slip_days)} days"
    share = words.percent(100 * cost.share_slipped)
    letters = cost.at_year(cost.n_years)
    effect = "costs" if letters < 0 else "goes with a gain of"
    return (
        f"Slipping of on average {slip} a visit ({share} of visits slip) {effect} "
        f"{words.one_decimal(abs(letters))} letters at year {cost.n_years}. This is one clinic: "
        "another one like it would come out a little differently. Waiting from a weekend to Monday "
        "counts as slipping, too."
    )


def _pending(session: ServiceSession) -> str:
    """What is waited for before the runs can be compared."""
    if session.peer_trouble or session.unlimited is None:
        return session.peer_trouble
    status = session.unlimited.status
    return f"{_WAITING.get(status, 'Both runs are compared when this one is complete')}."
