"""What waiting for a slot does to acuity: the same patients with the limit and without it."""

from __future__ import annotations

from functools import partial
from math import ceil, floor
from typing import TYPE_CHECKING

import numpy as np

from ape_core.analysis.slipping import SlippingEffect, came_in, slipping_effect_table
from widgets import format as words
from widgets.bqplots import Lines
from widgets.charts.axes import LABELLED, across, fit, floats, round_ticks, scale, upwards
from widgets.charts.card import Card, figure
from widgets.charts.ends import EndLabel, end_labels
from widgets.html import set_class, text
from widgets.theme import colour

if TYPE_CHECKING:
    from ape_core.summaries.slots import SlotUse
    from widgets.service.session import ServiceSession

_LEAST_LETTERS = 2.0
"""The axis always reaches so far down, so that differences of nothing do not look like one."""

_LATER = 1
"""Years since the first visit at which the chart shows what slipping cost: nearly all who came
are followed for so long, and later arrivals are not left out."""

_WAITING = {
    "running": "The same patients are being simulated without a limit",
    "queued": "The same patients, without a limit, wait in the queue",
    "interrupted": "The run of the same patients without a limit was interrupted",
    "failed": "The run of the same patients without a limit failed",
    "complete": "Both runs are being compared, patient by patient",
}
_SENTENCE = (
    "ETDRS letters that these slots cost or gain living eyes 1 year after their first visit, by "
    "when they came: the same patients, with the same luck, with these slots and without a limit. "
    "Bars are 95% intervals; only what happens while the service is whole counts."
)
_CAVEAT = (
    "\N{PLUS-MINUS SIGN}: 95% interval over patients as if each were alone. They wait in one "
    "queue, so that another clinic like this one may differ by more."
)


class SlippingChart:
    """What waiting cost by arrival, with intervals, and a table; hidden without a limit."""

    def __init__(self, session: ServiceSession) -> None:
        self._session = session
        self._x, self._y = scale(0, 1), scale(-_LEAST_LETTERS, 0)
        self._came = across(self._x, "Came in year")
        self._letters = upwards(self._y, [-_LEAST_LETTERS, 0], label="Letters, difference")
        scales = {"x": self._x, "y": self._y}
        self._no_limit = Lines(
            x=floats([0, 1]), y=floats([0, 0]), scales=scales, colors=[colour("acuity")],
            stroke_width=1.6, line_style="dashed",
        )  # fmt: skip
        self._intervals = Lines(
            x=floats([[0, 0]]), y=floats([[0, 0]]), scales=scales, stroke_width=5,
            colors=[colour("lost-letters")], opacities=[0.4],
        )  # fmt: skip
        self._costs = Lines(
            x=floats([0, 1]), y=floats([0, 0]), scales=scales, colors=[colour("lost-letters")],
            stroke_width=1.6, marker="circle", marker_size=44,
        )  # fmt: skip
        marks = [self._no_limit, self._intervals, self._costs]
        drawn = figure(marks, [self._came, self._letters], fig_margin=LABELLED)
        self.card = Card("What slipping does to acuity", drawn, ends=True, wide=True)
        self.view = self.card.view

    def draw(self) -> None:
        """Show both runs when they are complete, or what is waited for."""
        session = self._session
        limited = session.shown is not None and session.shown.capacity is not None
        set_class(self.view, "ape-not-here", on=not limited)
        effect, use = session.beside.effect, session.slots
        told = effect is not None and bool(effect.whole.is_told[:, 1:].any())
        self.card.wait(waiting=limited and not told)
        if effect is None or use is None or not told:
            self.card.say(_pending(session))
            self.card.foot("")
            return
        self.card.say(_SENTENCE)
        self.card.offer(partial(slipping_effect_table, effect))
        self._draw_costs(effect)
        self.card.foot(
            f'<p class="ape-verdict">{text(in_words(effect, use))}</p>{triangle(effect)}'
            f'<p class="ape-note">{text(_CAVEAT)}</p>'
        )

    def _draw_costs(self, effect: SlippingEffect) -> None:
        """Draw the difference of those of each year of whom enough eyes tell."""
        told = np.flatnonzero(effect.is_told[:, _LATER])
        came, cost, half = (
            values[told]
            for values in (effect.came, effect.cost[:, _LATER], effect.half_width[:, _LATER])
        )
        low = min(float((cost - half).min()), -_LEAST_LETTERS)
        high = max(float((cost + half).max()), 0.0)
        step = round_ticks(high - low, 4)[1]
        fit(
            self._y,
            self._letters,
            [step * n for n in range(floor(low / step), ceil(high / step) + 1)],
        )
        self._x.min, self._x.max = float(came[0]) - 0.5, float(came[-1]) + 0.5
        self._came.tick_values = floats(came)
        self._came.label = f"Came in year{'' if came[0] else ' (0: before)'}"
        for mark, x, y in (
            (self._no_limit, [self._x.min, self._x.max], [0, 0]),
            (self._intervals, np.stack([came, came], 1), np.stack([cost - half, cost + half], 1)),
            (self._costs, came, cost),
        ):
            with mark.hold_sync():
                mark.x, mark.y = floats(x), floats(y)
        self._label(float(cost[-1]), str(words.signed(cost[-1])))

    def _label(self, cost: float, shown: str) -> None:
        """Name both lines at their ends."""
        low, high = self._y.min, self._y.max
        ends = ((0.0, "0", "no limit", "acuity"), (cost, shown, "came last", "lost-letters"))
        self.card.label_ends(
            end_labels(
                [
                    EndLabel((at - low) / (high - low), value, name, shade)
                    for at, value, name, shade in ends
                ]
            )
        )


def triangle(effect: SlippingEffect) -> str:
    """Letters that the limit cost, by when patients came and how long ago that was."""
    last = int(np.flatnonzero(effect.whole.is_told[0])[-1])
    heads = "".join(f'<th scope="col">{year}</th>' for year in range(1, last + 1))
    rows = [
        _row(part, int(place), last)
        for part in (effect, effect.whole)
        for place in np.flatnonzero(part.is_told[:, 1:].any(axis=1))
    ]
    return (
        '<div class="ape-table-scroll" role="region" tabindex="0" aria-label="Letters by arrival">'
        '<table class="ape-plan ape-triangle"><thead><tr><td></td>'
        f'<th colspan="{last}" scope="colgroup">Difference, years after the first visit</th></tr>'
        f'<tr><th scope="col">Came in</th>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _row(part: SlippingEffect, place: int, last: int) -> str:
    """Those who came in a year of the service."""
    told = (part.is_told[place, year] for year in range(1, last + 1))
    cells = "".join(
        f"<td>{_cell(letters_of(part, place, year)) if is_told else ''}</td>"
        for year, is_told in enumerate(told, start=1)
    )
    total = ' class="ape-total"' if len(part.came) == 1 else ""
    return f"<tr{total}><th>{text(came_in(int(part.came[place])))}</th>{cells}</tr>"


def _cell(letters: str) -> str:
    """A difference, and its interval below it, so that many years have room."""
    difference, _, half = letters.partition(" ")
    return f"{text(difference)} <small>{text(half)}</small>"


def letters_of(part: SlippingEffect, place: int, year: int) -> str:
    """Difference in letters with its interval: "-0.6 ± 0.5"."""
    half = words.one_decimal(part.half_width[place, year])
    return f"{words.signed(part.cost[place, year])} ± {half}"


def in_words(effect: SlippingEffect, use: SlotUse) -> str:
    """How many visits slip, and what it costs those who came last of all who tell of a year."""
    place = int(np.flatnonzero(effect.is_told[:, 1:].any(axis=1))[-1])
    year = int(np.flatnonzero(effect.is_told[place])[-1])
    cost, half = float(effect.cost[place, year]), float(effect.half_width[place, year])
    letters = f"{words.one_decimal(abs(cost))} ± {words.one_decimal(half)} letters"
    if abs(cost) <= half:
        found = f"cannot be told from that without a limit ({letters_of(effect, place, year)})"
    else:
        found = f"is {letters} {'lower' if cost < 0 else 'higher'} than without a limit"
    return (
        f"{words.percent(100 * use.share_slipped)} of the visits of the service slip, waiting from "
        f"a weekend to Monday included. The mean acuity of those who came last "
        f"({came_in(int(effect.came[place]))}), {words.plural(year, 'year')} later, {found}."
    )


def _pending(session: ServiceSession) -> str:
    """What is waited for before the runs can be compared."""
    beside = session.beside
    if beside.trouble or beside.run is None:
        return beside.trouble
    if beside.effect is not None:
        return (
            "Hardly anybody is followed for a year while this service is whole: ask for two years "
            "of service or more to see what slipping does to acuity."
        )
    status = beside.run.status
    if status == "complete" and session.progress and session.progress.status != "complete":
        return "Both runs are compared when this one is complete."
    return f"{_WAITING[status]}."
