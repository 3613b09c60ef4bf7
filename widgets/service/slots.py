"""Where slots are limited: how they are used, and who waits."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ape_core.schema import DAYS_PER_WEEK
from ape_core.summaries.slots import SlotUse, slot_table
from widgets import format as words
from widgets.bqplots import Lines
from widgets.charts.axes import across, fit, floats, round_ticks, scale, upwards
from widgets.charts.card import Card, figure
from widgets.charts.ends import EndLabel, end_labels
from widgets.html import set_class
from widgets.service.weeks import across_weeks, place_on_axis
from widgets.theme import colour

if TYPE_CHECKING:
    from widgets.service.session import ServiceSession

_SENTENCE = (
    "Slots and the visits made in them in each week, and eyes that wait for a slot when the week "
    "ends. First come, first served."
)


class SlotsChart:
    """Stepped lines of slots, of visits and of eyes that wait; hidden without a limit."""

    def __init__(self, session: ServiceSession) -> None:
        self._session = session
        self._x, self._y = scale(0, 1), scale(0, 1)
        self._weeks = across(self._x, "Week of the run")
        self._counts = upwards(self._y, [0, 1])
        scales = {"x": self._x, "y": self._y}
        self._lines = {
            name: Lines(
                x=floats([0, 1]), y=floats([0, 0]), scales=scales, colors=[colour(shade)],
                stroke_width=1.5, interpolation="step-after", fill=fill,
                fill_colors=[colour(shade)], fill_opacities=[0.3],
            )
            for name, shade, fill in (
                ("visits", "visit-bars", "bottom"),
                ("waiting", "lost-letters", "none"),
                ("slots", "on-duty", "none"),
            )
        }  # fmt: skip
        drawn = figure(list(self._lines.values()), [self._weeks, self._counts])
        self.card = Card("Slots and waiting", drawn, ends=True, wide=True)
        self.view = self.card.view

    def draw(self) -> None:
        """Show all weeks of the service, or nothing without a limit."""
        shown, use, work = self._session.shown, self._session.slots, self._session.work
        limited = shown is not None and shown.capacity is not None
        set_class(self.view, "ape-not-here", on=not limited)
        self.card.wait(waiting=limited and use is None)
        self.card.say(_SENTENCE)
        if use is None or work is None:
            return
        self.card.offer(partial(slot_table, use))
        across_weeks(self._x, self._weeks, work)
        slots = np.full(len(use.weeks), use.slots)
        values = {"visits": use.visits, "waiting": use.waiting, "slots": slots}
        top = max(float(series.max()) for series in values.values())
        fit(self._y, self._counts, round_ticks(top * 1.04 or 1, 4))
        for name, line in self._lines.items():
            with line.hold_sync():
                line.x = floats(place_on_axis(work, [*use.weeks * DAYS_PER_WEEK, work.n_days]))
                line.y = floats([*values[name], values[name][-1]])
        self.card.label_ends(_labels(use, self._y.max))
        self.card.foot(_in_words(use))


def _labels(use: SlotUse, top: float) -> str:
    """Names of the lines, at their ends."""
    ends = (
        (use.slots, "slots", "on-duty"),
        (int(use.visits[-1]), "visits", "visit-bars"),
        (int(use.waiting[-1]), "eyes waiting", "lost-letters"),
    )
    return end_labels(
        [EndLabel(n / top, words.count(n), name, colour=shade) for n, name, shade in ends]
    )


def _in_words(use: SlotUse) -> str:
    """How far the slots are used, and how long is waited."""
    worst = int(use.mean_slip_days.argmax())
    cells = (
        (words.percent(100 * use.share_used), "of the slots used"),
        (words.count(use.n_full_weeks), f"of {words.count(len(use.weeks))} weeks full"),
        (
            f"{words.one_decimal(use.mean_slip_days[worst])} days",
            f"mean slip in week {worst + 1}, the worst",
        ),
    )
    shown = "".join(f"<div><b>{value}</b>{name}</div>" for value, name in cells)
    return f'<div class="ape-split">{shown}</div>'
